package alipay_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const paidNode = `{"code":"10000","msg":"Success","trade_no":"2026010222001","out_trade_no":"` + number + `",` +
	`"trade_status":"TRADE_SUCCESS","total_amount":"10.00","buyer_pay_amount":"7.00","receipt_amount":"8.50",` +
	`"send_pay_date":"2026-01-02 03:04:05","buyer_user_id":"2088101117955611",` +
	`"fund_bill_list":[{"fund_channel":"COUPON","amount":"3.00","real_amount":""}]}`

func query(t *testing.T, node string) (channel.Trade, error) {
	t.Helper()
	return openAt(t, reply(200, signedBy(alipayKey(), node))).Query(t.Context(), number)
}

// TestPaidTrade also shows that a real_amount the SDK's own type cannot decode
// does not hide a success.
func TestPaidTrade(t *testing.T) {
	got, err := query(t, paidNode)
	wantKind(t, err, "")
	want := channel.Trade{
		Number: number, ChannelTradeNo: "2026010222001", AppID: appID, State: channel.TradePaid, RawState: "TRADE_SUCCESS",
		Amount: 1000, PayerAmount: 700, SettlementAmount: 850, Currency: app.CNY,
		PaidAt: time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC), PayerID: "2088101117955611",
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestStates: TRADE_CLOSED was paid when it has a payment time.
func TestStates(t *testing.T) {
	never := strings.Replace(paidNode, `"send_pay_date":"2026-01-02 03:04:05",`, "", 1)
	for name, c := range map[string]struct {
		node, status string
		want         channel.TradeState
	}{
		"waiting":         {never, "WAIT_BUYER_PAY", channel.TradeUnpaid},
		"paid":            {paidNode, "TRADE_SUCCESS", channel.TradePaid},
		"finished":        {paidNode, "TRADE_FINISHED", channel.TradePaid},
		"ran out of time": {never, "TRADE_CLOSED", channel.TradeClosed},
		"fully refunded":  {paidNode, "TRADE_CLOSED", channel.TradeRefunded},
	} {
		got, err := query(t, strings.Replace(c.node, "TRADE_SUCCESS", c.status, 1))
		wantKind(t, err, "")
		if got.State != c.want || got.RawState != c.status {
			t.Errorf("%s: %s, want %s", name, got.State, c.want)
		}
	}
}

// TestAmountsUnsaid: before they are known, amounts are missing or all zero.
func TestAmountsUnsaid(t *testing.T) {
	for name, replace := range map[string][2]string{
		"missing": {`"buyer_pay_amount":"7.00","receipt_amount":"8.50",`, ``},
		"zero":    {`"buyer_pay_amount":"7.00","receipt_amount":"8.50",`, `"buyer_pay_amount":"0.00","receipt_amount":"0.00",`},
		"blank":   {`"buyer_pay_amount":"7.00","receipt_amount":"8.50",`, `"buyer_pay_amount":"","receipt_amount":"",`},
	} {
		got, err := query(t, strings.Replace(paidNode, replace[0], replace[1], 1))
		wantKind(t, err, "")
		if got.PayerAmount != 1000 || got.SettlementAmount != 1000 {
			t.Errorf("%s: payer %d, settlement %d", name, got.PayerAmount, got.SettlementAmount)
		}
	}
	got, err := query(t, strings.Replace(paidNode, `"buyer_pay_amount":"7.00"`, `"buyer_pay_amount":"0.00"`, 1))
	wantKind(t, err, "")
	if got.PayerAmount != 0 || got.SettlementAmount != 850 {
		t.Errorf("paid by coupons alone: payer %d, settlement %d", got.PayerAmount, got.SettlementAmount)
	}
}

// TestNumbersAreRead: Alipay writes a field now as a string, now as a number.
func TestNumbersAreRead(t *testing.T) {
	want, err := query(t, paidNode)
	wantKind(t, err, "")
	for _, replace := range [][2]string{
		{`"10.00"`, `10.00`}, {`"10.00"`, `10.0`}, {`"10.00"`, `10`}, {`"7.00"`, `7`}, {`"8.50"`, `8.5`},
		{`"2026010222001"`, `2026010222001`}, {`"2088101117955611"`, `2088101117955611`},
		{`"fund_bill_list":[`, `"point_amount":0,"invoice_amount":null,"fund_bill_list":[`},
		{`"trade_status":"TRADE_SUCCESS"`, `"trade_status":"TRADE_\u0053UCCESS","subject":"a\/b"`},
	} {
		node := strings.Replace(paidNode, replace[0], replace[1], 1)
		if node == paidNode {
			t.Fatalf("%q is not in the model answer", replace[0])
		}
		if got, err := query(t, node); err != nil || got != want {
			t.Errorf("%s: %+v, %v", replace[1], got, err)
		}
	}
}

// TestUnreadable: a signed success must say what it is asked for.
func TestUnreadable(t *testing.T) {
	for _, replace := range [][2]string{
		{"TRADE_SUCCESS", "SOLD"},
		{`"trade_status":"TRADE_SUCCESS",`, ``},
		{number, "att_other"},
		{`"trade_no":"2026010222001",`, ``},
		{`"10.00"`, `"10.001"`}, {`"10.00"`, `"1e3"`}, {`"10.00"`, `"0.00"`}, {`"10.00"`, `"-1.00"`}, {`"10.00"`, `""`}, {`"10.00"`, `1e1`}, {`"10.00"`, `true`}, {`"10.00"`, `null`},
		{`"7.00"`, `"x"`}, {`"7.00"`, `"-7.00"`}, {`"8.50"`, `"8,50"`},
		{`2026-01-02 03:04:05`, `2026-01-02T03:04:05Z`},
		{`"send_pay_date":"2026-01-02 03:04:05",`, ``},
	} {
		node := strings.Replace(paidNode, replace[0], replace[1], 1)
		if node == paidNode {
			t.Fatalf("%q is not in the model answer", replace[0])
		}
		_, err := query(t, node)
		wantKind(t, err, channel.KindUnknown)
	}
	for _, node := range []string{
		`{"code":"10000","msg":"Success"}`,
		`{"code":"10000","out_trade_no":"` + number + `"}`,
		`{"code":"10000","out_trade_no":"other","qr_code":"https://qr"}`,
		`{"code":"10003","out_trade_no":"` + number + `"}`,
	} {
		err := operations["precreate"](t.Context(), openAt(t, reply(200, signedBy(alipayKey(), node))))
		wantKind(t, err, channel.KindUnknown)
		if !errors.Is(err, channel.ErrUnreadable) {
			t.Errorf("%s: %v", node, err)
		}
	}
}

// TestCloseAsksWhatWrongStatusMeans: the channel has one word for paid and
// closed.
func TestCloseAsksWhatWrongStatusMeans(t *testing.T) {
	const wrong = `{"code":"40004","msg":"Business Failed","sub_code":"ACQ.TRADE_STATUS_ERROR","sub_msg":"交易状态不合法"}`
	closed := strings.Replace(strings.Replace(paidNode, "TRADE_SUCCESS", "TRADE_CLOSED", 1), `"send_pay_date":"2026-01-02 03:04:05",`, "", 1)
	waiting := strings.Replace(closed, "TRADE_CLOSED", "WAIT_BUYER_PAY", 1)
	for name, c := range map[string]struct {
		node string
		want channel.Kind
	}{
		"paid": {paidNode, channel.KindPaid}, "closed": {closed, channel.KindClosed},
		"still waiting": {waiting, channel.KindRefused}, "unknown": {`{"code":"20000"}`, channel.KindUnknown},
	} {
		client := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			content := c.node
			if r.PostFormValue("method") == "alipay.trade.close" {
				content = wrong
			}
			_, _ = w.Write([]byte(signedBy(alipayKey(), content)(nodeOf(r))))
		}))
		if got := channel.KindOf(client.Close(t.Context(), number)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
