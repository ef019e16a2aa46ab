package wechat_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

func codeOrder() channel.PayRequest {
	r := fullOrder(channel.WeChatCode)
	delete(r.Options, "limit_pay")
	return r
}

// TestCodeRequest: an order by a payment code has no notify_url and no expiry,
// and names the till.
func TestCodeRequest(t *testing.T) {
	want := map[string]any{
		"description": "茶 & 点心", "out_trade_no": number, "goods_tag": "T1",
		"payer": map[string]any{"auth_code": "130000000000000001"}, "amount": map[string]any{"total": 12345.0, "currency": "CNY"},
		"scene_info":  map[string]any{"device_ip": "203.0.113.9", "store_info": map[string]any{"out_id": "S1"}},
		"settle_info": map[string]any{"profit_sharing": true},
	}
	got, _ := payTwice(t, openAt, codeOrder(), transactionOf("direct", "SUCCESS"))
	wantSent(t, got, "/gw/v3/pay/transactions/codepay", direct, want)
	got, _ = payTwice(t, openPartner, codeOrder(), transactionOf("partner", "SUCCESS"))
	wantSent(t, got, "/gw/v3/pay/partner/transactions/codepay", partner, want)
	r := codeOrder()
	r.AppID = subAppID
	got, _ = payTwice(t, openPartner, r, transactionOf("partner", "SUCCESS"))
	wantSent(t, got, "/gw/v3/pay/partner/transactions/codepay", inOwnApp, want)
}

// TestCodeOutcomes: a payment code's answer, and where that is not certain the
// answer to the query that follows it.
func TestCodeOutcomes(t *testing.T) {
	good := genuine()
	const notExist = `{"code":"ORDER_NOT_EXIST","message":"订单不存在"}`
	for name, c := range map[string]struct {
		status        int
		answer, asked string // transactions are named by their state
		want          channel.Kind
		state         channel.TradeState
	}{
		"paid":                          {200, "SUCCESS", "", "", channel.TradePaid},
		"being paid":                    {200, "USERPAYING", "", "", channel.TradePaying},
		"password wanted":               {400, `{"code":"USERPAYING","message":"需要用户输入支付密码"}`, "", "", channel.TradePaying},
		"paid before":                   {400, `{"code":"ORDERPAID","message":"订单已支付"}`, "", channel.KindPaid, ""},
		"no balance":                    {403, `{"code":"NOT_ENOUGH","message":"余额不足"}`, "", channel.KindRefused, ""},
		"account abnormal":              {403, `{"code":"USER_ACCOUNT_ABNORMAL","message":"异常"}`, "", channel.KindRefused, ""},
		"bank error":                    {400, `{"code":"BANK_ERROR","message":"银行端超时"}`, "", channel.KindUnknown, ""},
		"system error":                  {500, `{"code":"SYSTEM_ERROR","message":"系统错误"}`, "", channel.KindUnknown, ""},
		"undone":                        {400, `{"code":"ORDERREVERSED","message":"订单已撤销"}`, "", channel.KindClosed, ""},
		"invalid code, no order":        {400, `{"code":"AUTH_CODE_INVALID","message":"付款码无效"}`, notExist, channel.KindRefused, ""},
		"invalid code, unpaid":          {400, `{"code":"AUTH_CODE_INVALID","message":"付款码无效"}`, "NOTPAY", channel.KindRefused, ""},
		"invalid code, payment failed":  {400, `{"code":"AUTH_CODE_INVALID","message":"付款码无效"}`, "PAYERROR", channel.KindRefused, ""},
		"invalid code, it was its own":  {400, `{"code":"AUTH_CODE_INVALID","message":"每个二维码仅限使用一次"}`, "SUCCESS", "", channel.TradePaid},
		"expired code, it is its own":   {400, `{"code":"AUTH_CODE_EXPIRED","message":"付款码已过期"}`, "USERPAYING", "", channel.TradePaying},
		"used number, paid":             {403, `{"code":"OUT_TRADE_NO_USED","message":"商户订单号重复"}`, "SUCCESS", "", channel.TradePaid},
		"used number, unpaid":           {403, `{"code":"OUT_TRADE_NO_USED","message":"商户订单号重复"}`, "NOTPAY", channel.KindNumberUsed, ""},
		"invalid code, query broken":    {400, `{"code":"AUTH_CODE_INVALID","message":"付款码无效"}`, `{"code":"SYSTEM_ERROR"}`, channel.KindUnknown, ""},
		"invalid code, query malformed": {400, `{"code":"AUTH_CODE_INVALID","message":"付款码无效"}`, `{}`, channel.KindUnknown, ""},
	} {
		for mode, open := range modes {
			say := func(status int, what string) http.Handler {
				switch {
				case !strings.HasPrefix(what, "{"):
					return reply(200, transactionOf(mode, what), &good)
				case status == 200 && strings.Contains(what, "code"):
					return reply(404, what, &good)
				}
				return reply(status, what, &good)
			}
			var calls []string
			client := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls = append(calls, r.Method)
				if r.Method == http.MethodGet {
					say(200, c.asked).ServeHTTP(w, r)
					return
				}
				say(c.status, c.answer).ServeHTTP(w, r)
			}))
			result, err := client.Pay(t.Context(), codeOrder())
			if got := channel.KindOf(err); got != c.want {
				t.Errorf("%s, %s: kind %q (%v), want %q", mode, name, got, err, c.want)
				continue
			}
			if asked := len(calls) > 1; asked != (c.asked != "") {
				t.Errorf("%s, %s: calls %v", mode, name, calls)
			}
			if c.want == "" {
				checkCharged(t, mode, result, c.state)
			}
			var e *channel.Error
			if errors.As(err, &e) && (e.Code == "" || !strings.Contains(c.answer, e.Message)) {
				t.Errorf("%s, %s: %v is not in the channel's words", mode, name, err)
			}
		}
	}
}

func checkCharged(t *testing.T, mode string, result channel.PayResult, state channel.TradeState) {
	t.Helper()
	sub := map[string]string{"partner": subMchID}[mode]
	if result.Action.Type != "none" || result.Trade == nil || result.Trade.State != state || result.Trade.Number != number ||
		result.Trade.AppID != "wx1" || result.Trade.Identity != mchID || result.Trade.SubIdentity != sub || result.Trade.Currency != app.CNY {
		t.Errorf("%s: %+v with %+v", mode, result, result.Trade)
	}
}

// TestReverse: WeChat wants the app that the order was placed in.
func TestReverse(t *testing.T) {
	good := genuine()
	const done = `{"out_trade_no":"` + number + `"}`
	for name, c := range map[string]struct {
		state, answer string
		status        int
		want          channel.Kind
		sends         bool
	}{
		"paid":                {"SUCCESS", done, 200, "", true},
		"being paid":          {"USERPAYING", done, 200, "", true},
		"failed":              {"PAYERROR", done, 200, "", true},
		"undone before":       {"REVOKED", ``, 0, "", false},
		"undone meanwhile":    {"SUCCESS", `{"code":"ORDERREVERSED","message":"已撤销"}`, 400, "", true},
		"the payer is at it":  {"USERPAYING", `{"code":"USERPAYING","message":"正在支付中"}`, 400, channel.KindUnknown, true},
		"too late":            {"SUCCESS", `{"code":"REVERSE_EXPIRE","message":"订单无法撤销"}`, 400, channel.KindRefused, true},
		"broken":              {"SUCCESS", `{"code":"SYSTEM_ERROR","message":"系统错误"}`, 500, channel.KindUnknown, true},
		"nothing after all":   {"SUCCESS", `{"code":"ORDER_NOT_EXIST","message":"不存在"}`, 404, channel.KindNotExist, true},
		"too many in a while": {"SUCCESS", `{"code":"FREQUENCY_LIMITED","message":"频率超限"}`, 429, channel.KindRateLimited, true},
	} {
		for mode, open := range modes {
			var posts []string
			client := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					reply(200, transactionOf(mode, c.state), &good).ServeHTTP(w, r)
					return
				}
				body := make([]byte, r.ContentLength)
				_, _ = r.Body.Read(body)
				posts = append(posts, r.URL.Path+" "+strings.TrimSpace(string(body)))
				reply(c.status, c.answer, &good).ServeHTTP(w, r)
			}))
			err := client.Reverse(t.Context(), number)
			if got := channel.KindOf(err); got != c.want {
				t.Errorf("%s, %s: %v, want %q", mode, name, err, c.want)
			}
			want := fmt.Sprintf(`[/gw/v3/pay/transactions/out-trade-no/%s/reverse {"appid":"wx1","mchid":%q}]`, number, mchID)
			if mode == "partner" {
				want = fmt.Sprintf(`[/gw/v3/pay/partner/transactions/out-trade-no/%s/reverse {"sp_appid":"wx1","sp_mchid":%q,"sub_mchid":%q}]`, number, mchID, subMchID)
			}
			if !c.sends {
				want = "[]"
			}
			if fmt.Sprint(posts) != want {
				t.Errorf("%s, %s: sent %v, want %s", mode, name, posts, want)
			}
		}
	}
	// Nobody knows the number: there is nothing to undo, and nothing is sent.
	client := openAt(t, reply(404, `{"code":"ORDER_NOT_EXIST","message":"不存在"}`, &good))
	wantKind(t, client.Reverse(t.Context(), number), channel.KindNotExist)
}
