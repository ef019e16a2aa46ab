package wechat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestStates: each trade_state in our words; REFUND was paid.
func TestStates(t *testing.T) {
	good := genuine()
	for word, want := range map[string]channel.TradeState{
		"SUCCESS": channel.TradePaid, "REFUND": channel.TradeRefunded, "NOTPAY": channel.TradeUnpaid,
		"CLOSED": channel.TradeClosed, "REVOKED": channel.TradeClosed, "USERPAYING": channel.TradePaying,
		"PAYERROR": channel.TradeFailed,
	} {
		body := fmt.Sprintf(`{"appid":"wx1","mchid":%q,"out_trade_no":%q,"transaction_id":"42","trade_state":%q,
			"success_time":"2026-01-02T03:04:05+08:00","amount":{"total":1}}`, mchID, number, word)
		trade, err := openAt(t, reply(200, body, &good)).Query(t.Context(), number)
		wantKind(t, err, "")
		if trade.State != want || trade.RawState != word {
			t.Errorf("%s became %s, want %s", word, trade.State, want)
		}
		if paid := !trade.PaidAt.IsZero(); paid != want.WasPaid() {
			t.Errorf("%s: paid at %v", word, trade.PaidAt)
		}
	}
}

// TestAmounts: coupons part what the payer pays from what the merchant gets.
func TestAmounts(t *testing.T) {
	good := genuine()
	body := fmt.Sprintf(`{"appid":"wx1","mchid":%q,"out_trade_no":%q,"transaction_id":"42","trade_state":"SUCCESS",
		"success_time":"2026-01-02T03:04:05+08:00","payer":{"openid":"oPayer"},
		"amount":{"total":1000,"payer_total":700,"currency":"CNY","payer_currency":"CNY"},
		"promotion_detail":[{"type":"NOCASH","amount":200},{"type":"CASH","amount":100}]}`, mchID, number)
	trade, err := openAt(t, reply(200, body, &good)).Query(t.Context(), number)
	wantKind(t, err, "")
	want := channel.Trade{
		Number: number, ChannelTradeNo: "42", AppID: "wx1", Identity: mchID, State: channel.TradePaid, RawState: "SUCCESS",
		Amount: 1000, PayerAmount: 700, SettlementAmount: 800, Currency: app.CNY,
		PaidAt: time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC), PayerID: "oPayer",
	}
	if trade != want {
		t.Errorf("got  %+v\nwant %+v", trade, want)
	}
}
