package main

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestThePaymentLoopAsAPersonDoesIt is the merchant's whole way, in both languages:
// sign in, register the accounts, take payments, watch them arrive, and find one
// on the phone.
func TestThePaymentLoopAsAPersonDoesIt(t *testing.T) {
	onEachEngine(t, func(r reader) {
		r.signsIn(r.facts.Email, r.facts.Password)
		r.says("body", "shell.test_mode")
		r.seeDemoAccounts()
		wechat := r.registerWeChat()
		alipay := r.registerAlipay()
		var last string
		for method, account := range map[string]string{"wechat_native": wechat, "alipay_qr": alipay} {
			id, code := r.create("E2E-"+method, method, map[string]any{"account_id": account})
			r.payInWallet(code)
			r.await(id, "succeeded")
			r.received("payment.succeeded", id)
			r.readStory(id)
			last = id
		}
		r.takesPhone()
		r.findByNumber(last)
		for _, page := range []string{"payments", "accounts", "keys", "webhooks", "deliveries"} {
			r.goTo(r.base() + "/" + page)
			if r.text("main h1") == "" {
				r.t.Errorf("%s has no title", page)
			}
			r.fits()
			r.look(page + "-" + string(r.Lang()))
		}
		r.goTo("/console")
		r.fits()
		r.look("home-" + string(r.Lang()))
	})
}

// TestNothingIsLostWithoutNotifications drops what the channels send, and lets
// a payment expire.
func TestNothingIsLostWithoutNotifications(t *testing.T) {
	onBoth(t, func(t *testing.T, p *product) {
		for method, channel := range map[string]string{"wechat_native": "wechat", "alipay_qr": "alipay"} {
			p.ask("POST", p.facts.URL+"/sandbox/faults", map[string]any{"channel": channel, "fault": "drop_notification", "count": 1})
			id, code := p.create("LOST-"+method, method, nil)
			p.ask("POST", p.facts.URL+"/sandbox/wallet/pay", map[string]any{"code": code})
			p.clock.advance(16 * time.Second)
			p.await(id, "succeeded")
			p.received("payment.succeeded", id)

			expires := p.clock.Now().Add(2*time.Minute + 5*time.Second).Format(time.RFC3339)
			id, code = p.create("EXPIRE-"+method, method, map[string]any{"expires_at": expires})
			// A payer has looked at the order, so the channel knows it.
			p.scan(code)
			p.clock.advance(2*time.Minute + 10*time.Second)
			p.await(id, "closed")
			p.received("payment.closed", id)
			p.refusesLateMoney(code)
		}
	})
}

func (p *product) scan(code string) {
	p.t.Helper()
	if _, err := p.server.sandbox.Trades().Scan(p.t.Context(), code); err != nil {
		p.t.Fatal(err)
	}
}

func (p *product) refusesLateMoney(code string) {
	p.t.Helper()
	if _, err := p.server.sandbox.Trades().Pay(p.t.Context(), code); err == nil {
		p.t.Error("an expired order could still be paid: it was not closed at the channel")
	}
}

// signIn is the owner's, in English.
func (b *browser) signIn() {
	b.t.Helper()
	reader{b, languages(b.t)[0]}.signsIn(b.facts.Email, b.facts.Password)
}

// accounts is the path of the merchant's channel accounts.
func (b *browser) accounts() string {
	return b.base() + "/accounts"
}

func (b *browser) seeDemoAccounts() {
	b.t.Helper()
	b.goTo(b.accounts())
	b.shows("main", "Sandbox wechat")
	b.shows("main", "Sandbox alipay")
}

// sandboxMerchant opens a merchant at the sandbox and reads its credentials off
// the page.
func (b *browser) sandboxMerchant(channel string, fields ...string) map[string]string {
	b.t.Helper()
	b.goTo("/sandbox/merchants")
	b.do(chromedp.Click(`input[value=` + channel + `]`))
	b.presses(`main form button`)
	values := map[string]string{}
	for _, f := range fields {
		if values[f] = b.value("#" + f); values[f] == "" {
			b.t.Fatalf("the sandbox's page shows no %s", f)
		}
	}
	return values
}

// fill pastes values into the form's fields.
func (b *browser) fill(values map[string]string) {
	b.t.Helper()
	for name, value := range values {
		b.do(chromedp.SetValue(`#field-`+name, value))
	}
	b.eval(`document.querySelector("#account-form").dispatchEvent(new Event("change", {bubbles: true})); ""`)
}

// begin starts an account in the wizard and leads to its credentials.
func (b *browser) begin(channel, name string) {
	b.t.Helper()
	b.goTo(b.accounts() + "/new")
	b.do(chromedp.Click(`input[value=` + channel + `]`))
	b.presses(`main .btn-primary`)
	b.do(chromedp.SendKeys(`#field-name`, name))
	b.presses(`main .btn-primary`)
	b.do(chromedp.WaitVisible(`#account-form`))
}

func (r reader) registerWeChat() string {
	r.t.Helper()
	values := r.sandboxMerchant("wechat", "api_v3_key", "private_key", "certificate", "public_key_id", "public_key", "appid")
	// A certificate and a key that do not belong together are named at once.
	wrong := maps.Clone(values)
	wrong["private_key"] = r.sandboxMerchant("wechat", "private_key")["private_key"]
	r.begin("wechat", "Second WeChat")
	r.fill(wrong)
	r.shows("#checks", r.around("check.wechat.key_mismatch", "serial_no"))
	r.fill(values)
	return r.save("Second WeChat")
}

func (r reader) registerAlipay() string {
	r.t.Helper()
	values := r.sandboxMerchant("alipay", "app_id", "seller_id", "app_private_key", "alipay_public_key")
	r.begin("alipay", "Second Alipay")
	r.fill(values)
	return r.save("Second Alipay")
}

// save goes from the credentials to the end, sees the account pass its live test,
// and returns its id.
func (r reader) save(name string) string {
	r.t.Helper()
	r.presses(`#account-form .form-actions .btn-primary`)
	r.says(".wizard-verdict", "wizard.checks_green")
	r.studies("wizard-checks")
	r.presses(`main .form-actions .btn-primary`)
	r.do(chromedp.Click(`.wizard-tests .btn-primary`), chromedp.WaitVisible(`.wizard-tests .notice`))
	r.says("main", "check.probe.passed")
	r.studies("wizard-test")
	r.presses(`main .form-actions a.btn-primary`)
	r.do(chromedp.WaitVisible(`.wizard-sum`))
	r.presses(`main .form-actions .btn-primary`)
	r.shows("main h1", name)
	r.says("main", "health.healthy")
	path := r.eval(`location.pathname`)
	return path[strings.LastIndex(path, "/")+1:]
}

func (b *browser) payInWallet(code string) {
	b.t.Helper()
	b.goTo("/sandbox/wallet")
	b.do(chromedp.SendKeys(`#code`, code))
	b.presses(`main form button`)
	b.presses(`button[value=pay]`)
	b.do(chromedp.WaitVisible(`.outcome`))
}

// readStory opens the payment's page and finds its whole story on it.
func (r reader) readStory(id string) {
	r.t.Helper()
	// The receiver has the webhook before its answer is written down.
	r.eventually("the story has the webhook", func() bool {
		r.goTo(r.base() + "/payments/" + id)
		return r.has(".step-webhook")
	})
	r.says(".object-title", "payment_status.succeeded")
	r.studies("payment-" + id[len(id)-4:])
	for _, kind := range []string{"api", "channel_call", "state", "notification", "webhook"} {
		if r.text(".step-"+kind) == "" {
			r.t.Errorf("the timeline of %s tells nothing of kind %s:\n%s", id, kind, r.text(".story"))
		}
	}
}

// findByNumber pastes the number that the payer sees into the one search box, and
// lands on the payment.
func (r reader) findByNumber(id string) {
	r.t.Helper()
	r.goTo(r.base() + "/payments/" + id)
	number := r.eval(`document.querySelector(".object-ids .object-id:nth-child(3) .copy").dataset.copy`)
	r.goTo("/console")
	r.leaves(func() { r.do(chromedp.SendKeys(`#global-search`, number+"\r")) })
	if got := r.eval(`location.pathname`); got != r.base()+"/payments/"+id {
		r.t.Errorf("the channel's number %s leads to %s", number, got)
	}
	r.says(".object-title", "payment_status.succeeded")
	r.fits()
}
