package channeltest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// testRefunds: money comes back once per number, never more than was paid.
func testRefunds(t *testing.T, h *Harness) {
	t.Run("in parts", func(t *testing.T) { h.testRefundParts(t) })
	t.Run("never too much", func(t *testing.T) { h.testRefundLimits(t) })
	t.Run("announced", func(t *testing.T) { h.testRefundNotification(t) })
	t.Run("not of others", func(t *testing.T) { h.testRefundOfOthers(t) })
	t.Run("without an answer", func(t *testing.T) { h.testRefundLost(t) })
	t.Run("that goes wrong", func(t *testing.T) { h.testRefundFails(t) })
	t.Run("recorded without the payer", func(t *testing.T) { h.testRefundRecorded(t) })
}

// paidOrder pays a fresh order and returns its trade.
func (h *Harness) paidOrder(t *testing.T, c channel.Client) channel.Trade {
	t.Helper()
	r := h.order()
	h.Pay(t, h.place(t, c, r))
	h.Next(t)
	paid, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	return paid
}

// refundOf asks for part of a paid order.
func (h *Harness) refundOf(paid channel.Trade, amount app.Money) channel.RefundRequest {
	return channel.RefundRequest{
		Number: app.NewID(app.PrefixRefund, time.Now()), PaymentNumber: paid.Number, ChannelTradeNo: paid.ChannelTradeNo,
		Amount: amount, Total: paid.Amount, Currency: app.CNY, Reason: "杯子 <broken> & returned", NotifyURL: h.NotifyURL(),
	}
}

func lookup(r channel.RefundRequest) channel.RefundLookup {
	return channel.RefundLookup{Number: r.Number, PaymentNumber: r.PaymentNumber, ChannelTradeNo: r.ChannelTradeNo}
}

// arrived asks until a refund has left its pending state.
func (h *Harness) arrived(t *testing.T, c channel.Client, r channel.RefundRequest) channel.Refund {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got, err := c.QueryRefund(t.Context(), lookup(r))
		wantKind(t, err, "")
		if got.State != channel.RefundPending {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("still pending: %+v", got)
		}
	}
}

// checkRefund compares what the channel says of a refund with what was asked.
func (h *Harness) checkRefund(t *testing.T, got channel.Refund, r channel.RefundRequest) {
	t.Helper()
	if got.Number != r.Number || got.PaymentNumber != r.PaymentNumber || got.ChannelTradeNo != r.ChannelTradeNo || got.RawState == "" {
		t.Errorf("refund %+v does not match %+v", got, r)
	}
	if got.Amount != 0 && got.Amount != r.Amount || got.Total != 0 && got.Total != r.Total {
		t.Errorf("refund of %d of %d, want %d of %d", got.Amount, got.Total, r.Amount, r.Total)
	}
	if got.Amount == 0 && got.RefundedTotal == 0 {
		t.Errorf("refund %+v says no amount", got)
	}
}

func (h *Harness) testRefundParts(t *testing.T) {
	c := h.open(t, h.Account)
	paid := h.paidOrder(t, c)
	part, rest := h.refundOf(paid, 23), h.refundOf(paid, paid.Amount-23)
	_, err := c.QueryRefund(t.Context(), lookup(part))
	wantKind(t, err, channel.KindNotExist)
	h.testRefundOnce(t, c, part)
	trade, err := c.Query(t.Context(), paid.Number)
	wantKind(t, err, "")
	if !trade.State.WasPaid() {
		t.Errorf("after a part of it went back the order is %+v", trade)
	}
	if h.supports("refund_spacing") { // a minute must pass between two
		h.Plan(t, h.Driver.Name(), "refund_spacing", 1)
		_, err = c.Refund(t.Context(), rest)
		wantKind(t, err, channel.KindRateLimited)
		_, err = c.QueryRefund(t.Context(), lookup(rest))
		wantKind(t, err, channel.KindNotExist)
	}
	h.testRefundOnce(t, c, rest)
	trade, err = c.Query(t.Context(), paid.Number)
	wantKind(t, err, "")
	if trade.State != channel.TradeRefunded {
		t.Errorf("after all of it went back the order is %+v", trade)
	}
}

// testRefundOnce asks twice for one refund and waits for it.
func (h *Harness) testRefundOnce(t *testing.T, c channel.Client, r channel.RefundRequest) {
	t.Helper()
	before := time.Now().Add(-2 * time.Second)
	first, err := c.Refund(t.Context(), r)
	wantKind(t, err, "")
	if first.State != channel.RefundPending && first.State != channel.RefundSucceeded {
		t.Fatalf("accepted as %+v", first)
	}
	h.checkRefund(t, first, r)
	again, err := c.Refund(t.Context(), r)
	wantKind(t, err, "")
	if again.Number != first.Number || again.ChannelRefundNo != first.ChannelRefundNo {
		t.Errorf("repeated it is another refund: %+v, then %+v", first, again)
	}
	done := h.arrived(t, c, r)
	h.checkRefund(t, done, r)
	if done.State != channel.RefundSucceeded || !done.At.IsZero() && (done.At.Before(before) || done.At.After(time.Now().Add(2*time.Second))) {
		t.Errorf("in the end %+v", done)
	}
}

func (h *Harness) testRefundLimits(t *testing.T) {
	c := h.open(t, h.Account)
	paid := h.paidOrder(t, c)
	refused := func(why string, r channel.RefundRequest) {
		t.Helper()
		_, err := c.Refund(t.Context(), r)
		var e *channel.Error
		if k := channel.KindOf(err); k != channel.KindRefused && k != channel.KindNumberUsed && k != channel.KindNotExist {
			t.Errorf("%s: %v, want a refusal", why, err)
		} else if errors.As(err, &e); e.Code == "" {
			t.Errorf("%s: refused without the channel's code: %v", why, err)
		}
	}
	part := h.refundOf(paid, 100)
	_, err := c.Refund(t.Context(), part)
	wantKind(t, err, "")
	h.arrived(t, c, part)
	above := h.refundOf(paid, paid.Amount-100+1)
	refused("above the remainder", above)
	_, err = c.QueryRefund(t.Context(), lookup(above))
	wantKind(t, err, channel.KindNotExist)
	changed := part
	changed.Amount--
	refused("another amount under the same number", changed)
	ghost := paid
	ghost.Number, ghost.ChannelTradeNo = h.order().Number, ""
	refused("of an order that is not there", h.refundOf(ghost, 1))
	unpaid := h.order()
	h.Scan(t, h.place(t, c, unpaid))
	ghost.Number = unpaid.Number
	refused("of an unpaid order", h.refundOf(ghost, 1))
	for name, spoil := range map[string]func(*channel.RefundRequest){
		"no number":         func(r *channel.RefundRequest) { r.Number = "" },
		"no payment":        func(r *channel.RefundRequest) { r.PaymentNumber, r.ChannelTradeNo = "", "" },
		"nothing":           func(r *channel.RefundRequest) { r.Amount = 0 },
		"less than nothing": func(r *channel.RefundRequest) { r.Amount = -1 },
		"above the total":   func(r *channel.RefundRequest) { r.Amount = r.Total + 1 },
		"other currency":    func(r *channel.RefundRequest) { r.Currency = "USD" },
	} {
		bad, calls := h.refundOf(paid, 1), 0
		spoil(&bad)
		_, err := c.Refund(channel.WithRecorder(t.Context(), func(channel.Exchange) { calls++ }), bad)
		if channel.KindOf(err) != channel.KindRefused || calls != 0 {
			t.Errorf("%s: %v after %d calls, want a refusal without any", name, err, calls)
		}
	}
}

// testRefundNotification reads the message that announces a refund.
func (h *Harness) testRefundNotification(t *testing.T) {
	c := h.open(t, h.Account)
	paid := h.paidOrder(t, c)
	r := h.refundOf(paid, 23)
	_, err := c.Refund(t.Context(), r)
	wantKind(t, err, "")
	message, notice := h.nextRefund(t, c, r)
	if notice.ID == "" || notice.Type == "" || notice.VerifiedBy == "" || !json.Valid(notice.Plain) {
		t.Fatalf("notice %+v lacks something", notice)
	}
	h.checkRefund(t, *notice.Refund, r)
	if got := *notice.Refund; got.State != channel.RefundSucceeded || got.Identity != h.Identity || got.SubIdentity != h.SubIdentity || got.At.IsZero() {
		t.Errorf("announced %+v", got)
	}
	_, err = h.open(t, h.Other).ParseNotification(t.Context(), message)
	wantKind(t, err, channel.KindForged)
}

// nextRefund waits for the message about a refund; others pass by.
func (h *Harness) nextRefund(t *testing.T, c channel.Client, r channel.RefundRequest) (channel.Notification, channel.Notice) {
	t.Helper()
	for {
		message := h.Next(t)
		notice, err := c.ParseNotification(t.Context(), message)
		wantKind(t, err, "")
		if notice.Refund != nil && notice.Refund.Number == r.Number {
			return message, notice
		}
	}
}

func (h *Harness) testRefundOfOthers(t *testing.T) {
	c, other := h.open(t, h.Account), h.open(t, h.Other)
	paid := h.paidOrder(t, c)
	r := h.refundOf(paid, 1)
	if _, err := other.Refund(t.Context(), r); err == nil {
		t.Error("another account gives our money back")
	}
	_, err := c.Refund(t.Context(), r)
	wantKind(t, err, "")
	h.arrived(t, c, r)
	_, err = other.QueryRefund(t.Context(), lookup(r))
	wantKind(t, err, channel.KindNotExist)
}

// testRefundLost: no answer is no outcome. The same request again refunds once.
func (h *Harness) testRefundLost(t *testing.T) {
	c := h.open(t, h.Account)
	for _, fault := range []string{"http_500", "garbage", "timeout_before", "timeout_after_success", "forge_answer", "unsigned_answer", "truncated"} {
		if !h.supports(fault) {
			continue
		}
		paid := h.paidOrder(t, c)
		r := h.refundOf(paid, paid.Amount)
		h.Plan(t, h.Driver.Name(), fault, 1)
		ctx, cancel := context.WithTimeout(t.Context(), faultPatience(fault))
		_, err := c.Refund(ctx, r)
		cancel()
		if channel.KindOf(err) != channel.KindUnknown {
			t.Errorf("%s: %v, want unknown", fault, err)
		}
		_, err = c.Refund(t.Context(), r)
		wantKind(t, err, "")
		if done := h.arrived(t, c, r); done.State != channel.RefundSucceeded {
			t.Errorf("%s: in the end %+v", fault, done)
		}
	}
}

// testRefundFails: what the channel says of a refund that does not arrive.
func (h *Harness) testRefundFails(t *testing.T) {
	c := h.open(t, h.Account)
	for fault, want := range map[string]channel.RefundState{"refund_abnormal": channel.RefundAbnormal, "refund_closed": channel.RefundClosed} {
		if !h.supports(fault) {
			continue
		}
		paid := h.paidOrder(t, c)
		r := h.refundOf(paid, paid.Amount)
		h.Plan(t, h.Driver.Name(), fault, 1)
		_, err := c.Refund(t.Context(), r)
		wantKind(t, err, "")
		got := h.arrived(t, c, r)
		h.checkRefund(t, got, r)
		if _, notice := h.nextRefund(t, c, r); got.State != want || notice.Refund.State != want {
			t.Errorf("%s: %+v, announced %+v", fault, got, notice.Refund)
		}
	}
}

// testRefundRecorded: a timeline shows each call, without saying whose account
// the money went to.
func (h *Harness) testRefundRecorded(t *testing.T) {
	c := h.open(t, h.Account)
	paid := h.paidOrder(t, c)
	r := h.refundOf(paid, 1)
	operations := map[string]bool{}
	ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) {
		operations[e.Operation] = true
		for _, secret := range append([]string{paid.PayerID}, h.Secrets...) {
			if strings.Contains(e.Request+e.Response+e.URL, secret) {
				t.Errorf("%s shows a secret or the payer: %+v", e.Operation, e)
			}
		}
	})
	_, err := c.Refund(ctx, r)
	wantKind(t, err, "")
	h.arrived(t, c, r)
	got, err := c.QueryRefund(ctx, lookup(r))
	wantKind(t, err, "")
	if !operations["refund"] || !operations["query_refund"] {
		t.Errorf("recorded %v", operations)
	}
	if got.Account != "" && !strings.Contains(got.Account, "*") {
		t.Errorf("account %q is not masked", got.Account)
	}
}
