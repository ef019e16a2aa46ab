package wechat_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// sent is what an order becomes on the wire.
type sent struct {
	path string
	body map[string]any
}

// payTwice places an order twice and fails unless both requests are the same
// bytes.
func payTwice(t *testing.T, open func(testing.TB, http.Handler) channel.Client, r channel.PayRequest, answer string) (sent, channel.PayResult) {
	t.Helper()
	good := genuine()
	var bodies, paths []string
	client := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies, paths = append(bodies, string(body)), append(paths, r.Method+" "+r.URL.Path)
		if !strings.HasPrefix(r.Header.Get("Authorization"), "WECHATPAY2-SHA256-RSA2048 ") {
			t.Errorf("authorization %q", r.Header.Get("Authorization"))
		}
		if r.Header.Get("Wechatpay-Serial") != publicKeyID {
			t.Errorf("asks to be answered under %q", r.Header.Get("Wechatpay-Serial"))
		}
		reply(200, answer, &good).ServeHTTP(w, r)
	}))
	var result channel.PayResult
	for range 2 {
		var err error
		result, err = client.Pay(t.Context(), r)
		wantKind(t, err, "")
	}
	if len(bodies) != 2 || bodies[0] != bodies[1] || paths[0] != paths[1] {
		t.Errorf("the repeated request differs: %s\n%s", paths, bodies)
	}
	out := sent{path: paths[0]}
	if err := json.Unmarshal([]byte(bodies[0]), &out.body); err != nil {
		t.Fatal(err)
	}
	return out, result
}

// fullOrder is an order that says all it can.
func fullOrder(m channel.Method) channel.PayRequest {
	return channel.PayRequest{
		Number: number, AppID: "wx1", Method: m, Amount: 12345, Currency: app.CNY,
		Subject: "茶 & 点心", NotifyURL: "https://example.com/n", ReturnURL: "https://example.com/done?a=b&c=茶",
		ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC),
		Payer:     channel.Payer{ClientIP: "203.0.113.9", OpenID: "oPayer", AuthCode: "130000000000000001"},
		Options:   map[string]string{"profit_sharing": "true", "limit_pay": "no_credit", "goods_tag": "T1", "store_id": "S1"},
	}
}

// direct words an order's merchant, partner and inOwnApp do so under a provider.
var (
	direct   = map[string]any{"appid": "wx1", "mchid": mchID}
	partner  = map[string]any{"sp_appid": "wx1", "sp_mchid": mchID, "sub_mchid": subMchID}
	inOwnApp = map[string]any{"sp_appid": spAppID, "sub_appid": subAppID, "sp_mchid": mchID, "sub_mchid": subMchID}
)

func TestPayRequest(t *testing.T) {
	for _, c := range []struct {
		method       channel.Method
		path, answer string
		special      map[string]any
	}{
		{channel.WeChatNative, "native", `{"code_url":"weixin://wxpay/1"}`, nil},
		{channel.WeChatJSAPI, "jsapi", `{"prepay_id":"wx201"}`, map[string]any{"payer": map[string]any{"openid": "oPayer"}}},
		{channel.WeChatMini, "jsapi", `{"prepay_id":"wx201"}`, map[string]any{"payer": map[string]any{"openid": "oPayer"}}},
		{channel.WeChatApp, "app", `{"prepay_id":"wx201"}`, nil},
		{channel.WeChatH5, "h5", `{"h5_url":"https://wx.tenpay.com/x?prepay_id=wx201&package=7"}`, map[string]any{"scene_info": map[string]any{
			"payer_client_ip": "203.0.113.9", "store_info": map[string]any{"id": "S1"}, "h5_info": map[string]any{"type": "Wap"},
		}}},
	} {
		want := map[string]any{
			"description": "茶 & 点心", "out_trade_no": number, "time_expire": "2026-01-02T11:04:05+08:00", "notify_url": "https://example.com/n",
			"amount": map[string]any{"total": 12345.0, "currency": "CNY"}, "goods_tag": "T1", "limit_pay": []any{"no_credit"},
			"settle_info": map[string]any{"profit_sharing": true},
			"scene_info":  map[string]any{"payer_client_ip": "203.0.113.9", "store_info": map[string]any{"id": "S1"}},
		}
		maps.Copy(want, c.special)
		got, _ := payTwice(t, openAt, fullOrder(c.method), c.answer)
		wantSent(t, got, "/gw/v3/pay/transactions/"+c.path, direct, want)
		if c.path == "jsapi" {
			want["payer"] = map[string]any{"sp_openid": "oPayer"}
		}
		got, _ = payTwice(t, openPartner, fullOrder(c.method), c.answer)
		wantSent(t, got, "/gw/v3/pay/partner/transactions/"+c.path, partner, want)
		if c.path == "jsapi" {
			want["payer"] = map[string]any{"sub_openid": "oPayer"}
		}
		r := fullOrder(c.method)
		r.AppID = subAppID
		got, _ = payTwice(t, openPartner, r, c.answer)
		wantSent(t, got, "/gw/v3/pay/partner/transactions/"+c.path, inOwnApp, want)
	}
}

func wantSent(t *testing.T, got sent, path string, who, what map[string]any) {
	t.Helper()
	want := maps.Clone(what)
	maps.Copy(want, who)
	if got.path != "POST "+path || fmt.Sprint(got.body) != fmt.Sprint(want) {
		t.Errorf("sent %s\n%v, want\n%v", got.path, got.body, want)
	}
}

// TestSparseOrders: what an order does not say is left out.
func TestSparseOrders(t *testing.T) {
	for _, m := range []channel.Method{channel.WeChatNative, channel.WeChatJSAPI, channel.WeChatApp} {
		r := fullOrder(m)
		r.Payer.ClientIP, r.Options = "", nil
		for _, open := range modes {
			got, _ := payTwice(t, open, r, `{"code_url":"weixin://wxpay/1","prepay_id":"wx201"}`)
			for _, field := range []string{"scene_info", "settle_info", "goods_tag", "limit_pay"} {
				if got.body[field] != nil {
					t.Errorf("%s sends %s %v", m, field, got.body[field])
				}
			}
		}
	}
}

// TestInOwnAppNeedsTheProviders: WeChat wants the provider's app beside the
// merchant's, so without it nothing is sent.
func TestInOwnAppNeedsTheProviders(t *testing.T) {
	a := account(credentials(nil), "public_key", nil)
	a.Provider, a.Credentials = a.Credentials, subCredentials(subMchID, subAppID, "")
	c := openAccount(t, a, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a call of %s", r.URL) }))
	r := fullOrder(channel.WeChatJSAPI)
	r.AppID = subAppID
	_, err := c.Pay(t.Context(), r)
	wantKind(t, err, channel.KindRefused)
}
