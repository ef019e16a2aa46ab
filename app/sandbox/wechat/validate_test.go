package wechat_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestWrongOrdersNameTheirField(t *testing.T) {
	b := one(t, trade.PublicKey)
	in := func(d time.Duration) string { return b.clock.Now().Add(d).In(app.Beijing).Format(time.RFC3339) }
	for name, c := range map[string]struct {
		changes map[string]any
		field   string
	}{
		"no appid":                 {map[string]any{"appid": nil}, "/appid"},
		"no mchid":                 {map[string]any{"mchid": nil}, "/mchid"},
		"another mchid":            {map[string]any{"mchid": "1699999999"}, "/mchid"},
		"no description":           {map[string]any{"description": nil}, "/description"},
		"a blank description":      {map[string]any{"description": "  "}, "/description"},
		"a description of 128":     {map[string]any{"description": strings.Repeat("醋", 128)}, "/description"},
		"no number":                {map[string]any{"out_trade_no": nil}, "/out_trade_no"},
		"a number of 5":            {map[string]any{"out_trade_no": "12345"}, "/out_trade_no"},
		"a number of 33":           {map[string]any{"out_trade_no": strings.Repeat("1", 33)}, "/out_trade_no"},
		"a number with a slash":    {map[string]any{"out_trade_no": "order/1"}, "/out_trade_no"},
		"a number in Chinese":      {map[string]any{"out_trade_no": "订单一二"}, "/out_trade_no"},
		"no notify_url":            {map[string]any{"notify_url": nil}, "/notify_url"},
		"notify_url not https":     {map[string]any{"notify_url": "http://shop.example/n"}, "/notify_url"},
		"notify_url with a query":  {map[string]any{"notify_url": "https://shop.example/n?a=1"}, "/notify_url"},
		"notify_url relative":      {map[string]any{"notify_url": "/n"}, "/notify_url"},
		"notify_url with userinfo": {map[string]any{"notify_url": "https://a:b@shop.example/n"}, "/notify_url"},
		"notify_url of 256":        {map[string]any{"notify_url": "https://shop.example/" + strings.Repeat("n", 235)}, "/notify_url"},
		"no amount":                {map[string]any{"amount": nil}, "/amount"},
		"no total":                 {map[string]any{"amount.total": nil}, "/amount/total"},
		"total 0":                  {map[string]any{"amount.total": 0}, "/amount/total"},
		"total -1":                 {map[string]any{"amount.total": -1}, "/amount/total"},
		"total 1.5":                {map[string]any{"amount.total": 1.5}, "/amount/total"},
		"total a string":           {map[string]any{"amount.total": "1"}, "/amount/total"},
		"total too large":          {map[string]any{"amount.total": int64(app.MaxAmount) + 1}, "/amount/total"},
		"dollars":                  {map[string]any{"amount.currency": "USD"}, "/amount/currency"},
		"attach of 129":            {map[string]any{"attach": strings.Repeat("x", 129)}, "/attach"},
		"time_expire no time":      {map[string]any{"time_expire": "tomorrow"}, "/time_expire"},
		"time_expire without zone": {map[string]any{"time_expire": "2030-01-01T00:00:00"}, "/time_expire"},
		"time_expire in 59 s":      {map[string]any{"time_expire": in(59 * time.Second)}, "/time_expire"},
		"time_expire in 91 days":   {map[string]any{"time_expire": in(91 * 24 * time.Hour)}, "/time_expire"},
	} {
		t.Run(name, func(t *testing.T) {
			got := b.send(t, raw{uri: nativePath, body: b.orderBody(t, c.changes)})
			if got.status != http.StatusBadRequest || got.Code != "PARAM_ERROR" || got.Detail.Field != c.field || got.Detail.Location != "body" {
				t.Fatalf("%d %s, want PARAM_ERROR at %s", got.status, got.body, c.field)
			}
			if trades, err := b.trades.Trades(t.Context(), "", "", 1); err != nil || len(trades) != 0 {
				t.Fatalf("a wrong order left a trade (%v)", err)
			}
		})
	}
}

func TestOrdersAtTheLimitsAreTaken(t *testing.T) {
	b := one(t, trade.PublicKey)
	for name, changes := range map[string]map[string]any{
		"a description of 127":  {"out_trade_no": "limit-1", "description": strings.Repeat("醋", 127)},
		"a number of 6":         {"out_trade_no": "A_-*9z"},
		"a number of 32":        {"out_trade_no": strings.Repeat("9", 32)},
		"the largest amount":    {"out_trade_no": "limit-2", "amount.total": int64(app.MaxAmount)},
		"loopback http":         {"out_trade_no": "limit-3", "notify_url": "http://127.0.0.1:1/n"},
		"attach of 128":         {"out_trade_no": "limit-4", "attach": strings.Repeat("x", 128)},
		"time_expire in 60 s":   {"out_trade_no": "limit-5", "time_expire": b.clock.Now().Add(time.Minute).Format(time.RFC3339)},
		"fields not known here": {"out_trade_no": "limit-6", "support_fapiao": true, "settle_info": map[string]any{"profit_sharing": false}},
	} {
		if got := b.send(t, raw{uri: nativePath, body: b.orderBody(t, changes)}); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestBodiesThatAreNotOneJSONObject(t *testing.T) {
	b := one(t, trade.PublicKey)
	for _, body := range []string{"", "{", "[]", `"x"`, b.orderBody(t, nil) + "{}", b.orderBody(t, nil) + "}"} {
		if got := b.send(t, raw{uri: nativePath, body: body}); got.status != http.StatusBadRequest || got.Code != "PARAM_ERROR" {
			t.Errorf("%q: %d %s", body, got.status, got.body)
		}
	}
}

func TestEveryAppBoundToTheMerchantMayOrder(t *testing.T) {
	b := one(t, trade.PublicKey)
	apps := b.merchant.Apps()
	if len(apps) != 3 {
		t.Fatalf("a merchant has the apps %v, want an official account, a mini-program and a mobile app", apps)
	}
	for _, a := range apps {
		number := "bound-" + string(a.Kind)
		if got := b.send(t, raw{uri: nativePath, body: b.orderBody(t, map[string]any{"appid": a.AppID, "out_trade_no": number})}); got.status != http.StatusOK {
			t.Errorf("an order of the %s app: %d %s", a.Kind, got.status, got.body)
		}
		if placed, err := b.trades.ByNumber(t.Context(), b.merchant.ID, number); err != nil || placed.AppID != a.AppID {
			t.Errorf("the order stands under app %q (%v), want %q", placed.AppID, err, a.AppID)
		}
	}
}

func TestAnotherAppIDDoesNotMatch(t *testing.T) {
	b := one(t, trade.PublicKey)
	got := b.send(t, raw{uri: nativePath, body: b.orderBody(t, map[string]any{"appid": "wx0000000000000000"})})
	if got.status != http.StatusBadRequest || got.Code != "APPID_MCHID_NOT_MATCH" {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestQueriesNameTheirMerchant(t *testing.T) {
	b := one(t, trade.PublicKey)
	for _, query := range []string{"", "?mchid=", "?mchid=1699999999"} {
		for _, path := range []string{"/v3/pay/transactions/out-trade-no/order-1", "/v3/pay/transactions/id/4200000000"} {
			got := b.send(t, raw{method: http.MethodGet, uri: mount + path + query})
			if got.Code != "PARAM_ERROR" || got.Detail.Field != "/mchid" || got.Detail.Location != "query" {
				t.Errorf("%s%s: %d %s", path, query, got.status, got.body)
			}
		}
	}
}

func TestStrangeNumbersAreSimplyUnknown(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		for _, no := range []string{"%E8%AE%A2%E5%8D%95%E4%B8%80", "%00", "%FF", "order-1%20", "a%2Fb", "%27%20OR%20%27%27%3D%27"} {
			for _, path := range []string{"/v3/pay/transactions/out-trade-no/", "/v3/pay/transactions/id/"} {
				got := b.send(t, raw{method: http.MethodGet, uri: mount + path + no + "?mchid=" + b.merchant.ID})
				if got.status != http.StatusNotFound || got.Code != "ORDER_NOT_EXIST" {
					t.Errorf("%s%s: %d %s", path, no, got.status, got.body)
				}
			}
		}
		if got := b.send(t, raw{uri: nativePath, body: "{}", mchID: "商户"}); got.Code != "MCH_NOT_EXISTS" {
			t.Errorf("a mchid in Chinese: %d %s", got.status, got.body)
		}
	})
}
