package sandbox_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox"
)

// client sets the official SDK up from nothing but the answer of
// POST /sandbox/merchants, its host replaced by origin.
func client(t *testing.T, origin string, credentials map[string]any) native.NativeApiService {
	t.Helper()
	text := func(name string) string { return credentials[name].(string) }
	key, err := utils.LoadPrivateKey(text("private_key"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := utils.LoadPublicKey(text("public_key"))
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: host(strings.TrimPrefix(origin, "http://")), Timeout: 5 * time.Second}
	c, err := core.NewClient(context.Background(), option.WithHTTPClient(hc),
		option.WithWechatPayPublicKeyAuthCipher(text("mchid"), text("serial_no"), key, text("public_key_id"), public))
	if err != nil {
		t.Fatal(err)
	}
	return native.NativeApiService{Client: c}
}

// host replaces the host of every request.
type host string

func (h host) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", string(h), string(h)
	return http.DefaultTransport.RoundTrip(r)
}

// TestScriptsPlayAPaymentThrough is what somebody's CI does: open a merchant,
// order with the SDK, pay by script, see the notification, replay it.
func TestScriptsPlayAPaymentThrough(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		server, origin := serve(t, d, nil)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); server.Run(ctx) }()
		t.Cleanup(func() { stop(); <-done })
		s := script{t: t, origin: origin}

		m := s.call("POST", "/sandbox/merchants", map[string]any{"channel": "wechat", "mode": "public_key"}, 201)
		if m["gateway_url"] != origin+"/sandbox/wechat" || m["key_format"] != "PKCS8" {
			t.Fatalf("merchant %v", m)
		}
		order := native.PrepayRequest{
			Appid: core.String(m["appid"].(string)), Mchid: core.String(m["mchid"].(string)), Description: core.String("vinegar"),
			OutTradeNo: core.String("order-1"), NotifyUrl: core.String(newShop(t).URL), Amount: &native.Amount{Total: core.Int64(88)},
		}
		api := client(t, origin, m) // through Hosts: the paths of the real host
		made, _, err := api.Prepay(ctx, order)
		if err != nil {
			t.Fatal(err)
		}
		code := map[string]any{"code": *made.CodeUrl}
		if got := s.call("POST", "/sandbox/wallet/decline", code, 200); got["state"] != "unpaid" {
			t.Fatalf("declined: %v", got)
		}
		paid := s.call("POST", "/sandbox/wallet/pay", code, 200)
		if paid["state"] != "paid" || paid["amount"] != 88.0 || paid["out_trade_no"] != "order-1" {
			t.Fatalf("paid: %v", paid)
		}
		if got := s.call("POST", "/sandbox/wallet/pay", code, 409); got["code"] != "trade_paid" {
			t.Fatalf("paid twice: %v", got)
		}
		if got := first(t, s.call("GET", "/sandbox/trades?merchant="+m["mchid"].(string), nil, 200), 1); got["id"] != paid["id"] {
			t.Fatalf("listed: %v", got)
		}
		n := delivered(t, s, paid["id"].(string))
		replayed := s.call("POST", "/sandbox/notifications/"+n["id"].(string)+"/replay", nil, 200)
		if replayed["accepted"] != true || replayed["replayed"] != true {
			t.Fatalf("replayed: %v", replayed)
		}
	}, dbtest.WithSandbox())
}

// delivered waits until the trade's notification was accepted.
func delivered(t *testing.T, s script, trade string) map[string]any {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		n := first(t, s.call("GET", "/sandbox/notifications?trade="+trade, nil, 200), 1)
		if n["state"] == "delivered" {
			return n
		}
		if time.Now().After(deadline) {
			t.Fatalf("never delivered: %v", n)
		}
	}
}

func TestCredentialsHaveEveryFieldThatChannelsHandOut(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), nil)
	s := script{t: t, origin: origin}
	for _, c := range []struct {
		channel, mode string
		fields        []string
	}{
		{"wechat", "public_key", []string{"mchid", "appid", "api_v3_key", "serial_no", "private_key", "certificate", "public_key_id", "public_key"}},
		{"wechat", "certificate", []string{"mchid", "appid", "api_v3_key", "serial_no", "private_key", "certificate", "public_key_id", "public_key", "platform_certificate"}},
		{"wechat", "both", []string{"mchid", "appid", "api_v3_key", "serial_no", "private_key", "certificate", "public_key_id", "public_key", "platform_certificate"}},
		{"alipay", "public_key", []string{"app_id", "seller_id", "app_private_key", "app_public_key", "alipay_public_key", "app_cert", "alipay_cert", "alipay_root_cert"}},
		{"alipay", "certificate", []string{"app_id", "seller_id", "app_private_key", "app_public_key", "alipay_public_key", "app_cert", "alipay_cert", "alipay_root_cert"}},
	} {
		m := s.call("POST", "/sandbox/merchants", map[string]any{"channel": c.channel, "mode": c.mode}, 201)
		for _, f := range append(c.fields, "gateway_url", "key_format", "channel", "mode") {
			if v, ok := m[f].(string); !ok || v == "" {
				t.Errorf("%s %s: %s is missing", c.channel, c.mode, f)
			}
		}
		// The channel's own private keys would let anyone forge its messages.
		for name, v := range m {
			if v, ok := v.(string); ok && strings.Contains(v, "PRIVATE KEY") && name != "private_key" && name != "app_private_key" {
				t.Errorf("%s %s: %s is a private key", c.channel, c.mode, name)
			}
		}
	}
}

func TestScriptsAreToldWhatIsWrong(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), nil)
	s := script{t: t, origin: origin}
	for _, c := range []struct {
		method, path, body string
		status             int
		code, mentions     string
	}{
		{"POST", "/sandbox/merchants", `{"channel":"paypal"}`, 400, "invalid_request", "wechat or alipay"},
		{"POST", "/sandbox/merchants", `{"channel":"wechat","mode":"rsa"}`, 400, "invalid_request", "public_key, certificate"},
		{"POST", "/sandbox/merchants", `{"chanel":"wechat"}`, 400, "invalid", "chanel"},
		{"POST", "/sandbox/merchants", `{`, 400, "invalid", "JSON"},
		{"POST", "/sandbox/merchants", `{} {}`, 400, "invalid", "JSON"},
		{"POST", "/sandbox/wallet/pay", `{"code":"weixin://nothing"}`, 404, "not_found", "weixin://nothing"},
		{"POST", "/sandbox/merchants", `{"channel":"wechat","provider":"1600000000"}`, 404, "not_found", "1600000000"},
		{"POST", "/sandbox/merchants", `{"channel":"wechat","provider":"1600000000","mode":"certificate"}`, 400, "invalid_request", "leave mode out"},
		{"POST", "/sandbox/wallet/code", `{"channel":"alipay","behaviour":"sing"}`, 400, "invalid_request", "ok, password or refuse"},
		{"POST", "/sandbox/wallet/app", `{"order_string":"method=alipay.trade.page.pay"}`, 400, "invalid_request", "alipay.trade.app.pay"},
		{"POST", "/sandbox/wallet/app", `{"order_string":"method=alipay.trade.app.pay&app_id=9021000000000000"}`, 400, "isv.invalid-app-id", "无效的AppID参数"},
		{"POST", "/sandbox/wallet/confirm", `{"code":"280000000000000000"}`, 404, "not_found", "280000000000000000"},
		{"POST", "/sandbox/faults", `{"channel":"wechat","fault":"explode"}`, 400, "invalid_request", "drop_notification"},
		{"POST", "/sandbox/faults", `{"channel":"alipay","fault":"rotate_certificate"}`, 400, "invalid_request", "alipay cannot"},
		{"POST", "/sandbox/notifications/ntf_x/replay", ``, 404, "not_found", "ntf_x"},
	} {
		got := s.call(c.method, c.path, c.body, c.status)
		message, _ := got["message"].(string)
		if got["code"] != c.code || !strings.Contains(message, c.mentions) {
			t.Errorf("%s %s: %v, want %s mentioning %q", c.path, c.body, got, c.code, c.mentions)
		}
	}
}

func TestFaultsArePlannedListedAndCancelled(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), nil)
	s := script{t: t, origin: origin}
	planned := s.call("POST", "/sandbox/faults", `{"channel":"wechat","fault":"drop_notification","count":3}`, 201)
	if planned["count"] != 3.0 {
		t.Fatalf("planned %v", planned)
	}
	if got := first(t, s.call("GET", "/sandbox/faults", nil, 200), 1); got["fault"] != "drop_notification" || got["count"] != 3.0 {
		t.Fatalf("listed %v", got)
	}
	if got := s.call("DELETE", "/sandbox/faults", nil, 200); got["cancelled"] != 1.0 {
		t.Fatalf("cancelled %v", got)
	}
	first(t, s.call("GET", "/sandbox/faults", nil, 200), 0)
}

// TestOffLoopbackScriptsNeedTheToken walks every script endpoint.
func TestOffLoopbackScriptsNeedTheToken(t *testing.T) {
	public := func(c *sandbox.Config) {
		c.Loopback, c.Token = false, "sandbox-token"
		c.Allow = func(c *fiber.Ctx) bool { return c.Get("X-Session") == "good" }
	}
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), public)
	const replay = "/sandbox/notifications/ntf_x/replay"
	for _, header := range []map[string]string{
		nil, {"Authorization": "Bearer wrong"}, {"Authorization": "sandbox-token"}, {"Authorization": "Bearer "}, {"X-Session": "bad"},
	} {
		s := script{t: t, origin: origin, header: header}
		for path, method := range map[string]string{
			"/sandbox/merchants": "POST", "/sandbox/wallet/pay": "POST", "/sandbox/wallet/decline": "POST", "/sandbox/faults": "POST", "/sandbox/bill-faults": "POST",
			"/sandbox/wallet/code": "POST", "/sandbox/wallet/confirm": "POST", "/sandbox/wallet/app": "POST",
			"/sandbox/trades": "GET", "/sandbox/notifications": "GET", replay: "POST",
		} {
			if got := s.call(method, path, "{}", 401); !strings.Contains(got["message"].(string), "sandbox.token") {
				t.Errorf("%s: %v", path, got)
			}
		}
		for _, path := range []string{"/sandbox/faults", "/sandbox/bill-faults", "/sandbox/bill-faults/bft_x"} {
			s.call("DELETE", path, nil, 401)
		}
	}
	for _, header := range []map[string]string{{"Authorization": "Bearer sandbox-token"}, {"X-Session": "good"}} {
		s := script{t: t, origin: origin, header: header}
		s.call("POST", "/sandbox/merchants", `{"channel":"alipay"}`, 201)
		s.call("POST", replay, nil, 404)
	}
}

func TestASandboxOffLoopbackWithoutATokenIsRefused(t *testing.T) {
	d := dbtest.OpenSQLite(t, dbtest.WithSandbox())
	if _, err := sandbox.New(sandbox.Config{DB: d, BaseURL: "https://pay.example"}); err == nil || !strings.Contains(err.Error(), "sandbox.token") {
		t.Fatalf("got %v", err)
	}
}

// TestCurlNeedsNoContentType: curl -d calls whatever it sends a form.
func TestCurlNeedsNoContentType(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), nil)
	s := script{t: t, origin: origin, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}
	opened := s.call("POST", "/sandbox/merchants", ` {"channel":"alipay"}`, 201)
	if got := first(t, s.call("GET", "/sandbox/merchants", nil, 200), 1); got["app_id"] != opened["app_id"] {
		t.Fatalf("listed %v", got)
	}
}

func TestAMerchantIsOpenedUnderItsProvider(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), nil)
	s := script{t: t, origin: origin}
	for channel, c := range map[string]struct {
		id, provider string
		fields       []string
	}{
		"wechat": {"mchid", "sp_mchid", []string{"sub_mchid", "sub_appid"}},
		"alipay": {"app_id", "app_id", []string{"app_auth_token", "auth_app_id", "seller_id"}},
	} {
		provider := s.call("POST", "/sandbox/merchants", map[string]any{"channel": channel}, 201)
		got := s.call("POST", "/sandbox/merchants", map[string]any{"channel": channel, "provider": provider[c.id]}, 201)
		if got[c.provider] != provider[c.id] {
			t.Errorf("%s: under %v, want %v", channel, got[c.provider], provider[c.id])
		}
		for _, f := range c.fields {
			if v, ok := got[f].(string); !ok || v == "" || v == provider[f] {
				t.Errorf("%s: %s is %q", channel, f, v)
			}
		}
	}
}

func TestThePayerShowsACode(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), nil)
	s := script{t: t, origin: origin}
	got := s.call("POST", "/sandbox/wallet/code", `{"channel":"wechat"}`, 201)
	if code, _ := got["auth_code"].(string); len(code) != 18 || got["behaviour"] != "ok" || got["expires_at"] == "" {
		t.Fatalf("code %v", got)
	}
	// Nobody has charged it yet: there is nothing to confirm.
	s.call("POST", "/sandbox/wallet/confirm", map[string]any{"code": got["auth_code"]}, 404)
}
