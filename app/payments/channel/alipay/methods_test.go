package alipay_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// methodCases are the ways to pay by an action, in an app of the sandbox: what
// they yield is verified by Alipay's algorithm here, and opened at the sandbox.
func methodCases(t testing.TB, s *channeltest.Sandbox, m map[string]string) []channeltest.MethodCase {
	file, err := keyfile.Read(m["app_private_key"])
	if err != nil {
		t.Fatal(err)
	}
	signed := func(method string) func(*testing.T, channel.Action) {
		return func(t *testing.T, a channel.Action) { checkCarried(t, file.Public, m["app_id"], method, carried(t, a)) }
	}
	return []channeltest.MethodCase{
		{
			Method: channel.AlipayQR, Action: "qr_code", Check: func(*testing.T, channel.Action) {},
			Code: func(_ *testing.T, a channel.Action) string { return a.CodeURL },
		},
		{Method: channel.AlipayPage, Action: "redirect", Local: true, Check: signed("alipay.trade.page.pay"), Code: cashierCode},
		{Method: channel.AlipayWAP, Action: "redirect", Local: true, Check: signed("alipay.trade.wap.pay"), Code: cashierCode},
		{
			Method: channel.AlipayApp, Action: "app", Local: true, Check: signed("alipay.trade.app.pay"),
			Code: func(t *testing.T, a channel.Action) string {
				return invoke(t, s, map[string]string{"order_string": a.OrderString})
			},
		},
		{
			Method: channel.AlipayJSAPI, Payer: channel.Payer{BuyerID: trade.PayerOf(app.Alipay, "")}, Needs: []channel.Payer{{}, {OpenID: "o1"}},
			Action: "jsapi", Check: namesTrade, Code: func(t *testing.T, a channel.Action) string { return invoke(t, s, a.Params) },
		},
	}
}

func checkCarried(t *testing.T, key *rsa.PublicKey, appID, method, order string) {
	t.Helper()
	form := formSignedBy(t, key, order)
	if form.Get("method") != method || form.Get("app_id") != appID || form.Get("notify_url") == "" {
		t.Errorf("order %v", form)
	}
	if back := form.Get("return_url"); (back == "https://shop.example/done?a=1&b=茶") != (method != "alipay.trade.app.pay") {
		t.Errorf("return_url %q of %s", back, method)
	}
}

func namesTrade(t *testing.T, a channel.Action) {
	if len(a.Params) != 1 || len(a.Params["tradeNO"]) < 16 {
		t.Errorf("params %v", a.Params)
	}
}

// cashierCode opens a signed address as the payer's browser does, and returns
// what the cashier behind it shows.
func cashierCode(t *testing.T, a channel.Action) string {
	t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusFound || page.Query().Get("code") == "" {
		t.Fatalf("%s answers %d, to %q (%v)", a.URL, answer.StatusCode, page, err)
	}
	return page.Query().Get("code")
}

// invoke hands the payer's Alipay what an app or a page within it hands over,
// and returns the code of the order that opens.
func invoke(t *testing.T, s *channeltest.Sandbox, params map[string]string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"channel": app.Alipay, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(s.URL+"/sandbox/wallet/invoke", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var opened struct{ Code, Message string }
	if err := json.NewDecoder(answer.Body).Decode(&opened); err != nil || opened.Code == "" || answer.StatusCode != http.StatusOK {
		t.Fatalf("the wallet answers %d %+v: %v", answer.StatusCode, opened, err)
	}
	return opened.Code
}

// TestAlteredOrdersAreTurnedAway: what the payer carries cannot be changed.
func TestAlteredOrdersAreTurnedAway(t *testing.T) {
	h := newHarness(t, "public_key")
	c, err := h.Driver.Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	r := order(channel.AlipayPage)
	r.AppID, r.NotifyURL = h.AppID, h.NotifyURL()
	result, err := c.Pay(t.Context(), r)
	wantKind(t, err, "")
	cheaper := strings.Replace(result.Action.URL, url.QueryEscape(`"total_amount":"0.01"`), url.QueryEscape(`"total_amount":"0.00"`), 1)
	if cheaper == result.Action.URL {
		t.Fatal("the amount is not where it was thought")
	}
	answer, err := http.Get(cheaper)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Request.URL.String() != cheaper {
		t.Errorf("an altered order leads to %s", answer.Request.URL)
	}
	_, err = c.Query(t.Context(), r.Number)
	wantKind(t, err, channel.KindNotExist)
}
