package alipay_test

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

// order is an order of one fen by a method, with all that the method needs.
func order(m channel.Method) channel.PayRequest {
	return channel.PayRequest{
		Number: number, AppID: appID, Method: m, Amount: 1, Currency: app.CNY,
		Subject: "tea", NotifyURL: "https://example.com/n", ExpiresAt: time.Now().Add(time.Hour),
		Payer: channel.Payer{BuyerID: "2088101117955611", AuthCode: "281234567890123456"},
	}
}

func pay(m channel.Method) func(context.Context, channel.Client) error {
	return func(ctx context.Context, c channel.Client) error {
		_, err := c.Pay(ctx, order(m))
		return err
	}
}

const refundNumber = "rfd_01JQ0000000000000000000000"

// refund is a request for one fen back.
func refund() channel.RefundRequest {
	return channel.RefundRequest{
		Number: refundNumber, PaymentNumber: number, Amount: 1, Total: 1000, Currency: app.CNY,
		Reason: "size", NotifyURL: "https://example.com/n",
	}
}

var refundLookup = channel.RefundLookup{Number: refundNumber, PaymentNumber: number}

// operations are the client's calls.
var operations = map[string]func(context.Context, channel.Client) error{
	"precreate": pay(channel.AlipayQR),
	"create":    pay(channel.AlipayJSAPI),
	"code":      pay(channel.AlipayCode),
	"query":     func(ctx context.Context, c channel.Client) error { _, err := c.Query(ctx, number); return err },
	"close":     func(ctx context.Context, c channel.Client) error { return c.Close(ctx, number) },
	"reverse":   func(ctx context.Context, c channel.Client) error { return c.Reverse(ctx, number) },
	"refund":    func(ctx context.Context, c channel.Client) error { _, err := c.Refund(ctx, refund()); return err },
	"query refund": func(ctx context.Context, c channel.Client) error {
		_, err := c.QueryRefund(ctx, refundLookup)
		return err
	},
	"probe": func(ctx context.Context, c channel.Client) error { return c.Probe(ctx) },
	"bill": func(ctx context.Context, c channel.Client) error {
		return download(ctx, c, channel.BillTrades, io.Discard)
	},
}

const (
	notExist = `{"code":"40004","msg":"Business Failed","sub_code":"ACQ.TRADE_NOT_EXIST","sub_msg":"交易不存在"}`
	// another is a success of every call, about another order.
	another = `{"code":"10000","msg":"Success","out_trade_no":"att_other","trade_no":"1","out_request_no":"rfd_other","qr_code":"q",` +
		`"trade_status":"TRADE_CLOSED","total_amount":"1.00","gmt_payment":"2026-01-02 03:04:05","send_pay_date":"2026-01-02 03:04:05",` +
		`"retry_flag":"N","action":"close","fund_change":"Y","refund_fee":"1.00","refund_status":"REFUND_SUCCESS","refund_amount":"1.00"}`
	success = `{"code":"10000","msg":"Success","out_trade_no":"` + number + `","qr_code":"https:\/\/qr.alipay.com\/1"}`
)

// TestUncertain: nothing but a verified answer is certain, whatever the call,
// however keys are known, and for whomever the app calls.
func TestUncertain(t *testing.T) {
	plain := func(format string, args ...any) func(string) string {
		return func(node string) string { return strings.ReplaceAll(fmt.Sprintf(format, args...), "NODE", node) }
	}
	answers := map[string]struct {
		handler http.Handler
		cause   error // what errors.Is must find, if any
	}{
		"hangs":          {http.HandlerFunc(hang), context.DeadlineExceeded},
		"hangs up":       {http.HandlerFunc(hangUp), nil},
		"truncated":      {http.HandlerFunc(truncated), nil},
		"redirect":       {http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound), nil},
		"502 page":       {reply(502, plain("<html>bad gateway</html>")), nil},
		"200 page":       {reply(200, plain("<html>login</html>")), nil},
		"empty":          {reply(200, plain("")), nil},
		"null":           {reply(200, plain("null")), nil},
		"array":          {reply(200, plain("[]")), nil},
		"other node":     {reply(200, plain(`{"alipay_x_response":%s,"sign":%q}`, notExist, sign(alipayKey(), notExist))), nil},
		"null node":      {reply(200, plain(`{"NODE":null}`)), channel.ErrUnverified},
		"null error":     {reply(200, plain(`{"error_response":null}`)), nil},
		"encrypted node": {reply(200, plain(`{"NODE":"AAAA","sign":"x"}`)), nil},
		"cut short":      {reply(200, func(node string) string { whole := signedBy(alipayKey(), notExist)(node); return whole[:len(whole)/2] }), nil},
		"cut in the signature": {reply(200, func(node string) string {
			whole := signedBy(alipayKey(), notExist)(node)
			return whole[:len(whole)-9] + `"}`
		}), nil},
		"of another order":     {reply(200, signedBy(alipayKey(), another)), channel.ErrUnreadable},
		"unsigned":             {reply(200, plain(`{"NODE":%s}`, notExist)), channel.ErrUnverified},
		"unsigned success":     {reply(200, plain(`{"NODE":%s}`, success)), channel.ErrUnverified},
		"empty sign":           {reply(200, plain(`{"NODE":%s,"sign":""}`, notExist)), channel.ErrUnverified},
		"sign is a number":     {reply(200, plain(`{"NODE":%s,"sign":12}`, notExist)), channel.ErrUnverified},
		"sign is not base64":   {reply(200, plain(`{"NODE":%s,"sign":"???"}`, notExist)), nil},
		"foreign key":          {reply(200, signedBy(appKey(), notExist)), channel.ErrUnverified},
		"foreign key, success": {reply(200, signedBy(appKey(), success)), channel.ErrUnverified},
		"other content signed": {reply(200, plain(`{"NODE":%s,"sign":%q}`, notExist, sign(alipayKey(), success))), channel.ErrUnverified},
		"unknown certificate":  {reply(200, plain(`{"NODE":%s,"alipay_cert_sn":"0011","sign":%q}`, notExist, sign(alipayKey(), notExist))), channel.ErrUnverified},
		"gateway failure":      {reply(200, plain(`{"error_response":{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-app-id"}}`)), channel.ErrUnverified},
		"service unavailable":  {reply(200, signedBy(alipayKey(), `{"code":"20000","msg":"Service Currently Unavailable","sub_code":"aop.unknow-error"}`)), nil},
		"blames the service":   {reply(200, signedBy(alipayKey(), `{"code":"40004","sub_code":"isp.unknow-error"}`)), nil},
		"system error":         {reply(200, signedBy(alipayKey(), `{"code":"40004","sub_code":"ACQ.SYSTEM_ERROR"}`)), nil},
		"no code":              {reply(200, signedBy(alipayKey(), `{}`)), nil},
		"unknown code":         {reply(200, signedBy(alipayKey(), `{"code":"31415"}`)), nil},
		"code is a number":     {reply(200, signedBy(alipayKey(), `{"code":10000}`)), nil},
		"null signed":          {reply(200, signedBy(alipayKey(), `null`)), nil},
		"too long":             {reply(200, plain("%s", strings.Repeat(" ", 1<<20+1))), nil},
	}
	for name, answer := range answers {
		for who, a := range accounts {
			t.Run(name+"/"+who, func(t *testing.T) {
				t.Parallel()
				client := openAs(t, a(), answer.handler)
				for operation, run := range operations {
					ctx, cancel := t.Context(), context.CancelFunc(func() {})
					if answer.cause == context.DeadlineExceeded {
						ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
					}
					err := run(ctx, client)
					cancel()
					if channel.KindOf(err) != channel.KindUnknown {
						t.Errorf("%s: %v, want unknown", operation, err)
					}
					if answer.cause != nil && !errors.Is(err, answer.cause) {
						t.Errorf("%s: cause of %v is not %v", operation, err, answer.cause)
					}
				}
			})
		}
	}
}

// TestVerifiedRefusals: a signed failure means what its codes say, whatever
// the HTTP status.
func TestVerifiedRefusals(t *testing.T) {
	for _, c := range []struct {
		code, sub string
		want      channel.Kind
	}{
		{"40004", "ACQ.TRADE_NOT_EXIST", channel.KindNotExist},
		{"40004", "ACQ.TRADE_HAS_SUCCESS", channel.KindPaid},
		{"40004", "ACQ.TRADE_HAS_FINISHED", channel.KindPaid},
		{"40004", "ACQ.TRADE_HAS_CLOSE", channel.KindClosed},
		{"40004", "ACQ.CONTEXT_INCONSISTENT", channel.KindNumberUsed},
		{"40004", "ACQ.INVALID_PARAMETER", channel.KindRefused},
		{"40004", "ACQ.SOMETHING_OF_TOMORROW", channel.KindRefused},
		{"40001", "isv.missing-method", channel.KindRefused},
		{"40002", "isv.invalid-signature", channel.KindRefused},
		{"40006", "isv.insufficient-isv-permissions", channel.KindRefused},
		{"40004", "ACQ.DISCORDANT_REPEAT_REQUEST", channel.KindNumberUsed},
		{"40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", channel.KindRefused},
		{"40004", "AQC.SYSTEM_ERROR", channel.KindUnknown},
		{"20001", "aop.invalid-app-auth-token", channel.KindRefused},
		{"20001", "", channel.KindRefused},
		{"40005", "isv.app-call-limited", channel.KindRateLimited},
	} {
		for _, status := range []int{200, 400, 500} {
			content := fmt.Sprintf(`{"code":%q,"msg":"Failed","sub_code":%q,"sub_msg":"说明"}`, c.code, c.sub)
			for operation, run := range operations {
				err := run(t.Context(), openAt(t, refusing(operation, status, content)))
				want := meaning(operation, c.want)
				if channel.KindOf(err) != want {
					t.Errorf("%s %s: %v, want %q", operation, c.sub, err, want)
				}
				if want == "" {
					continue
				}
				var e *channel.Error
				word := c.sub
				if word == "" {
					word = c.code
				}
				if !errors.As(err, &e) || e.Code != word || e.Message != "说明" || e.Channel != app.Alipay {
					t.Errorf("%s: %+v does not carry the channel's words", operation, e)
				}
			}
		}
	}
}

// refusing answers everything with the content, but for the question by which a
// refused refund is confirmed: that finds none.
func refusing(operation string, status int, content string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := content
		if operation == "refund" && r.PostFormValue("method") == "alipay.trade.fastpay.refund.query" {
			said = `{"code":"10000","msg":"Success"}`
		}
		reply(status, signedBy(alipayKey(), said)).ServeHTTP(w, r)
	})
}

// meaning is what a failure's kind comes to in an operation.
func meaning(operation string, k channel.Kind) channel.Kind {
	switch {
	case operation == "probe" && k == channel.KindNotExist, operation == "reverse" && k == channel.KindClosed:
		return "" // it proves the keys; it was undone before
	case operation == "refund" && (k == channel.KindNotExist || k == channel.KindPaid || k == channel.KindClosed):
		return channel.KindRefused
	}
	return k
}

// TestPayingMeansNothingElsewhere: 10003 is an answer to a payment code alone.
func TestPayingMeansNothingElsewhere(t *testing.T) {
	const paying = `{"code":"10003","msg":"order success pay inprocess","out_trade_no":"` + number + `","trade_no":"1","action":"close"}`
	for operation, run := range operations {
		if operation != "code" {
			wantKind(t, run(t.Context(), openAt(t, reply(200, signedBy(alipayKey(), paying)))), channel.KindUnknown)
		}
	}
}

// TestUnsignedFailureKeepsItsWords: people need them to find what is wrong.
func TestUnsignedFailureKeepsItsWords(t *testing.T) {
	client := openAt(t, reply(200, func(string) string {
		return `{"error_response":{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-app-id","sub_msg":"无效的AppID参数"}}`
	}))
	err := client.Probe(t.Context())
	var e *channel.Error
	if !errors.As(err, &e) || e.Kind != channel.KindUnknown || e.Code != "isv.invalid-app-id" || e.Message != "无效的AppID参数" {
		t.Errorf("got %+v", err)
	}
}

// TestOtherApp: an order for another app is not sent under this one's key.
func TestOtherApp(t *testing.T) {
	client := openAt(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	_, err := client.Pay(t.Context(), channel.PayRequest{
		Number: number, AppID: "2021000000000002", Method: channel.AlipayQR, Amount: 1, Currency: app.CNY,
		Subject: "tea", NotifyURL: "https://example.com/n", ExpiresAt: time.Now().Add(time.Hour),
	})
	wantKind(t, err, channel.KindConfig)
}

func wantKind(t *testing.T, err error, want channel.Kind) {
	t.Helper()
	if got := channel.KindOf(err); got != want {
		t.Errorf("kind %q (%v), want %q", got, err, want)
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
	_, _ = w.Write([]byte(`{"alipay_trade`))
}
