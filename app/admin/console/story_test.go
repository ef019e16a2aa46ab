package console_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/webhooks"
)

func order(no string) payments.CreateInput { return paymentstest.Order(no, channel.WeChatNative) }

// TestAPaymentTellsItsWholeStory is the journey of one payment, on both engines.
func TestAPaymentTellsItsWholeStory(t *testing.T) {
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) { journey(openOn(t, d, clock)) }, dbtest.WithClock(clock))
}

func journey(h *house) {
	h.deliver()
	if _, err := h.webhooks.Create(h.system, h.shop.Scope.MerchantID, h.shop.Scope.Mode, webhooks.Input{URL: h.shop.Base + "/sandbox/inbox/story"}); err != nil {
		h.Fatal(err)
	}
	asked := order("STORY-1")
	asked.Asked = `{"order_no":"STORY-1","amount":1234,"payer":{"openid":"oUpF****eS6o"}}`
	v := h.shop.Create(asked)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	b.wants(b.get(h.path("/payments/"+v.ID)), http.StatusOK, "Waiting for the payer", v.Action.CodeURL)
	h.shop.Pay(v.Action.CodeURL)
	h.shop.Await(v.ID, payments.StatusSucceeded)

	page := b.await(h.path("/payments/"+v.ID), "payment.succeeded delivered")
	said := plain(page.body)
	at := 0
	for _, step := range []string{
		"Your server created the order STORY-1", "Order sent to the channel", "the channel accepted the order",
		"Notification TRANSACTION.SUCCESS verified with PUB_KEY_ID_", "→ Succeeded", "payment.succeeded delivered to",
	} {
		i := strings.Index(said[at:], step)
		if i < 0 {
			h.Fatalf("the story does not go on with %q:\n%s", step, said[at:])
		}
		at += i
	}
	again := "/payments' \\\n  -H \"Authorization: Bearer $PIAOHAO_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d '" + asked.Asked + "'"
	if !strings.Contains(html.UnescapeString(page.body), again) {
		h.Errorf("the story does not say how the order is asked for again: %q\n%s", again, said)
	}
	b.wants(page, http.StatusOK, "curl -X POST", "out_trade_no", "/v3/pay/transactions/native", "webhook-signature", "¥12.34",
		"POST /sandbox/wechat/v3/pay/transactions/native", "HTTP 200", "Answered 204", "attempt 1 of 10, HTTP 204")
	b.sentAgain(v.ID)
	home := b.get("/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test")
	b.wants(home, http.StatusOK, "STORY-1", "¥12.34")
	if r := b.send(h.path("/payments/" + v.ID + "/close")); r.status != http.StatusConflict {
		h.Errorf("close a paid one: %d", r.status)
	}
	developer := h.as(access.Developer)
	developer.wants(developer.get(h.path("/payments/"+v.ID)), http.StatusOK)
	developer.wants(developer.send(h.path("/payments/"+v.ID+"/close")), http.StatusForbidden)
	viewer := h.as(access.Viewer)
	shown := viewer.get(h.path("/payments/" + v.ID))
	viewer.wants(shown, http.StatusOK)
	if strings.Contains(shown.body, "webhook-signature") {
		h.Error("a viewer, who may not see deliveries, sees them in the story")
	}
}

// sentAgain has the payment's webhook sent once more from its story, and comes
// back to see it there.
func (b *browser) sentAgain(payment string) {
	b.Helper()
	page := b.path("/payments/" + payment)
	body := b.get(page).body
	b.wants(b.get(page), http.StatusOK, "Event made ")
	form := regexp.MustCompile(`action="([^"]*/deliveries/[^"]*/resend)"`).FindStringSubmatch(body)
	if form == nil || strings.Count(body, "/resend") != 1 {
		b.Fatalf("the story offers no resending, or more than one: %q", form)
	}
	if r := b.send(form[1], "next", page); r.status != http.StatusSeeOther || r.location() != page {
		b.Fatalf("resend: %d to %q", r.status, r.location())
	}
	b.await(page, "attempt 2")
	if r := b.send(form[1], "next", "https://elsewhere.example/"); r.location() != strings.TrimSuffix(form[1], "/resend") {
		b.Errorf("a foreign page to come back to led to %q", r.location())
	}
}

// await reads a page until it says the text.
func (b *browser) await(path, text string) reply {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		r := b.get(path)
		if r.status == http.StatusOK && strings.Contains(plain(r.body), text) {
			return r
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s never says %q: %d\n%s", path, text, r.status, plain(r.body))
		}
	}
}

func TestSyncAndCloseAskTheChannel(t *testing.T) {
	h := open(t)
	h.shop.Fault("wechat", "drop_notification", 1)
	paid := h.shop.Create(order("SYNC-1"))
	h.shop.Pay(paid.Action.CodeURL)
	unpaid := h.shop.Create(order("CLOSE-1"))
	b := h.as(access.Finance)
	b.send("/console/preferences", "language", "en")
	if r := b.send(h.path("/payments/" + paid.ID + "/sync")); r.status != http.StatusSeeOther || r.location() != h.path("/payments/"+paid.ID) {
		t.Fatalf("sync: %d", r.status)
	}
	page := b.get(h.path("/payments/" + paid.ID))
	b.wants(page, http.StatusOK, "Asked the channel; this is the current state", "→ Succeeded")
	if strings.Contains(b.get(h.path("/payments/"+paid.ID)).body, "this is the current state") {
		t.Error("the success is announced twice")
	}
	if r := b.send(h.path("/payments/" + unpaid.ID + "/close")); r.status != http.StatusSeeOther {
		t.Fatalf("close: %d %s", r.status, plain(r.body))
	}
	b.wants(b.get(h.path("/payments/"+unpaid.ID)), http.StatusOK, "→ Closed", "finance@example.com")
	if got := h.shop.Get(unpaid.ID).Status; got != payments.StatusClosed {
		t.Errorf("the payment is %s", got)
	}
	refused := paymentstest.Order("REFUSED-1", channel.AlipayCode)
	refused.Payer = channel.Payer{AuthCode: "280000000000000001", ClientIP: "203.0.113.7"}
	if _, err := h.shop.Payments.Create(h.system, h.shop.Scope, refused, nil); !app.Is(err, app.Declined) {
		t.Fatalf("a payment code that nobody has is answered %v", err)
	}
	found, err := h.shop.Payments.Find(h.system, h.shop.Scope, "REFUSED-1", nil)
	if err != nil || len(found) != 1 {
		t.Fatalf("found %d, %v", len(found), err)
	}
	b.wants(b.get(h.path("/payments/"+found[0].ID)), http.StatusOK, "Sending the same request again opens a new attempt",
		"alipay.trade.pay", "ACQ.PAYMENT_AUTH_CODE_INVALID", "Ask the payer to refresh it")
	h.shop.Sound()
}

func TestTheOverviewNamesWhatNeedsSomebody(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	home := "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
	b.wants(b.get(home), http.StatusOK, "Take your first payment")
	h.shop.Create(order("HOME-1"))
	b.wants(b.get(home), http.StatusOK, "Nothing needs you right now")
	if err := h.shop.Merchants.MarkDeaf(h.system, h.shop.WeChat.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.shop.Merchants.DisableAccount(h.system, h.shop.Scope.MerchantID, h.shop.Alipay.ID); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get(home), http.StatusOK, "No notifications reach wechat", "alipay is not enabled")
	h.clock.Advance(4*365*24*time.Hour + 350*24*time.Hour) // the sandbox's certificates hold five years
	b = h.browser().signIn("owner@example.com")
	b.wants(b.get(home), http.StatusOK, "The certificate of wechat expires on")
	b.wants(b.get(h.path("/accounts")), http.StatusOK)
	if list, err := h.shop.Merchants.Accounts(h.system, merchants.AccountFilter{MerchantID: h.shop.Scope.MerchantID, Mode: "test"}); err != nil || len(list) != 2 {
		t.Errorf("accounts %d, %v", len(list), err)
	}
}
