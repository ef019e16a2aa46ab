package wechat_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestPayRequest: what an order becomes on the wire, twice the same bytes.
func TestPayRequest(t *testing.T) {
	good := genuine()
	var bodies, paths []string
	client := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies, paths = append(bodies, string(body)), append(paths, r.URL.Path)
		if !strings.HasPrefix(r.Header.Get("Authorization"), "WECHATPAY2-SHA256-RSA2048 ") {
			t.Errorf("authorization %q", r.Header.Get("Authorization"))
		}
		if r.Header.Get("Wechatpay-Serial") != publicKeyID {
			t.Errorf("asks to be answered under %q", r.Header.Get("Wechatpay-Serial"))
		}
		reply(200, `{"code_url":"weixin://wxpay/1"}`, &good).ServeHTTP(w, r)
	}))
	r := channel.PayRequest{
		Number: number, AppID: "wx1", Method: channel.WeChatNative, Amount: 12345, Currency: app.CNY,
		Subject: "茶 & 点心", NotifyURL: "https://example.com/n",
		ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC),
		Payer:     channel.Payer{ClientIP: "203.0.113.9"},
		Options:   map[string]string{"profit_sharing": "true", "limit_pay": "no_credit", "goods_tag": "T1", "store_id": "S1"},
	}
	for range 2 {
		result, err := client.Pay(t.Context(), r)
		wantKind(t, err, "")
		if want := (channel.Action{Type: "qr_code", CodeURL: "weixin://wxpay/1"}); !reflect.DeepEqual(result.Action, want) || result.Trade != nil {
			t.Errorf("result %+v", result)
		}
	}
	if bodies[0] != bodies[1] {
		t.Errorf("the repeated request differs:\n%s\n%s", bodies[0], bodies[1])
	}
	if paths[0] != "/gw/v3/pay/transactions/native" {
		t.Errorf("path %s", paths[0])
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"appid": "wx1", "mchid": mchID, "description": "茶 & 点心", "out_trade_no": number,
		"time_expire": "2026-01-02T11:04:05+08:00", "notify_url": "https://example.com/n",
		"amount": map[string]any{"total": 12345.0, "currency": "CNY"}, "goods_tag": "T1", "limit_pay": []any{"no_credit"},
		"settle_info": map[string]any{"profit_sharing": true},
		"scene_info":  map[string]any{"payer_client_ip": "203.0.113.9", "store_info": map[string]any{"id": "S1"}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sent\n%v, want\n%v", got, want)
	}
}
