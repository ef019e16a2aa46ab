package wechat_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments"
	apppay "github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/app"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/h5"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// provider is a merchant with one under it.
type provider struct {
	*box
	sdk
	sub trade.SubMerchant
}

func newProvider(t *testing.T, b *box) provider {
	t.Helper()
	sub, err := b.trades.OpenSubMerchant(t.Context(), app.WeChat, b.merchant.ID)
	if err != nil {
		t.Fatal(err)
	}
	return provider{b, newSDK(t, b), sub}
}

func (p provider) order(no string, fen int64) native.PrepayRequest {
	return native.PrepayRequest{
		SpAppid: core.String(p.merchant.AppID), SpMchid: core.String(p.merchant.ID), SubAppid: core.String(p.sub.AppID), SubMchid: core.String(p.sub.ID),
		Description: core.String("vinegar"), OutTradeNo: core.String(no), NotifyUrl: core.String(p.shop.URL + "/callbacks"),
		Amount: &native.Amount{Total: core.Int64(fen), Currency: core.String("CNY")},
	}
}

func (p provider) paid(t *testing.T, no string, fen int64) {
	t.Helper()
	made, _, err := (&native.NativeApiService{Client: p.client}).Prepay(t.Context(), p.order(no, fen))
	if err != nil {
		t.Fatal(err)
	}
	p.pay(t, *made.CodeUrl)
}

func (p provider) queryOrder(t *testing.T, no string) *partnerpayments.Transaction {
	t.Helper()
	got, _, err := (&native.NativeApiService{Client: p.client}).QueryOrderByOutTradeNo(t.Context(), native.QueryOrderByOutTradeNoRequest{
		OutTradeNo: core.String(no), SpMchid: core.String(p.merchant.ID), SubMchid: core.String(p.sub.ID),
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// isOurs compares every party that an answer names.
func (p provider) isOurs(t *testing.T, got *partnerpayments.Transaction) {
	t.Helper()
	if *got.SpMchid != p.merchant.ID || *got.SubMchid != p.sub.ID || *got.SpAppid != p.merchant.AppID || *got.SubAppid != p.sub.AppID ||
		*got.Payer.SpOpenid != trade.PayerOf(app.WeChat, p.merchant.AppID) || *got.Payer.SubOpenid != trade.PayerOf(app.WeChat, p.sub.AppID) {
		t.Errorf("the parties: %v", got)
	}
}

// TestAProvidersOrderLivesUnderBothNames, on both databases: order, pay, be
// notified, query, refund, be notified.
func TestAProvidersOrderLivesUnderBothNames(t *testing.T) {
	each(t, trade.Certificate, func(t *testing.T, b *box) {
		p := newProvider(t, b)
		p.paid(t, "order-1", 88)
		byNumber := p.queryOrder(t, "order-1")
		byID, _, err := (&native.NativeApiService{Client: p.client}).QueryOrderById(t.Context(), native.QueryOrderByIdRequest{
			TransactionId: byNumber.TransactionId, SpMchid: core.String(b.merchant.ID), SubMchid: core.String(p.sub.ID),
		})
		if err != nil || *byID.OutTradeNo != "order-1" {
			t.Fatalf("by id: %v, %v", byID, err)
		}
		var announced partnerpayments.Transaction
		p.read(t, b.deliver(t)[0], &announced)
		for _, got := range []*partnerpayments.Transaction{byNumber, byID, &announced} {
			p.isOurs(t, got)
			if *got.TradeState != "SUCCESS" || *got.Amount.Total != 88 {
				t.Errorf("paid: %v", got)
			}
		}

		refunds := refunddomestic.RefundsApiService{Client: p.client}
		ask := b.refundOf("order-1", "refund-1", 8, 88)
		_, _, err = refunds.Create(t.Context(), ask)
		wantAPIError(t, err, 404, "RESOURCE_NOT_EXISTS") // not without the sub_mchid
		ask.SubMchid = core.String(p.sub.ID)
		if _, _, err := refunds.Create(t.Context(), ask); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(time.Second)
		messages := b.deliver(t)
		_, n := p.parseRefund(t, b, messages[len(messages)-1])
		if n.SpMchID != b.merchant.ID || n.SubMchID != p.sub.ID || n.MchID != "" || n.Status != "SUCCESS" || n.Amount.Refund != 8 {
			t.Errorf("the refund's notification: %+v", n)
		}
		got, _, err := refunds.QueryByOutRefundNo(t.Context(), refunddomestic.QueryByOutRefundNoRequest{
			OutRefundNo: core.String("refund-1"), SubMchid: core.String(p.sub.ID),
		})
		if err != nil || *got.Status != "SUCCESS" {
			t.Errorf("the refund: %v, %v", got, err)
		}
	})
}

// read opens a notification with the provider's key.
func (p provider) read(t *testing.T, r received, into any) {
	t.Helper()
	handler, err := notify.NewRSANotifyHandler(p.merchant.WeChat.APIv3Key, p.verifier)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, p.shop.URL, bytes.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = r.header
	if _, err := handler.ParseNotifyRequest(t.Context(), req, into); err != nil {
		t.Fatal(err)
	}
}

func TestAProviderClosesForItsMerchant(t *testing.T) {
	b := one(t, trade.PublicKey)
	p := newProvider(t, b)
	api := native.NativeApiService{Client: p.client}
	if _, _, err := api.Prepay(t.Context(), p.order("order-1", 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CloseOrder(t.Context(), native.CloseOrderRequest{OutTradeNo: core.String("order-1"), SpMchid: core.String(b.merchant.ID), SubMchid: core.String(p.sub.ID)}); err != nil {
		t.Fatal(err)
	}
	if got := p.queryOrder(t, "order-1"); *got.TradeState != "CLOSED" {
		t.Errorf("closed: %v", got)
	}
}

// TestAProvidersPayerPaysInEitherApp: the openid is known in the provider's app
// or in the sub-merchant's.
func TestAProvidersPayerPaysInEitherApp(t *testing.T) {
	b := one(t, trade.PublicKey)
	p := newProvider(t, b)
	api := jsapi.JsapiApiService{Client: p.client}
	for i, c := range []struct {
		payer jsapi.Payer
		app   string
	}{
		{jsapi.Payer{SpOpenid: core.String("oInTheProviders")}, b.merchant.AppID},
		{jsapi.Payer{SubOpenid: core.String("oInTheSubs")}, p.sub.AppID},
	} {
		no := "order-" + string(rune('1'+i))
		made, _, err := api.Prepay(t.Context(), jsapi.PrepayRequest{
			SpAppid: core.String(b.merchant.AppID), SpMchid: core.String(b.merchant.ID), SubAppid: core.String(p.sub.AppID), SubMchid: core.String(p.sub.ID),
			Description: core.String("tea"), OutTradeNo: core.String(no), NotifyUrl: core.String("https://shop.example/n"),
			Amount: &jsapi.Amount{Total: core.Int64(5)}, Payer: &c.payer,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.pay(t, *made.PrepayId); got.AppID != c.app {
			t.Errorf("paid in %s, want %s", got.AppID, c.app)
		}
		got := p.queryOrder(t, no)
		if c.payer.SpOpenid != nil && *got.Payer.SpOpenid != *c.payer.SpOpenid || c.payer.SubOpenid != nil && *got.Payer.SubOpenid != *c.payer.SubOpenid {
			t.Errorf("the payer: %v", got.Payer)
		}
	}
	// A sub_openid belongs to a sub_appid.
	_, _, err := api.Prepay(t.Context(), jsapi.PrepayRequest{
		SpAppid: core.String(b.merchant.AppID), SpMchid: core.String(b.merchant.ID), SubMchid: core.String(p.sub.ID),
		Description: core.String("tea"), OutTradeNo: core.String("order-3"), NotifyUrl: core.String("https://shop.example/n"),
		Amount: &jsapi.Amount{Total: core.Int64(5)}, Payer: &jsapi.Payer{SubOpenid: core.String("o")},
	})
	wantAPIError(t, err, 400, "PARAM_ERROR")
}

func TestAProvidersOtherProducts(t *testing.T) {
	b := one(t, trade.PublicKey)
	p := newProvider(t, b)
	mobile, _, err := (&apppay.AppApiService{Client: p.client}).Prepay(t.Context(), apppay.PrepayRequest{
		SpAppid: core.String(b.merchant.AppID), SpMchid: core.String(b.merchant.ID), SubAppid: core.String(p.sub.AppID), SubMchid: core.String(p.sub.ID),
		Description: core.String("tea"), OutTradeNo: core.String("app-0001"), NotifyUrl: core.String("https://shop.example/n"), Amount: &apppay.Amount{Total: core.Int64(5)},
	})
	if err != nil || b.pay(t, *mobile.PrepayId).TradeType != "APP" {
		t.Errorf("app: %v", err)
	}
	page, _, err := (&h5.H5ApiService{Client: p.client}).Prepay(t.Context(), h5.PrepayRequest{
		SpAppid: core.String(b.merchant.AppID), SpMchid: core.String(b.merchant.ID), SubMchid: core.String(p.sub.ID),
		Description: core.String("tea"), OutTradeNo: core.String("h5-00001"), NotifyUrl: core.String("https://shop.example/n"), Amount: &h5.Amount{Total: core.Int64(5)},
		SceneInfo: &h5.SceneInfo{PayerClientIp: core.String("192.0.2.1"), H5Info: &h5.H5Info{Type: core.String("Wap")}},
	})
	if err != nil || !strings.Contains(*page.H5Url, "/sandbox/wallet?code=") {
		t.Errorf("h5: %v", err)
	}
	order := b.codeOrder("code-0001", b.payCode(t, trade.PaysAtOnce), 5)
	delete(order, "appid")
	delete(order, "mchid")
	parties := map[string]any{"sp_appid": b.merchant.AppID, "sp_mchid": b.merchant.ID, "sub_appid": p.sub.AppID, "sub_mchid": p.sub.ID}
	for name, value := range parties {
		order[name] = value
	}
	if got, err := p.post(t, "/v3/pay/partner/transactions/codepay", order); err != nil || *got.TradeState != "SUCCESS" {
		t.Errorf("codepay: %v, %v", got, err)
	}
	delete(parties, "sp_appid") // may be left out
	if _, err := p.post(t, "/v3/pay/partner/transactions/out-trade-no/code-0001/reverse", parties); err != nil {
		t.Errorf("reverse: %v", err)
	}
	if got := p.queryOrder(t, "code-0001"); *got.TradeState != "REVOKED" {
		t.Errorf("reversed: %v", got)
	}
	parties["sub_appid"] = "wx0000000000000000"
	_, err = p.post(t, "/v3/pay/partner/transactions/out-trade-no/code-0001/reverse", parties)
	wantAPIError(t, err, 400, "APPID_MCHID_NOT_MATCH")
}

func TestAProviderActsForItsOwnMerchantsAlone(t *testing.T) {
	b := one(t, trade.PublicKey)
	p := newProvider(t, b)
	other, err := b.trades.OpenMerchant(t.Context(), app.WeChat, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := b.trades.OpenSubMerchant(t.Context(), app.WeChat, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(o *native.PrepayRequest)
		status int
		code   string
	}{
		"another provider's merchant": {func(o *native.PrepayRequest) { o.SubMchid = core.String(foreign.ID) }, 403, "NO_AUTH"},
		"no merchant":                 {func(o *native.PrepayRequest) { o.SubMchid = core.String("") }, 400, "PARAM_ERROR"},
		"another provider":            {func(o *native.PrepayRequest) { o.SpMchid = core.String(other.ID) }, 400, "PARAM_ERROR"},
		"another sub_appid":           {func(o *native.PrepayRequest) { o.SubAppid = core.String(foreign.AppID) }, 400, "APPID_MCHID_NOT_MATCH"},
		"another sp_appid":            {func(o *native.PrepayRequest) { o.SpAppid = core.String(other.AppID) }, 400, "APPID_MCHID_NOT_MATCH"},
		"no sp_appid":                 {func(o *native.PrepayRequest) { o.SpAppid = core.String("") }, 400, "PARAM_ERROR"},
	} {
		o := p.order("order-1", 5)
		c.change(&o)
		_, _, err := (&native.NativeApiService{Client: p.client}).Prepay(t.Context(), o)
		t.Run(name, func(t *testing.T) { wantAPIError(t, err, c.status, c.code) })
	}
	ask := b.refundOf("order-1", "refund-1", 1, 5)
	ask.SubMchid = core.String(foreign.ID)
	_, _, err = (&refunddomestic.RefundsApiService{Client: p.client}).Create(t.Context(), ask)
	wantAPIError(t, err, 403, "NO_AUTH")
}
