package alipay_test

import (
	"context"
	"testing"

	smartwalle "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// TestAProviderActsForAMerchant: the provider's app signs, the merchant's
// app_auth_token says for whom.
func TestAProviderActsForAMerchant(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		ctx, c := context.Background(), b.client(t)
		sub, err := b.trades.OpenSubMerchant(ctx, app.Alipay, b.merchant.ID)
		if err != nil {
			t.Fatal(err)
		}
		o := b.order("order_1")
		o.AppAuthToken, o.SellerId = sub.Token, sub.SellerID
		rsp := b.precreate(t, c, o)
		if rsp.Code != "10000" {
			t.Fatalf("precreate: %+v", rsp)
		}
		own := b.precreate(t, c, b.order("order_1"))
		if own.Code != "10000" || own.QRCode == rsp.QRCode {
			t.Errorf("the provider's own order of that number: %+v", own)
		}
		if _, err := b.trades.Pay(ctx, rsp.QRCode); err != nil {
			t.Fatal(err)
		}
		b.deliver(t)
		n := b.last(t)
		if n.AppId != b.merchant.ID || n.AuthAppId != sub.ID || n.SellerId != sub.SellerID || n.OutTradeNo != "order_1" {
			t.Errorf("notification %+v", n)
		}
		q, err := c.TradeQuery(ctx, smartwalle.TradeQuery{AppAuthToken: sub.Token, OutTradeNo: "order_1"})
		if err != nil || q.TradeStatus != "TRADE_SUCCESS" || q.TradeNo != n.TradeNo {
			t.Errorf("query: %+v, %v", q, err)
		}
		b.wantQuery(t, c, "order_1", "ACQ.TRADE_NOT_EXIST", "") // the provider's own
		r, err := c.TradeRefund(ctx, smartwalle.TradeRefund{AppAuthToken: sub.Token, OutTradeNo: "order_1", OutRequestNo: "r", RefundAmount: "1.00"})
		if err != nil || r.FundChange != "Y" {
			t.Errorf("refund: %+v, %v", r, err)
		}
		b.deliver(t)
		if n := b.last(t); n.OutBizNo != "r" || n.AuthAppId != sub.ID || n.SellerId != sub.SellerID {
			t.Errorf("notification of the refund %+v", n)
		}
	})
}

func TestATokenBelongsToOneProvider(t *testing.T) {
	b := setup(t, trade.PublicKey)
	ctx := context.Background()
	other, err := b.trades.OpenMerchant(ctx, app.Alipay, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := b.trades.OpenSubMerchant(ctx, app.Alipay, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"another provider's": theirs.Token, "nobody's": "202611BBnone", "no token": "令牌"} {
		q, err := b.client(t).TradeQuery(ctx, smartwalle.TradeQuery{AppAuthToken: token, OutTradeNo: "x"})
		if err != nil || q.Code != "20001" || q.SubCode != "aop.invalid-app-auth-token" {
			t.Errorf("%s: %+v, %v", name, q, err)
		}
	}
	sub, err := b.trades.OpenSubMerchant(ctx, app.Alipay, b.merchant.ID)
	if err != nil {
		t.Fatal(err)
	}
	o := b.order("order_1")
	o.AppAuthToken, o.SellerId = sub.Token, b.merchant.SellerID
	if rsp := b.precreate(t, b.client(t), o); rsp.SubCode != "ACQ.INVALID_PARAMETER" {
		t.Errorf("the merchant's token and the provider's seller_id: %+v", rsp)
	}
}
