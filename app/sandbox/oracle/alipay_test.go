package oracle

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// alipayConfig sets alipay-sdk up as its readme says for the mode.
func alipayConfig(m map[string]string) map[string]any {
	c := map[string]any{
		"appId": m["app_id"], "privateKey": m["app_private_key"], "keyType": m["key_format"], "gateway": m["gateway_url"],
	}
	if m["mode"] == "certificate" {
		c["appCertContent"], c["alipayPublicCertContent"], c["alipayRootCertContent"] = m["app_cert"], m["alipay_cert"], m["alipay_root_cert"]
		return c
	}
	c["alipayPublicKey"] = m["alipay_public_key"]
	return c
}

type alipayResult struct {
	Code        string `json:"code"`
	SubCode     string `json:"subCode"`
	SubMsg      string `json:"subMsg"`
	OutTradeNo  string `json:"outTradeNo"`
	TradeNo     string `json:"tradeNo"`
	QRCode      string `json:"qrCode"`
	TradeStatus string `json:"tradeStatus"`
	TotalAmount string `json:"totalAmount"`
	SendPayDate string `json:"sendPayDate"`
	GmtPayment  string `json:"gmtPayment"`

	FundChange   string `json:"fundChange"`
	RefundFee    string `json:"refundFee"`
	RefundStatus string `json:"refundStatus"`
	RefundAmount string `json:"refundAmount"`
	Action       string `json:"action"`
	RetryFlag    string `json:"retryFlag"`
}

func (n *node) exec(method string, biz map[string]any, extra map[string]any) alipayResult {
	n.t.Helper()
	params := map[string]any{"bizContent": biz}
	for name, value := range extra {
		params[name] = value
	}
	var r alipayResult
	n.do("exec", map[string]any{"method": method, "params": params, "validateSign": true}, &r)
	return r
}

// TestAlipaySDK drives the gateway with Alipay's own SDK, which checks the
// signature of every answer, refusals too.
func TestAlipaySDK(t *testing.T) {
	for _, mode := range []string{"public_key", "certificate"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			box := watched(t)
			n := start(t, "alipay.js")
			n.do("open", alipayConfig(open(t, box, "alipay", mode)), nil)
			alipayPaid(t, box, n)
			alipayClosed(t, box, n)
			alipayRefused(t, n)
		})
	}
}

func alipayPaid(t *testing.T, box *sandboxtest.Box, n *node) {
	notify := map[string]any{"notifyUrl": box.Shop.URL + "/alipay"}
	order := map[string]any{"outTradeNo": "npm_paid_1", "totalAmount": "88.88", "subject": "Coffee & 蛋糕 100% / a+b"}
	r := n.exec("alipay.trade.precreate", order, notify)
	if r.Code != "10000" || r.OutTradeNo != "npm_paid_1" || r.QRCode == "" {
		t.Fatalf("precreate: %+v", r)
	}
	key := map[string]any{"outTradeNo": "npm_paid_1"}
	if q := n.exec("alipay.trade.query", key, nil); q.Code != "40004" || q.SubCode != "ACQ.TRADE_NOT_EXIST" {
		t.Errorf("query before the scan: %+v", q)
	}
	pay(t, box, r.QRCode)
	q := n.exec("alipay.trade.query", key, nil)
	if q.Code != "10000" || q.TradeStatus != "TRADE_SUCCESS" || q.TotalAmount != "88.88" || q.TradeNo == "" || q.SendPayDate == "" {
		t.Errorf("query of a paid trade: %+v", q)
	}
	if byNo := n.exec("alipay.trade.query", map[string]any{"tradeNo": q.TradeNo}, nil); byNo.OutTradeNo != "npm_paid_1" {
		t.Errorf("query by trade_no: %+v", byNo)
	}
	alipayNotified(t, box, n, q)
	if c := n.exec("alipay.trade.close", key, nil); c.Code != "40004" || c.SubCode != "ACQ.REASON_TRADE_STATUS_INVALID" {
		t.Errorf("close of a paid trade: %+v", c)
	}
	if again := n.exec("alipay.trade.precreate", order, notify); again.SubCode != "ACQ.TRADE_HAS_SUCCESS" {
		t.Errorf("precreate of a paid number: %+v", again)
	}
}

func alipayNotified(t *testing.T, box *sandboxtest.Box, n *node, q alipayResult) {
	form, err := url.ParseQuery(string(box.Shop.Next(t).Body))
	if err != nil {
		t.Fatal(err)
	}
	flat := map[string]string{}
	for name := range form {
		flat[name] = form.Get(name)
	}
	if flat["trade_status"] != "TRADE_SUCCESS" || flat["trade_no"] != q.TradeNo || flat["total_amount"] != "88.88" || flat["subject"] != "Coffee & 蛋糕 100% / a+b" {
		t.Errorf("notification %v", flat)
	}
	n.wantNotifySign(flat, true)
	flat["total_amount"] = "88.89"
	n.wantNotifySign(flat, false)
}

func (n *node) wantNotifySign(form map[string]string, want bool) {
	n.t.Helper()
	var verified bool
	n.do("checkNotifySign", form, &verified)
	if verified != want {
		n.t.Errorf("checkNotifySign: %v, want %v", verified, want)
	}
}

func alipayClosed(t *testing.T, box *sandboxtest.Box, n *node) {
	r := n.exec("alipay.trade.precreate", map[string]any{"outTradeNo": "npm_closed_1", "totalAmount": 0.01, "subject": "x"}, nil)
	key := map[string]any{"outTradeNo": "npm_closed_1"}
	if c := n.exec("alipay.trade.close", key, nil); c.SubCode != "ACQ.TRADE_NOT_EXIST" {
		t.Errorf("close before the scan: %+v", c)
	}
	scan(t, box, r.QRCode)
	if q := n.exec("alipay.trade.query", key, nil); q.TradeStatus != "WAIT_BUYER_PAY" || q.TotalAmount != "0.01" {
		t.Errorf("query after the scan: %+v", q)
	}
	if c := n.exec("alipay.trade.close", key, nil); c.Code != "10000" || c.OutTradeNo != "npm_closed_1" {
		t.Errorf("close: %+v", c)
	}
	if q := n.exec("alipay.trade.query", key, nil); q.TradeStatus != "TRADE_CLOSED" {
		t.Errorf("query of a closed trade: %+v", q)
	}
}

// scan opens a code in the wallet, as a browser does.
func scan(t *testing.T, box *sandboxtest.Box, code string) {
	t.Helper()
	resp, err := http.Get(box.URL + "/sandbox/wallet?code=" + url.QueryEscape(code))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("open the code: HTTP %d", resp.StatusCode)
	}
}

func alipayRefused(t *testing.T, n *node) {
	good := map[string]any{"outTradeNo": "npm_bad_1", "totalAmount": "1.00", "subject": "x"}
	for name, c := range map[string]struct {
		field, value, subCode string
	}{
		"three decimals": {"totalAmount", "1.001", "ACQ.INVALID_PARAMETER"},
		"zero":           {"totalAmount", "0", "ACQ.TOTAL_FEE_EXCEED"},
		"bad number":     {"outTradeNo", "a b", "ACQ.INVALID_PARAMETER"},
		"no subject":     {"subject", "", "ACQ.INVALID_PARAMETER"},
		"past expiry":    {"timeExpire", "2020-01-01 00:00:00", "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"},
	} {
		biz := map[string]any{}
		for field, value := range good {
			biz[field] = value
		}
		biz[c.field] = c.value
		if r := n.exec("alipay.trade.precreate", biz, nil); r.Code != "40004" || r.SubCode != c.subCode {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestAlipaySDKWithWrongKeys: a foreign app key is refused by the gateway, a
// foreign Alipay key makes the SDK refuse the gateway.
func TestAlipaySDKWithWrongKeys(t *testing.T) {
	t.Parallel()
	box := watched(t)
	mine, other := open(t, box, "alipay", "public_key"), open(t, box, "alipay", "public_key")
	n := start(t, "alipay.js")

	config := alipayConfig(mine)
	config["privateKey"] = other["app_private_key"]
	n.do("open", config, nil)
	r := n.exec("alipay.trade.query", map[string]any{"outTradeNo": "x"}, nil)
	if r.Code != "40002" || r.SubCode != "isv.invalid-signature" || !strings.Contains(r.SubMsg, "app_id="+mine["app_id"]) {
		t.Errorf("a foreign app key: %+v", r)
	}

	config = alipayConfig(mine)
	config["alipayPublicKey"] = other["alipay_public_key"]
	n.do("open", config, nil)
	err := n.try("exec", map[string]any{
		"method": "alipay.trade.query", "params": map[string]any{"bizContent": map[string]any{"outTradeNo": "x"}}, "validateSign": true,
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "验签失败") {
		t.Errorf("a foreign Alipay key: %v, want 验签失败", err)
	}

	config = alipayConfig(mine)
	config["appId"] = "2021000000000000"
	n.do("open", config, nil)
	var unknown alipayResult
	n.do("exec", map[string]any{
		"method": "alipay.trade.query", "params": map[string]any{"bizContent": map[string]any{"outTradeNo": "x"}},
	}, &unknown)
	if unknown.Code != "40002" || unknown.SubCode != "isv.invalid-app-id" {
		t.Errorf("an unknown app: %+v", unknown)
	}
}
