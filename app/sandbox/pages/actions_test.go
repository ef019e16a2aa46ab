package pages_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// ordered is an unpaid trade of 12.00 yuan at a new merchant.
func ordered(t *testing.T, box *sandboxtest.Box, channel app.Channel, mode trade.Mode) trade.Trade {
	t.Helper()
	m, err := box.Server.Trades().OpenMerchant(t.Context(), channel, mode)
	if err != nil {
		t.Fatal(err)
	}
	o, _, err := box.Server.Trades().Create(t.Context(), trade.Order{
		Merchant: m, AppID: m.AppID, OutTradeNo: "order-" + m.ID, TradeType: "NATIVE", Subject: "tea", Amount: 12_00,
		Code: "code-" + m.ID, NotifyURL: box.Shop.URL + "/" + string(channel), Fingerprint: "f", Extra: "{}", ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func paid(t *testing.T, box *sandboxtest.Box, channel app.Channel, mode trade.Mode) trade.Trade {
	t.Helper()
	o, err := box.Server.Trades().Pay(t.Context(), ordered(t, box, channel, mode).Code)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// post sends a form and returns the status, where it leads and the page.
func post(t *testing.T, address string, form url.Values) (status int, location, body string) {
	t.Helper()
	resp, body := visit(t, "POST", address, form.Encode(), html)
	return resp.StatusCode, resp.Header.Get("Location"), body
}

func TestATradeIsRefundedAsInTheChannelsConsole(t *testing.T) {
	box := sandboxtest.Start(t)
	o := paid(t, box, app.WeChat, trade.PublicKey)
	refund := func(amount string) int {
		status, _, _ := post(t, box.URL+"/sandbox/trades/refund", url.Values{"trade": {o.ID}, "amount": {amount}})
		return status
	}
	for amount, want := range map[string]int{"ten": 422, "0": 422, "-1": 422, "1.234": 422, "12.01": 409} {
		if got := refund(amount); got != want {
			t.Errorf("a refund of %q: HTTP %d, want %d", amount, got, want)
		}
	}
	for _, amount := range []string{"5.00", ""} {
		if got := refund(amount); got != 303 {
			t.Fatalf("a refund of %q: HTTP %d", amount, got)
		}
	}
	refunds, err := box.Server.Trades().RefundsOf(t.Context(), o.ID, "", 10)
	if err != nil || len(refunds) != 2 || refunds[1].Amount != 5_00 || refunds[0].Amount != 7_00 || refunds[0].Source != trade.FromConsole {
		t.Fatalf("the refunds are %+v, %v; want 5.00 and the rest", refunds, err)
	}
	_, page := visit(t, "GET", box.URL+"/sandbox/trades?trade="+o.ID, "", html)
	for _, want := range []string{refunds[0].OutRefundNo, "渠道后台发起", "−¥12.00"} {
		if !strings.Contains(page, want) {
			t.Errorf("the trade's page does not show %q", want)
		}
	}
	if strings.Contains(page, `action="/sandbox/trades/refund"`) {
		t.Error("a trade with nothing left still offers a refund")
	}
}

func TestARefundUnderWayIsEndedByHand(t *testing.T) {
	box := sandboxtest.Start(t)
	if _, err := box.Server.Trades().PlanFault(t.Context(), trade.Plan{Channel: app.WeChat, Fault: trade.RefundDelay}); err != nil {
		t.Fatal(err)
	}
	o := paid(t, box, app.WeChat, trade.PublicKey)
	r, err := box.Server.Trades().ConsoleRefund(t.Context(), o.ID, 5_00)
	if err != nil || r.State != trade.RefundProcessing {
		t.Fatalf("the refund is %s, %v", r.State, err)
	}
	for _, outcome := range []trade.RefundState{trade.RefundAbnormal, trade.RefundSucceeded} {
		_, page := visit(t, "GET", box.URL+"/sandbox/trades?trade="+o.ID, "", html)
		if !strings.Contains(page, `name="outcome" value="`+string(outcome)+`"`) {
			t.Fatalf("the page does not offer %s", outcome)
		}
		if status, _, _ := post(t, box.URL+"/sandbox/refunds/finish", url.Values{"refund": {r.ID}, "outcome": {string(outcome)}}); status != 303 {
			t.Fatalf("%s: HTTP %d", outcome, status)
		}
		if r, err = box.Server.Trades().RefundByID(t.Context(), r.ID); err != nil || r.State != outcome {
			t.Fatalf("the refund is %s, %v; want %s", r.State, err, outcome)
		}
	}
	if status, _, _ := post(t, box.URL+"/sandbox/refunds/finish", url.Values{"refund": {r.ID}, "outcome": {"closed"}}); status != 409 {
		t.Errorf("a refund that has arrived is closed: HTTP %d", status)
	}
}

func TestAFaultIsPlannedForOneMerchant(t *testing.T) {
	box := sandboxtest.Start(t)
	m := ordered(t, box, app.WeChat, trade.Certificate).MerchantID
	plan := func(form url.Values) (int, string) {
		status, location, _ := post(t, box.URL+"/sandbox/faults/plan", form)
		return status, location
	}
	status, location := plan(url.Values{"channel": {"wechat"}, "fault": {"rotate_certificate"}, "account": {m}, "count": {"3"}})
	if status != 303 || !strings.Contains(location, "account="+m) {
		t.Fatalf("HTTP %d to %q", status, location)
	}
	plans, err := box.Server.Trades().Planned(t.Context())
	if err != nil || len(plans) != 1 || plans[0].Account != m || plans[0].Count != 3 {
		t.Errorf("planned is %+v, %v", plans, err)
	}
	_, page := visit(t, "GET", box.URL+location, "", html)
	if !strings.Contains(page, `<option value="`+m+`" selected>`) || !strings.Contains(page, "× 3") {
		t.Error("the page forgets the merchant, or does not show what is planned")
	}
	for name, form := range map[string]url.Values{
		"a number that is none": {"channel": {"wechat"}, "fault": {"slow"}, "count": {"many"}},
		"an unknown fault":      {"channel": {"wechat"}, "fault": {"earthquake"}},
		"an unknown merchant":   {"channel": {"wechat"}, "fault": {"slow"}, "account": {"1600000000"}},
	} {
		if status, _ := plan(form); status != 422 && status != 404 {
			t.Errorf("%s: HTTP %d", name, status)
		}
	}
	if resp, body := visit(t, "GET", box.URL+"/sandbox/faults", "", nil); resp.StatusCode != 200 || !strings.HasPrefix(body, "{") {
		t.Errorf("a script gets %d %.40s", resp.StatusCode, body)
	}
}

func TestAMerchantJoinsAProvider(t *testing.T) {
	box := sandboxtest.Start(t)
	for channel, field := range map[app.Channel]string{app.WeChat: "sub_mchid_", app.Alipay: "app_auth_token_"} {
		m := ordered(t, box, channel, trade.PublicKey).MerchantID
		path := box.URL + "/sandbox/merchants/" + string(channel) + "/" + m
		if status, _, _ := post(t, path+"/join", url.Values{}); status != 303 {
			t.Fatalf("%s: HTTP %d", channel, status)
		}
		subs, err := box.Server.Trades().SubMerchants(t.Context(), m, 10)
		if err != nil || len(subs) != 1 {
			t.Fatalf("%s: %d merchants under the provider, %v", channel, len(subs), err)
		}
		if _, page := visit(t, "GET", path, "", html); !strings.Contains(page, `id="`+field+subs[0].ID+`"`) {
			t.Errorf("%s: the provider's page does not show %s", channel, field)
		}
	}
	if status, _, _ := post(t, box.URL+"/sandbox/merchants/wechat/1600000000/join", url.Values{}); status != 404 {
		t.Errorf("an unknown provider: HTTP %d", status)
	}
}

// A payer is led back only to hosts that the sandbox may notify.
func TestThePhoneLeadsBackToKnownHostsOnly(t *testing.T) {
	box := sandboxtest.Start(t)
	o := ordered(t, box, app.WeChat, trade.PublicKey)
	for back, want := range map[string]bool{
		box.Shop.URL + "/thanks":      true,
		box.URL + "/shop":             true,
		"https://evil.example/thanks": false,
		"javascript:alert(1)":         false,
		"//evil.example":              false,
		"ftp://127.0.0.1/":            false,
	} {
		for _, name := range []string{"back", "redirect_url"} {
			_, page := visit(t, "GET", box.URL+"/sandbox/wallet?"+url.Values{"code": {o.Code}, name: {back}}.Encode(), "", html)
			if strings.Contains(page, "to-merchant") != want {
				t.Errorf("%s=%s: led back is %t", name, back, !want)
			}
		}
	}
	status, location, _ := post(t, box.URL+"/sandbox/wallet", url.Values{"code": {o.Code}, "act": {"pay"}, "back": {box.Shop.URL + "/thanks"}})
	if status != 303 || !strings.Contains(location, url.QueryEscape(box.Shop.URL+"/thanks")) {
		t.Fatalf("HTTP %d to %q", status, location)
	}
	if _, page := visit(t, "GET", box.URL+location, "", html); !strings.Contains(page, `href="`+box.Shop.URL+`/thanks"`) {
		t.Error("the result does not lead back to the merchant")
	}
}

func TestTheClientsRefusalIsShownWithItsReason(t *testing.T) {
	box := sandboxtest.Start(t)
	form := url.Values{
		"channel": {"wechat"}, "back": {box.Shop.URL + "/"}, "p.appId": {"wx1"}, "p.timeStamp": {"1"}, "p.nonceStr": {"n"},
		"p.package": {"prepay_id=wx1"}, "p.signType": {"RSA"}, "p.paySign": {"x"},
	}
	status, _, page := post(t, box.URL+"/sandbox/wallet/invoke", form)
	for _, want := range []string{"没有拉起收银台", "时间戳已过期", "to-merchant"} {
		if status != 422 || !strings.Contains(page, want) {
			t.Errorf("HTTP %d, the page does not show %q", status, want)
		}
	}
	resp, body := visit(t, "POST", box.URL+"/sandbox/wallet/invoke", `{"channel":"wechat","params":{"paySign":"x"}}`, map[string]string{"Content-Type": "application/json"})
	if resp.StatusCode != 400 || !strings.Contains(body, "invoke_params") {
		t.Errorf("a script gets %d %s", resp.StatusCode, body)
	}
}

func TestAPaymentCodeIsShownUntilItIsScanned(t *testing.T) {
	box := sandboxtest.Start(t)
	_, page := visit(t, "GET", box.URL+"/sandbox/wallet/code?channel=alipay", "", html)
	if strings.Count(page, `name="behaviour"`) != 3 || !strings.Contains(page, `name="channel" value="alipay"`) {
		t.Error("the phone does not ask how its payer behaves")
	}
	status, location, _ := post(t, box.URL+"/sandbox/wallet/code/show", url.Values{"channel": {"wechat"}, "behaviour": {"password"}})
	_, code, _ := strings.Cut(location, "shown=")
	if status != 303 || len(code) != 18 {
		t.Fatalf("HTTP %d to %q", status, location)
	}
	if _, page := visit(t, "GET", box.URL+location, "", html); !strings.Contains(page, code[:4]+" "+code[4:8]) || !strings.Contains(page, "data-countdown") {
		t.Error("the code is not on the screen")
	}
	m, err := box.Server.Trades().OpenMerchant(t.Context(), app.WeChat, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	o := trade.Order{
		Merchant: m, AppID: m.AppID, OutTradeNo: "till-1", TradeType: "MICROPAY", Subject: "tea", Amount: 12_00,
		Fingerprint: "f", Extra: "{}", ExpiresAt: time.Now().Add(time.Hour),
	}
	if r, _, err := box.Server.Trades().PayByCode(t.Context(), o, code); err != nil || r.Outcome != trade.OutcomeWaiting {
		t.Fatalf("charging the code: %+v, %v", r, err)
	}
	resp, _ := visit(t, "GET", box.URL+location, "", html)
	if want := "/sandbox/wallet?code=" + code; resp.StatusCode != 302 && resp.StatusCode != 303 || resp.Header.Get("Location") != want {
		t.Fatalf("the scanned code leads to %d %q, want %q", resp.StatusCode, resp.Header.Get("Location"), want)
	}
	if _, page := visit(t, "GET", box.URL+"/sandbox/wallet?code="+code, "", html); !strings.Contains(page, `id="password"`) || !strings.Contains(page, `value="confirm"`) {
		t.Error("the phone does not ask for the password")
	}
	if status, _, _ := post(t, box.URL+"/sandbox/wallet", url.Values{"code": {code}, "act": {"confirm"}}); status != 303 {
		t.Errorf("confirming: HTTP %d", status)
	}
	if got, err := box.Server.Trades().ByNumber(t.Context(), m.ID, "till-1"); err != nil || got.State != trade.Paid {
		t.Errorf("the trade is %s, %v", got.State, err)
	}
	for _, form := range []url.Values{{"channel": {"paypal"}}, {"channel": {"wechat"}, "behaviour": {"steal"}}} {
		if status, _, _ := post(t, box.URL+"/sandbox/wallet/code/show", form); status != 422 {
			t.Errorf("%v: HTTP %d, want 422", form, status)
		}
	}
}
