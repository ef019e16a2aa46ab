package wechat_test

import (
	"crypto/rsa"
	"net/url"
	"strings"
	"testing"

	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// methodCases are the ways to pay by an action, for a merchant of the sandbox
// whose key signs for the payer's client.
func methodCases(m map[string]string) []channeltest.MethodCase { return casesFor(m, m["mchid"]) }

// partnerCases are those of a merchant under a provider, whose key signs, in the
// provider's apps and once in the merchant's own.
func partnerCases(provider, sub map[string]string) []channeltest.MethodCase {
	cases := casesFor(provider, sub["sub_mchid"])
	own := cases[1] // a page in WeChat
	own.AppID, own.Payer = sub["sub_appid"], channel.Payer{OpenID: trade.PayerOf(app.WeChat, sub["sub_appid"])}
	return append(cases, own)
}

func casesFor(m map[string]string, payee string) []channeltest.MethodCase {
	inApp := func(kind string) channel.Payer {
		return channel.Payer{OpenID: trade.PayerOf(app.WeChat, m["appid_"+kind])}
	}
	jsapi := func(t *testing.T, a channel.Action) {
		p := a.Params
		wantMerchantSigned(t, m, p["appId"]+"\n"+p["timeStamp"]+"\n"+p["nonceStr"]+"\n"+p["package"]+"\n", p["paySign"])
	}
	inApps := func(t *testing.T, a channel.Action) {
		p := a.Params
		if p["partnerid"] != payee || p["package"] != "Sign=WXPay" {
			t.Errorf("params %v", p)
		}
		wantMerchantSigned(t, m, p["appid"]+"\n"+p["timestamp"]+"\n"+p["noncestr"]+"\n"+p["prepayid"]+"\n", p["sign"])
	}
	return []channeltest.MethodCase{
		{
			Method: channel.WeChatNative, Action: "qr_code", Check: func(*testing.T, channel.Action) {},
			Code: func(_ *testing.T, a channel.Action) string { return a.CodeURL },
		},
		{
			Method: channel.WeChatJSAPI, Payer: inApp("official"), Needs: []channel.Payer{{}}, Action: "jsapi", Check: jsapi, Code: prepayID,
		},
		{
			Method: channel.WeChatMini, AppID: m["appid_mini"], Payer: inApp("mini"), Needs: []channel.Payer{{}}, Action: "jsapi", Check: jsapi, Code: prepayID,
		},
		{
			Method: channel.WeChatApp, AppID: m["appid_app"], Action: "app", Check: inApps,
			Code: func(_ *testing.T, a channel.Action) string { return a.Params["prepayid"] },
		},
		{
			Method: channel.WeChatH5, Payer: channel.Payer{ClientIP: "203.0.113.9"}, Needs: []channel.Payer{{}}, Action: "redirect",
			Check: leadsBack, Code: func(t *testing.T, a channel.Action) string { return pageOf(t, a).Query().Get("code") },
		},
	}
}

func prepayID(_ *testing.T, a channel.Action) string {
	return strings.TrimPrefix(a.Params["package"], "prepay_id=")
}

func pageOf(t *testing.T, a channel.Action) *url.URL {
	t.Helper()
	page, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func leadsBack(t *testing.T, a channel.Action) {
	if back := pageOf(t, a).Query().Get("redirect_url"); !strings.HasPrefix(back, "https://shop.example/done?a=1&b=") {
		t.Errorf("%s leads back to %q", a.URL, back)
	}
}

// wantMerchantSigned verifies as WeChat's client does: with the certificate of
// the merchant who placed the order.
func wantMerchantSigned(t *testing.T, m map[string]string, message, signature string) {
	t.Helper()
	certificate, err := utils.LoadCertificate(m["certificate"])
	if err != nil {
		t.Fatal(err)
	}
	key, _ := certificate.PublicKey.(*rsa.PublicKey)
	wantSigned(t, key, message, signature)
}
