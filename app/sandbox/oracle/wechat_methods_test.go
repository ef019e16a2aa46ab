package oracle

import (
	"encoding/json"
	"testing"
	"time"
)

// walker calls endpoints with the plugin, which verifies every 2xx answer.
type walker struct {
	*shopper
	t *testing.T
}

func (w walker) send(method, path, number string, params, body map[string]any) map[string]any {
	w.t.Helper()
	args := w.args("path", path)
	args["method"], args["number"], args["params"], args["body"] = method, number, params, body
	var a wechatAnswer
	w.n.do("call", args, &a)
	if a.Code != "" && a.Status < 300 {
		w.t.Fatalf("%s %s: the plugin refuses the answer: %s", method, path, a.Code)
	}
	out := map[string]any{"http": a.Status}
	if len(a.Data) > 0 && a.Data[0] == '{' {
		if err := json.Unmarshal(a.Data, &out); err != nil {
			w.t.Fatal(err)
		}
	}
	return out
}

func (w walker) post(path, number string, body map[string]any) map[string]any {
	w.t.Helper()
	return w.send("post", path, number, nil, body)
}

func (w walker) get(path, number string, params map[string]any) map[string]any {
	w.t.Helper()
	return w.send("get", path, number, params, nil)
}

// want compares some fields of an answer.
func (w walker) want(what string, got, want map[string]any) {
	w.t.Helper()
	for name, value := range want {
		if got[name] != value {
			w.t.Errorf("%s: %s is %v, want %v, in %v", what, name, got[name], value, got)
		}
	}
}

func text(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}

// TestWeChatPluginTakesEveryMethod in both modes and between them.
func TestWeChatPluginTakesEveryMethod(t *testing.T) {
	for _, mode := range []string{"public_key", "both"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := &shopper{box: watched(t), n: start(t, "wechat.js")}
			s.merchant = open(t, s.box, "wechat", mode)
			s.certs = map[string]string{}
			if mode == "both" {
				s.certs = s.downloadCertificates(t)
			}
			s.certs[s.merchant["public_key_id"]] = s.merchant["public_key"]
			s.n.do("open", wechatConfig(s.merchant, s.certs), nil)
			w := walker{s, t}
			w.prepays()
			w.codes()
			w.refunds()
			w.provider()
			w.bills()
		})
	}
}

const own = "v3/pay/transactions/"

func (w walker) mch() map[string]any { return map[string]any{"mchid": w.merchant["mchid"]} }

func (w walker) prepays() {
	for product, c := range map[string]struct {
		field, tradeType string
		extra            map[string]any
	}{
		"jsapi": {"prepay_id", "JSAPI", map[string]any{"payer": map[string]any{"openid": "oSomebody"}}},
		"app":   {"prepay_id", "APP", nil},
		"h5":    {"h5_url", "MWEB", map[string]any{"scene_info": map[string]any{"payer_client_ip": "192.0.2.1", "h5_info": map[string]any{"type": "Wap"}}}},
	} {
		number := "npm_" + product + "_1"
		order := w.order(number, 5)
		order["notify_url"] = "https://shop.example/n"
		for name, value := range c.extra {
			order[name] = value
		}
		made := w.post(own+product, "", order)
		if text(made, c.field) == "" {
			w.t.Fatalf("%s: %v", product, made)
		}
		if product == "h5" {
			w.want("close", w.post(own+"out-trade-no/{number}/close", number, w.mch()), map[string]any{"http": 204})
			continue
		}
		pay(w.t, w.box, text(made, c.field))
		w.want(product, w.get(own+"out-trade-no/{number}", number, w.mch()), map[string]any{"http": 200, "trade_state": "SUCCESS", "trade_type": c.tradeType})
	}
}

// payCode shows a payment code on the payer's phone.
func (w walker) payCode(behaviour string) string {
	var c struct {
		AuthCode string `json:"auth_code"`
	}
	post(w.t, w.box, "/sandbox/wallet/code", map[string]string{"channel": "wechat", "behaviour": behaviour}, &c)
	return c.AuthCode
}

func (w walker) codeOrder(number, code string) map[string]any {
	return map[string]any{
		"appid": w.merchant["appid"], "mchid": w.merchant["mchid"], "description": "茶", "out_trade_no": number,
		"payer": map[string]any{"auth_code": code}, "amount": map[string]any{"total": 5},
		"scene_info": map[string]any{"store_info": map[string]any{"out_id": "till 1"}},
	}
}

func (w walker) codes() {
	w.want("codepay", w.post(own+"codepay", "", w.codeOrder("npm_code_1", w.payCode("ok"))), map[string]any{"http": 200, "trade_state": "SUCCESS", "trade_type": "MICROPAY"})
	shy := w.payCode("password")
	w.want("a password", w.post(own+"codepay", "", w.codeOrder("npm_code_2", shy)), map[string]any{"http": 400, "code": "USERPAYING"})
	w.want("a password", w.get(own+"out-trade-no/{number}", "npm_code_2", w.mch()), map[string]any{"trade_state": "USERPAYING"})
	post(w.t, w.box, "/sandbox/wallet/confirm", map[string]string{"code": shy}, nil)
	w.want("no balance", w.post(own+"codepay", "", w.codeOrder("npm_code_3", w.payCode("refuse"))), map[string]any{"http": 403, "code": "NOTENOUGH"})
	reversing := map[string]any{"appid": w.merchant["appid"], "mchid": w.merchant["mchid"]}
	w.want("reverse", w.post(own+"out-trade-no/{number}/reverse", "npm_code_2", reversing), map[string]any{"http": 200, "out_trade_no": "npm_code_2", "mchid": w.merchant["mchid"]})
	w.want("reversed", w.get(own+"out-trade-no/{number}", "npm_code_2", w.mch()), map[string]any{"trade_state": "REVOKED"})
}

const refunds = "v3/refund/domestic/refunds"

func (w walker) refundOf(number, refundNumber string, fen int64) map[string]any {
	return map[string]any{
		"out_trade_no": number, "out_refund_no": refundNumber, "reason": "退货", "notify_url": w.box.Shop.URL + "/wechat",
		"amount": map[string]any{"refund": fen, "total": 5, "currency": "CNY"},
	}
}

func (w walker) refunds() {
	made := w.post(refunds, "", w.refundOf("npm_code_1", "npm_refund_1", 3))
	w.want("refund", made, map[string]any{"http": 200, "status": "PROCESSING", "out_trade_no": "npm_code_1"})
	w.want("too much", w.post(refunds, "", w.refundOf("npm_code_1", "npm_refund_2", 3)), map[string]any{"http": 400, "code": "INVALID_REQUEST"})
	w.want("no such order", w.post(refunds, "", w.refundOf("npm_none_1", "npm_refund_3", 3)), map[string]any{"http": 404, "code": "RESOURCE_NOT_EXISTS"})
	plain := w.refunded("REFUND.SUCCESS")
	w.want("the notification", plain, map[string]any{"refund_status": "SUCCESS", "refund_id": made["refund_id"], "out_refund_no": "npm_refund_1", "mchid": w.merchant["mchid"]})
	w.want("query", w.get(refunds+"/{number}", "npm_refund_1", nil), map[string]any{"http": 200, "status": "SUCCESS"})
	w.want("query", w.get(refunds+"/{number}", "npm_refund_9", nil), map[string]any{"http": 404, "code": "RESOURCE_NOT_EXISTS"})
	w.want("the order", w.get(own+"out-trade-no/{number}", "npm_code_1", w.mch()), map[string]any{"trade_state": "REFUND"})
}

// refunded waits for a refund's notification and lets the plugin verify and
// decrypt it.
func (w walker) refunded(event string) map[string]any {
	w.t.Helper()
	m := w.box.Shop.Next(w.t)
	var got struct {
		Verified bool           `json:"verified"`
		Event    string         `json:"event"`
		Plain    map[string]any `json:"plain"`
	}
	w.n.do("notification", map[string]any{
		"timestamp": m.Header.Get("Wechatpay-Timestamp"), "nonce": m.Header.Get("Wechatpay-Nonce"),
		"signature": m.Header.Get("Wechatpay-Signature"), "serial": m.Header.Get("Wechatpay-Serial"), "body": string(m.Body),
	}, &got)
	if !got.Verified || got.Event != event {
		w.t.Fatalf("notification: %+v, want %s", got, event)
	}
	return got.Plain
}

const partners = "v3/pay/partner/transactions/"

func (w walker) provider() {
	var sub map[string]string
	post(w.t, w.box, "/sandbox/merchants", map[string]string{"channel": "wechat", "provider": w.merchant["mchid"]}, &sub)
	parties := map[string]any{"sp_mchid": w.merchant["mchid"], "sub_mchid": sub["sub_mchid"]}
	order := func(number string, more map[string]any) map[string]any {
		o := map[string]any{
			"sp_appid": w.merchant["appid"], "sp_mchid": w.merchant["mchid"], "sub_appid": sub["sub_appid"], "sub_mchid": sub["sub_mchid"],
			"description": "茶", "out_trade_no": number, "notify_url": "https://shop.example/n", "amount": map[string]any{"total": 5},
			"time_expire": time.Now().Add(time.Hour).Format(time.RFC3339),
		}
		for name, value := range more {
			o[name] = value
		}
		return o
	}
	made := w.post(partners+"native", "", order("npm_sp_1", nil))
	pay(w.t, w.box, text(made, "code_url"))
	paid := w.get(partners+"out-trade-no/{number}", "npm_sp_1", parties)
	w.want("native", paid, map[string]any{"http": 200, "trade_state": "SUCCESS", "sp_mchid": w.merchant["mchid"], "sub_mchid": sub["sub_mchid"], "sub_appid": sub["sub_appid"]})
	w.want("by id", w.get(partners+"id/{number}", text(paid, "transaction_id"), parties), map[string]any{"out_trade_no": "npm_sp_1"})

	made = w.post(partners+"jsapi", "", order("npm_sp_2", map[string]any{"payer": map[string]any{"sub_openid": "oSomebody"}}))
	if text(made, "prepay_id") == "" {
		w.t.Fatalf("jsapi: %v", made)
	}
	made = w.post(partners+"app", "", order("npm_sp_4", nil))
	if text(made, "prepay_id") == "" {
		w.t.Fatalf("app: %v", made)
	}
	made = w.post(partners+"h5", "", order("npm_sp_5", map[string]any{"scene_info": map[string]any{"payer_client_ip": "192.0.2.1", "h5_info": map[string]any{"type": "Wap"}}}))
	if text(made, "h5_url") == "" {
		w.t.Fatalf("h5: %v", made)
	}
	w.want("close", w.post(partners+"out-trade-no/{number}/close", "npm_sp_2", parties), map[string]any{"http": 204})
	w.want("closed", w.get(partners+"out-trade-no/{number}", "npm_sp_2", parties), map[string]any{"trade_state": "CLOSED"})

	charge := order("npm_sp_3", map[string]any{"payer": map[string]any{"auth_code": w.payCode("ok")}, "scene_info": map[string]any{"device_ip": "192.0.2.1"}})
	w.want("codepay", w.post(partners+"codepay", "", charge), map[string]any{"http": 200, "trade_state": "SUCCESS"})
	w.want("reverse", w.post(partners+"out-trade-no/{number}/reverse", "npm_sp_3", parties), map[string]any{"http": 200, "sub_mchid": sub["sub_mchid"]})

	ask := w.refundOf("npm_sp_1", "npm_sp_refund_1", 5)
	ask["sub_mchid"] = sub["sub_mchid"]
	w.want("refund", w.post(refunds, "", ask), map[string]any{"http": 200, "status": "PROCESSING"})
	w.want("the notification", w.refunded("REFUND.SUCCESS"), map[string]any{"sp_mchid": w.merchant["mchid"], "sub_mchid": sub["sub_mchid"], "refund_status": "SUCCESS"})
	w.want("query", w.get(refunds+"/{number}", "npm_sp_refund_1", map[string]any{"sub_mchid": sub["sub_mchid"]}), map[string]any{"http": 200, "status": "SUCCESS"})
	w.want("foreign", w.get(refunds+"/{number}", "npm_sp_refund_1", map[string]any{"sub_mchid": "1799999999"}), map[string]any{"http": 403, "code": "NO_AUTH"})
}
