package oracle

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// till is one app with the SDK that speaks for it.
type till struct {
	box *sandboxtest.Box
	n   *node
	m   map[string]string
}

// TestAlipaySDKPaysEveryWay drives the cashiers, codes and refunds with
// Alipay's own SDK.
func TestAlipaySDKPaysEveryWay(t *testing.T) {
	for _, mode := range []string{"public_key", "certificate"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := &till{box: watched(t), n: start(t, "alipay.js")}
			s.m = open(t, s.box, "alipay", mode)
			s.n.do("open", alipayConfig(s.m), nil)
			s.page(t)
			s.wap(t)
			s.app(t)
			s.jsapi(t)
			s.code(t)
			s.cancel(t)
			s.refund(t)
			s.partner(t)
		})
	}
}

func (s *till) notify() map[string]any {
	return map[string]any{"notifyUrl": s.box.Shop.URL + "/alipay"}
}

func (s *till) order(number, product string, more ...string) map[string]any {
	o := map[string]any{"outTradeNo": number, "totalAmount": "88.88", "subject": "Coffee 蛋糕 100% + b", "productCode": product}
	for i := 0; i < len(more); i += 2 {
		o[more[i]] = more[i+1]
	}
	return o
}

func (s *till) query(number string) alipayResult {
	s.n.t.Helper()
	return s.n.exec("alipay.trade.query", map[string]any{"outTradeNo": number}, nil)
}

// notified takes the next notification, which must verify.
func (s *till) notified(t *testing.T, want map[string]string) {
	t.Helper()
	form, err := url.ParseQuery(string(s.box.Shop.Next(t).Body))
	if err != nil {
		t.Fatal(err)
	}
	flat := flatten(form)
	for name, value := range want {
		if flat[name] != value {
			t.Errorf("notification: %s %q, want %q", name, flat[name], value)
		}
	}
	s.n.wantNotifySign(flat, true)
	flat["total_amount"] = "0.01"
	s.n.wantNotifySign(flat, false)
}

func flatten(form url.Values) map[string]string {
	flat := map[string]string{}
	for name := range form {
		flat[name] = form.Get(name)
	}
	return flat
}

// read returns the page a browser ends at, with its address.
func read(t *testing.T, resp *http.Response, err error) (at *url.URL, body string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: HTTP %d, %v", resp.Request.URL, resp.StatusCode, err)
	}
	return resp.Request.URL, string(b)
}

// cashier pays on the page that the browser was sent to, and returns the page
// after it.
func (s *till) cashier(t *testing.T, at *url.URL, body string) string {
	t.Helper()
	if at.Path != "/sandbox/wallet" || !strings.Contains(body, "88.88") {
		t.Fatalf("the browser ended at %s", at)
	}
	resp, err := http.PostForm(s.box.URL+"/sandbox/wallet", url.Values{"code": {at.Query().Get("code")}, "act": {"pay"}})
	_, body = read(t, resp, err)
	return body
}

func (s *till) page(t *testing.T) {
	var address string
	s.n.do("pageExecute", map[string]any{"method": "alipay.trade.page.pay", "httpMethod": "GET", "params": map[string]any{
		"notifyUrl": s.box.Shop.URL + "/alipay", "returnUrl": s.box.Shop.URL + "/back?cart=7",
		"bizContent": s.order("npm_page_1", "FAST_INSTANT_TRADE_PAY"),
	}}, &address)
	if q := s.query("npm_page_1"); q.SubCode != "ACQ.TRADE_NOT_EXIST" {
		t.Errorf("query before the browser: %+v", q)
	}
	resp, err := http.Get(address)
	at, body := read(t, resp, err)
	if q := s.query("npm_page_1"); q.TradeStatus != "WAIT_BUYER_PAY" {
		t.Errorf("query at the cashier: %+v", q)
	}
	body = s.cashier(t, at, body)
	if q := s.query("npm_page_1"); q.TradeStatus != "TRADE_SUCCESS" {
		t.Errorf("query after paying: %+v", q)
	}
	s.notified(t, map[string]string{"out_trade_no": "npm_page_1", "trade_status": "TRADE_SUCCESS"})
	s.wantWayBack(t, body)
	forged := strings.Replace(address, "88.88", "00.01", 1)
	resp, err = http.Get(forged)
	if _, body := read(t, resp, err); !strings.Contains(body, "isv.invalid-signature") {
		t.Errorf("a forged address: %s", body)
	}
}

// wantWayBack finds the merchant's return_url on the page and checks what it
// says with the SDK.
func (s *till) wantWayBack(t *testing.T, body string) {
	t.Helper()
	link := regexp.MustCompile(`href="(` + regexp.QuoteMeta(s.box.Shop.URL) + `/back[^"]*)"`).FindStringSubmatch(body)
	if link == nil {
		t.Fatalf("no way back on the page: %s", body)
	}
	back, err := url.Parse(html.UnescapeString(link[1]))
	if err != nil {
		t.Fatal(err)
	}
	said := flatten(back.Query())
	if said["cart"] != "7" || said["out_trade_no"] != "npm_page_1" || said["total_amount"] != "88.88" || said["trade_no"] == "" {
		t.Errorf("the way back says %v", said)
	}
	delete(said, "cart") // the shop's own
	s.n.wantNotifySign(said, true)
	said["out_trade_no"] = "another"
	s.n.wantNotifySign(said, false)
}

var (
	formAction = regexp.MustCompile(`<form action="([^"]*)"`)
	formInput  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// wap posts the form that the SDK makes for a phone's browser.
func (s *till) wap(t *testing.T) {
	var page string
	s.n.do("pageExecute", map[string]any{"method": "alipay.trade.wap.pay", "httpMethod": "POST", "params": map[string]any{
		"notifyUrl": s.box.Shop.URL + "/alipay", "bizContent": s.order("npm_wap_1", "QUICK_WAP_WAY", "quitUrl", "https://shop.example"),
	}}, &page)
	action, form := formAction.FindStringSubmatch(page), url.Values{}
	for _, input := range formInput.FindAllStringSubmatch(page, -1) {
		form.Set(input[1], strings.ReplaceAll(input[2], "&quot;", `"`)) // all that the SDK escapes
	}
	if action == nil || len(form) == 0 {
		t.Fatalf("the SDK's form: %s", page)
	}
	// An attribute is read as browsers do: "&timestamp" is no "×tamp".
	resp, err := http.PostForm(strings.ReplaceAll(action[1], "&amp;", "&"), form)
	at, body := read(t, resp, err)
	s.cashier(t, at, body)
	s.notified(t, map[string]string{"out_trade_no": "npm_wap_1", "trade_status": "TRADE_SUCCESS"})
}

func (s *till) app(t *testing.T) {
	var order string
	s.n.do("sdkExecute", map[string]any{"method": "alipay.trade.app.pay", "params": map[string]any{
		"notifyUrl": s.box.Shop.URL + "/alipay", "bizContent": s.order("npm_app_1", "QUICK_MSECURITY_PAY"),
	}}, &order)
	var opened map[string]any
	post(t, s.box, "/sandbox/wallet/app", map[string]string{"order_string": order}, &opened)
	if q := s.query("npm_app_1"); q.TradeStatus != "WAIT_BUYER_PAY" {
		t.Errorf("query of an app's order: %+v", q)
	}
	pay(t, s.box, opened["code"].(string))
	s.notified(t, map[string]string{"out_trade_no": "npm_app_1", "trade_status": "TRADE_SUCCESS"})
}

func (s *till) jsapi(t *testing.T) {
	r := s.n.exec("alipay.trade.create", s.order("npm_jsapi_1", "JSAPI_PAY", "buyerId", "2088102100000001", "opAppId", s.m["app_id"]), s.notify())
	if r.Code != "10000" || r.TradeNo == "" {
		t.Fatalf("create: %+v", r)
	}
	var opened map[string]any
	post(t, s.box, "/sandbox/wallet/invoke", map[string]any{"channel": "alipay", "params": map[string]string{"tradeNO": r.TradeNo}}, &opened)
	pay(t, s.box, opened["code"].(string))
	if q := s.query("npm_jsapi_1"); q.TradeStatus != "TRADE_SUCCESS" || q.TradeNo != r.TradeNo {
		t.Errorf("query: %+v", q)
	}
	s.notified(t, map[string]string{"out_trade_no": "npm_jsapi_1", "trade_no": r.TradeNo})
}

// authCode is what the payer shows.
func (s *till) authCode(t *testing.T, behaviour string) string {
	t.Helper()
	var shown map[string]any
	post(t, s.box, "/sandbox/wallet/code", map[string]string{"channel": "alipay", "behaviour": behaviour}, &shown)
	return shown["auth_code"].(string)
}

func (s *till) charge(t *testing.T, number, behaviour string) (alipayResult, string) {
	t.Helper()
	code := s.authCode(t, behaviour)
	return s.n.exec("alipay.trade.pay", s.order(number, "FACE_TO_FACE_PAYMENT", "scene", "bar_code", "authCode", code), s.notify()), code
}

func (s *till) code(t *testing.T) {
	if r, _ := s.charge(t, "npm_code_1", "ok"); r.Code != "10000" || r.GmtPayment == "" || r.TotalAmount != "88.88" {
		t.Errorf("pay: %+v", r)
	}
	s.notified(t, map[string]string{"out_trade_no": "npm_code_1", "trade_status": "TRADE_SUCCESS"})
	r, code := s.charge(t, "npm_code_2", "password")
	if r.Code != "10003" {
		t.Errorf("pay with a password: %+v", r)
	}
	post(t, s.box, "/sandbox/wallet/confirm", map[string]string{"code": code}, nil)
	if q := s.query("npm_code_2"); q.TradeStatus != "TRADE_SUCCESS" {
		t.Errorf("query after the password: %+v", q)
	}
	s.notified(t, map[string]string{"out_trade_no": "npm_code_2", "trade_status": "TRADE_SUCCESS"})
	if r, _ := s.charge(t, "npm_code_3", "refuse"); r.SubCode != "ACQ.BUYER_BALANCE_NOT_ENOUGH" {
		t.Errorf("pay without balance: %+v", r)
	}
}

func (s *till) cancel(t *testing.T) {
	s.charge(t, "npm_cancel_1", "password")
	s.charge(t, "npm_cancel_2", "ok")
	s.notified(t, map[string]string{"out_trade_no": "npm_cancel_2", "trade_status": "TRADE_SUCCESS"})
	for number, action := range map[string]string{"npm_cancel_1": "close", "npm_cancel_2": "refund", "npm_cancel_3": ""} {
		r := s.n.exec("alipay.trade.cancel", map[string]any{"outTradeNo": number}, nil)
		if r.Code != "10000" || r.Action != action || r.RetryFlag != "N" {
			t.Errorf("cancel %s: %+v", number, r)
		}
	}
	s.notified(t, map[string]string{"out_trade_no": "npm_cancel_2", "trade_status": "TRADE_CLOSED", "refund_fee": "88.88"})
	if q := s.query("npm_cancel_1"); q.TradeStatus != "TRADE_CLOSED" {
		t.Errorf("query of a cancelled trade: %+v", q)
	}
}

func (s *till) refund(t *testing.T) {
	s.charge(t, "npm_refund_1", "ok")
	s.notified(t, map[string]string{"out_trade_no": "npm_refund_1", "trade_status": "TRADE_SUCCESS"})
	for _, step := range []struct{ request, amount, sum, status string }{
		{"part", "0.88", "0.88", "TRADE_SUCCESS"}, {"rest", "88.00", "88.88", "TRADE_CLOSED"},
	} {
		biz := map[string]any{"outTradeNo": "npm_refund_1", "outRequestNo": step.request, "refundAmount": step.amount}
		if r := s.n.exec("alipay.trade.refund", biz, nil); r.FundChange != "Y" || r.RefundFee != step.sum {
			t.Errorf("refund %s: %+v", step.request, r)
		}
		if r := s.n.exec("alipay.trade.refund", biz, nil); r.Code != "10000" || r.FundChange != "N" {
			t.Errorf("refund %s again: %+v", step.request, r)
		}
		r := s.n.exec("alipay.trade.fastpay.refund.query", map[string]any{"outTradeNo": "npm_refund_1", "outRequestNo": step.request}, nil)
		if r.RefundStatus != "REFUND_SUCCESS" || r.RefundAmount != step.amount {
			t.Errorf("refund query of %s: %+v", step.request, r)
		}
		s.notified(t, map[string]string{"out_biz_no": step.request, "refund_fee": step.sum, "trade_status": step.status})
	}
	r := s.n.exec("alipay.trade.refund", map[string]any{"outTradeNo": "npm_refund_1", "outRequestNo": "more", "refundAmount": "0.01"}, nil)
	if r.SubCode != "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" {
		t.Errorf("refund above what is left: %+v", r)
	}
	r = s.n.exec("alipay.trade.fastpay.refund.query", map[string]any{"outTradeNo": "npm_refund_1", "outRequestNo": "more"}, nil)
	if r.Code != "10000" || r.RefundStatus != "" {
		t.Errorf("refund query of none: %+v", r)
	}
}

// partner orders for a merchant that has authorised the app.
func (s *till) partner(t *testing.T) {
	var sub map[string]string
	post(t, s.box, "/sandbox/merchants", map[string]string{"channel": "alipay", "provider": s.m["app_id"]}, &sub)
	with := s.notify()
	with["appAuthToken"] = sub["app_auth_token"]
	r := s.n.exec("alipay.trade.precreate", s.order("npm_partner_1", "FACE_TO_FACE_PAYMENT"), with)
	if r.Code != "10000" {
		t.Fatalf("precreate for a merchant: %+v", r)
	}
	pay(t, s.box, r.QRCode)
	s.notified(t, map[string]string{"app_id": s.m["app_id"], "auth_app_id": sub["auth_app_id"], "seller_id": sub["seller_id"]})
	if q := s.n.exec("alipay.trade.query", map[string]any{"outTradeNo": "npm_partner_1"}, with); q.TradeStatus != "TRADE_SUCCESS" {
		t.Errorf("query for a merchant: %+v", q)
	}
	if q := s.query("npm_partner_1"); q.SubCode != "ACQ.TRADE_NOT_EXIST" {
		t.Errorf("query without the token: %+v", q)
	}
	with["appAuthToken"] = "202611BBwrong"
	if q := s.n.exec("alipay.trade.query", map[string]any{"outTradeNo": "npm_partner_1"}, with); q.Code != "20001" {
		t.Errorf("query with a wrong token: %+v", q)
	}
}
