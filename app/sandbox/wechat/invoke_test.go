package wechat_test

import (
	"errors"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	apppay "github.com/wechatpay-apiv3/wechatpay-go/services/payments/app"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// pageParams orders for the openid and lets the official SDK sign what a page
// hands to the client.
func (b *box) pageParams(t *testing.T, number, openID string) map[string]string {
	t.Helper()
	p, _, err := (&jsapi.JsapiApiService{Client: newSDK(t, b).client}).PrepayWithRequestPayment(t.Context(), jsapi.PrepayRequest{
		Appid: core.String(b.merchant.AppID), Mchid: core.String(b.merchant.ID), Description: core.String("tea"),
		OutTradeNo: core.String(number), NotifyUrl: core.String("https://shop.example/n"),
		Amount: &jsapi.Amount{Total: core.Int64(5)}, Payer: &jsapi.Payer{Openid: core.String(openID)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"appId": *p.Appid, "timeStamp": *p.TimeStamp, "nonceStr": *p.NonceStr, "package": *p.Package, "signType": *p.SignType, "paySign": *p.PaySign,
	}
}

func (b *box) appParams(t *testing.T, number string) map[string]string {
	t.Helper()
	mobile := b.merchant.Apps()[2].AppID
	p, _, err := (&apppay.AppApiService{Client: newSDK(t, b).client}).PrepayWithRequestPayment(t.Context(), apppay.PrepayRequest{
		Appid: core.String(mobile), Mchid: core.String(b.merchant.ID), Description: core.String("tea"),
		OutTradeNo: core.String(number), NotifyUrl: core.String("https://shop.example/n"), Amount: &apppay.Amount{Total: core.Int64(5)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"appid": mobile, "partnerid": *p.PartnerId, "prepayid": *p.PrepayId, "package": *p.Package,
		"noncestr": *p.NonceStr, "timestamp": *p.TimeStamp, "sign": *p.Sign,
	}
}

func wantRefusal(t *testing.T, b *box, what string, params map[string]string, reason string) {
	t.Helper()
	_, err := b.gateway.Invoke(t.Context(), params)
	var e *app.Error
	if !errors.As(err, &e) || e.Reason != reason {
		t.Errorf("%s: %v, want it refused as %s", what, err, reason)
	}
}

func with(p map[string]string, name, value string) map[string]string {
	changed := maps.Clone(p)
	changed[name] = value
	return changed
}

func TestTheClientOpensWhatTheOfficialSDKSigned(t *testing.T) {
	b := one(t, trade.PublicKey)
	page := b.pageParams(t, "invoke-1", trade.PayerOf(app.WeChat, b.merchant.AppID))
	if got, err := b.gateway.Invoke(t.Context(), page); err != nil || got.OutTradeNo != "invoke-1" {
		t.Errorf("a page's parameters open %q, %v", got.OutTradeNo, err)
	}
	if got, err := b.gateway.Invoke(t.Context(), b.appParams(t, "invoke-2")); err != nil || got.OutTradeNo != "invoke-2" {
		t.Errorf("an app's parameters open %q, %v", got.OutTradeNo, err)
	}
}

func TestTheClientRefusesWhatTheRealOneWould(t *testing.T) {
	b := one(t, trade.PublicKey)
	page := b.pageParams(t, "refuse-1", trade.PayerOf(app.WeChat, b.merchant.AppID))
	mobile := b.appParams(t, "refuse-2")
	other := b.pageParams(t, "refuse-3", "oSomebodyElse")
	for name := range page {
		wantRefusal(t, b, "a page without "+name, with(page, name, ""), trade.ReasonInvokeParams)
	}
	for name := range mobile {
		wantRefusal(t, b, "an app without "+name, with(mobile, name, ""), trade.ReasonInvokeParams)
	}
	now := b.clock.Now().Unix()
	for what, c := range map[string]struct {
		params map[string]string
		reason string
	}{
		"another order's signature":  {with(page, "paySign", other["paySign"]), trade.ReasonInvokeSignature},
		"a signature of nothing":     {with(page, "paySign", "bm90aGluZw=="), trade.ReasonInvokeSignature},
		"no Base64":                  {with(page, "paySign", "§"), trade.ReasonInvokeSignature},
		"another nonce":              {with(page, "nonceStr", "other"), trade.ReasonInvokeSignature},
		"a newer timestamp":          {with(page, "timeStamp", strconv.FormatInt(now+2, 10)), trade.ReasonInvokeSignature},
		"an app's wrong signature":   {with(mobile, "sign", page["paySign"]), trade.ReasonInvokeSignature},
		"MD5":                        {with(page, "signType", "MD5"), trade.ReasonInvokeParams},
		"a bare prepay_id":           {with(page, "package", mobile["prepayid"]), trade.ReasonInvokeParams},
		"an app's wrong package":     {with(mobile, "package", "Sign=Other"), trade.ReasonInvokeParams},
		"a timestamp in words":       {with(page, "timeStamp", "now"), trade.ReasonInvokeParams},
		"an unknown prepay_id":       {with(page, "package", "prepay_id=wx0"), trade.ReasonInvokePrepay},
		"an app's order in a page":   {with(page, "package", "prepay_id="+mobile["prepayid"]), trade.ReasonInvokePrepay},
		"another app":                {with(page, "appId", b.merchant.Apps()[1].AppID), trade.ReasonInvokeApp},
		"another merchant":           {with(mobile, "partnerid", "1600000000"), trade.ReasonInvokeApp},
		"an order for another payer": {other, trade.ReasonInvokePayer},
	} {
		wantRefusal(t, b, what, c.params, c.reason)
	}
	b.clock.advance(2*time.Hour + time.Minute)
	wantRefusal(t, b, "parameters of two hours ago", page, trade.ReasonInvokeStale)
	b.clock.advance(-2*time.Hour - 10*time.Minute)
	wantRefusal(t, b, "parameters from the future", page, trade.ReasonInvokeStale)
}
