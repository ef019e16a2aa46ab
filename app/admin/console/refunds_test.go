package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// onEngines runs a test in a house on each engine.
func onEngines(t *testing.T, f func(h *house)) {
	t.Helper()
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(openOn(t, d, clock)) }, dbtest.WithClock(clock))
}

func (h *house) settings(change func(*merchants.Settings)) {
	h.Helper()
	s, err := h.shop.Merchants.Settings(h.system, h.shop.Scope.MerchantID)
	if err != nil {
		h.Fatal(err)
	}
	change(&s)
	if _, err := h.shop.Merchants.UpdateSettings(h.system, h.shop.Scope.MerchantID, s); err != nil {
		h.Fatal(err)
	}
}

// awaitingRefund asks for a refund of the payment that waits for a second
// person, and returns the ids of the refund and of its approval.
func (h *house) awaitingRefund(payment string) (refund, approval string) {
	h.Helper()
	h.settings(func(s *merchants.Settings) { s.RefundApprovalAbove = 1 })
	in := paymentstest.RefundInput("WAIT-"+payment[len(payment)-6:], 100)
	in.Source, in.By = payments.SourceConsole, approvals.Person{Kind: approvals.ByUser, ID: "usr_gone", Name: "gone@example.com"}
	v := h.shop.Refund(payment, in)
	return v.ID, v.ApprovalID
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

// refundToken opens the form and returns its token.
func (b *browser) refundToken(payment string) string {
	b.Helper()
	r := b.get(b.path("/payments/" + payment + "/refund"))
	b.wants(r, http.StatusOK)
	return tokenField.FindStringSubmatch(r.body)[1]
}

// refunds returns the payment's refunds.
func (h *house) refunds(payment string) []payments.Refund { return h.shop.RefundsOf(payment) }

func TestARefundIsMadeByAPlainForm(t *testing.T) {
	onEngines(t, func(h *house) {
		p := h.shop.Paid("RF-1", channel.AlipayQR)
		b := h.as(access.Finance).english()
		b.wants(b.get(h.path("/payments/"+p.ID)), http.StatusOK, h.path("/payments/"+p.ID+"/refund"), "¥12.34 refundable")
		r := b.get(h.path("/payments/" + p.ID + "/refund"))
		b.wants(r, http.StatusOK, `value="12.34"`, "At most ¥12.34.", "It goes to Alipay at once")
		token := tokenField.FindStringSubmatch(r.body)[1]
		form := []string{"token", token, "amount", "¥2.34", "reason", "one cup was broken", "refund_no", ""}
		sent := b.send(h.path("/payments/"+p.ID+"/refund"), form...)
		list := h.refunds(p.ID)
		if sent.status != http.StatusSeeOther || len(list) != 1 || sent.location() != h.path("/refunds/"+list[0].ID) {
			h.Fatalf("%d to %q, %d refunds", sent.status, sent.location(), len(list))
		}
		refund := list[0]
		if refund.Amount != 234 || refund.RefundNo != token || refund.Source != payments.SourceConsole || refund.RequestedName != "finance@example.com" {
			h.Errorf("%+v", refund)
		}
		// The same form again, by a double click or a reload, is the same refund.
		if again := b.send(h.path("/payments/"+p.ID+"/refund"), form...); again.location() != sent.location() || len(h.refunds(p.ID)) != 1 {
			h.Errorf("sent again it leads to %d %q and makes %d", again.status, again.location(), len(h.refunds(p.ID)))
		}
		b.wants(b.get(sent.location()), http.StatusOK, "¥2.34", "Succeeded", "one cup was broken", "finance@example.com", "The payer has the money", "Refund sent to the channel", "Refund of ¥2.34 arrived")
		b.wants(b.get(sent.location()), http.StatusOK, "Still refundable", "¥10.00")
		b.wants(b.get(h.path("/payments/"+p.ID)), http.StatusOK, "¥10.00 refundable", "Refund ¥2.34 requested", "Refund of ¥2.34 arrived", h.path("/refunds/"+refund.ID))
	})
}

func TestARefundFormKeepsWhatWasEntered(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("RF-2", channel.AlipayQR)
	b := h.as(access.Owner).english()
	path := h.path("/payments/" + p.ID + "/refund")
	token := b.refundToken(p.ID)
	for name, c := range map[string]struct {
		amount, reason, no string
		says               []string
	}{
		"too much":    {"12.35", "kept words", "", []string{"¥12.34 is left", `value="12.35"`, "kept words", `id="error-amount"`}},
		"no number":   {"a lot", "kept words", "", []string{"Write the amount in yuan", `value="a lot"`, "kept words"}},
		"nothing":     {"0", "kept words", "", []string{"At least ¥0.01."}},
		"no reason":   {"1.00", " ", "", []string{"Say why.", `value="1.00"`, `id="error-reason"`}},
		"long reason": {"1.00", strings.Repeat("x", 81), "", []string{"At most 80 characters."}},
		"bad number":  {"1.00", "kept words", "NO 1", []string{"Only letters, digits", `value="NO 1"`, `id="error-refund_no"`}},
	} {
		r := b.send(path, "token", token, "amount", c.amount, "reason", c.reason, "refund_no", c.no)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.status)
		}
		for _, text := range c.says {
			if !strings.Contains(r.body, text) {
				t.Errorf("%s: the form does not say %q", name, text)
			}
		}
	}
	if n := len(h.refunds(p.ID)); n != 0 {
		t.Errorf("%d refunds were made", n)
	}
	b.wants(b.send(path, "token", token, "amount", "1", "reason", "first", "refund_no", "MINE-1"), http.StatusSeeOther)
	b.wants(b.send(path, "token", token, "amount", "2", "reason", "second", "refund_no", "MINE-1"), http.StatusUnprocessableEntity, "belongs to another refund", `id="error-refund_no"`)
	open := h.shop.Create(paymentstest.Order("RF-3", channel.AlipayQR))
	b.wants(b.get(h.path("/payments/"+open.ID+"/refund")), http.StatusOK, "cannot be refunded")
	b.wants(b.send(h.path("/payments/"+open.ID+"/refund"), "token", "T-1", "amount", "1", "reason", "x"), http.StatusUnprocessableEntity)
	b.send(path, "token", b.refundToken(p.ID), "amount", "11.34", "reason", "the rest")
	b.wants(b.get(path), http.StatusOK, "Nothing left to refund")
}

func TestAChannelsRefusalIsExplainedInItsOwnWordsToo(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("RF-4", channel.AlipayQR)
	h.shop.Fault(app.Alipay, trade.RefundNoBalance, 1)
	b := h.as(access.Owner).english()
	r := b.send(h.path("/payments/"+p.ID+"/refund"), "token", b.refundToken(p.ID), "amount", "1", "reason", "x")
	if list := h.refunds(p.ID); r.status != http.StatusSeeOther || len(list) != 1 || list[0].Status != payments.RefundFailed {
		t.Fatalf("%d %q, %+v", r.status, r.location(), list)
	}
	b.wants(b.get(r.location()), http.StatusOK, "Failed", h.refunds(p.ID)[0].ErrorCode, h.refunds(p.ID)[0].ErrorMessage, "can be refunded again", "Refund again", "balance is too low")
}

func TestRefundFiltersStandInTheAddress(t *testing.T) {
	h := open(t)
	wechat, alipay := h.shop.Paid("LIST-1", channel.WeChatNative), h.shop.Paid("LIST-2", channel.AlipayQR)
	first := h.shop.WaitRefund(h.shop.Refund(wechat.ID, paymentstest.RefundInput("NO-1", 100)).ID, payments.RefundSucceeded)
	second := h.shop.Refund(alipay.ID, paymentstest.RefundInput("NO-2", 200))
	h.shop.Clock.Advance(time.Second)
	third, _ := h.awaitingRefund(alipay.ID)
	b := h.as(access.Viewer).english()
	for query, want := range map[string]string{
		"":                                      "123",
		"?status=succeeded":                     "12",
		"?status=awaiting_approval":             "3",
		"?status=abnormal":                      "",
		"?channel=wechat":                       "1",
		"?source=console":                       "3",
		"?method=alipay_qr":                     "23",
		"?method=alipay_qr&max=1.5":             "3",
		"?min=2":                                "2",
		"?account=" + h.shop.WeChat.ID:          "1",
		"?by=gone@example.com":                  "3",
		"?payment=LIST-2":                       "23",
		"?payment=" + wechat.ID:                 "1",
		"?payment=nothing":                      "123",
		"?sort=oldest&min=1&cursor=" + first.ID: "23",
		"?from=2001-01-01&to=2001-01-31":        "",
		"?q=NO-2":                               "2",
		"?q=" + first.ID:                        "1",
		"?q=" + first.ChannelRefundNo:           "1",
		"?q=LIST-2":                             "23",
		"?cursor=" + second.ID:                  "1",
	} {
		r := b.get(h.path("/refunds" + query))
		b.wants(r, http.StatusOK)
		for name, id := range map[string]string{"1": first.ID, "2": second.ID, "3": third} {
			if shown := strings.Contains(r.body, h.path("/refunds/"+id)); shown != strings.Contains(want, name) {
				t.Errorf("%q: refund %s shown %v", query, name, shown)
			}
		}
	}
	b.wants(b.get(h.path("/refunds?totals=1")), http.StatusOK, "¥4.00", "¥3.00") // all, and what arrived
	b.wants(b.get(h.path("/refunds?from=yesterday")), http.StatusOK, "Write dates as")
	b.wants(b.get(h.path("/refunds?from=2001-01-01&to=2011-01-31")), http.StatusOK, "at most 92 days")
	b.wants(b.get(h.path("/refunds?status='+OR+1=1&cursor=x")), http.StatusOK, "NO-1")
	for number, want := range map[string]string{first.ID: first.ID, "NO-2": second.ID, first.ChannelRefundNo: first.ID} {
		r := b.get("/console/search?merchant=" + h.shop.Scope.MerchantID + "&mode=test&q=" + number)
		if r.location() != h.path("/refunds/"+want) {
			t.Errorf("%q leads to %d %q", number, r.status, r.location())
		}
	}
}

func TestANumberOfAPaymentAndARefundShowsBoth(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("SAME-1", channel.AlipayQR)
	v := h.shop.Refund(p.ID, paymentstest.RefundInput("SAME-1", 100))
	b := h.as(access.Viewer)
	b.wants(b.get("/console/search?merchant="+h.shop.Scope.MerchantID+"&mode=test&q=SAME-1"), http.StatusOK, h.path("/payments/"+p.ID), h.path("/refunds/"+v.ID))
}

// abnormal returns a refund that could not reach its payer.
func (h *house) abnormal(no string) (payments.Payment, payments.Refund) {
	h.Helper()
	p := h.shop.Paid(no, channel.WeChatNative)
	h.shop.Fault(app.WeChat, trade.RefundFailsAbnormal, 1)
	return p, h.shop.WaitRefund(h.shop.Refund(p.ID, paymentstest.RefundInput(no, 500)).ID, payments.RefundAbnormal)
}

func TestAnAbnormalRefundIsEndedOnItsPage(t *testing.T) {
	onEngines(t, func(h *house) {
		_, gone := h.abnormal("AB-1")
		_, given := h.abnormal("AB-2")
		b := h.as(access.Finance).english()
		b.wants(b.get("/console?merchant="+h.shop.Scope.MerchantID+"&mode=test"), http.StatusOK, "2 refunds are abnormal")
		b.wants(b.get(h.path("/refunds/"+gone.ID)), http.StatusOK, "someone must act", "merchant platform", "receives refund.succeeded", "receives refund.failed")
		path := h.path("/refunds/" + gone.ID + "/resolve")
		b.wants(b.send(path, "reason", "kept"), http.StatusUnprocessableEntity, "Choose the outcome.", `value="kept"`)
		b.wants(b.send(path, "outcome", "failed", "reason", " "), http.StatusUnprocessableEntity, "Say why.")
		b.wants(b.send(path, "outcome", "failed", "reason", "paid in cash instead"), http.StatusSeeOther)
		b.wants(b.send(h.path("/refunds/"+given.ID+"/resolve"), "outcome", "succeeded", "reason", "sent by transfer 0417"), http.StatusSeeOther)
		if r := h.shop.GetRefund(gone.ID); r.Status != payments.RefundFailed {
			h.Errorf("%+v", r)
		}
		if r := h.shop.GetRefund(given.ID); r.Status != payments.RefundSucceeded {
			h.Errorf("%+v", r)
		}
		b.wants(b.get(h.path("/refunds/"+given.ID)), http.StatusOK, "The outcome of the abnormal refund AB-2 was recorded: Succeeded. sent by transfer 0417")
		b.wants(b.send(path, "outcome", "failed", "reason", "again"), http.StatusConflict, "no longer abnormal")
		viewer := h.as(access.Viewer)
		if r := viewer.get(h.path("/refunds/" + gone.ID)); strings.Contains(r.body, "/resolve") {
			h.Error("a viewer is offered to resolve")
		}
		owner := h.as(access.Owner).english()
		owner.wants(owner.get(h.path("/audit")), http.StatusOK, "Abnormal refund resolved", "sent by transfer 0417")
	})
}

func TestARefundIsAskedAboutByAButton(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("SY-1", channel.WeChatNative)
	h.shop.Fault(app.WeChat, trade.DropNotification, 1)
	v := h.shop.Refund(p.ID, paymentstest.RefundInput("SY-1", 100))
	b := h.as(access.Finance).english()
	deadline := time.Now().Add(time.Minute)
	for h.shop.GetRefund(v.ID).Status != payments.RefundSucceeded {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", h.shop.GetRefund(v.ID))
		}
		b.wants(b.send(h.path("/refunds/"+v.ID+"/sync")), http.StatusSeeOther)
		time.Sleep(100 * time.Millisecond)
	}
	if r := b.get(h.path("/refunds/" + v.ID)); strings.Contains(r.body, "/sync") {
		t.Error("a refund that is final can be asked about")
	}
}
