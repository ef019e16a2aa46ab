package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/changes"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// asksFor has the browser's user ask for a refund above the limit.
func (b *browser) asksFor(p payments.Payment, amount string) payments.Refund {
	b.Helper()
	r := b.send(b.path("/payments/"+p.ID+"/refund"), "token", b.refundToken(p.ID), "amount", amount, "reason", "wrong size")
	b.wants(r, http.StatusSeeOther)
	list := b.refunds(p.ID)
	return list[len(list)-1]
}

func TestASecondPersonApprovesInTheBrowser(t *testing.T) {
	onEngines(t, func(h *house) {
		h.settings(func(s *merchants.Settings) { s.RefundApprovalAbove = 500 })
		p := h.shop.Paid("AP-1", channel.AlipayQR)
		maker := h.as(access.Finance).english()
		maker.wants(maker.get(h.path("/payments/"+p.ID+"/refund")), http.StatusOK, "Up to ¥5.00 of this payment is given back at once")
		refund := maker.asksFor(p, "7")
		if refund.Status != payments.RefundAwaiting || refund.Sends != 0 {
			h.Fatalf("%+v", refund)
		}
		path := h.path("/approvals/" + refund.ApprovalID)
		// Nobody approves their own request: no button, and no answer to a form.
		r := maker.get(path)
		maker.wants(r, http.StatusOK, "You asked for this yourself", "/withdraw")
		if strings.Contains(r.body, "/decide") {
			h.Error("the requester is offered to decide")
		}
		maker.wants(maker.send(path+"/decide", "decision", "approve"), http.StatusForbidden, "someone else must decide")
		if got := h.shop.GetRefund(refund.ID); got.Status != payments.RefundAwaiting {
			h.Fatalf("its own requester moved it: %+v", got)
		}

		checker := h.as(access.Owner).english()
		home := "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
		checker.wants(checker.get(home), http.StatusOK, "1 request waits for approval", `class="nav-count"`)
		if r := maker.get(home); strings.Contains(r.body, "waits for approval") {
			h.Error("the requester is called to decide")
		}
		checker.wants(checker.get(h.path("/approvals")), http.StatusOK, "Refund of order AP-1", "¥7.00", "finance@example.com", "wrong size")
		checker.wants(checker.get(path), http.StatusOK, "/decide", "wrong size", "sent to the channel at once")
		checker.wants(checker.send(path+"/decide", "note", "x"), http.StatusUnprocessableEntity)
		checker.wants(checker.send(path+"/decide", "decision", "approve", "note", "seen the goods"), http.StatusSeeOther)
		h.shop.RefundDue()
		h.shop.WaitRefund(refund.ID, payments.RefundSucceeded)
		checker.wants(checker.send(path+"/decide", "decision", "reject", "note", "late"), http.StatusConflict, "has been decided")
		maker.wants(maker.get(h.path("/refunds/"+refund.ID)), http.StatusOK, "Approved by owner@example.com", "seen the goods", "Succeeded")
		maker.wants(maker.get(h.path("/payments/"+p.ID)), http.StatusOK, "Approved by owner@example.com", "waiting for approval: wrong size")
		checker.wants(checker.get(h.path("/approvals?status=decided")), http.StatusOK, "Refund of order AP-1", "¥7.00", "Approved")
		checker.wants(checker.get(h.path("/audit")), http.StatusOK, "Refund requested", "Approval requested", "Request approved")
	})
}

// Who holds a key asks for what the key asks for: they made or replaced it, and
// saw its secret.
func TestNobodyApprovesWhatAKeyOfTheirsAskedFor(t *testing.T) {
	onEngines(t, func(h *house) {
		h.settings(func(s *merchants.Settings) { s.RefundApprovalAbove = 500 })
		owner := h.as(access.Owner).english()
		owner.wants(owner.send(h.path("/keys"), "name", "Backend", "scopes", "refunds:write"), http.StatusOK, "sk_test_")
		h.user("second@example.com", h.inShop(access.Owner))
		second := h.browser().signIn("second@example.com").english()
		first := h.keys()[0]
		second.wants(second.send(h.path("/keys/"+first.ID+"/roll"), "overlap", "24"), http.StatusOK, "sk_test_")
		p := h.shop.Paid("AP-9", channel.AlipayQR)
		home := "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
		for i, c := range []struct {
			key            merchants.Key
			maker, checker *browser
		}{{first, owner, second}, {h.keys()[0], second, owner}} {
			in := paymentstest.RefundInput(fmt.Sprintf("R-%d", i), 700)
			in.By.ID, in.By.Name = c.key.ID, c.key.Prefix
			refund := h.shop.GetRefund(h.shop.Refund(p.ID, in).ID)
			path := h.path("/approvals/" + refund.ApprovalID)
			r := c.maker.get(path)
			c.maker.wants(r, http.StatusOK, "An API key that you made asked for this")
			for _, form := range []string{"/decide", "/withdraw"} {
				if strings.Contains(r.body, form) {
					h.Errorf("key %d: who made it is offered %s", i, form)
				}
			}
			c.maker.wants(c.maker.get(h.path("/approvals")), http.StatusOK, "Your key")
			if r := c.maker.get("/console/approvals"); strings.Contains(r.body, "AP-9") {
				h.Errorf("key %d: it waits in the inbox of who made it", i)
			}
			if r := c.maker.get(home); strings.Contains(r.body, "waits for approval") {
				h.Errorf("key %d: who made it is called to decide", i)
			}
			c.maker.wants(c.maker.send(path+"/decide", "decision", "approve"), http.StatusForbidden, "An API key that you made asked for this")
			c.maker.wants(c.maker.send("/console/preferences", "language", "zh-CN"), http.StatusSeeOther)
			c.maker.wants(c.maker.send(path+"/decide", "decision", "approve"), http.StatusForbidden, "这是您创建的 API 密钥发起的申请，须由他人审批。")
			c.maker.english()
			if got := h.shop.GetRefund(refund.ID); got.Status != payments.RefundAwaiting {
				h.Fatalf("who made the key moved it: %+v", got)
			}
			c.checker.wants(c.checker.get(home), http.StatusOK, "waits for approval")
			c.checker.wants(c.checker.send(path+"/decide", "decision", "reject", "note", "no"), http.StatusSeeOther)
		}
	})
}

func TestARejectionSaysWhyAndMovesNoMoney(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.RefundApprovalAbove = 1 })
	p := h.shop.Paid("AP-2", channel.AlipayQR)
	maker, checker := h.as(access.Finance).english(), h.as(access.Owner).english()
	refund := maker.asksFor(p, "12.34")
	path := h.path("/approvals/" + refund.ApprovalID + "/decide")
	checker.wants(checker.send(path, "decision", "reject", "note", " "), http.StatusUnprocessableEntity, "Say why you reject it.")
	checker.wants(checker.send(path, "decision", "reject", "note", strings.Repeat("x", 201)), http.StatusUnprocessableEntity, "At most 200 characters.")
	checker.wants(checker.send(path, "decision", "reject", "note", "offer an exchange"), http.StatusSeeOther)
	if got := h.shop.GetRefund(refund.ID); got.Status != payments.RefundRejected || got.Sends != 0 {
		t.Errorf("%+v", got)
	}
	maker.wants(maker.get(h.path("/refunds/"+refund.ID)), http.StatusOK, "Not approved", "offer an exchange")
	maker.wants(maker.get(h.path("/payments/"+p.ID)), http.StatusOK, "¥12.34 refundable")
}

func TestOnlyWhoAskedWithdraws(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.RefundApprovalAbove = 1 })
	p := h.shop.Paid("AP-3", channel.AlipayQR)
	maker, other := h.as(access.Finance).english(), h.as(access.Owner).english()
	refund := maker.asksFor(p, "1")
	path := h.path("/approvals/" + refund.ApprovalID + "/withdraw")
	other.wants(other.send(path), http.StatusForbidden, "Only whoever asked")
	maker.wants(maker.send(path), http.StatusSeeOther)
	if got := h.shop.GetRefund(refund.ID); got.Status != payments.RefundRejected {
		t.Errorf("%+v", got)
	}
	maker.wants(maker.get(h.path("/refunds/"+refund.ID)), http.StatusOK, "Withdrawn by finance@example.com")
}

func TestOnlyWhoMayDecideIsOfferedTo(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("AP-4", channel.AlipayQR)
	_, approval := h.awaitingRefund(p.ID)
	for _, role := range []access.Role{access.Developer, access.Viewer, access.PlatformAdmin} {
		b := h.as(role).english()
		r := b.get(h.path("/approvals/" + approval))
		b.wants(r, http.StatusOK, "Your role cannot decide this.")
		if strings.Contains(r.body, "/decide") {
			t.Errorf("%s is offered to decide", role)
		}
		b.wants(b.send(h.path("/approvals/"+approval+"/decide"), "decision", "approve"), http.StatusForbidden)
	}
}

// A decision needs the permission of its kind, besides that to decide at all.
func TestADecisionNeedsThePermissionOfItsKind(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("AP-5", channel.AlipayQR)
	refund, approval := h.awaitingRefund(p.ID)
	b := h.as(access.Finance).english()
	b.wants(b.get(h.path("/approvals/"+approval)), http.StatusOK, "/decide")
	err := h.shop.DB.InTx(h.shop.Ctx, func(tx *db.Tx) error {
		_, err := h.shop.Approvals.Request(h.shop.Ctx, tx, approvals.New{
			Kind: changes.Settings, MerchantID: h.shop.Scope.MerchantID, Mode: app.Test, ObjectID: h.shop.Scope.MerchantID,
			RequestedBy: approvals.Person{Kind: approvals.ByUser, ID: "usr_owner", Name: "owner@example.com"},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.wants(b.get("/console?merchant="+h.shop.Scope.MerchantID+"&mode=test"), http.StatusOK, "1 request waits for approval")
	t.Cleanup(console.DecideBy(payments.ApprovalRefund, access.Settings, access.Write))
	r := b.get(h.path("/approvals/" + approval))
	b.wants(r, http.StatusOK, "Your role cannot decide this.")
	if strings.Contains(r.body, "/decide") {
		t.Error("who lacks the kind's permission is offered to decide")
	}
	b.wants(b.send(h.path("/approvals/"+approval+"/decide"), "decision", "approve"), http.StatusForbidden, "Owner")
	if got := h.shop.GetRefund(refund); got.Status != payments.RefundAwaiting {
		t.Errorf("%+v", got)
	}
}

// The list shows requests of every kind, so whoever reads it must be allowed to
// see what they are about.
func TestWhoSeesApprovalsSeesRefunds(t *testing.T) {
	reads := map[access.Object]map[string]bool{access.Approvals: {}, access.Refunds: {}}
	for _, p := range access.Policy() {
		if reads[p.Object] != nil && slices.Contains(p.Actions, access.Read) {
			reads[p.Object][string(p.Role)+" "+string(p.Where)] = true
		}
	}
	if len(reads[access.Approvals]) == 0 {
		t.Fatal("nobody sees approvals")
	}
	for who := range reads[access.Approvals] {
		if !reads[access.Refunds][who] {
			t.Errorf("%s sees approvals and no refunds", who)
		}
	}
}

func TestSettingsAreChangedByAnOwnerOnly(t *testing.T) {
	onEngines(t, func(h *house) {
		b := h.as(access.Owner).english()
		b.wants(b.get(h.path("/settings")), http.StatusOK, `name="refund_approval_above"`)
		good := []string{"refund_approval_above", "1,000.50", "late_payments", "refund", "duplicate_payments", "keep",
			"statement_emails", "finance@example.com；\r\nowner@example.com"}
		b.wants(b.send(h.path("/settings"), good...), http.StatusSeeOther)
		want := merchants.Settings{LatePayments: "refund", DuplicatePayments: "keep", RefundApprovalAbove: 1000_50, StatementEmails: "finance@example.com,owner@example.com"}
		if got, err := h.shop.Merchants.Settings(h.system, h.shop.Scope.MerchantID); err != nil || got != want {
			h.Errorf("%+v, %v", got, err)
		}
		b.wants(b.get(h.path("/settings")), http.StatusOK, `value="1000.50"`, "Only one person here can approve")
		for amount, says := range map[string]string{"a lot": "Write the amount in yuan", "0": "Between ¥0.01", "100000000.01": "Between ¥0.01", "-1": "Write the amount in yuan"} {
			b.wants(b.send(h.path("/settings"), "refund_approval_above", amount, "late_payments", "keep", "duplicate_payments", "keep"), http.StatusUnprocessableEntity, says, `value="`+amount+`"`)
		}
		b.wants(b.send(h.path("/settings"), "late_payments", "keep", "duplicate_payments", "keep", "statement_emails", "finance"), http.StatusUnprocessableEntity, `id="error-statement_emails"`)
		b.wants(b.send(h.path("/settings"), "refund_approval_above", "1", "late_payments", "maybe", "duplicate_payments", "keep"), http.StatusUnprocessableEntity)
		b.wants(b.send(h.path("/settings"), "refund_approval_above", "1"), http.StatusUnprocessableEntity)
		if got, err := h.shop.Merchants.Settings(h.system, h.shop.Scope.MerchantID); err != nil || got != want {
			h.Errorf("after refused forms %+v, %v", got, err)
		}
		b.wants(b.get(h.path("/audit?action=merchant.settings")), http.StatusOK, "late_payments", "refund_approval_above", "100050")
		finance := h.as(access.Finance).english()
		r := finance.get(h.path("/settings"))
		finance.wants(r, http.StatusOK, "Only an owner can change these.", "Above ¥1,000.50")
		if strings.Contains(r.body, `name="refund_approval_above"`) {
			h.Error("finance is offered to change the settings")
		}
		b.wants(b.get(h.path("/settings")), http.StatusOK)
		if r := b.get(h.path("/settings")); strings.Contains(r.body, "Only one person here can approve") {
			h.Error("two people can approve by now")
		}
	})
}

func refusedAlone(err error) bool {
	var e *app.Error
	return errors.As(err, &e) && e.Reason == "second_person"
}

// acting is a context in which the user does something.
func (h *house) acting(userID string) context.Context {
	return audit.WithActor(context.Background(), audit.Actor{Kind: audit.KindUser, ID: userID, Name: "Somebody"})
}
