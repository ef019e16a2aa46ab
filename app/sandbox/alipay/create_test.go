package alipay_test

import (
	"context"
	"errors"
	"testing"

	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func (b *box) createTrade(t *testing.T, number, buyer, openID string) *smartwalle.TradeCreateRsp {
	t.Helper()
	o := smartwalle.TradeCreate{Trade: b.trade(number), BuyerId: buyer, BuyerOpenId: openID, OpAppId: b.merchant.ID}
	o.ProductCode = "JSAPI_PAY"
	rsp, err := b.client(t).TradeCreate(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return rsp
}

const buyer, openID = "2088102100000001", "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"

// TestATradeIsCreatedForAKnownPayer: it exists at once, and its number opens it.
func TestATradeIsCreatedForAKnownPayer(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		ctx, c := context.Background(), b.client(t)
		for number, by := range map[string]struct{ buyer, openID string }{"by_id": {buyer, ""}, "by_open_id": {"", openID}} {
			rsp := b.createTrade(t, number, by.buyer, by.openID)
			if rsp.Code != "10000" || len(rsp.TradeNo) != 28 || rsp.OutTradeNo != number {
				t.Fatalf("%s: %+v", number, rsp)
			}
			b.wantQuery(t, c, number, "", "WAIT_BUYER_PAY")
			if again := b.createTrade(t, number, by.buyer, by.openID); again.TradeNo != rsp.TradeNo {
				t.Errorf("%s again: %+v", number, again)
			}
			opened, err := b.api.Invoke(ctx, map[string]string{"tradeNO": rsp.TradeNo})
			if err != nil || opened.OutTradeNo != number {
				t.Fatalf("%s opened: %+v, %v", number, opened, err)
			}
			if _, err := b.trades.Pay(ctx, opened.Code); err != nil {
				t.Fatal(err)
			}
			if q := b.wantQuery(t, c, number, "", "TRADE_SUCCESS"); q.BuyerUserId != by.buyer || q.BuyerOpenId != by.openID {
				t.Errorf("%s: paid by %q %q", number, q.BuyerUserId, q.BuyerOpenId)
			}
			b.deliver(t)
			if n := b.last(t); n.BuyerId != by.buyer || n.BuyerOpenId != by.openID || n.TradeNo != rsp.TradeNo {
				t.Errorf("%s: notification %+v", number, n)
			}
			if again := b.createTrade(t, number, by.buyer, by.openID); again.SubCode != "ACQ.TRADE_HAS_SUCCESS" {
				t.Errorf("%s after paying: %+v", number, again)
			}
		}
	})
}

func TestWhatCannotBeCreated(t *testing.T) {
	b := setup(t, trade.PublicKey)
	if rsp := b.createTrade(t, "nobody", "", ""); rsp.SubCode != "ACQ.BUYER_ID_IS_NULL" {
		t.Errorf("for nobody: %+v", rsp)
	}
	if rsp := b.createTrade(t, "badly", "2088", ""); rsp.SubCode != "ACQ.INVALID_PARAMETER" {
		t.Errorf("for a malformed buyer: %+v", rsp)
	}
	if rsp := b.createTrade(t, "badly", "", "开放"); rsp.SubCode != "ACQ.INVALID_PARAMETER" {
		t.Errorf("for a malformed openid: %+v", rsp)
	}
	b.createTrade(t, "mine", buyer, "")
	if rsp := b.createTrade(t, "mine", "2088102100000002", ""); rsp.SubCode != "ACQ.CONTEXT_INCONSISTENT" {
		t.Errorf("for another payer: %+v", rsp)
	}
	if rsp := b.precreate(t, b.client(t), b.order("mine")); rsp.SubCode != "ACQ.CONTEXT_INCONSISTENT" {
		t.Errorf("as a QR code: %+v", rsp)
	}
	b.precreate(t, b.client(t), b.order("code"))
	if rsp := b.createTrade(t, "code", buyer, ""); rsp.SubCode != "ACQ.CONTEXT_INCONSISTENT" {
		t.Errorf("under a QR code's number: %+v", rsp)
	}
}

func TestOnlyACreatedTradeIsOpenedByItsNumber(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx := context.Background()
	rsp := b.precreate(t, b.client(t), b.order("code"))
	for name, in := range map[string]map[string]string{
		"an unknown one": {"tradeNO": "2026112322001000000000000000"}, "a code's": {"tradeNO": rsp.QRCode}, "nothing": {},
	} {
		_, err := b.api.Invoke(ctx, in)
		var e *app.Error
		if !errors.As(err, &e) || e.Code != app.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
