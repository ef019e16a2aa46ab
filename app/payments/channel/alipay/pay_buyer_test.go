package alipay_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestJSAPIOrder: the trade begins for a payer who is known.
func TestJSAPIOrder(t *testing.T) {
	c, s := script(t, "create", `{"code":"10000","msg":"Success","out_trade_no":"`+number+`","trade_no":"2026010222001"}`)
	for _, payer := range []channel.Payer{{BuyerID: "2088101117955611"}, {BuyerOpenID: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"}} {
		r := order(channel.AlipayJSAPI)
		r.Payer = payer
		got, err := c.Pay(t.Context(), r)
		wantKind(t, err, "")
		want := channel.Action{Type: "jsapi", Params: map[string]string{"tradeNO": "2026010222001"}}
		if !reflect.DeepEqual(got.Action, want) || got.Trade != nil {
			t.Errorf("got %+v", got)
		}
		content := biz(t, s.sent[len(s.sent)-1])
		if content["product_code"] != "JSAPI_PAY" || content["time_expire"] == nil || content["op_app_id"] != appID {
			t.Errorf("content %v", content)
		}
		for field, value := range map[string]string{"buyer_id": payer.BuyerID, "buyer_open_id": payer.BuyerOpenID} {
			if _, sent := content[field]; sent != (value != "") || sent && content[field] != value {
				t.Errorf("%s is %v, want %q", field, content[field], value)
			}
		}
	}
}

// TestPayerMissing: what a method cannot do without is asked for before any call.
func TestPayerMissing(t *testing.T) {
	c := offline(t)
	for _, m := range []channel.Method{channel.AlipayJSAPI, channel.AlipayCode} {
		r := order(m)
		r.Payer = channel.Payer{OpenID: "o1", ClientIP: "127.0.0.1"}
		_, err := c.Pay(t.Context(), r)
		wantKind(t, err, channel.KindRefused)
	}
}

// codePaid is what the gateway answers to a code; its amounts are strings,
// numbers and blanks, as they occur.
const codePaid = `{"code":"10000","msg":"Success","out_trade_no":"` + number + `","trade_no":2026010222001,` +
	`"total_amount":"0.01","buyer_pay_amount":0.01,"receipt_amount":"","gmt_payment":"2026-01-02 03:04:05",` +
	`"buyer_user_id":"2088101117955611","store_name":"a\/b","fund_bill_list":[{"fund_channel":"PCREDIT","amount":"0.01","real_amount":""}]}`

// TestCodeOrder: a code that pays at once is a paid trade.
func TestCodeOrder(t *testing.T) {
	c, s := script(t, "pay", codePaid)
	got, err := c.Pay(t.Context(), order(channel.AlipayCode))
	wantKind(t, err, "")
	want := channel.Trade{
		Number: number, ChannelTradeNo: "2026010222001", AppID: appID, State: channel.TradePaid, RawState: "TRADE_SUCCESS",
		Amount: 1, PayerAmount: 1, SettlementAmount: 1, Currency: app.CNY,
		PaidAt: time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC), PayerID: "2088101117955611",
	}
	if got.Action.Type != "none" || got.Trade == nil || *got.Trade != want {
		t.Errorf("got %+v, want %+v", got.Trade, want)
	}
	content := biz(t, s.sent[0])
	if content["scene"] != "bar_code" || content["auth_code"] != "281234567890123456" ||
		content["product_code"] != "FACE_TO_FACE_PAYMENT" || content["time_expire"] == nil {
		t.Errorf("content %v", content)
	}
}

// TestCodeToBeConfirmed: 10003 is not paid, whatever else the answer says.
func TestCodeToBeConfirmed(t *testing.T) {
	for name, node := range map[string]string{
		"named":   `{"code":"10003","msg":"order success pay inprocess","out_trade_no":"` + number + `","trade_no":"2026010222001","gmt_payment":"2026-01-02 03:04:05"}`,
		"unnamed": `{"code":"10003","msg":"order success pay inprocess"}`,
	} {
		c, _ := script(t, "pay", node)
		got, err := c.Pay(t.Context(), order(channel.AlipayCode))
		wantKind(t, err, "")
		if got.Action.Type != "none" || got.Trade == nil || got.Trade.State != channel.TradePaying ||
			got.Trade.Number != number || got.Trade.Amount != 1 || !got.Trade.PaidAt.IsZero() {
			t.Errorf("%s: %+v", name, got.Trade)
		}
	}
	for name, node := range map[string]string{
		"paying another":       `{"code":"10003","out_trade_no":"other"}`,
		"paid another":         `{"code":"10000","out_trade_no":"other","trade_no":"1","total_amount":"0.01","gmt_payment":"2026-01-02 03:04:05"}`,
		"paid at no time":      `{"code":"10000","out_trade_no":"` + number + `","trade_no":"1","total_amount":"0.01"}`,
		"paid without a trade": `{"code":"10000","out_trade_no":"` + number + `","total_amount":"0.01","gmt_payment":"2026-01-02 03:04:05"}`,
	} {
		c, _ := script(t, "pay", node)
		_, err := c.Pay(t.Context(), order(channel.AlipayCode))
		wantKind(t, err, channel.KindUnknown)
		if !errors.Is(err, channel.ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCodeRefused: what the payer or their bank refuses is refused, with the
// channel's words.
func TestCodeRefused(t *testing.T) {
	for _, sub := range []string{
		"ACQ.BUYER_BALANCE_NOT_ENOUGH", "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH", "ACQ.PAYMENT_FAIL",
		"ACQ.PAYMENT_REQUEST_HAS_RISK", "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
	} {
		c, s := script(t, "pay", `{"code":"40004","msg":"Business Failed","sub_code":"`+sub+`","sub_msg":"说明"}`)
		_, err := c.Pay(t.Context(), order(channel.AlipayCode))
		wantKind(t, err, channel.KindRefused)
		var e *channel.Error
		if !errors.As(err, &e) || e.Code != sub || e.Message != "说明" || len(s.sent) != 1 {
			t.Errorf("%+v after %v", e, s.methods())
		}
	}
}

// TestSpentCode: a code that Alipay calls invalid was perhaps spent by the same
// order, sent before: the trade says which.
func TestSpentCode(t *testing.T) {
	const invalid = `{"code":"40004","msg":"Business Failed","sub_code":"ACQ.PAYMENT_AUTH_CODE_INVALID","sub_msg":"付款码无效"}`
	waiting := `{"code":"10000","out_trade_no":"` + number + `","trade_no":"1","trade_status":"WAIT_BUYER_PAY","total_amount":"0.01"}`
	closed := `{"code":"10000","out_trade_no":"` + number + `","trade_no":"1","trade_status":"TRADE_CLOSED","total_amount":"0.01"}`
	for name, k := range map[string]struct {
		found string
		want  channel.Kind
		state channel.TradeState
	}{
		"no trade":      {notExist, channel.KindRefused, ""},
		"paid before":   {paidNode, channel.KindPaid, ""},
		"being paid":    {waiting, "", channel.TradePaying},
		"closed before": {closed, channel.KindRefused, ""},
		"no answer":     {`{"code":"20000","sub_code":"aop.unknow-error"}`, channel.KindUnknown, ""},
		"asked too often": {
			`{"code":"40005","sub_code":"isv.app-call-limited"}`, channel.KindUnknown, "",
		},
	} {
		c, s := script(t, "pay", invalid, "query", k.found)
		got, err := c.Pay(t.Context(), order(channel.AlipayCode))
		if channel.KindOf(err) != k.want || (got.Trade != nil) != (k.state != "") || got.Trade != nil && got.Trade.State != k.state {
			t.Errorf("%s: %v, %+v", name, err, got.Trade)
		}
		if !slices.Equal(s.methods(), []string{"pay", "query"}) {
			t.Errorf("%s: called %v", name, s.methods())
		}
	}
}
