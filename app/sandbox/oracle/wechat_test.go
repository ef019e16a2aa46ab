package oracle

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// wechatConfig sets the plugin up for the mode: it verifies with the public
// key, or with the platform certificate.
func wechatConfig(m map[string]string, certs map[string]string) map[string]any {
	return map[string]any{
		"baseURL": m["gateway_url"] + "/", "mchid": m["mchid"], "serial": m["serial_no"],
		"privateKey": m["private_key"], "certs": certs, "secret": m["api_v3_key"],
	}
}

type wechatAnswer struct {
	Status int             `json:"status"`
	Code   string          `json:"code"` // set when the plugin refuses the answer
	Data   json.RawMessage `json:"data"`
	Body   struct {
		Code          string `json:"code"`
		CodeURL       string `json:"code_url"`
		TradeState    string `json:"trade_state"`
		TransactionID string `json:"transaction_id"`
		OutTradeNo    string `json:"out_trade_no"`
		MchID         string `json:"mchid"`
		AppID         string `json:"appid"`
		Amount        struct {
			Total int64 `json:"total"`
		} `json:"amount"`
	} `json:"-"`
	Headers map[string]any `json:"headers"`
}

// call runs a command that ends in an HTTP answer.
func (n *node) call(name string, args map[string]any) wechatAnswer {
	n.t.Helper()
	var a wechatAnswer
	n.do(name, args, &a)
	if strings.HasPrefix(string(a.Data), "{") {
		if err := json.Unmarshal(a.Data, &a.Body); err != nil {
			n.t.Fatal(err)
		}
	}
	return a
}

// shopper is one merchant with what its requests carry besides.
type shopper struct {
	box      *sandboxtest.Box
	n        *node
	merchant map[string]string
	certs    map[string]string
	headers  map[string]string
}

// TestWeChatPlugin drives WeChat Pay v3 with wechatpay-axios-plugin, which
// refuses every 2xx answer whose signature does not verify.
func TestWeChatPlugin(t *testing.T) {
	t.Run("public_key", func(t *testing.T) {
		t.Parallel()
		s := &shopper{box: watched(t), n: start(t, "wechat.js")}
		s.merchant = open(t, s.box, "wechat", "public_key")
		s.certs = map[string]string{s.merchant["public_key_id"]: s.merchant["public_key"]}
		s.headers = map[string]string{"Wechatpay-Serial": s.merchant["public_key_id"]}
		if got := s.downloadCertificates(t); len(got) != 0 {
			t.Errorf("a merchant in public-key mode has %d platform certificates", len(got))
		}
		s.n.do("open", wechatConfig(s.merchant, s.certs), nil)
		s.walk(t)
		s.headers = nil // the plugin names no key unless told; the merchant's mode decides
		if a := s.native(s.order("npm_bare_1", 1)); a.Status != 200 {
			t.Errorf("native without Wechatpay-Serial: %d %s %s", a.Status, a.Code, a.Data)
		}
	})
	t.Run("certificate", func(t *testing.T) {
		t.Parallel()
		s := &shopper{box: watched(t), n: start(t, "wechat.js")}
		s.merchant = open(t, s.box, "wechat", "certificate")
		s.certs = s.downloadCertificates(t)
		if len(s.certs) != 1 {
			t.Fatalf("a merchant in certificate mode has %d platform certificates", len(s.certs))
		}
		for _, text := range s.certs {
			if text != s.merchant["platform_certificate"] {
				t.Error("the downloaded certificate is not the one the merchant was shown")
			}
		}
		s.n.do("open", wechatConfig(s.merchant, s.certs), nil)
		s.walk(t)
	})
}

// downloadCertificates returns what /v3/certificates holds, decrypted by the
// plugin: the serial and PEM of each.
func (s *shopper) downloadCertificates(t *testing.T) map[string]string {
	t.Helper()
	s.n.do("open", wechatConfig(s.merchant, map[string]string{"none": s.merchant["certificate"]}), nil)
	var a struct {
		Status int               `json:"status"`
		Code   string            `json:"code"`
		Certs  map[string]string `json:"certs"`
	}
	s.n.do("certificates", nil, &a)
	if a.Status != 200 || a.Code != "" {
		t.Fatalf("certificates: HTTP %d %s", a.Status, a.Code)
	}
	return a.Certs
}

func (s *shopper) order(number string, total int64) map[string]any {
	return map[string]any{
		"appid": s.merchant["appid"], "mchid": s.merchant["mchid"], "description": "蛋糕 <b> & \"coffee\" / 100%",
		"out_trade_no": number, "notify_url": s.box.Shop.URL + "/wechat",
		"time_expire": time.Now().Add(time.Hour).In(app.Beijing).Format(time.RFC3339),
		"amount":      map[string]any{"total": total, "currency": "CNY"},
	}
}

// args adds the merchant's headers, if it needs any.
func (s *shopper) args(name string, value any) map[string]any {
	args := map[string]any{name: value}
	if s.headers != nil {
		args["headers"] = s.headers
	}
	return args
}

func (s *shopper) native(order map[string]any) wechatAnswer {
	s.n.t.Helper()
	return s.n.call("native", s.args("order", order))
}

func (s *shopper) query(number string) wechatAnswer {
	s.n.t.Helper()
	return s.n.call("query", s.args("number", number))
}

func (s *shopper) close(number string) wechatAnswer {
	s.n.t.Helper()
	return s.n.call("close", s.args("number", number))
}

func (s *shopper) walk(t *testing.T) {
	s.paid(t)
	s.closed(t)
	s.refused(t)
}

func (s *shopper) paid(t *testing.T) {
	a := s.native(s.order("npm_paid_1", 8888))
	if a.Status != 200 || !strings.HasPrefix(a.Body.CodeURL, "weixin://wxpay/bizpayurl?") {
		t.Fatalf("native: %d %s %s", a.Status, a.Code, a.Data)
	}
	if q := s.query("npm_paid_1"); q.Status != 200 || q.Body.TradeState != "NOTPAY" || q.Body.Amount.Total != 8888 {
		t.Errorf("query of an unpaid order: %d %s %s", q.Status, q.Code, q.Data)
	}
	pay(t, s.box, a.Body.CodeURL)
	q := s.query("npm_paid_1")
	if q.Status != 200 || q.Body.TradeState != "SUCCESS" || q.Body.TransactionID == "" || q.Body.MchID != s.merchant["mchid"] {
		t.Errorf("query of a paid order: %d %s %s", q.Status, q.Code, q.Data)
	}
	if byID := s.n.call("queryById", s.args("id", q.Body.TransactionID)); byID.Status != 200 || byID.Body.OutTradeNo != "npm_paid_1" {
		t.Errorf("query by transaction id: %d %s %s", byID.Status, byID.Code, byID.Data)
	}
	s.notified(t, q)
	if c := s.close("npm_paid_1"); c.Status != 400 || c.Body.Code != "ORDERPAID" {
		t.Errorf("close of a paid order: %d %s", c.Status, c.Data)
	}
	if again := s.native(s.order("npm_paid_1", 8888)); again.Status < 400 || again.Body.Code != "ORDERPAID" {
		t.Errorf("native of a paid number: %d %s", again.Status, again.Data)
	}
}

func (s *shopper) notified(t *testing.T, q wechatAnswer) {
	m := s.box.Shop.Next(t)
	args := map[string]any{
		"timestamp": m.Header.Get("Wechatpay-Timestamp"), "nonce": m.Header.Get("Wechatpay-Nonce"),
		"signature": m.Header.Get("Wechatpay-Signature"), "serial": m.Header.Get("Wechatpay-Serial"), "body": string(m.Body),
	}
	var got struct {
		Verified bool           `json:"verified"`
		Event    string         `json:"event"`
		Plain    map[string]any `json:"plain"`
	}
	s.n.do("notification", args, &got)
	if !got.Verified || got.Event != "TRANSACTION.SUCCESS" || got.Plain["transaction_id"] != q.Body.TransactionID ||
		got.Plain["trade_state"] != "SUCCESS" || got.Plain["out_trade_no"] != "npm_paid_1" {
		t.Errorf("notification: %+v", got)
	}
	args["nonce"] = "another"
	s.n.do("notification", args, &got)
	if got.Verified {
		t.Error("a notification with another nonce verifies")
	}
}

func (s *shopper) closed(t *testing.T) {
	if a := s.native(s.order("npm_closed_1", 1)); a.Status != 200 {
		t.Fatalf("native: %d %s %s", a.Status, a.Code, a.Data)
	}
	// The answer has no body, and still a signature that must verify.
	if c := s.close("npm_closed_1"); c.Status != 204 {
		t.Errorf("close: %d %s %s", c.Status, c.Code, c.Data)
	}
	if q := s.query("npm_closed_1"); q.Body.TradeState != "CLOSED" {
		t.Errorf("query of a closed order: %d %s", q.Status, q.Data)
	}
}

func (s *shopper) refused(t *testing.T) {
	if q := s.query("npm_unknown_1"); q.Status != 404 || q.Body.Code != "ORDER_NOT_EXIST" {
		t.Errorf("query of an unknown order: %d %s", q.Status, q.Data)
	}
	for name, change := range map[string]func(o map[string]any){
		"zero":         func(o map[string]any) { o["amount"] = map[string]any{"total": 0} },
		"a fraction":   func(o map[string]any) { o["amount"] = map[string]any{"total": 1.5} },
		"no number":    func(o map[string]any) { delete(o, "out_trade_no") },
		"another app":  func(o map[string]any) { o["appid"] = "wx0000000000000000" },
		"another mch":  func(o map[string]any) { o["mchid"] = "1900000000" },
		"no notifying": func(o map[string]any) { delete(o, "notify_url") },
	} {
		o := s.order("npm_bad_1", 1)
		change(o)
		if a := s.native(o); a.Status < 400 || a.Status >= 500 || a.Body.Code == "" {
			t.Errorf("%s: %d %s", name, a.Status, a.Data)
		}
	}
}

// TestWeChatPluginWithWrongKeys: a foreign merchant key is refused by the
// gateway, a foreign platform key makes the plugin refuse the gateway.
func TestWeChatPluginWithWrongKeys(t *testing.T) {
	t.Parallel()
	s := &shopper{box: watched(t), n: start(t, "wechat.js")}
	s.merchant = open(t, s.box, "wechat", "public_key")
	other := open(t, s.box, "wechat", "public_key")
	keyID := s.merchant["public_key_id"]
	s.headers = map[string]string{"Wechatpay-Serial": keyID}

	config := wechatConfig(s.merchant, map[string]string{keyID: s.merchant["public_key"]})
	config["privateKey"] = other["private_key"]
	s.n.do("open", config, nil)
	if a := s.native(s.order("npm_wrong_1", 1)); a.Status != 401 || a.Body.Code != "SIGN_ERROR" {
		t.Errorf("a foreign merchant key: %d %s", a.Status, a.Data)
	}

	s.n.do("open", wechatConfig(s.merchant, map[string]string{keyID: other["public_key"]}), nil)
	if a := s.native(s.order("npm_wrong_2", 1)); a.Code != "EV3_RES_HEADER_SIGNATURE_DIGEST" {
		t.Errorf("a foreign platform key: %q %d %s", a.Code, a.Status, a.Data)
	}
}
