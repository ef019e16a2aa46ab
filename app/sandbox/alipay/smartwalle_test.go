package alipay_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func eachMode(t *testing.T, f func(t *testing.T, b *box)) {
	for _, mode := range []trade.Mode{trade.PublicKey, trade.Certificate} {
		t.Run(string(mode), func(t *testing.T) { t.Parallel(); f(t, setup(t, mode)) })
	}
}

// TestLife follows one order with the SDK that the platform uses, which
// verifies every answer and the notification.
func TestLife(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		ctx, c := context.Background(), b.client(t)
		rsp := b.precreate(t, c, b.order("life_1"))
		if rsp.Code != "10000" || !strings.HasPrefix(rsp.QRCode, "https://qr.alipay.com/bax") {
			t.Fatalf("precreate: %+v", rsp)
		}
		if again := b.precreate(t, c, b.order("life_1")); again.QRCode != rsp.QRCode {
			t.Errorf("the same order has another code")
		}
		b.wantQuery(t, c, "life_1", "ACQ.TRADE_NOT_EXIST", "")
		if _, err := b.trades.Scan(ctx, rsp.QRCode); err != nil {
			t.Fatal(err)
		}
		b.wantQuery(t, c, "life_1", "", "WAIT_BUYER_PAY")
		if _, err := b.trades.Pay(ctx, rsp.QRCode); err != nil {
			t.Fatal(err)
		}
		q := b.wantQuery(t, c, "life_1", "", "TRADE_SUCCESS")
		if q.TotalAmount != "12.30" || q.BuyerPayAmount != "12.30" || q.ReceiptAmount != "12.30" || q.SendPayDate == "" {
			t.Errorf("query of a paid trade: %+v", q)
		}
		b.deliver(t)
		forms := b.shop.received()
		if len(forms) != 1 {
			t.Fatalf("got %d notifications, want 1", len(forms))
		}
		n, err := c.DecodeNotification(ctx, forms[0])
		if err != nil {
			t.Fatalf("the notification does not verify: %v", err)
		}
		if n.OutTradeNo != "life_1" || n.TradeNo != q.TradeNo || n.TradeStatus != smartwalle.TradeStatusSuccess ||
			n.TotalAmount != "12.30" || n.AppId != b.merchant.ID || n.SellerId != b.merchant.SellerID ||
			n.Subject != b.order("").Subject || n.GmtPayment != q.SendPayDate {
			t.Errorf("notification %+v", n)
		}
		if !strings.Contains(n.FundBillList, `"fundChannel"`) {
			t.Errorf("fund_bill_list %s: want camel case", n.FundBillList)
		}
		paid, err := c.TradeClose(ctx, smartwalle.TradeClose{OutTradeNo: "life_1"})
		if err != nil || paid.SubCode != "ACQ.REASON_TRADE_STATUS_INVALID" {
			t.Errorf("close of a paid trade: %+v, %v", paid, err)
		}
		if rsp := b.precreate(t, c, b.order("life_1")); rsp.SubCode != "ACQ.TRADE_HAS_SUCCESS" {
			t.Errorf("precreate of a paid number: %+v", rsp)
		}
	})
}

func (b *box) wantQuery(t *testing.T, c *smartwalle.Client, number, subCode string, status smartwalle.TradeStatus) *smartwalle.TradeQueryRsp {
	t.Helper()
	rsp, err := c.TradeQuery(context.Background(), smartwalle.TradeQuery{OutTradeNo: number})
	if err != nil {
		t.Fatalf("query: %v", err)
	}
	if rsp.SubCode != subCode || rsp.TradeStatus != status {
		t.Fatalf("query: %s %s %s, want %q %q", rsp.Code, rsp.SubCode, rsp.TradeStatus, subCode, status)
	}
	return rsp
}

func TestClose(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx, c := context.Background(), b.client(t)
	rsp := b.precreate(t, c, b.order("close_1"))
	closeIt := func() *smartwalle.TradeCloseRsp {
		t.Helper()
		r, err := c.TradeClose(ctx, smartwalle.TradeClose{OutTradeNo: "close_1"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := closeIt(); r.Code != "40004" || r.SubCode != "ACQ.TRADE_NOT_EXIST" {
		t.Errorf("close before the scan: %+v", r)
	}
	scanned, err := b.trades.Scan(ctx, rsp.QRCode)
	if err != nil {
		t.Fatal(err)
	}
	if r := closeIt(); r.Code != "10000" || r.OutTradeNo != "close_1" || r.TradeNo != scanned.ChannelTradeNo {
		t.Errorf("close: %+v", r)
	}
	b.wantQuery(t, c, "close_1", "", "TRADE_CLOSED")
	if r := closeIt(); r.SubCode != "ACQ.TRADE_HAS_CLOSE" {
		t.Errorf("second close: %+v", r)
	}
	if _, err := b.trades.Pay(ctx, rsp.QRCode); !app.Is(err, app.Conflict) {
		t.Errorf("pay a closed trade: %v, want conflict", err)
	}
	if rsp := b.precreate(t, c, b.order("close_1")); rsp.SubCode != "ACQ.TRADE_HAS_CLOSE" {
		t.Errorf("precreate of a closed number: %+v", rsp)
	}
}

func TestExpiryClosesTheTrade(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx, c := context.Background(), b.client(t)
	rsp := b.precreate(t, c, b.order("expiry_1"))
	if _, err := b.trades.Scan(ctx, rsp.QRCode); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(31 * time.Minute)
	b.wantQuery(t, c, "expiry_1", "", "TRADE_CLOSED")
	if _, err := b.trades.Pay(ctx, rsp.QRCode); !app.Is(err, app.Conflict) {
		t.Errorf("pay after the expiry: %v, want conflict", err)
	}
}

func TestRepeatedNumber(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx, c := context.Background(), b.client(t)
	first := b.precreate(t, c, b.order("again_1"))
	changed := b.order("again_1")
	changed.TotalAmount = "99.00"
	second := b.precreate(t, c, changed)
	if second.Code != "10000" || second.QRCode == first.QRCode {
		t.Errorf("before the scan a changed order gets a new code: %+v", second)
	}
	if _, err := b.trades.Scan(ctx, second.QRCode); err != nil {
		t.Fatal(err)
	}
	if rsp := b.precreate(t, c, b.order("again_1")); rsp.SubCode != "ACQ.CONTEXT_INCONSISTENT" {
		t.Errorf("after the scan it is refused: %+v", rsp)
	}
	if rsp := b.precreate(t, c, changed); rsp.QRCode != second.QRCode {
		t.Errorf("after the scan the same order keeps its code: %+v", rsp)
	}
}

func TestUnknownAppIsRefusedUnsigned(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.merchant.ID = "9021000000000000"
	_, err := b.client(t).TradeQuery(context.Background(), smartwalle.TradeQuery{OutTradeNo: "x"})
	var refused *smartwalle.Error
	if !errors.As(err, &refused) || refused.SubCode != "isv.invalid-app-id" {
		t.Errorf("unknown app: %v", err)
	}
}

func TestAnotherAppsKeyIsRefused(t *testing.T) {
	b := setup(t, trade.PublicKey)
	other, err := b.trades.OpenMerchant(context.Background(), app.Alipay, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	b.merchant.Alipay.AppPrivateKey = other.Alipay.AppPrivateKey
	rsp, err := b.client(t).TradeQuery(context.Background(), smartwalle.TradeQuery{OutTradeNo: "x"})
	if err != nil || rsp.Code != "40002" || rsp.SubCode != "isv.invalid-signature" {
		t.Errorf("got %+v, %v", rsp, err)
	}
}

func TestAppsDoNotSeeEachOther(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx := context.Background()
	rsp := b.precreate(t, b.client(t), b.order("mine_1"))
	if _, err := b.trades.Pay(ctx, rsp.QRCode); err != nil {
		t.Fatal(err)
	}
	other, err := b.trades.OpenMerchant(ctx, app.Alipay, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	b.merchant = other
	b.wantQuery(t, b.client(t), "mine_1", "ACQ.TRADE_NOT_EXIST", "")
}
