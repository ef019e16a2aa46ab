package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser is a person at the console.
type browser struct {
	*product
	ctx context.Context
}

func (p *product) openBrowser() *browser {
	p.t.Helper()
	allocator, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(p.t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("lang", "en-US"))
	p.t.Cleanup(cancel)
	tab, cancelTab := chromedp.NewContext(allocator)
	p.t.Cleanup(cancelTab)
	if err := chromedp.Do(tab); err != nil {
		p.t.Fatalf("start the browser: %v (Debian's package chromium must be installed)", err)
	}
	ctx, cancelTime := context.WithTimeout(tab, 3*time.Minute)
	p.t.Cleanup(cancelTime)
	b := &browser{p, ctx}
	b.do(chromedp.EmulateViewport(1440, 900))
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\non %s", err, b.page())
	}
}

// look photographs the page into the folder that E2E_SHOTS names, at both
// widths, for whoever wants to see what the test saw.
func (b *browser) look(name string) {
	b.t.Helper()
	dir := os.Getenv("E2E_SHOTS")
	if dir == "" {
		return
	}
	for _, width := range []int64{390, 1440} {
		b.do(chromedp.EmulateViewport(width, 900))
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)), picture, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *browser) page() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 1500)`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (b *browser) goTo(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.facts.URL + path)) }

// value reads a field of the page, text what it shows.
func (b *browser) value(sel string) string {
	b.t.Helper()
	return b.eval(`document.querySelector("` + sel + `").value`)
}

func (b *browser) text(sel string) string {
	b.t.Helper()
	return b.eval(`[...document.querySelectorAll("` + sel + `")].map(e => e.innerText).join("\n")`)
}

func (b *browser) eval(expression string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		b.t.Fatalf("%s: %v\non %s", expression, err, b.page())
	}
	return s
}

// shows waits until the element shows the text.
func (b *browser) shows(sel, want string) {
	b.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !strings.Contains(b.text(sel), want) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s never showed %q on %s", sel, want, b.page())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestThePaymentLoopAsAPersonDoesIt is the whole way: sign in, register the
// accounts, take payments, watch them arrive.
func TestThePaymentLoopAsAPersonDoesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, p *product) {
		b := p.openBrowser()
		b.signIn()
		b.seeDemoAccounts()
		wechat := b.registerWeChat()
		alipay := b.registerAlipay()
		for method, account := range map[string]string{"wechat_native": wechat, "alipay_qr": alipay} {
			id, code := p.create("E2E-"+method, method, map[string]any{"account_id": account})
			b.payInWallet(code)
			p.await(id, "succeeded")
			p.received("payment.succeeded", id)
			b.readStory(id)
		}
		b.findByNumber("E2E-alipay_qr")
		for _, page := range []string{"payments", "accounts", "keys", "webhooks", "deliveries"} {
			b.goTo("/console/m/" + p.facts.Merchant + "/test/" + page)
			b.shows("main h1", "")
			b.look(page)
		}
		b.goTo("/console")
		b.look("home")
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

func (b *browser) signIn() {
	b.t.Helper()
	b.goTo("/")
	b.do(chromedp.SendKeys(`input[name=email]`, b.facts.Email), chromedp.SendKeys(`input[name=password]`, b.facts.Password),
		chromedp.Click(`main button[type=submit]`), chromedp.WaitVisible(`.topbar`))
	b.shows("body", "Test mode")
}

// accounts is the path of the merchant's channel accounts.
func (b *browser) accounts() string {
	return "/console/m/" + b.facts.Merchant + "/test/accounts"
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
	b.do(chromedp.Click(`input[value=`+channel+`]`), chromedp.Click(`main form button`), chromedp.WaitVisible(`#gateway_url`))
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
	b.do(chromedp.Click(`input[value=`+channel+`]`), chromedp.Click(`main .btn-primary`), chromedp.WaitVisible(`#field-name`),
		chromedp.SendKeys(`#field-name`, name), chromedp.Click(`main .btn-primary`), chromedp.WaitVisible(`#account-form`))
}

func (b *browser) registerWeChat() string {
	b.t.Helper()
	values := b.sandboxMerchant("wechat", "api_v3_key", "private_key", "certificate", "public_key_id", "public_key", "appid")
	// A certificate and a key that do not belong together are named at once.
	other := b.sandboxKey()
	b.begin("wechat", "Second WeChat")
	wrong := map[string]string{"private_key": other}
	for name, value := range values {
		if name != "private_key" {
			wrong[name] = value
		}
	}
	b.fill(wrong)
	b.shows("#checks", "does not match")
	b.fill(values)
	return b.save("Second WeChat")
}

// sandboxKey is another merchant's private key.
func (b *browser) sandboxKey() string {
	b.t.Helper()
	return b.sandboxMerchant("wechat", "private_key")["private_key"]
}

func (b *browser) registerAlipay() string {
	b.t.Helper()
	values := b.sandboxMerchant("alipay", "app_id", "seller_id", "app_private_key", "alipay_public_key")
	b.begin("alipay", "Second Alipay")
	b.fill(values)
	return b.save("Second Alipay")
}

// save goes from the credentials to the end, sees the account pass its live test,
// and returns its id.
func (b *browser) save(name string) string {
	b.t.Helper()
	b.do(chromedp.Click(`#account-form .form-actions .btn-primary`), chromedp.WaitVisible(`.wizard-verdict`))
	b.shows("main", "Every check passed")
	b.look("wizard-checks")
	b.do(chromedp.Click(`main .form-actions .btn-primary`), chromedp.WaitVisible(`.wizard-tests`), chromedp.Click(`.wizard-tests .btn-primary`), chromedp.WaitVisible(`.wizard-tests .notice`))
	b.shows("main", "both signatures verified")
	b.look("wizard-test")
	b.do(chromedp.Click(`main .form-actions a.btn-primary`), chromedp.WaitVisible(`.wizard-sum`), chromedp.Click(`main .form-actions .btn-primary`), chromedp.WaitVisible(`.object-head`))
	b.shows("main h1", name)
	b.shows("main", "Healthy")
	path := b.eval(`location.pathname`)
	return path[strings.LastIndex(path, "/")+1:]
}

func (b *browser) payInWallet(code string) {
	b.t.Helper()
	b.goTo("/sandbox/wallet")
	b.do(chromedp.SendKeys(`#code`, code), chromedp.Click(`main form button`), chromedp.WaitVisible(`button[value=pay]`),
		chromedp.Click(`button[value=pay]`), chromedp.WaitVisible(`.outcome`))
}

// readStory opens the payment's page and finds its whole story on it.
func (b *browser) readStory(id string) {
	b.t.Helper()
	b.goTo("/console/m/" + b.facts.Merchant + "/test/payments/" + id)
	b.shows(".object-title", "Succeeded")
	b.look("payment-" + id[len(id)-4:])
	for _, kind := range []string{"api", "channel_call", "state", "notification", "webhook"} {
		if b.text(".step-"+kind) == "" {
			b.t.Errorf("the timeline of %s tells nothing of kind %s:\n%s", id, kind, b.text(".story"))
		}
	}
}

func (b *browser) findByNumber(orderNo string) {
	b.t.Helper()
	b.goTo("/console/search?merchant=" + b.facts.Merchant + "&mode=test&q=" + orderNo)
	b.shows("main", orderNo)
}
