package wechat_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// exists reports whether the channel knows the order.
func (b *box) exists(t *testing.T, no string) bool {
	t.Helper()
	_, err := b.trades.ByNumber(context.Background(), b.merchant.ID, no)
	if err != nil && !app.Is(err, app.NotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// TestFaultsOfTheAPIHitOnceAndThenHeal: what the SDK sees of each fault, what
// has really happened, and that repeating the same order then works.
func TestFaultsOfTheAPIHitOnceAndThenHeal(t *testing.T) {
	for _, c := range []struct {
		fault    trade.Fault
		status   int    // of the SDK's APIError; 0 for a failure of another kind
		code     string // of the SDK's APIError
		timeout  bool
		happened bool
	}{
		{fault: trade.TimeoutBefore, timeout: true},
		{fault: trade.TimeoutAfterSuccess, timeout: true, happened: true},
		{fault: trade.HTTP500, status: 500, code: "SYSTEM_ERROR"},
		{fault: trade.RateLimit, status: 429, code: "RATELIMIT_EXCEEDED"},
		// Of these the answer fails verification.
		{fault: trade.Garbage},
		{fault: trade.ForgeAnswer, happened: true},
		{fault: trade.UnsignedAnswer, happened: true},
		{fault: trade.Truncated, happened: true},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			b := one(t, trade.PublicKey)
			api := native.NativeApiService{Client: newSDK(t, b).client}
			order := b.nativeOrder("order-1", 7)
			b.plan(t, c.fault, 1)
			patience := time.Minute
			if c.timeout {
				patience = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, _, err := api.Prepay(ctx, order)
			var e *core.APIError
			switch {
			case err == nil:
				t.Fatal("the fault did not happen")
			case c.timeout != errors.Is(err, context.DeadlineExceeded):
				t.Fatalf("got %v, timeout wanted: %v", err, c.timeout)
			case errors.As(err, &e) != (c.status != 0), c.status != 0 && (e.StatusCode != c.status || e.Code != c.code):
				t.Fatalf("got %v, want %d %s", err, c.status, c.code)
			}
			if got := b.exists(t, "order-1"); got != c.happened {
				t.Fatalf("the order exists: %v, want %v", got, c.happened)
			}
			if _, _, err := api.Prepay(context.Background(), order); err != nil {
				t.Fatalf("after the fault: %v", err)
			}
		})
	}
}

// TestARotatedCertificateSignsFromNowOn: a client that has not fetched the new
// certificate cannot verify, one that has can.
func TestARotatedCertificateSignsFromNowOn(t *testing.T) {
	for _, mode := range []trade.Mode{trade.Certificate, trade.Both} {
		t.Run(string(mode), func(t *testing.T) { rotates(t, one(t, mode)) })
	}
}

func rotates(t *testing.T, b *box) {
	ctx := context.Background()
	s := newSDK(t, b)
	before := b.merchant.WeChat.Platform[0].SerialNo
	b.plan(t, trade.RotateCertificate, 1)
	s.paid(t, b, "order-1") // answers follow the serial the SDK asks for
	var err error
	if b.merchant, err = b.trades.Merchant(ctx, app.WeChat, b.merchant.ID); err != nil {
		t.Fatal(err)
	}
	if n := len(b.merchant.WeChat.Platform); n != 2 {
		t.Fatalf("%d platform certificates, want the old and the new", n)
	}
	got := b.deliver(t)
	if serial := got[0].header.Get("Wechatpay-Serial"); serial == before {
		t.Fatalf("the notification is still signed by %s", serial)
	}
	if _, _, err := s.parse(t, b, got[0]); err == nil {
		t.Fatal("verified with a certificate that was never fetched")
	}
	s.manager.DownloadCertificates(ctx)
	if _, _, err := s.parse(t, b, got[0]); err != nil {
		t.Fatalf("after fetching certificates: %v", err)
	}
}

// TestAnAnswerWithoutABodyIsSpoiltToo: a close is answered by headers alone.
func TestAnAnswerWithoutABodyIsSpoiltToo(t *testing.T) {
	for _, fault := range []trade.Fault{trade.ForgeAnswer, trade.UnsignedAnswer, trade.Truncated} {
		t.Run(string(fault), func(t *testing.T) {
			b := one(t, trade.PublicKey)
			api := native.NativeApiService{Client: newSDK(t, b).client}
			if _, _, err := api.Prepay(t.Context(), b.nativeOrder("order-1", 7)); err != nil {
				t.Fatal(err)
			}
			b.plan(t, fault, 1)
			closing := native.CloseOrderRequest{OutTradeNo: core.String("order-1"), Mchid: core.String(b.merchant.ID)}
			var refused *core.APIError
			if _, err := api.CloseOrder(t.Context(), closing); err == nil || errors.As(err, &refused) {
				t.Fatalf("got %v, want an answer that proves nothing", err)
			}
			closed, err := b.trades.ByNumber(t.Context(), b.merchant.ID, "order-1")
			if err != nil || closed.State != trade.Closed {
				t.Fatalf("it happened all the same: %s, %v", closed.State, err)
			}
			if _, err := api.CloseOrder(t.Context(), closing); err != nil {
				t.Fatalf("after the fault: %v", err)
			}
		})
	}
}

func TestASlowAnswerComesAfterTwoSeconds(t *testing.T) {
	b := one(t, trade.PublicKey)
	api := native.NativeApiService{Client: newSDK(t, b).client}
	b.plan(t, trade.Slow, 1)
	started := time.Now()
	if _, _, err := api.Prepay(t.Context(), b.nativeOrder("order-1", 7)); err != nil || time.Since(started) < 2*time.Second {
		t.Fatalf("after %s: %v", time.Since(started), err)
	}
}

// TestARateLimitRefusesAsManyCallsAsPlanned, whatever they ask for.
func TestARateLimitRefusesAsManyCallsAsPlanned(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	s.paid(t, b, "order-1")
	const at, refunds = mount + "/v3/pay/transactions/", mount + "/v3/refund/domestic/refunds"
	calls := []raw{
		{uri: nativePath, body: b.orderBody(t, nil)},
		{uri: at + "out-trade-no/order-1?mchid=" + b.merchant.ID, method: http.MethodGet},
		{uri: at + "id/4200?mchid=" + b.merchant.ID, method: http.MethodGet},
		{uri: at + "out-trade-no/order-1/close", body: `{"mchid":"` + b.merchant.ID + `"}`},
		{uri: refunds, body: "{}"},
		{uri: refunds + "/refund-1", method: http.MethodGet},
	}
	b.plan(t, trade.RateLimit, int64(len(calls)))
	for _, call := range calls {
		if got := b.send(t, call); got.status != http.StatusTooManyRequests || got.Code != "RATELIMIT_EXCEEDED" {
			t.Errorf("%s: %d %s", call.uri, got.status, got.body)
		}
	}
	if got := b.send(t, calls[1]); got.status != http.StatusOK {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}

func TestAFaultOfOneMerchantSparesAnother(t *testing.T) {
	b := one(t, trade.PublicKey)
	other, err := b.trades.OpenMerchant(context.Background(), app.WeChat, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.trades.PlanFault(context.Background(), trade.Plan{Channel: app.WeChat, Account: other.ID, Fault: trade.HTTP500}); err != nil {
		t.Fatal(err)
	}
	if got := b.send(t, raw{uri: nativePath, body: b.orderBody(t, nil)}); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
}
