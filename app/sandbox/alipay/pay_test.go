package alipay_test

import (
	"context"
	"testing"
	"time"

	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func (b *box) authCode(t *testing.T, behaviour trade.Behaviour) string {
	t.Helper()
	c, err := b.trades.NewPayCode(context.Background(), trade.PayCodeOrder{Channel: app.Alipay, Behaviour: behaviour})
	if err != nil {
		t.Fatal(err)
	}
	return c.AuthCode
}

// charge scans a payer's code.
func (b *box) charge(t *testing.T, number, code string, changes ...func(*smartwalle.TradePay)) *smartwalle.TradePayRsp {
	t.Helper()
	o := smartwalle.TradePay{Trade: b.trade(number), Scene: "bar_code", AuthCode: code}
	for _, change := range changes {
		change(&o)
	}
	rsp, err := b.client(t).TradePay(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return rsp
}

func TestAPayersCodeIsCharged(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		c := b.client(t)
		code := b.authCode(t, trade.PaysAtOnce)
		rsp := b.charge(t, "bar_1", code)
		if rsp.Code != "10000" || rsp.OutTradeNo != "bar_1" || rsp.TotalAmount != "12.30" || rsp.BuyerPayAmount != "12.30" ||
			rsp.ReceiptAmount != "12.30" || rsp.GmtPayment == "" || len(rsp.FundBillList) != 1 || rsp.BuyerUserId == "" {
			t.Fatalf("charged: %+v", rsp)
		}
		q := b.wantQuery(t, c, "bar_1", "", "TRADE_SUCCESS")
		if q.TradeNo != rsp.TradeNo || q.SendPayDate != rsp.GmtPayment {
			t.Errorf("query %+v", q)
		}
		b.deliver(t)
		if n := b.last(t); n.OutTradeNo != "bar_1" || n.TradeNo != rsp.TradeNo || n.TradeStatus != "TRADE_SUCCESS" {
			t.Errorf("notification %+v", n)
		}
		if again := b.charge(t, "bar_1", code); again.SubCode != "ACQ.TRADE_HAS_SUCCESS" {
			t.Errorf("charged again: %+v", again)
		}
	})
}

func TestAPayerIsAskedForThePassword(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx, c := context.Background(), b.client(t)
	code := b.authCode(t, trade.AsksPassword)
	for range 2 {
		rsp := b.charge(t, "bar_1", code)
		if rsp.Code != "10003" || rsp.OutTradeNo != "bar_1" || rsp.TradeNo == "" || rsp.GmtPayment != "" || rsp.ReceiptAmount != "0.00" {
			t.Fatalf("asked: %+v", rsp)
		}
	}
	b.wantQuery(t, c, "bar_1", "", "WAIT_BUYER_PAY")
	if len(b.shop.received()) != 0 {
		t.Error("announced before the payer confirmed")
	}
	if _, err := b.trades.ConfirmPayCode(ctx, code); err != nil {
		t.Fatal(err)
	}
	b.wantQuery(t, c, "bar_1", "", "TRADE_SUCCESS")
	b.deliver(t)
	if n := b.last(t); n.TradeStatus != "TRADE_SUCCESS" {
		t.Errorf("notification %+v", n)
	}
}

func TestWhatACodeIsRefusedFor(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx := context.Background()
	stale := b.authCode(t, trade.PaysAtOnce)
	b.clock.advance(trade.PayCodeLife + time.Second)
	used := b.authCode(t, trade.PaysAtOnce)
	b.charge(t, "used_1", used)
	wechat, err := b.trades.NewPayCode(ctx, trade.PayCodeOrder{Channel: app.WeChat})
	if err != nil {
		t.Fatal(err)
	}
	declined := b.authCode(t, trade.AsksPassword)
	b.charge(t, "declined_1", declined)
	if _, err := b.trades.Decline(ctx, declined); err != nil {
		t.Fatal(err)
	}
	other := func(o *smartwalle.TradePay) { o.Subject = "茶" }
	for name, c := range map[string]struct {
		number, code, want string
		change             func(*smartwalle.TradePay)
	}{
		"stale":          {"bad_1", stale, "ACQ.PAYMENT_AUTH_CODE_INVALID", nil},
		"used":           {"bad_2", used, "ACQ.PAYMENT_AUTH_CODE_INVALID", nil},
		"unknown":        {"bad_3", "281234567890123456", "ACQ.PAYMENT_AUTH_CODE_INVALID", nil},
		"WeChat's":       {"bad_4", wechat.AuthCode, "ACQ.PAYMENT_AUTH_CODE_INVALID", nil},
		"no number":      {"bad_5", "hello", "ACQ.PAYMENT_AUTH_CODE_INVALID", nil},
		"no balance":     {"bad_6", b.authCode(t, trade.HasNoBalance), "ACQ.BUYER_BALANCE_NOT_ENOUGH", nil},
		"declined":       {"declined_1", declined, "ACQ.PAYMENT_FAIL", nil},
		"another order":  {"used_1", b.authCode(t, trade.PaysAtOnce), "ACQ.CONTEXT_INCONSISTENT", other},
		"another scene":  {"bad_7", b.authCode(t, trade.PaysAtOnce), "ACQ.INVALID_PARAMETER", func(o *smartwalle.TradePay) { o.Scene = "wave_code" }},
		"a paid number":  {"used_1", b.authCode(t, trade.PaysAtOnce), "ACQ.TRADE_HAS_SUCCESS", nil},
		"without amount": {"bad_8", b.authCode(t, trade.PaysAtOnce), "ACQ.INVALID_PARAMETER", func(o *smartwalle.TradePay) { o.TotalAmount = "" }},
	} {
		var changes []func(*smartwalle.TradePay)
		if c.change != nil {
			changes = append(changes, c.change)
		}
		if rsp := b.charge(t, c.number, c.code, changes...); rsp.Code != "40004" || rsp.SubCode != c.want {
			t.Errorf("%s: %s %s, want %s", name, rsp.Code, rsp.SubCode, c.want)
		}
	}
	b.wantQuery(t, b.client(t), "bad_1", "ACQ.TRADE_NOT_EXIST", "")
	b.wantQuery(t, b.client(t), "bad_6", "", "WAIT_BUYER_PAY")
	if rsp := b.charge(t, "bad_6", b.authCode(t, trade.PaysAtOnce)); rsp.Code != "10000" {
		t.Errorf("the payer shows another code: %+v", rsp)
	}
}

func (b *box) cancel(t *testing.T, number string) *smartwalle.TradeCancelRsp {
	t.Helper()
	rsp, err := b.client(t).TradeCancel(context.Background(), smartwalle.TradeCancel{OutTradeNo: number})
	if err != nil {
		t.Fatal(err)
	}
	return rsp
}

func TestCancelling(t *testing.T) {
	b := setup(t, trade.PublicKey)
	c := b.client(t)
	waiting := b.authCode(t, trade.AsksPassword)
	b.charge(t, "waiting", waiting)
	b.charge(t, "paid", b.authCode(t, trade.PaysAtOnce))
	b.precreate(t, c, b.order("unscanned"))
	b.deliver(t)
	for number, want := range map[string]struct{ action, status string }{
		"waiting": {"close", "TRADE_CLOSED"}, "paid": {"refund", "TRADE_CLOSED"}, "unscanned": {}, "unknown": {},
	} {
		for range 2 { // the answer may be lost
			rsp := b.cancel(t, number)
			if rsp.Code != "10000" || rsp.Action != want.action || rsp.RetryFlag != "N" || rsp.OutTradeNo != number || (rsp.TradeNo != "") != (want.action != "") {
				t.Errorf("%s: %+v", number, rsp)
			}
		}
		if want.status != "" {
			b.wantQuery(t, c, number, "", smartwalle.TradeStatus(want.status))
		}
	}
	if _, err := b.trades.ConfirmPayCode(context.Background(), waiting); !app.Is(err, app.Conflict) {
		t.Errorf("a cancelled charge is confirmed: %v", err)
	}
	// The money's way back is announced, without a number of the merchant's.
	b.deliver(t)
	if n := b.last(t); n.OutTradeNo != "paid" || n.TradeStatus != "TRADE_CLOSED" || n.RefundFee != "12.30" || n.OutBizNo != "" {
		t.Errorf("notification %+v", n)
	}
}

func TestACancellationThatCannotPayBack(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.charge(t, "paid", b.authCode(t, trade.PaysAtOnce))
	b.plan(t, trade.RefundNoBalance)
	if rsp := b.cancel(t, "paid"); rsp.SubCode != "ACQ.SELLER_BALANCE_NOT_ENOUGH" || rsp.RetryFlag != "N" {
		t.Errorf("cancelled: %+v", rsp)
	}
	b.wantQuery(t, b.client(t), "paid", "", "TRADE_SUCCESS")
	if rsp := b.cancel(t, "paid"); rsp.Action != "refund" {
		t.Errorf("cancelled again: %+v", rsp)
	}
}
