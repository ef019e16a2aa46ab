package alipay_test

import (
	"context"
	"testing"
	"time"

	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// paidOrder takes an order of 12.30 to its payment.
func (b *box) paidOrder(t *testing.T, number string) {
	t.Helper()
	if rsp := b.charge(t, number, b.authCode(t, trade.PaysAtOnce)); rsp.Code != "10000" {
		t.Fatalf("charge: %+v", rsp)
	}
	b.deliver(t)
}

func (b *box) refund(t *testing.T, number, request, amount string) *smartwalle.TradeRefundRsp {
	t.Helper()
	rsp, err := b.client(t).TradeRefund(context.Background(), smartwalle.TradeRefund{
		OutTradeNo: number, OutRequestNo: request, RefundAmount: amount, RefundReason: "不想要了",
	})
	if err != nil {
		t.Fatal(err)
	}
	return rsp
}

func (b *box) queryRefund(t *testing.T, number, request string) *smartwalle.TradeFastPayRefundQueryRsp {
	t.Helper()
	rsp, err := b.client(t).TradeFastPayRefundQuery(context.Background(), smartwalle.TradeFastPayRefundQuery{
		OutTradeNo: number, OutRequestNo: request, QueryOptions: []string{"gmt_refund_pay"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rsp
}

// TestRefundsAddUp: two partial refunds and the rest. The trade succeeds until
// nothing is left, and each notification says what was given back up to it.
func TestRefundsAddUp(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		c := b.client(t)
		b.paidOrder(t, "order_1")
		for _, step := range []struct {
			request, amount, sum string
			status               smartwalle.TradeStatus
		}{
			{"part_1", "2.00", "2.00", "TRADE_SUCCESS"}, {"part_2", "0.30", "2.30", "TRADE_SUCCESS"}, {"rest", "10.00", "12.30", "TRADE_CLOSED"},
		} {
			b.clock.advance(time.Second)
			rsp := b.refund(t, "order_1", step.request, step.amount)
			if rsp.Code != "10000" || rsp.FundChange != "Y" || rsp.RefundFee != step.sum || rsp.OutTradeNo != "order_1" || rsp.TradeNo == "" {
				t.Fatalf("refund %s: %+v", step.request, rsp)
			}
			if again := b.refund(t, "order_1", step.request, step.amount); again.Code != "10000" || again.FundChange != "N" || again.RefundFee != step.sum {
				t.Errorf("refund %s again: %+v", step.request, again)
			}
			q := b.wantQuery(t, c, "order_1", "", step.status)
			if q.TotalAmount != "12.30" || q.ReceiptAmount != "12.30" || q.SendPayDate == "" {
				t.Errorf("query after %s: %+v", step.request, q)
			}
			got := b.queryRefund(t, "order_1", step.request)
			if got.RefundStatus != "REFUND_SUCCESS" || got.RefundAmount != step.amount || got.TotalAmount != "12.30" || got.OutRequestNo != step.request || got.GMTRefundPay == "" {
				t.Errorf("refund query of %s: %+v", step.request, got)
			}
			b.deliver(t)
			n := b.last(t)
			if n.TradeStatus != step.status || n.RefundFee != step.sum || n.OutBizNo != step.request || n.TotalAmount != "12.30" ||
				n.GmtPayment != q.SendPayDate || len(n.GmtRefund) != len("2006-01-02 15:04:05.000") {
				t.Errorf("notification of %s: %+v", step.request, n)
			}
		}
	})
}

// TestLateNotificationsSayWhatThenWas: retried after all that followed.
func TestLateNotificationsSayWhatThenWas(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.shop.say("fail")
	b.paidOrder(t, "order_1")
	b.refund(t, "order_1", "part", "2.00")
	b.clock.advance(time.Second)
	b.refund(t, "order_1", "rest", "10.30")
	b.clock.advance(5 * time.Minute)
	b.deliver(t)
	said := map[string]string{}
	for _, form := range b.shop.received() {
		said[form.Get("out_biz_no")] = form.Get("trade_status") + " " + form.Get("refund_fee")
	}
	for request, want := range map[string]string{"": "TRADE_SUCCESS ", "part": "TRADE_SUCCESS 2.00", "rest": "TRADE_CLOSED 12.30"} {
		if said[request] != want {
			t.Errorf("of %q: %q, want %q", request, said[request], want)
		}
	}
}

func TestAFullRefundNeedsNoNumber(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.paidOrder(t, "order_1")
	if rsp := b.refund(t, "order_1", "", "2.00"); rsp.SubCode != "ACQ.INVALID_PARAMETER" {
		t.Errorf("a part without a number: %+v", rsp)
	}
	if rsp := b.refund(t, "order_1", "", "12.30"); rsp.Code != "10000" || rsp.FundChange != "Y" {
		t.Errorf("all without a number: %+v", rsp)
	}
	if got := b.queryRefund(t, "order_1", "order_1"); got.RefundStatus != "REFUND_SUCCESS" {
		t.Errorf("its number is the order's: %+v", got)
	}
}

func TestRefusedRefundsSayWhy(t *testing.T) {
	b := setup(t, trade.PublicKey)
	c := b.client(t)
	b.paidOrder(t, "order_1")
	b.refund(t, "order_1", "part", "2.00")
	b.createTrade(t, "unpaid", buyer, "")
	for name, r := range map[string]struct{ number, request, amount, want string }{
		"too much":         {"order_1", "more", "10.31", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"},
		"nothing":          {"order_1", "zero", "0.00", "ACQ.REASON_TRADE_REFUND_FEE_ERR"},
		"less than that":   {"order_1", "negative", "-1.00", "ACQ.REASON_TRADE_REFUND_FEE_ERR"},
		"no amount":        {"order_1", "none", "", "ACQ.INVALID_PARAMETER"},
		"a fraction":       {"order_1", "fraction", "0.001", "ACQ.INVALID_PARAMETER"},
		"other content":    {"order_1", "part", "2.01", "ACQ.DISCORDANT_REPEAT_REQUEST"},
		"an unpaid order":  {"unpaid", "early", "1.00", "ACQ.TRADE_STATUS_ERROR"},
		"an unknown order": {"unknown", "x", "1.00", "ACQ.TRADE_NOT_EXIST"},
		"a blank number":   {"order_1", "退款", "1.00", "ACQ.INVALID_PARAMETER"},
	} {
		if rsp := b.refund(t, r.number, r.request, r.amount); rsp.Code != "40004" || rsp.SubCode != r.want {
			t.Errorf("%s: %s %s, want %s", name, rsp.Code, rsp.SubCode, r.want)
		}
	}
	b.plan(t, trade.RefundNoBalance)
	if rsp := b.refund(t, "order_1", "poor", "1.00"); rsp.SubCode != "ACQ.SELLER_BALANCE_NOT_ENOUGH" {
		t.Errorf("an empty balance: %+v", rsp)
	}
	b.wantQuery(t, c, "order_1", "", "TRADE_SUCCESS")
	b.clock.advance(366 * 24 * time.Hour)
	if rsp := b.refund(t, "order_1", "old", "1.00"); rsp.SubCode != "ACQ.TRADE_HAS_FINISHED" {
		t.Errorf("after a year: %+v", rsp)
	}
}

// TestARefundThatIsNotThere has a code of success and no status.
func TestARefundThatIsNotThere(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.paidOrder(t, "order_1")
	if got := b.queryRefund(t, "order_1", "never"); got.Code != "10000" || got.RefundStatus != "" || got.OutRequestNo != "" {
		t.Errorf("unknown: %+v", got)
	}
	if got := b.queryRefund(t, "unknown", "never"); got.SubCode != "ACQ.TRADE_NOT_EXIST" {
		t.Errorf("of an unknown order: %+v", got)
	}
	if got := b.queryRefund(t, "order_1", ""); got.SubCode != "ACQ.INVALID_PARAMETER" {
		t.Errorf("without a number: %+v", got)
	}
}

// TestADelayedRefundArrivesLater: taken in, no money yet, then announced.
func TestADelayedRefundArrivesLater(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.paidOrder(t, "order_1")
	b.plan(t, trade.RefundDelay)
	if rsp := b.refund(t, "order_1", "late", "2.00"); rsp.Code != "10000" || rsp.FundChange != "N" {
		t.Fatalf("refund: %+v", rsp)
	}
	b.deliver(t)
	if got := b.queryRefund(t, "order_1", "late"); got.RefundStatus != "" {
		t.Errorf("under way: %+v", got)
	}
	b.clock.advance(61 * time.Second)
	b.deliver(t)
	if got := b.queryRefund(t, "order_1", "late"); got.RefundStatus != "REFUND_SUCCESS" {
		t.Errorf("a minute later: %+v", got)
	}
	if n := b.last(t); n.OutBizNo != "late" || n.RefundFee != "2.00" {
		t.Errorf("notification %+v", n)
	}
}

// TestARefundInTheConsoleIsAnnounced: the platform never asked for it.
func TestARefundInTheConsoleIsAnnounced(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.paidOrder(t, "order_1")
	made, err := b.trades.ByNumber(context.Background(), b.merchant.ID, "order_1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.trades.ConsoleRefund(context.Background(), made.ID, 500)
	if err != nil {
		t.Fatal(err)
	}
	b.deliver(t)
	if n := b.last(t); n.TradeStatus != "TRADE_SUCCESS" || n.RefundFee != "5.00" || n.OutBizNo != r.OutRefundNo {
		t.Errorf("notification %+v", n)
	}
	if got := b.queryRefund(t, "order_1", r.OutRefundNo); got.RefundAmount != "5.00" {
		t.Errorf("refund query: %+v", got)
	}
}
