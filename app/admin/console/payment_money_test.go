package console_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestAPaymentShowsWhatOpensIt(t *testing.T) {
	h := open(t)
	b := h.as(access.Developer).english()
	for _, c := range []struct {
		method channel.Method
		payer  channel.Payer
		says   []string
	}{
		{channel.AlipayPage, channel.Payer{}, []string{"Redirect URL", "alipay.trade.page.pay"}},
		{channel.AlipayApp, channel.Payer{}, []string{"App parameters", "alipay.trade.app.pay"}},
		{channel.WeChatH5, channel.Payer{ClientIP: "203.0.113.7"}, []string{"Redirect URL", "WeChat H5"}},
		{channel.WeChatJSAPI, channel.Payer{OpenID: "oSandbox"}, []string{"JSAPI parameters", "prepay_id="}},
	} {
		in := paymentstest.Order("OPEN-"+string(c.method), c.method)
		in.Payer = c.payer
		v := h.shop.Create(in)
		b.wants(b.get(h.path("/payments/"+v.ID)), http.StatusOK, append(c.says, "App ID")...)
	}
}

// paidTwice returns a payment whose two attempts were both paid.
func (h *house) paidTwice(no string) payments.Payment {
	h.Helper()
	v := h.shop.Create(paymentstest.Order(no, channel.AlipayQR))
	second, err := h.shop.Payments.SwitchMethod(h.shop.Ctx, h.shop.Scope, v.ID, payments.Way{Method: channel.WeChatNative}, nil)
	if err != nil {
		h.Fatal(err)
	}
	h.shop.Pay(second.View.Action.CodeURL)
	p := h.shop.Await(v.ID, payments.StatusSucceeded)
	h.shop.Pay(v.Action.CodeURL)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		rooms, err := h.shop.Payments.RefundRooms(h.shop.Ctx, h.shop.Get(v.ID))
		if err != nil || time.Now().After(deadline) {
			h.Fatalf("never paid twice: %+v, %v", rooms, err)
		}
		if len(rooms) == 2 {
			return p
		}
	}
}

func TestMoneyPaidTwiceIsShownWithItsRefund(t *testing.T) {
	h := open(t)
	b := h.as(access.Finance).english()
	given := h.paidTwice("TWICE-1")
	refund := h.refunds(given.ID)[0]
	h.shop.RefundDue()
	h.shop.WaitRefund(refund.ID, payments.RefundSucceeded)
	b.wants(b.get(h.path("/payments/"+given.ID)), http.StatusOK, "This order was paid twice", "refunded automatically", h.path("/refunds/"+refund.ID),
		"Automatic refund", "¥12.34 refundable", "Paid this order", "Duplicate", "Attempts")
	b.wants(b.get(h.path("/refunds/"+refund.ID)), http.StatusOK, "Gives a duplicate payment back", "Automatic refund")

	h.settings(func(s *merchants.Settings) { s.DuplicatePayments = merchants.KeepMoney })
	kept := h.paidTwice("TWICE-2")
	b.wants(b.get(h.path("/payments/"+kept.ID)), http.StatusOK, "Paid twice. Decide whether", "keep duplicate payments", "¥24.68 refundable")
	rooms, err := h.shop.Payments.RefundRooms(h.shop.Ctx, h.shop.Get(kept.ID))
	if err != nil {
		t.Fatal(err)
	}
	path := h.path("/payments/" + kept.ID + "/refund")
	b.wants(b.get(path), http.StatusOK, "The duplicate payment", "The payment of this order", rooms[1].AttemptID)
	b.wants(b.send(path, "token", "T-1", "attempt_id", rooms[1].AttemptID, "amount", "12.34", "reason", "paid twice"), http.StatusSeeOther)
	if list := h.refunds(kept.ID); len(list) != 1 || list[0].AttemptID != rooms[1].AttemptID {
		t.Errorf("%+v", list)
	}
	b.wants(b.send(path, "token", "T-2", "attempt_id", "att_of_somebody", "amount", "1", "reason", "x"), http.StatusUnprocessableEntity)
}

func TestLateMoneyIsShownWithItsRefund(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.LatePayments = merchants.RefundMoney })
	v := h.shop.Create(paymentstest.Order("LATE-1", channel.AlipayQR))
	if _, err := h.shop.Payments.Close(h.shop.Ctx, h.shop.Scope, v.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.shop.Sandbox.Trades().PayLate(h.shop.Ctx, v.Action.CodeURL); err != nil {
		t.Fatal(err)
	}
	h.shop.Await(v.ID, payments.StatusSucceeded)
	h.shop.RefundDue()
	refund := h.shop.WaitRefund(h.refunds(v.ID)[0].ID, payments.RefundSucceeded)
	b := h.as(access.Finance).english()
	b.wants(b.get(h.path("/payments/"+v.ID)), http.StatusOK, "late money was refunded automatically", h.path("/refunds/"+refund.ID), "Everything has been refunded.", "Nothing left to refund")
}

func TestEachRefundTellsItsOwnStory(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("OWN-1", channel.AlipayQR)
	first := h.shop.Refund(p.ID, paymentstest.RefundInput("OWN-FIRST", 100))
	h.shop.Refund(p.ID, paymentstest.RefundInput("OWN-SECOND", 200))
	b := h.as(access.Finance).english()
	r := b.get(h.path("/refunds/" + first.ID))
	b.wants(r, http.StatusOK, "no. OWN-FIRST", "Refund of ¥1.00 arrived", "Refund sent to the channel")
	if strings.Contains(r.body, "OWN-SECOND") || strings.Contains(r.body, "Your server created the order") {
		t.Errorf("it tells of something else:\n%s", plain(r.body))
	}
}

// A double click sends the form twice at once.
func TestADoubleClickRefundsOnce(t *testing.T) {
	onEngines(t, func(h *house) {
		p := h.shop.Paid("TWO-CLICKS", channel.AlipayQR)
		b := h.as(access.Owner)
		token := b.refundToken(p.ID)
		var group sync.WaitGroup
		var got [2]reply
		for i := range got {
			group.Go(func() {
				got[i] = b.send(h.path("/payments/"+p.ID+"/refund"), "token", token, "amount", "5", "reason", "x")
			})
		}
		group.Wait()
		list := h.refunds(p.ID)
		if len(list) != 1 || got[0].location() != got[1].location() || got[0].location() != h.path("/refunds/"+list[0].ID) {
			h.Errorf("%d refunds; %d %q and %d %q", len(list), got[0].status, got[0].location(), got[1].status, got[1].location())
		}
	})
}

func TestTheOverviewNamesRefundsWithoutAnAnswer(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("LONG-1", channel.AlipayQR)
	h.shop.Fault(app.Alipay, trade.TimeoutBefore, 1)
	if _, err := h.shop.Payments.Refund(h.shop.Ctx, h.shop.Scope, p.ID, paymentstest.RefundInput("LONG-1", 100), nil); err != nil {
		t.Fatal(err)
	}
	b := h.as(access.Finance).english()
	home := "/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
	b.wants(b.get(home), http.StatusOK, "Nothing needs you right now")
	h.clock.Advance(11 * time.Minute)
	b.wants(b.get(home), http.StatusOK, "1 refund has no certain answer", "status=pending")
	b.wants(b.get(h.path("/refunds?status=pending")), http.StatusOK, "LONG-1", "Any time")
	b.wants(b.get(h.path("/refunds/"+h.refunds(p.ID)[0].ID)), http.StatusOK, "has given no certain answer yet")
}
