package guard

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// operation is how one kind of call is guarded.
type operation struct {
	name string
	// retryWithin is how young the operation must be for another try to begin. A
	// quick failure (a refused connection, a 5xx) leaves time for one; a call that
	// waited for its timeout does not: somebody is waiting for us. 0 never tries
	// again.
	retryWithin time.Duration
	// urgent calls pass a pause: they end an order or give money back that a payer
	// waits for.
	urgent bool
	// doubtful refusals of another try may be about that try alone, such as that
	// nothing is left to give back: they do not end what the first may have begun.
	doubtful bool
}

// Everything here names what it does by its number, so that the channel does it
// once however often it hears of it. Payment codes are the exception: a code is
// good for one use, and its order must be queried or reversed instead.
var (
	payOnce     = operation{name: "pay"}
	pay         = operation{name: "pay", retryWithin: 2 * time.Second}
	query       = operation{name: "query", retryWithin: 3 * time.Second}
	closeOrder  = operation{name: "close", retryWithin: 2 * time.Second, urgent: true}
	reverse     = operation{name: "reverse", retryWithin: 3 * time.Second, urgent: true}
	refund      = operation{name: "refund", retryWithin: 2 * time.Second, doubtful: true}
	queryRefund = operation{name: "query_refund", retryWithin: 3 * time.Second}
)

const (
	// moreTries is how often a call is repeated at most.
	moreTries = 2
	// tryPause is the least time between two tries; it doubles, and jitters.
	tryPause = 100 * time.Millisecond
	// tryNeeds is the time a try must have left before the caller's deadline.
	tryNeeds = time.Second
)

// client is a channel's client under guard. Notifications and probes pass.
type client struct {
	channel.Client
	record *record
}

// Unwrap returns the client without its guard, for the optional interfaces it
// fulfils.
func (c *client) Unwrap() channel.Client { return c.Client }

// Pay sends the order, again after a quick failure unless it is by a payment
// code.
func (c *client) Pay(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	op := pay
	if r.Method == channel.WeChatCode || r.Method == channel.AlipayCode {
		op = payOnce
	}
	return guarded(ctx, c.record, op, func(ctx context.Context) (channel.PayResult, error) { return c.Client.Pay(ctx, r) })
}

// Query asks for the truth about an order number.
func (c *client) Query(ctx context.Context, number string) (channel.Trade, error) {
	return guarded(ctx, c.record, query, func(ctx context.Context) (channel.Trade, error) { return c.Client.Query(ctx, number) })
}

// Close ends an unpaid order.
func (c *client) Close(ctx context.Context, number string) error {
	_, err := guarded(ctx, c.record, closeOrder, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.Client.Close(ctx, number) })
	return err
}

// Reverse undoes a payment-code order.
func (c *client) Reverse(ctx context.Context, number string) error {
	_, err := guarded(ctx, c.record, reverse, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.Client.Reverse(ctx, number) })
	return err
}

// Refund asks for money back.
func (c *client) Refund(ctx context.Context, r channel.RefundRequest) (channel.Refund, error) {
	return guarded(ctx, c.record, refund, func(ctx context.Context) (channel.Refund, error) { return c.Client.Refund(ctx, r) })
}

// QueryRefund asks for the truth about a refund's number.
func (c *client) QueryRefund(ctx context.Context, l channel.RefundLookup) (channel.Refund, error) {
	return guarded(ctx, c.record, queryRefund, func(ctx context.Context) (channel.Refund, error) { return c.Client.QueryRefund(ctx, l) })
}

// guarded makes the call as often as the operation allows. Once something was
// sent, its outcome is what is returned: that another try was held back, or not
// taken for now, does not make an unknown outcome one that did not happen.
func guarded[T any](ctx context.Context, r *record, op operation, call func(context.Context) (T, error)) (T, error) {
	start := time.Now()
	out, err := once(ctx, r, op, call)
	for try := range moreTries {
		if channel.KindOf(err) != channel.KindUnknown || tooMany(err) || !rest(ctx, op, start, try) {
			return out, err
		}
		again, againErr := once(ctx, r, op, call)
		kind := channel.KindOf(againErr)
		if kind == channel.KindHeld {
			return out, err
		}
		r.settings.Retried(r.account.Channel, op.name)
		if kind == channel.KindRateLimited || (op.doubtful && kind != "" && kind != channel.KindUnknown) {
			return out, err
		}
		out, err = again, againErr
	}
	return out, err
}

// once makes one call if the account's record allows it.
func once[T any](ctx context.Context, r *record, op operation, call func(context.Context) (T, error)) (T, error) {
	done, held := r.enter(op.urgent)
	if held != nil {
		var none T
		return none, held
	}
	var sent atomic.Bool
	watched := channel.WithRecorder(ctx, func(e channel.Exchange) {
		sent.Store(true)
		channel.Record(ctx, e)
	})
	left := false
	defer func() {
		if !left { // a panic: somebody recovers above us, and the probe's place must be free
			done(errExcluded)
		}
	}()
	out, err := call(watched)
	left = true
	r.left(ctx, done, err, sent.Load())
	return out, err
}

// rest waits before the next try, and reports whether there is time for one.
func rest(ctx context.Context, op operation, start time.Time, try int) bool {
	pause := tryPause << try
	pause += time.Duration(rand.Int64N(int64(pause)))
	if time.Since(start)+pause > op.retryWithin || ctx.Err() != nil {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause+tryNeeds {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
