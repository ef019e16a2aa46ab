package console_test

import (
	"net/http"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/web/i18n"
)

// contradiction delivers a validly signed notification whose amount is one fen
// off, and returns the case it became.
func (h *house) contradiction(order string) payments.StoredNotice {
	h.Helper()
	facts := h.shop.WeChatFacts(h.shop.Create(paymentstest.Order(order, channel.WeChatNative)))
	facts["amount"] = map[string]any{"total": 1235, "payer_total": 1235, "currency": "CNY", "payer_currency": "CNY"}
	return h.held(facts)
}

func (h *house) held(facts map[string]any) payments.StoredNotice {
	h.Helper()
	if status, text := h.shop.Deliver(h.shop.SignWeChat(h.shop.WeChat, facts)); status < 400 {
		h.Fatalf("it was acknowledged: %d %s", status, text)
	}
	page, err := h.shop.Payments.Notices(h.system, h.shop.Scope, payments.NoticeFilter{Limit: 1})
	if err != nil || len(page.Notices) != 1 {
		h.Fatalf("held %+v, %v", page, err)
	}
	return page.Notices[0]
}

func TestACaseShowsBothSidesAndEndsByAWord(t *testing.T) {
	h := open(t)
	b := h.as(access.Finance)
	b.send("/console/preferences", "language", "en")
	b.wants(b.get(h.path("/cases")), http.StatusOK, "Nothing to settle")
	n := h.contradiction("C-1")
	at := h.path("/cases/" + n.ID)
	b.wants(b.get(h.path("/cases")), http.StatusOK, "The amount differs", "¥12.35", at, `aria-label="1 waiting"`)
	b.wants(b.get(at), http.StatusOK, "¥12.34", "¥12.35", "The payer was charged another amount", "Ask the channel again", "C-1", "Decrypted")
	b.wants(b.get("/console"), http.StatusOK, "1 notification contradicts our books", `href="`+h.path("/cases")+`"`)

	b.wants(b.send(at+"/resolve", "outcome", "kept", "note", ""), http.StatusUnprocessableEntity, `id="error-note"`, `value="kept" checked`)
	b.wants(b.send(at+"/resolve", "outcome", "confirmed", "note", "x"), http.StatusUnprocessableEntity, `id="error-outcome"`)
	b.wants(b.send(at+"/resolve", "outcome", "returned", "note", "given back\r\nat the channel"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Case ended", "Money given back", "given back at the channel", "finance@example.com")
	b.wants(b.get(h.path("/cases")), http.StatusOK, "Nothing to settle")
	b.wants(b.get(h.path("/cases?state=resolved")), http.StatusOK, "The amount differs", "Money given back")
	b.wants(b.send(at+"/resolve", "outcome", "kept", "note", "again"), http.StatusUnprocessableEntity, "dealt with this case already")
	b.wants(b.send(at+"/recheck"), http.StatusUnprocessableEntity, "dealt with this case already")
}

func TestACaseEndsWhenTheChannelAgrees(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	n := h.contradiction("C-2")
	at := h.path("/cases/" + n.ID)
	h.shop.LoseKeys(true)
	b.wants(b.send(at+"/recheck"), http.StatusUnprocessableEntity, "gave no certain answer")
	h.shop.LoseKeys(false)
	h.orderedBy(n.AttemptID, "wx0000000000000000")
	b.wants(b.send(at+"/recheck"), http.StatusUnprocessableEntity, "still contradicts our books", "Ask the channel again")
	h.orderedBy(n.AttemptID, h.shop.WeChat.DefaultApp())
	b.wants(b.send(at+"/recheck"), http.StatusSeeOther)
	b.wants(b.get(at), http.StatusOK, "Channel agrees")
}

// orderedBy makes our books say that the order was placed in the app.
func (h *house) orderedBy(attemptID, appID string) {
	h.Helper()
	if _, err := h.shop.DB.Exec(h.system, `UPDATE attempts SET app_id = ? WHERE id = ?`, appID, attemptID); err != nil {
		h.Fatal(err)
	}
}

func TestACaseOfAnUnknownOrderSaysSo(t *testing.T) {
	h := open(t)
	b := h.as(access.Viewer)
	b.send("/console/preferences", "language", "en")
	facts := h.shop.WeChatFacts(h.shop.Create(paymentstest.Order("C-3", channel.WeChatNative)))
	facts["out_trade_no"] = "KIOSK-42"
	n := h.held(facts)
	page := b.get(h.path("/cases/" + n.ID))
	b.wants(page, http.StatusOK, "The order is not ours", "None of ours", "KIOSK-42")
	for _, act := range []string{"/recheck", "/resolve"} {
		b.wants(b.send(h.path("/cases/"+n.ID)+act, "outcome", "kept", "note", "x"), http.StatusForbidden)
	}
}

func TestCasesArePaged(t *testing.T) {
	h := open(t)
	b := h.as(access.Developer)
	v := h.shop.Create(paymentstest.Order("C-4", channel.WeChatNative))
	for range 26 {
		facts := h.shop.WeChatFacts(v)
		facts["appid"] = "wx0000000000000000"
		h.held(facts)
	}
	first, err := h.shop.Payments.Notices(h.system, h.shop.Scope, payments.NoticeFilter{Limit: 25})
	if err != nil || first.Next == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	b.wants(b.get(h.path("/cases")), http.StatusOK, "cursor="+first.Next)
	rest, err := h.shop.Payments.Notices(h.system, h.shop.Scope, payments.NoticeFilter{Before: first.Next})
	if err != nil || len(rest.Notices) != 1 {
		t.Fatalf("%+v, %v", rest, err)
	}
	b.wants(b.get(h.path("/cases?cursor="+first.Next)), http.StatusOK, rest.Notices[0].ID)
}

func TestEveryReasonHasItsSentences(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{i18n.ZH, i18n.EN} {
		for _, reason := range payments.NoticeReasons() {
			for _, key := range []string{"case_reason." + reason, "case_meaning." + reason} {
				if !words.Localizer(lang).Has(key) {
					t.Errorf("%s: no sentence for %s", lang, key)
				}
			}
		}
		for _, outcome := range payments.NoticeOutcomes() {
			if !words.Localizer(lang).Has("case_outcome_help." + string(outcome)) {
				t.Errorf("%s: nothing says what %s does", lang, outcome)
			}
		}
	}
}
