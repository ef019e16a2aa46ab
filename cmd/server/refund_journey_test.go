package main

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

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

func (b *browser) signInAs(email, password string) {
	b.t.Helper()
	b.goTo("/console/sign-in")
	b.do(chromedp.SendKeys(`input[name=email]`, email), chromedp.SendKeys(`input[name=password]`, password),
		chromedp.Click(`main button[type=submit]`), chromedp.WaitVisible(`.topbar`))
}

// TestMoneyGoesBackFromAPhone is a refund as two people make it on their phones:
// one asks for it, it waits, and the other approves it.
func TestMoneyGoesBackFromAPhone(t *testing.T) {
	onBoth(t, func(t *testing.T, p *product) {
		p.addChecker("checker@example.com")
		maker, checker := p.openBrowser(), p.openBrowser()
		maker.do(chromedp.EmulateViewport(390, 844))
		checker.do(chromedp.EmulateViewport(390, 844))
		maker.signIn()
		base := "/console/m/" + p.facts.Merchant + "/test"

		maker.goTo(base + "/settings")
		maker.do(chromedp.SetValue(`#field-refund_approval_above`, "1.00"), chromedp.Click(`main form button[type=submit]`), chromedp.WaitVisible(`.toast-line`))

		id, code := p.create("E2E-REFUND", "alipay_qr", map[string]any{"amount": 500})
		p.ask("POST", p.facts.URL+"/sandbox/wallet/pay", map[string]any{"code": code})
		p.await(id, "succeeded")

		maker.goTo(base + "/payments/" + id)
		maker.do(chromedp.Click(`a[href$="/refund"]`), chromedp.WaitVisible(`#field-amount`))
		if got := maker.value("#field-amount"); got != "5.00" {
			t.Errorf("the form offers %q", got)
		}
		maker.shows(".form-panel", "a second person approves")
		maker.look("refund-form")
		maker.do(chromedp.EmulateViewport(390, 844), chromedp.SetValue(`#field-amount`, "9.99"), chromedp.SendKeys(`#field-reason`, "the cup was broken"),
			chromedp.Click(`main form button[type=submit]`), chromedp.WaitVisible(`#error-amount`))
		maker.shows("#error-amount", "¥5.00 is left")
		if got := maker.value("#field-reason"); got != "the cup was broken" {
			t.Errorf("the reason was kept as %q", got)
		}
		maker.do(chromedp.SetValue(`#field-amount`, "3.00"), chromedp.Click(`main form button[type=submit]`), chromedp.WaitVisible(`.object-head`))
		maker.shows(".object-title", "Awaiting approval")
		maker.look("refund-awaiting")
		refund := maker.eval(`location.pathname`)

		checker.signInAs("checker@example.com", checkerPassword)
		checker.goTo(base + "/approvals")
		checker.do(chromedp.Click(`.row-link`), chromedp.WaitVisible(`button[value=approve]`))
		checker.look("approval")
		checker.do(chromedp.EmulateViewport(390, 844), chromedp.SendKeys(`#field-note`, "seen it"), chromedp.Click(`button[value=approve]`), chromedp.WaitNotPresent(`button[value=approve]`))
		checker.shows(".object-title", "Approved")

		p.eventually("the money is given back", func() bool {
			return p.call("GET", "/payments/"+id, nil)["amount_refunded"] == float64(300)
		})
		maker.goTo(refund)
		maker.shows(".object-title", "Succeeded")
		maker.shows("main", "Approved by checker@example.com")
		maker.goTo(base + "/payments/" + id)
		maker.shows("#refunds", "¥2.00 refundable")
		maker.look("payment-refunded")
		if wide := maker.eval(`String(document.documentElement.scrollWidth > window.innerWidth)`); wide != "false" {
			t.Error("the payment's page scrolls sideways")
		}
	})
}
