package alipay_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// refundable pays an order at the sandbox and returns a request for part of it.
func refundable(t *testing.T, h *channeltest.Harness, c channel.Client) channel.RefundRequest {
	t.Helper()
	r := order(channel.AlipayQR)
	r.Number, r.AppID, r.NotifyURL, r.Amount = app.NewID(app.PrefixAttempt, time.Now()), h.AppID, h.NotifyURL(), 300
	placed, err := c.Pay(t.Context(), r)
	wantKind(t, err, "")
	h.Pay(t, placed.Action.CodeURL)
	h.Next(t)
	back := refund()
	back.Number, back.PaymentNumber, back.Amount, back.Total = app.NewID(app.PrefixRefund, time.Now()), r.Number, 100, r.Amount
	return back
}

// TestRefundThatTakesItsTime: Alipay took it and moved no money yet, so it is
// pending; until then the channel knows of no refund, and taking it again is
// the same.
func TestRefundThatTakesItsTime(t *testing.T) {
	h := newHarness(t, "public_key")
	c, err := h.Driver.Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	r := refundable(t, h, c)
	h.Plan(t, app.Alipay, "refund_delay", 1)
	for range 2 {
		got, err := c.Refund(t.Context(), r)
		wantKind(t, err, "")
		if got.State != channel.RefundPending || got.Number != r.Number || got.Amount != r.Amount {
			t.Errorf("refund %+v", got)
		}
		_, err = c.QueryRefund(t.Context(), channel.RefundLookup{Number: r.Number, PaymentNumber: r.PaymentNumber})
		wantKind(t, err, channel.KindNotExist)
	}
}

// TestRefundBeyondTheMerchantsBalance: it is refused in the channel's words, and
// may be tried again once there is money.
func TestRefundBeyondTheMerchantsBalance(t *testing.T) {
	h := newHarness(t, "public_key")
	c, err := h.Driver.Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	r := refundable(t, h, c)
	h.Plan(t, app.Alipay, "refund_no_balance", 1)
	_, err = c.Refund(t.Context(), r)
	wantKind(t, err, channel.KindRefused)
	var e *channel.Error
	if !errors.As(err, &e) || e.Code != "ACQ.SELLER_BALANCE_NOT_ENOUGH" || e.Message == "" {
		t.Errorf("%+v", e)
	}
	got, err := c.Refund(t.Context(), r)
	wantKind(t, err, "")
	if got.State != channel.RefundSucceeded || got.RefundedTotal != r.Amount {
		t.Errorf("then %+v", got)
	}
}

// TestTooManyCalls: a limit means that nothing was done and that it may be asked
// again, whatever the call.
func TestTooManyCalls(t *testing.T) {
	h := newHarness(t, "public_key")
	c, err := h.Driver.Open(h.Account)
	if err != nil {
		t.Fatal(err)
	}
	calls := maps.Clone(operations)
	for operation, m := range map[string]channel.Method{
		"precreate": channel.AlipayQR, "create": channel.AlipayJSAPI, "code": channel.AlipayCode,
	} {
		calls[operation] = func(ctx context.Context, c channel.Client) error {
			r := order(m)
			r.AppID = h.AppID
			_, err := c.Pay(ctx, r)
			return err
		}
	}
	for operation, run := range calls {
		h.Plan(t, app.Alipay, "rate_limit", 1)
		if err := run(t.Context(), c); channel.KindOf(err) != channel.KindRateLimited {
			t.Errorf("%s: %v", operation, err)
		}
	}
}
