package payments_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// dead makes the channel unreachable and counts the calls that try.
type dead struct {
	mu    sync.Mutex
	calls int
}

func (d *dead) fail(r *http.Request) error {
	if !strings.Contains(r.URL.Path, "/wechat/") {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	return io.ErrUnexpectedEOF
}

func (d *dead) made() int { d.mu.Lock(); defer d.mu.Unlock(); return d.calls }

func (s *shop) count(query string) int {
	s.T.Helper()
	var n int
	if err := s.DB.Get(s.Ctx, &n, query); err != nil {
		s.T.Fatal(err)
	}
	return n
}

func TestAnOpenCircuitStoresNothingAndAProbeClosesIt(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		s.Guard(guard.Settings{Failures: 3, OpenFor: time.Hour})
		var gone dead
		w.Set(func(w *paymentstest.Wire) { w.Fail = gone.fail })
		first, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("G-1", channel.WeChatNative), nil)
		if err != nil || !first.Unknown || gone.made() != 3 {
			s.T.Fatalf("the first order: %v, unknown %t, after %d calls, want unknown after 3", err, first.Unknown, gone.made())
		}

		rows := s.count(`SELECT (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM payment_keys) + (SELECT COUNT(*) FROM attempts) + (SELECT COUNT(*) FROM payment_timeline)`)
		_, err = s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("G-2", channel.WeChatNative), nil)
		var e *app.Error
		if !errors.As(err, &e) || e.Code != app.Unavailable || e.Reason != "channel_unavailable" {
			s.T.Fatalf("an order while the circuit is open gave %v %+v", err, e)
		}
		if wait, err := strconv.Atoi(e.Details["retry_after"]); err != nil || wait > 3600 || wait < 3000 {
			s.T.Errorf("it may be tried again in %q s, want what is left of an hour", e.Details["retry_after"])
		}
		if after := s.count(`SELECT (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM payment_keys) + (SELECT COUNT(*) FROM attempts) + (SELECT COUNT(*) FROM payment_timeline)`); after != rows {
			s.T.Errorf("%d rows were stored", after-rows)
		}
		if p := s.Create(paymentstest.Order("G-3", channel.AlipayQR)); p.Status != payments.StatusPending {
			s.T.Errorf("the other channel's account was held too: %s", p.Status)
		}
		if again, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("G-1", channel.WeChatNative), nil); err != nil || !again.Unknown || again.View.ID != first.View.ID {
			s.T.Errorf("the first order repeated: %v %+v", err, again)
		}
		if gone.made() != 3 {
			s.T.Errorf("%d calls were made through an open circuit", gone.made()-3)
		}

		// The same once more with a circuit that is not open for long.
		const openFor = 10 * time.Millisecond
		s.Guard(guard.Settings{Failures: 3, OpenFor: openFor})
		if again, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("G-1", channel.WeChatNative), nil); err != nil || !again.Unknown || gone.made() != 6 {
			s.T.Fatalf("the first order to a closed circuit: %v, unknown %t, after %d calls, want unknown after 6", err, again.Unknown, gone.made())
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		time.Sleep(openFor)
		if p := s.Create(paymentstest.Order("G-2", channel.WeChatNative)); p.Status != payments.StatusPending {
			s.T.Errorf("after the probe the order is %s", p.Status)
		}
		if p := s.Create(paymentstest.Order("G-1", channel.WeChatNative)); p.Status != payments.StatusPending {
			s.T.Errorf("the first order is %s", p.Status)
		}
	})
}

func TestQueriesWaitForTheCircuitWithoutCounting(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		s.Guard(guard.Settings{Failures: 3, OpenFor: time.Hour})
		p := s.Create(paymentstest.Order("Q-1", channel.WeChatNative))
		var gone dead
		w.Set(func(w *paymentstest.Wire) { w.Fail = gone.fail })
		s.Clock.Advance(16 * time.Second)
		s.QueryDue() // opens the circuit
		queries := s.count(`SELECT queries FROM attempts`)
		s.Clock.Advance(15 * time.Second)
		s.QueryDue()
		if n := s.count(`SELECT queries FROM attempts`); n != queries || gone.made() != 3 {
			s.T.Errorf("%d queries counted and %d calls made while the circuit was open", n-queries, gone.made()-3)
		}
		now, err := s.DB.Now(s.Ctx)
		if err != nil {
			s.T.Fatal(err)
		}
		next := app.Millis(s.count(`SELECT next_query_at FROM attempts`))
		if wait := time.Duration(next-now) * time.Millisecond; wait < 50*time.Minute || wait > time.Hour {
			s.T.Errorf("it is asked again in %s, want when the circuit lets calls through", wait)
		}
		if _, err := s.Payments.Sync(s.Ctx, s.Scope, p.ID); !app.Is(err, app.Unavailable) {
			s.T.Errorf("查单 gave %v", err)
		}
	})
}

func TestTimeoutsOpenTheCircuit(t *testing.T) {
	t.Parallel() // it waits for timeouts, as the matrix does
	each(t, func(s *shop, w *paymentstest.Wire) {
		s.Guard(guard.Settings{Failures: 2, OpenFor: time.Hour})
		s.Fault(app.WeChat, trade.TimeoutBefore, 2)
		for _, no := range []string{"T-1", "T-2"} {
			if out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order(no, channel.WeChatNative), nil); err != nil || !out.Unknown {
				s.T.Fatalf("%s: %v", no, err)
			}
		}
		if _, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("T-3", channel.WeChatNative), nil); !app.Is(err, app.Unavailable) {
			s.T.Errorf("after two timeouts: %v", err)
		}
		if n := w.Count(paymentstest.WeChatNative); n != 2 {
			s.T.Errorf("%d orders went over the wire, want one for each timeout", n)
		}
	})
}

// An order that the guard holds back after it was stored is sent later, with the
// request that was stored.
func TestAHeldOrderIsSentLater(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		s.Guard(guard.Settings{Failures: 3, OpenFor: time.Minute})
		var gone dead
		w.Set(func(w *paymentstest.Wire) { w.Fail = gone.fail })
		out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("H-1", channel.WeChatNative), nil)
		if err != nil || !out.Unknown {
			s.T.Fatal(err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		// Sent again while the circuit is open, it is held: stored, not sent.
		if out, err = s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("H-1", channel.WeChatNative), nil); err != nil || !out.Unknown {
			s.T.Fatal(err)
		}
		s.Guard(guard.Settings{}) // the circuit is closed again
		s.Clock.Advance(2 * time.Minute)
		s.QueryDue()
		if p := s.Get(out.View.ID); p.Status != payments.StatusPending {
			s.T.Errorf("the held order is %s", p.Status)
		}
	})
}

func TestAChannelThatAsksForFewerCallsGetsFewer(t *testing.T) {
	for _, method := range bothMethods {
		t.Run(string(method), func(t *testing.T) {
			each(t, func(s *shop, w *paymentstest.Wire) {
				s.Guard(guard.Settings{})
				s.Fault(method.Channel(), trade.RateLimit, 1)
				out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("R-1", method), nil)
				if err != nil || !out.Unknown {
					s.T.Fatalf("%v, unknown %t", err, out.Unknown)
				}
				sent := w.Total()
				for range 3 { // in the second that it is, even on a busy machine
					if _, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("R-2", method), nil); !app.Is(err, app.Unavailable) {
						s.T.Fatalf("in the pause: %v", err)
					}
					s.QueryDue()
				}
				if n := w.Total(); n != sent {
					s.T.Errorf("%d calls in the pause", n-sent)
				}
				time.Sleep(1600 * time.Millisecond)
				if p := s.Create(paymentstest.Order("R-1", method)); p.Status != payments.StatusPending {
					s.T.Errorf("after the pause the order is %s", p.Status)
				}
			})
		})
	}
}
