package main

import (
	"context"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
)

const checkerPassword = "a second pair of eyes"

// addChecker gives the demo's merchant a finance member who can approve.
func (p *product) addChecker(email string) {
	p.t.Helper()
	ctx := audit.WithActor(context.Background(), audit.System("test"))
	_, _, err := p.server.admin.CreateUser(ctx, admin.NewUser{
		Email: email, Name: "Checker", Password: checkerPassword, Grants: []admin.Grant{{Role: access.Finance, Domain: p.facts.Merchant}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestMoneyGoesBackFromAPhone is a refund as two people make it on their phones, in
// both languages: one asks for it, it waits, and the other approves it.
func TestMoneyGoesBackFromAPhone(t *testing.T) {
	onEachEngine(t, func(r reader) {
		r.addChecker("checker@example.com")
		maker, checker := r, r.beside()
		maker.takesPhone()
		checker.takesPhone()
		maker.signsIn(r.facts.Email, r.facts.Password)
		maker.goTo(r.base() + "/settings")
		maker.types("refund_approval_above", "1.00")
		maker.presses(`main form button[type=submit]`)
		maker.isTold("flash.settings_saved")

		id, code := r.create("E2E-REFUND", "alipay_qr", map[string]any{"amount": 500})
		r.ask("POST", r.facts.URL+"/sandbox/wallet/pay", map[string]any{"code": code})
		r.await(id, "succeeded")

		refund := maker.asksForRefund(id)
		checker.signsIn("checker@example.com", checkerPassword)
		checker.approves("approval", "seen it")
		r.eventually("the money is given back", func() bool {
			return r.call("GET", "/payments/"+id, nil)["amount_refunded"] == float64(300)
		})
		maker.goTo(refund)
		maker.says(".object-title", "refund_status.succeeded")
		maker.shows("main", maker.around("refund.approved_by", "time", "name", "checker@example.com"))
		maker.goTo(r.base() + "/payments/" + id)
		maker.says("#refunds", "payment_refunds.left", "amount", "¥2.00")
		maker.look("payment-refunded-" + string(r.Lang()))
		maker.fits()
	})
}

// asksForRefund asks for more than there is and then for less, and returns the
// refund's address.
func (r reader) asksForRefund(id string) string {
	r.t.Helper()
	r.goTo(r.base() + "/payments/" + id)
	r.presses(`a[href$="/refund"]`)
	if got := r.value("#field-amount"); got != "5.00" {
		r.t.Errorf("the form offers %q", got)
	}
	r.says(".form-panel", "refund_new.what_above", "limit", "¥1.00")
	r.look("refund-form-" + string(r.Lang()))
	r.fits()
	r.types("amount", "9.99", "reason", "the cup was broken")
	r.presses(`main form button[type=submit]`)
	r.says("#error-amount", "field_error.amount_left", "left", "¥5.00")
	if got := r.value("#field-reason"); got != "the cup was broken" {
		r.t.Errorf("the reason was kept as %q", got)
	}
	r.types("amount", "3.00")
	r.presses(`main form button[type=submit]`)
	r.says(".object-title", "refund_status.awaiting_approval")
	r.look("refund-awaiting-" + string(r.Lang()))
	r.fits()
	return r.eval(`location.pathname`)
}

// approves decides the first request in the inbox.
func (r reader) approves(name, note string) {
	r.t.Helper()
	r.goTo(r.base() + "/approvals")
	r.presses(`.row-link`)
	r.look(name + "-" + string(r.Lang()))
	r.fits()
	r.types("note", note)
	r.presses(`button[value=approve]`)
	r.says(".object-title", "approval_status.approved")
	if r.has(`button[value=approve]`) {
		r.t.Error("what is decided can be decided again")
	}
}
