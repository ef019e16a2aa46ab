package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

const developerPassword = "connects the order system"

// TestADeveloperConnectsTheirSystem is a developer's first day in both languages:
// invited by a link, they make a key and call the API with it, add an endpoint
// and see it called, follow a payment through its story, and are told whom to ask
// for what their role does not include.
func TestADeveloperConnectsTheirSystem(t *testing.T) {
	takeStage(t)
	p := startProduct(t, dbtest.SQLiteURL(t))
	b := p.openBrowser()
	inEachLanguage(t, b, func(r reader) {
		email := "developer." + strings.ToLower(string(r.Lang())) + "@example.com"
		r.joinByLink(r.inviteDeveloper(email), email)
		r.makeKey()
		endpoint := r.addEndpoint()
		r.testEndpoint(endpoint)

		id, code := p.create("DEV-"+string(r.Lang()), "alipay_qr", nil)
		r.payInWallet(code)
		p.await(id, "succeeded")
		r.followPayment(id)
		r.isToldWhomToAsk(id)
		r.signOut()
	})
}

func (b *browser) base() string { return "/console/m/" + b.facts.Merchant + "/test" }

// inbox is one of the sandbox's, for the reader's endpoint alone.
func (r reader) inbox() string { return "dev-" + strings.ToLower(string(r.Lang())) }

// inviteDeveloper is the owner's part: they hand over a link.
func (r reader) inviteDeveloper(email string) (link string) {
	r.t.Helper()
	r.signsIn(r.facts.Email, r.facts.Password)
	r.goTo(r.base() + "/members")
	r.presses(`main a[href$="/members/new"]`)
	r.studies("invite")
	r.types("email", email)
	r.do(chromedp.Click(`input[name=role][value=developer]`))
	r.presses(`main form.form button[type=submit]`)
	r.says("main h1", "invitations.link_title", "email", email)
	r.studies("invitation-link")
	link = r.text(".secret code")
	r.signOut()
	return link
}

// joinByLink is the developer's: they choose a password and sign in with it.
func (r reader) joinByLink(link, email string) {
	r.t.Helper()
	r.do(chromedp.Navigate(link))
	r.switchLanguage()
	r.shows("main", email)
	r.studies("join")
	r.types("name", "Integration "+string(r.Lang()), "password", "short")
	r.presses(`main form button[type=submit]`)
	r.do(chromedp.WaitVisible(`#error-password`))
	r.types("password", developerPassword)
	r.presses(`main form button[type=submit]`)
	r.isTold("flash.joined")
	r.types("email", email, "password", developerPassword)
	r.presses(`main button[type=submit]`)
	r.do(chromedp.WaitVisible(`.topbar`))
	r.switchLanguage()
	// A link works once.
	r.do(chromedp.Navigate(link))
	r.says("main h1", "join.gone")
}

// makeKey creates a key; the proof of who they are has become old over the form.
func (r reader) makeKey() {
	r.t.Helper()
	r.goTo(r.base() + "/keys")
	r.presses(`main a[href$="/keys/new"]`)
	r.says("main h1", "keys.create")
	r.studies("key-new")
	name := "Order service " + string(r.Lang())
	r.types("name", name)
	r.age()
	r.presses(`main form.form button[type=submit]`)
	r.says("main h1", "confirm.title")
	r.studies("confirm")
	r.types("_password", developerPassword)
	r.presses(`main form button[type=submit]`)
	r.says("main h1", "keys.created", "name", name)
	r.studies("key-created")
	// What the page shows is what the API takes.
	r.facts.Key = r.text(".secret code")
	if !strings.HasPrefix(r.facts.Key, "sk_test_") {
		r.t.Fatalf("the page shows %q for a key", r.facts.Key)
	}
	r.presses(`main .form-actions a`)
	r.shows("main table", name)
	if strings.Contains(r.text("main"), r.facts.Key) {
		r.t.Error("the list shows a key's secret")
	}
}

// addEndpoint adds an inbox of the sandbox, hands the secret over to it, and
// returns the endpoint's page.
func (r reader) addEndpoint() string {
	r.t.Helper()
	r.goTo(r.base() + "/webhooks")
	r.presses(`main a[href$="/webhooks/new"]`)
	r.studies("endpoint-new")
	r.types("url", r.facts.URL+"/sandbox/inbox/"+r.inbox(), "description", "Order service")
	r.presses(`main form.form button[type=submit]`)
	r.says("main", "webhooks.secret_shown")
	r.studies("endpoint-created")
	secret := r.text(".secret code")
	test := r.eval(`document.querySelector("form[action$='/test']").getAttribute("action")`)
	r.goTo("/sandbox/inbox/" + r.inbox())
	r.do(chromedp.SetValue(`#secret`, secret))
	r.presses(`form.fields button`)
	return strings.TrimSuffix(test, "/test")
}

// testEndpoint sends a test event and reads its delivery: what was sent and what
// was answered.
func (r reader) testEndpoint(page string) {
	r.t.Helper()
	r.goTo(page)
	r.presses(`form[action$="/test"] button`)
	r.eventually("the test event is delivered", func() bool {
		r.goTo(page)
		return strings.Contains(r.text("main table"), r.word("delivery_status.succeeded"))
	})
	r.studies("endpoint")
	r.presses(`main .row-link`)
	r.says(".object-title", "delivery_status.succeeded")
	r.says(".step-line", "deliveries.answer", "n", 1, "code", "204")
	r.do(chromedp.Click(`.step-more summary`))
	r.shows(".step-bytes", "webhook-signature")
	r.shows("main pre", `"type"`)
	r.studies("delivery")
	if n := r.verifiedAt(r.inbox()); n != 1 {
		r.t.Errorf("the inbox has %d verified messages, want the test event", n)
	}
}

// verifiedAt counts the messages at inboxes whose signature was verified.
func (p *product) verifiedAt(inboxes ...string) (n int) {
	p.t.Helper()
	for _, inbox := range inboxes {
		messages, _ := p.ask("GET", p.facts.URL+"/sandbox/inbox/"+inbox+".json", nil)["data"].([]any)
		for _, m := range messages {
			if message, _ := m.(map[string]any); message["verified"] == true {
				n++
			}
		}
	}
	return n
}

// followPayment reads a payment's story, copies a call about it, finds it
// by the channel's number, and has its webhook sent again.
func (r reader) followPayment(id string) {
	r.t.Helper()
	r.eventually("the webhook has arrived", func() bool { return r.verifiedAt(r.inbox()) == 2 })
	r.goTo(r.base() + "/payments/" + id)
	r.says(".object-title", "payment_status.succeeded")
	r.do(chromedp.Click(`.step-api .step-more summary`))
	r.studies("payment-story")
	const curl = `.step-api .step-bytes .code-block:last-child .copy`
	call := r.eval(`document.querySelector("` + curl + `").dataset.copy`)
	if !strings.HasPrefix(call, "curl ") || !strings.Contains(call, "/v1/merchants/"+r.facts.Merchant+"/payments") || strings.Contains(call, r.facts.Key) {
		r.t.Errorf("the call to copy is %q", call)
	}
	r.do(chromedp.Click(curl))
	r.isTold("shell.copied")

	r.takesPhone()
	r.findByNumber(id)
	r.sitsDown()

	r.received("payment.succeeded", id)
	before := r.verifiedAt(demoInbox, "dev-en", "dev-zh-cn")
	r.presses(`.step-webhook form button`)
	r.isTold("flash.delivery_resent")
	r.eventually("the webhook is sent again", func() bool { return r.verifiedAt(demoInbox, "dev-en", "dev-zh-cn") == before+1 })
}

// isToldWhomToAsk tries what a developer may not do.
func (r reader) isToldWhomToAsk(id string) {
	r.t.Helper()
	r.goTo(r.base() + "/payments/" + id)
	for _, sel := range []string{`main a[href$="/refund"]`, `#sidebar a[href$="/members"]`} {
		if r.has(sel) {
			r.t.Errorf("a developer is offered %s", sel)
		}
	}
	for _, page := range []string{r.base() + "/members", r.base() + "/payments/" + id + "/refund"} {
		r.goTo(page)
		r.says("main h1", "failure.title_forbidden")
		r.says("main", "role.owner")
		if got := r.answered(); got != "403" {
			r.t.Errorf("%s is answered %s", page, got)
		}
	}
	r.studies("forbidden")
}
