package guard_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

func TestAQuickFailureIsRepeatedAndATimeoutIsNot(t *testing.T) {
	operations := map[string]func(context.Context, channel.Client) error{
		"pay": func(ctx context.Context, c channel.Client) error {
			_, err := c.Pay(ctx, channel.PayRequest{Method: channel.WeChatNative})
			return err
		},
		"query":   func(ctx context.Context, c channel.Client) error { _, err := c.Query(ctx, "n"); return err },
		"close":   func(ctx context.Context, c channel.Client) error { return c.Close(ctx, "n") },
		"reverse": func(ctx context.Context, c channel.Client) error { return c.Reverse(ctx, "n") },
		"refund": func(ctx context.Context, c channel.Client) error {
			_, err := c.Refund(ctx, channel.RefundRequest{})
			return err
		},
		"query_refund": func(ctx context.Context, c channel.Client) error {
			_, err := c.QueryRefund(ctx, channel.RefundLookup{})
			return err
		},
	}
	for name, call := range operations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(guard.Settings{})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				r.script.answer = firstFails(2)
				if err := call(ctx, r.client); err != nil || r.script.made() != 3 {
					t.Errorf("after two quick failures: %v in %d calls, want success in 3", err, r.script.made())
				}
				slow := open(guard.Settings{})
				slow.script.takes = time.Minute
				start := time.Now()
				if err := call(ctx, slow.client); channel.KindOf(err) != channel.KindUnknown || slow.script.made() != 1 {
					t.Errorf("a timeout gave %v in %d calls, want unknown in 1", err, slow.script.made())
				}
				if waited := time.Since(start); waited > 10*time.Second {
					t.Errorf("the caller waited %s", waited)
				}
			})
		})
	}
}

func TestNoMoreThanTwoTriesAreAdded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{})
		r.script.answer = fails(channel.KindUnknown)
		if err := r.query(t); channel.KindOf(err) != channel.KindUnknown || r.script.made() != 3 {
			t.Errorf("%v in %d calls, want unknown in 3", err, r.script.made())
		}
	})
}

// A code is good for one payment, so a second request could be about another
// answer; and certain answers need no second opinion.
func TestPaymentCodesAndCertainAnswersAreNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, method := range []channel.Method{channel.WeChatCode, channel.AlipayCode} {
			r := open(guard.Settings{})
			r.script.answer = fails(channel.KindUnknown)
			_, _ = r.client.Pay(t.Context(), channel.PayRequest{Method: method})
			if r.script.made() != 1 {
				t.Errorf("%s was sent %d times", method, r.script.made())
			}
		}
		for _, kind := range []channel.Kind{channel.KindRefused, channel.KindNotExist, channel.KindPaid, channel.KindClosed, channel.KindNumberUsed, channel.KindConfig, channel.KindRateLimited} {
			r := open(guard.Settings{})
			r.script.answer = fails(kind)
			if err := r.query(t); channel.KindOf(err) != kind || r.script.made() != 1 {
				t.Errorf("%s: %v in %d calls", kind, err, r.script.made())
			}
		}
	})
}

func TestACallerThatLeavesIsNotServedAgainAndProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(guard.Settings{Failures: 2})
		r.script.takes = time.Second
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, cancel)
			if _, err := r.client.Query(ctx, "att_1"); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		if r.script.made() != 5 || len(r.states()) != 0 {
			t.Errorf("%d calls, told %v: want 5 calls and no word", r.script.made(), r.states())
		}
	})
}

// What the first try may have done is not undone by a second that was not taken.
func TestAnotherTrysRefusalLeavesTheFirstUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for kind, want := range map[channel.Kind]struct{ refund, query channel.Kind }{
			channel.KindRateLimited: {channel.KindUnknown, channel.KindUnknown},
			channel.KindRefused:     {channel.KindUnknown, channel.KindRefused},
			channel.KindNotExist:    {channel.KindUnknown, channel.KindNotExist},
		} {
			then := func(n int) error {
				if n == 1 {
					return fails(channel.KindUnknown)(n)
				}
				return fails(kind)(n)
			}
			r := open(guard.Settings{})
			r.script.answer = then
			if _, err := r.client.Refund(t.Context(), channel.RefundRequest{}); channel.KindOf(err) != want.refund || r.script.made() != 2 {
				t.Errorf("a refund, then %s: %v in %d calls, want %s", kind, err, r.script.made(), want.refund)
			}
			r = open(guard.Settings{})
			r.script.answer = then
			if err := r.query(t); channel.KindOf(err) != want.query || r.script.made() != 2 {
				t.Errorf("a query, then %s: %v in %d calls, want %s", kind, err, r.script.made(), want.query)
			}
		}
	})
}
