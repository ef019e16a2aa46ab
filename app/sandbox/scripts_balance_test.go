package sandbox_test

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestAMerchantHasItsFeeRateAndItsBalance(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		server, origin := serve(t, d, nil)
		s := script{t: t, origin: origin}
		usual := s.call("POST", "/sandbox/merchants", map[string]any{"channel": "alipay"}, 201)
		mine := s.call("POST", "/sandbox/merchants", map[string]any{"channel": "wechat", "fee_rate": "0.38%"}, 201)
		if usual["fee_rate"] != "0.60%" || mine["fee_rate"] != "0.38%" {
			t.Errorf("fee rates %v and %v", usual["fee_rate"], mine["fee_rate"])
		}
		for _, bad := range []map[string]any{
			{"channel": "wechat", "fee_rate": "0.38"},
			{"channel": "wechat", "fee_rate": "101%"},
			{"channel": "wechat", "provider": mine["mchid"], "fee_rate": "0.38%"},
		} {
			if got := s.call("POST", "/sandbox/merchants", bad, 400); got["field"] != "fee_rate" {
				t.Errorf("%v: %v", bad, got)
			}
		}

		m, err := server.Trades().Merchant(t.Context(), app.WeChat, mine["mchid"].(string))
		if err != nil {
			t.Fatal(err)
		}
		made, _, err := server.Trades().Create(t.Context(), trade.Order{
			Merchant: m, AppID: m.AppID, OutTradeNo: "order-1", TradeType: "NATIVE", Subject: "醋", Amount: 10_000, Code: "weixin://1",
			NotifyURL: origin, Fingerprint: "a", ExpiresAt: app.SystemClock{}.Now().AddDate(0, 0, 1),
		})
		if err != nil {
			t.Fatal(err)
		}
		s.call("POST", "/sandbox/wallet/pay", map[string]any{"code": made.Code}, 200)
		path := "/sandbox/merchants/" + m.ID
		if got := s.call("GET", "/sandbox/balance?merchant="+m.ID, nil, 200); got["balance"] != 9962.0 {
			t.Errorf("after a payment: %v", got)
		}
		if got := s.call("POST", path+"/withdraw", map[string]any{"amount": 9000}, 201); got["balance"] != 962.0 || got["merchant"] != m.ID {
			t.Errorf("after a withdrawal: %v", got)
		}
		if got := s.call("POST", path+"/withdraw", map[string]any{"amount": 963}, 409); got["code"] != "balance_short" {
			t.Errorf("more than there is: %v", got)
		}
		if got := s.call("POST", path+"/withdraw", map[string]any{"amount": 0}, 400); got["field"] != "amount" {
			t.Errorf("nothing: %v", got)
		}
		if got := s.call("GET", "/sandbox/balance?merchant="+m.ID, nil, 200); got["balance"] != 962.0 {
			t.Errorf("what was refused moved money: %v", got)
		}
		s.call("POST", "/sandbox/merchants/1699999999/withdraw", map[string]any{"amount": 1}, 404)
		s.call("GET", "/sandbox/balance?merchant=1699999999", nil, 404)
	}, dbtest.WithSandbox())
}
