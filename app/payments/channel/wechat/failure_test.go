package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const number = "att_01JQ0000000000000000000000"

// modes are the two desks at which orders are handed in.
var modes = map[string]func(testing.TB, http.Handler) channel.Client{"direct": openAt, "partner": openPartner}

// operation is one of the client's calls.
type operation func(context.Context, channel.Client) error

// operations are the client's calls.
var operations = map[string]operation{
	"pay native": payBy(channel.WeChatNative),
	"pay jsapi":  payBy(channel.WeChatJSAPI),
	"pay mini":   payBy(channel.WeChatMini),
	"pay h5":     payBy(channel.WeChatH5),
	"pay app":    payBy(channel.WeChatApp),
	"pay code":   payBy(channel.WeChatCode),
	"query":      func(ctx context.Context, c channel.Client) error { _, err := c.Query(ctx, number); return err },
	"close":      func(ctx context.Context, c channel.Client) error { return c.Close(ctx, number) },
	"reverse":    func(ctx context.Context, c channel.Client) error { return c.Reverse(ctx, number) },
	"refund": func(ctx context.Context, c channel.Client) error {
		_, err := c.Refund(ctx, refundRequest())
		return err
	},
	"query refund": func(ctx context.Context, c channel.Client) error {
		_, err := c.QueryRefund(ctx, refundLookup())
		return err
	},
	"probe": func(ctx context.Context, c channel.Client) error { return c.Probe(ctx) },
	"bill": func(ctx context.Context, c channel.Client) error {
		return download(ctx, c, channel.BillTrades, io.Discard)
	},
}

func payBy(m channel.Method) operation {
	return func(ctx context.Context, c channel.Client) error {
		_, err := c.Pay(ctx, payRequest(m))
		return err
	}
}

func payRequest(m channel.Method) channel.PayRequest {
	return channel.PayRequest{
		Number: number, AppID: "wx1", Method: m, Amount: 1, Currency: app.CNY,
		Subject: "tea", NotifyURL: "https://example.com/n", ExpiresAt: time.Now().Add(time.Hour),
		Payer: channel.Payer{OpenID: "oPayer", ClientIP: "203.0.113.9", AuthCode: "130000000000000001"},
	}
}

// behind answers an operation's own call with h, and the query that goes before
// a reversal as WeChat would.
func behind(mode, operation string, h http.Handler) http.Handler {
	if operation != "reverse" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			good := genuine()
			reply(200, transactionOf(mode, "USERPAYING"), &good).ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// transactionOf is an order in a state, as WeChat tells it.
func transactionOf(mode, state string) string {
	who := `"appid":"wx1","mchid":"` + mchID + `","payer":{"openid":"oPayer"}`
	if mode == "partner" {
		who = `"sp_appid":"wx1","sp_mchid":"` + mchID + `","sub_mchid":"` + subMchID + `","payer":{"sp_openid":"oPayer"}`
	}
	return `{` + who + `,"out_trade_no":"` + number + `","transaction_id":"4200001","trade_state":"` + state +
		`","success_time":"2026-01-02T03:04:05+08:00","amount":{"total":100,"payer_total":90,"currency":"CNY"}}`
}

// TestUncertain: nothing but a verified answer is certain, whatever the call.
func TestUncertain(t *testing.T) {
	good := genuine()
	stale, future, foreign, serial, signtest, moved := good, good, good, good, good, good
	stale.at = time.Now().Add(-301 * time.Second)
	future.at = time.Now().Add(10 * time.Minute) // it takes a while until it is read
	foreign.key = merchantKey()
	serial.serial = "PUB_KEY_ID_OF_SOMEBODY_ELSE"
	signtest.prefix = "WECHATPAY/SIGNTEST/"
	moved.over = `{"code":"ORDERPAID"}`
	const notExist = `{"code":"ORDER_NOT_EXIST","message":"订单不存在"}`
	answers := map[string]struct {
		handler http.Handler
		cause   error // what errors.Is must find, if any
	}{
		"hangs":                  {http.HandlerFunc(hang), context.DeadlineExceeded},
		"hangs up":               {http.HandlerFunc(hangUp), nil},
		"truncated":              {http.HandlerFunc(truncated), nil},
		"redirect":               {http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound), channel.ErrUnverified},
		"502 page":               {reply(502, "<html>bad gateway</html>", nil), channel.ErrUnverified},
		"500 verified":           {reply(500, `{"code":"SYSTEM_ERROR","message":"系统错误"}`, &good), nil},
		"503 verified not exist": {reply(503, notExist, &good), nil},
		"200 page":               {reply(200, "<html>login</html>", nil), channel.ErrUnverified},
		"200 unsigned":           {reply(200, `{"code_url":"weixin://x"}`, nil), channel.ErrUnverified},
		"200 foreign key":        {reply(200, `{"code_url":"weixin://x"}`, &foreign), channel.ErrUnverified},
		"200 stale":              {reply(200, `{"code_url":"weixin://x"}`, &stale), channel.ErrUnverified},
		"200 from the future":    {reply(200, `{"code_url":"weixin://x"}`, &future), channel.ErrUnverified},
		"200 other serial":       {reply(200, `{"code_url":"weixin://x"}`, &serial), channel.ErrUnverified},
		"200 signtest":           {reply(200, `{"code_url":"weixin://x"}`, &signtest), channel.ErrUnverified},
		"200 too long":           {reply(200, strings.Repeat(" ", 1<<20+1), &good), nil},
		"404 unsigned":           {reply(404, notExist, nil), channel.ErrUnverified},
		"404 foreign key":        {reply(404, notExist, &foreign), channel.ErrUnverified},
		"404 stale":              {reply(404, notExist, &stale), channel.ErrUnverified},
		"404 other serial":       {reply(404, notExist, &serial), channel.ErrUnverified},
		"404 signtest":           {reply(404, notExist, &signtest), channel.ErrUnverified},
		"404 other body signed":  {reply(404, notExist, &moved), channel.ErrUnverified},
		"404 page verified":      {reply(404, "<html>", &good), channel.ErrUnreadable},
		"400 no code verified":   {reply(400, `{"message":"?"}`, &good), channel.ErrUnreadable},
		"400 unsigned paid":      {reply(400, `{"code":"ORDERPAID"}`, nil), channel.ErrUnverified},
		"429 unsigned":           {reply(429, `{"code":"RATELIMIT_EXCEEDED"}`, nil), channel.ErrUnverified},
		"400 system error":       {reply(400, `{"code":"SYSTEM_ERROR"}`, &good), nil},
		"400 bank error":         {reply(400, `{"code":"BANK_ERROR"}`, &good), nil},
	}
	for name, answer := range answers {
		for operation, run := range operations {
			for mode, open := range modes {
				t.Run(name+"/"+operation+"/"+mode, func(t *testing.T) {
					t.Parallel()
					ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
					defer cancel()
					if answer.cause != context.DeadlineExceeded {
						ctx = t.Context()
					}
					err := run(ctx, open(t, behind(mode, operation, answer.handler)))
					wantKind(t, err, channel.KindUnknown)
					if answer.cause != nil && !errors.Is(err, answer.cause) {
						t.Errorf("cause of %v is not %v", err, answer.cause)
					}
				})
			}
		}
	}
}

// TestVerifiedRefusals: a verified 4xx means what its code says.
func TestVerifiedRefusals(t *testing.T) {
	good := genuine()
	for _, c := range []struct {
		status        int
		code, message string
		want          channel.Kind
	}{
		{404, "ORDER_NOT_EXIST", "订单不存在", channel.KindNotExist},
		{404, "RESOURCE_NOT_EXISTS", "退款单不存在", channel.KindNotExist},
		{400, "ORDERPAID", "该订单已支付", channel.KindPaid},
		{400, "ORDER_CLOSED", "订单已关闭", channel.KindClosed},
		{403, "OUT_TRADE_NO_USED", "商户订单号重复", channel.KindNumberUsed},
		{400, "INVALID_REQUEST", "201 商户订单号重复", channel.KindNumberUsed},
		{400, "INVALID_REQUEST", "无法将输入源“/body/amount”映射到值字段", channel.KindRefused},
		{429, "RATELIMIT_EXCEEDED", "频率超限", channel.KindRateLimited},
		{429, "FREQUENCY_LIMITED", "频率超限", channel.KindRateLimited},
		{400, "PARAM_ERROR", "参数错误", channel.KindRefused},
		{401, "SIGN_ERROR", "签名错误", channel.KindRefused},
		{403, "NO_AUTH", "商户无权限", channel.KindRefused},
		{403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起", channel.KindRefused},
		{403, "USER_ACCOUNT_ABNORMAL", "用户账户异常", channel.KindRefused},
		{403, "RULE_LIMIT", "业务规则限制", channel.KindRefused},
		{404, "MCH_NOT_EXISTS", "商户号不存在", channel.KindRefused},
		{400, "ORDERREVERSED", "当前订单已经被撤销", channel.KindClosed},
		{400, "A_CODE_OF_TOMORROW", "?", channel.KindRefused},
	} {
		body := fmt.Sprintf(`{"code":%q,"message":%q}`, c.code, c.message)
		for mode, open := range modes {
			for operation, run := range operations {
				err := run(t.Context(), open(t, behind(mode, operation, reply(c.status, body, &good))))
				want := meaning(operation, c.code, c.want)
				wantKind(t, err, want)
				var e *channel.Error
				if want != "" && (!errors.As(err, &e) || e.Code != c.code || e.Message != c.message || e.Status != c.status || e.Channel != app.WeChat) {
					t.Errorf("%s: %+v does not carry the channel's words", operation, e)
				}
			}
		}
	}
}

// meaning is what a kind means to an operation that sees it its own way.
func meaning(operation, code string, k channel.Kind) channel.Kind {
	switch {
	case operation == "probe" && k == channel.KindNotExist, operation == "reverse" && k == channel.KindClosed:
		return "" // that is what they are after
	case operation == "refund" && k != channel.KindRateLimited:
		return channel.KindRefused
	case operation == "pay code" && (code == "OUT_TRADE_NO_USED" || code == "INVALID_REQUEST"):
		return channel.KindUnknown // the query that must follow is refused as well
	}
	return k
}

// TestUnreadable: a verified 2xx must say what it is asked for.
func TestUnreadable(t *testing.T) {
	good := genuine()
	for mode, open := range modes {
		paid := transactionOf(mode, "SUCCESS")
		for _, operation := range []string{"query", "pay code"} {
			if err := operations[operation](t.Context(), open(t, reply(200, paid, &good))); err != nil {
				t.Fatalf("%s: the model answer is refused: %v", operation, err)
			}
		}
		for _, body := range []string{
			``, `null`, `[]`, `"text"`, `{}`, `{"code_url":""}`, `{"code_url":7}`, `{"prepay_id":"","h5_url":null}`,
			strings.Replace(paid, "SUCCESS", "SOLD", 1),
			strings.Replace(paid, `"trade_state":"SUCCESS",`, "", 1),
			strings.Replace(paid, "2026-01-02T03:04:05+08:00", "2026-01-02 03:04:05", 1),
			strings.Replace(paid, `"success_time":"2026-01-02T03:04:05+08:00",`, "", 1),
			strings.Replace(paid, `"total":100`, `"total":100.5`, 1),
			strings.Replace(paid, `"total":100`, `"total":"100"`, 1),
			strings.Replace(paid, `"total":100`, `"total":0`, 1),
			strings.Replace(paid, `"total":100`, `"total":-100`, 1),
			strings.Replace(paid, `"payer_total":90`, `"payer_total":-1`, 1),
			strings.Replace(paid, `"total":100,`, "", 1),
			strings.Replace(paid, number, "att_other", 1),
			strings.Replace(paid, mchID, "1900000002", 1),
			strings.Replace(paid, `appid":"wx1"`, `id":"wx1"`, 1),
			strings.Replace(paid, `"transaction_id":"4200001",`, "", 1),
			transactionOf(map[string]string{"direct": "partner", "partner": "direct"}[mode], "SUCCESS"),
			paid[:len(paid)-1],
		} {
			client := open(t, reply(200, body, &good))
			for _, operation := range []string{"pay native", "pay jsapi", "pay h5", "pay app", "pay code", "query", "probe", "refund", "query refund"} {
				err := operations[operation](t.Context(), client)
				wantKind(t, err, channel.KindUnknown)
				if !errors.Is(err, channel.ErrUnreadable) {
					t.Errorf("%s, %s of %s: %v is not ErrUnreadable", mode, operation, body, err)
				}
			}
		}
	}
}

// TestAnswersOfOtherCalls: what WeChat signed as an answer to something else
// closes and reverses nothing.
func TestAnswersOfOtherCalls(t *testing.T) {
	good := genuine()
	for mode, open := range modes {
		for _, body := range []string{
			``, `{}`, `null`, `"text"`, `<html>`, `{"code_url":"weixin://x"}`, `{"out_trade_no":"att_other"}`, transactionOf(mode, "NOTPAY")[:80],
		} {
			for _, operation := range []string{"close", "reverse"} {
				err := operations[operation](t.Context(), open(t, behind(mode, operation, reply(200, body, &good))))
				if operation == "close" && body == "" {
					wantKind(t, err, "")
					continue
				}
				wantKind(t, err, channel.KindUnknown)
				if !errors.Is(err, channel.ErrUnreadable) {
					t.Errorf("%s, %s of %s: %v is not ErrUnreadable", mode, operation, body, err)
				}
			}
		}
	}
}

// TestRetryAfter: a limit may say for how long, within reason.
func TestRetryAfter(t *testing.T) {
	good := genuine()
	for header, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "9999999999999": 5 * time.Minute} {
		_, err := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			reply(429, `{"code":"RATELIMIT_EXCEEDED","message":"频率超限"}`, &good).ServeHTTP(w, r)
		})).Query(t.Context(), number)
		var e *channel.Error
		if !errors.As(err, &e) || e.Kind != channel.KindRateLimited || e.RetryAfter != want {
			t.Errorf("Retry-After %q: %+v, want %s", header, e, want)
		}
	}
}

func wantKind(t *testing.T, err error, want channel.Kind) {
	t.Helper()
	if got := channel.KindOf(err); got != want {
		t.Errorf("kind %q (%v), want %q", got, err, want)
	}
}

func wantCode(t *testing.T, err error, kind channel.Kind, code string) {
	t.Helper()
	wantKind(t, err, kind)
	var e *channel.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("%v, want code %s", err, code)
	}
}

// hang reads the request, or the server would not notice that the client left.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte(`{"code_url":"weixin`))
}
