package wechat_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// wantSigned fails unless the merchant's key signed the message.
func wantSigned(t *testing.T, key *rsa.PublicKey, message, signature string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(signature)
	sum := sha256.Sum256([]byte(message))
	if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) != nil {
		t.Errorf("%q does not sign %q", signature, message)
	}
}

// wantRecent fails unless the text is the present second.
func wantRecent(t *testing.T, seconds string) {
	t.Helper()
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > time.Minute {
		t.Errorf("signed at %q", seconds)
	}
}

// TestJSAPIAction: a page and a mini-program get parameters that WeChat accepts,
// signed anew for the same order.
func TestJSAPIAction(t *testing.T) {
	for _, method := range []channel.Method{channel.WeChatJSAPI, channel.WeChatMini} {
		for mode, open := range modes {
			r := fullOrder(method)
			if mode == "partner" {
				r.AppID = subAppID
			}
			good := genuine()
			c := open(t, reply(200, `{"prepay_id":"wx201"}`, &good))
			first, err := c.Pay(t.Context(), r)
			wantKind(t, err, "")
			again, err := c.Pay(t.Context(), r)
			wantKind(t, err, "")
			p := first.Action.Params
			if first.Action.Type != "jsapi" || first.Trade != nil || len(p) != 6 || p["appId"] != r.AppID || p["package"] != "prepay_id=wx201" || p["signType"] != "RSA" {
				t.Errorf("%s: result %+v", mode, first)
			}
			if again.Action.Params["package"] != p["package"] || again.Action.Params["nonceStr"] == p["nonceStr"] || len(p["nonceStr"]) > 32 {
				t.Errorf("%s: %v, then %v", mode, p, again.Action.Params)
			}
			wantRecent(t, p["timeStamp"])
			wantSigned(t, &merchantKey().PublicKey, p["appId"]+"\n"+p["timeStamp"]+"\n"+p["nonceStr"]+"\n"+p["package"]+"\n", p["paySign"])
		}
	}
}

func TestAppAction(t *testing.T) {
	for mode, payee := range map[string]string{"direct": mchID, "partner": subMchID} {
		good := genuine()
		result, err := modes[mode](t, reply(200, `{"prepay_id":"wx201"}`, &good)).Pay(t.Context(), fullOrder(channel.WeChatApp))
		wantKind(t, err, "")
		p := maps.Clone(result.Action.Params)
		wantRecent(t, p["timestamp"])
		wantSigned(t, &merchantKey().PublicKey, "wx1\n"+p["timestamp"]+"\n"+p["noncestr"]+"\nwx201\n", p["sign"])
		delete(p, "timestamp")
		delete(p, "noncestr")
		delete(p, "sign")
		want := map[string]string{"appid": "wx1", "partnerid": payee, "prepayid": "wx201", "package": "Sign=WXPay"}
		if result.Action.Type != "app" || !maps.Equal(p, want) {
			t.Errorf("%s: %+v", mode, result)
		}
	}
}

// TestH5Action: the page leads back to where the merchant wants the payer.
func TestH5Action(t *testing.T) {
	const page = "https://wx.tenpay.com/cgi-bin/x?prepay_id=wx201&package=7"
	for _, c := range []struct{ page, back, want string }{
		{page, "", page},
		{page, "https://example.com/done?a=b&c=茶", page + "&redirect_url=https%3A%2F%2Fexample.com%2Fdone%3Fa%3Db%26c%3D%E8%8C%B6"},
		{"https://wx.tenpay.com/x", "https://example.com/", "https://wx.tenpay.com/x?redirect_url=https%3A%2F%2Fexample.com%2F"},
	} {
		r := fullOrder(channel.WeChatH5)
		r.ReturnURL = c.back
		good := genuine()
		result, err := openAt(t, reply(200, `{"h5_url":"`+c.page+`"}`, &good)).Pay(t.Context(), r)
		wantKind(t, err, "")
		if result.Action.Type != "redirect" || result.Action.URL != c.want {
			t.Errorf("leads to %+v, want %s", result.Action, c.want)
		}
		back, err := url.Parse(result.Action.URL)
		if err != nil || back.Query().Get("redirect_url") != c.back {
			t.Errorf("leads back to %v (%v)", back, err)
		}
	}
}

// TestMissing: what a method cannot do without is missed before any call.
func TestMissing(t *testing.T) {
	for name, c := range map[string]struct {
		method channel.Method
		spoil  func(*channel.PayRequest)
	}{
		"jsapi without openid":   {channel.WeChatJSAPI, func(r *channel.PayRequest) { r.Payer.OpenID = "" }},
		"mini without openid":    {channel.WeChatMini, func(r *channel.PayRequest) { r.Payer.OpenID = "" }},
		"h5 without address":     {channel.WeChatH5, func(r *channel.PayRequest) { r.Payer.ClientIP = "" }},
		"code without code":      {channel.WeChatCode, func(r *channel.PayRequest) { r.Options, r.Payer.AuthCode = nil, "" }},
		"code without address":   {channel.WeChatCode, func(r *channel.PayRequest) { r.Options, r.Payer.ClientIP = nil, "" }},
		"code limited":           {channel.WeChatCode, func(r *channel.PayRequest) {}},
		"another channel's":      {channel.AlipayQR, func(*channel.PayRequest) {}},
		"native without expiry":  {channel.WeChatNative, func(r *channel.PayRequest) { r.ExpiresAt = time.Time{} }},
		"jsapi in another money": {channel.WeChatJSAPI, func(r *channel.PayRequest) { r.Currency = "USD" }},
	} {
		for _, open := range modes {
			r := fullOrder(c.method)
			c.spoil(&r)
			_, err := open(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s: a call of %s", name, r.URL) })).Pay(t.Context(), r)
			wantKind(t, err, channel.KindRefused)
		}
	}
}
