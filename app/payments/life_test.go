package payments_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// each runs f on both databases with a shop of its own.
func each(t *testing.T, f func(s *shop, w *wire)) {
	c := &clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, w := open(t, d, c)
		f(s, w)
		s.sound()
	}, dbtest.WithClock(c))
}

var bothMethods = []channel.Method{channel.WeChatNative, channel.AlipayQR}

func TestAPaidCodeBecomesSucceededByItsNotification(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		for _, method := range bothMethods {
			p := s.create(order("N-"+string(method), method))
			if p.Status != payments.StatusPending || p.Action == nil || p.Action.Type != "qr_code" || p.Action.CodeURL == "" {
				s.t.Fatalf("%s: created as %+v", method, p)
			}
			s.pay(p.Action.CodeURL)
			got := s.await(p.ID, payments.StatusSucceeded)
			if got.ChannelTradeNo == "" || got.PayerAmount != 1234 || got.Late || got.PaidAttemptID != p.AttemptID {
				s.t.Errorf("%s: %+v", method, got)
			}
			if types := s.eventTypes(p.ID); !slices.Equal(types, []string{"payment.succeeded"}) {
				s.t.Errorf("%s: events %v", method, types)
			}
		}
	})
}

func TestASuccessWithoutNotificationIsFoundByTheQuery(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		for _, method := range bothMethods {
			s.fault(method.Channel(), trade.DropNotification, 1)
			p := s.create(order("Q-"+string(method), method))
			s.pay(p.Action.CodeURL)
			s.clock.advance(16 * time.Second)
			s.queryDue()
			s.await(p.ID, payments.StatusSucceeded)
		}
		// The accounts are deaf now: the next payment is asked about every 10 s.
		a, err := s.merchants.Account(s.ctx, s.scope.MerchantID, s.wechat.ID)
		if err != nil || a.Health.DeafSince == 0 {
			s.t.Fatalf("the account is not marked deaf: %+v, %v", a.Health, err)
		}
		heard := s.create(order("Q-heard", channel.WeChatNative))
		s.pay(heard.Action.CodeURL)
		s.await(heard.ID, payments.StatusSucceeded)
		if a, err = s.merchants.Account(s.ctx, s.scope.MerchantID, s.wechat.ID); err != nil || a.Health.DeafSince != 0 {
			s.t.Fatalf("the account is still deaf after a notification: %+v, %v", a.Health, err)
		}
	})
}

func TestAnUnpaidPaymentExpiresAtTheChannelAndHere(t *testing.T) {
	each(t, func(s *shop, w *wire) {
		for _, method := range bothMethods {
			in := order("E-"+string(method), method)
			in.ExpiresAt = s.clock.Now().Add(2*time.Minute + time.Second)
			p := s.create(in)
			s.clock.advance(2*time.Minute + 5*time.Second)
			s.queryDue()
			s.await(p.ID, payments.StatusClosed)
			if types := s.eventTypes(p.ID); !slices.Equal(types, []string{"payment.closed"}) {
				s.t.Errorf("%s: events %v", method, types)
			}
			if _, err := s.sandbox.Trades().Pay(s.ctx, p.Action.CodeURL); method == channel.WeChatNative && err == nil {
				s.t.Errorf("%s: a closed order could be paid: it was not closed at the channel", method)
			}
		}
	})
}

func TestMoneyAfterTheCloseIsKeptAndFlaggedLate(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		// Nobody has scanned the code, so the channel has nothing to close and
		// the payer may still scan it.
		p := s.create(order("L-1", channel.AlipayQR))
		if _, err := s.payments.Close(s.ctx, s.scope, p.ID); err != nil {
			s.t.Fatal(err)
		}
		s.await(p.ID, payments.StatusClosed)
		s.pay(p.Action.CodeURL)
		got := s.await(p.ID, payments.StatusSucceeded)
		if !got.Late {
			s.t.Error("late money is not flagged")
		}
		if types := s.eventTypes(p.ID); !slices.Equal(types, []string{"payment.closed", "payment.succeeded"}) {
			s.t.Errorf("events %v", types)
		}
	})
}

func TestACloseThatMeetsAPaymentKeepsTheMoney(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		for _, method := range bothMethods {
			s.fault(method.Channel(), trade.DropNotification, 1)
			p := s.create(order("K-"+string(method), method))
			s.pay(p.Action.CodeURL)
			_, err := s.payments.Close(s.ctx, s.scope, p.ID)
			var e *app.Error
			if !errors.As(err, &e) || e.Reason != "already_paid" {
				s.t.Fatalf("%s: close of a paid order gave %v", method, err)
			}
			s.await(p.ID, payments.StatusSucceeded)
		}
	})
}

func TestClosingTwiceIsClosingOnce(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		p := s.create(order("C-1", channel.WeChatNative))
		for range 2 {
			closed, err := s.payments.Close(s.ctx, s.scope, p.ID)
			if err != nil || closed.Status != payments.StatusClosed {
				s.t.Fatalf("%s, %v", closed.Status, err)
			}
		}
		if types := s.eventTypes(p.ID); !slices.Equal(types, []string{"payment.closed"}) {
			s.t.Errorf("events %v", types)
		}
	})
}

func TestARepeatedNotificationChangesNothing(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		for _, method := range bothMethods {
			s.fault(method.Channel(), trade.DuplicateNotification, 1)
			p := s.create(order("D-"+string(method), method))
			s.pay(p.Action.CodeURL)
			first := s.await(p.ID, payments.StatusSucceeded)
			s.awaitResult("repeated")
			if again := s.get(p.ID); again.Version != first.Version {
				s.t.Errorf("%s: version %d became %d", method, first.Version, again.Version)
			}
			if types := s.eventTypes(p.ID); len(types) != 1 {
				s.t.Errorf("%s: events %v", method, types)
			}
		}
	})
}

// awaitResult waits until a notification came to the result.
func (s *shop) awaitResult(want string) {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for s.results.last() != want {
		if time.Now().After(deadline) {
			s.t.Fatalf("the last notification was %q, want %q", s.results.last(), want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestForgedAndProbingNotificationsChangeNothing(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		for _, tc := range []struct {
			method channel.Method
			fault  trade.Fault
			result string
		}{
			{channel.WeChatNative, trade.BadSignature, "forged"},
			{channel.WeChatNative, trade.SignTest, "probe"},
			{channel.AlipayQR, trade.BadSignature, "forged"},
		} {
			s.fault(tc.method.Channel(), tc.fault, 1)
			p := s.create(order("F-"+string(tc.method)+string(tc.fault), tc.method))
			s.results.forget()
			s.pay(p.Action.CodeURL)
			s.awaitResult(tc.result)
			if got := s.get(p.ID); got.Status != payments.StatusPending {
				s.t.Errorf("%s %s: payment is %s", tc.method, tc.fault, got.Status)
			}
			var hits int
			account := s.wechat.ID
			if tc.method == channel.AlipayQR {
				account = s.alipay.ID
			}
			if err := s.db.Get(s.ctx, &hits, `SELECT SUM(hits) FROM forged_notifications WHERE account_id = ?`, account); err != nil || hits == 0 {
				s.t.Errorf("%s %s: %d forgeries counted, %v", tc.method, tc.fault, hits, err)
			}
		}
	})
}

func TestATamperedAmountIsQuarantinedAndTheTruthAskedFor(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		for _, method := range bothMethods {
			s.fault(method.Channel(), trade.TamperAmount, 1)
			p := s.create(order("T-"+string(method), method))
			s.results.forget()
			s.pay(p.Action.CodeURL)
			s.awaitResult("quarantined")
			if got := s.get(p.ID); got.Status != payments.StatusPending {
				s.t.Fatalf("%s: a notification with another amount was fulfilled: %s", method, got.Status)
			}
			held, err := s.payments.Quarantined(s.ctx, s.scope, 10)
			if err != nil || len(held) == 0 || held[0].Reason != "amount" || held[0].PaymentID != p.ID {
				s.t.Fatalf("%s: quarantine holds %+v, %v", method, held, err)
			}
			s.queryDue()
			s.await(p.ID, payments.StatusSucceeded)
		}
	})
}

func TestANotificationForAnotherAccountIsQuarantined(t *testing.T) {
	each(t, func(s *shop, w *wire) {
		// The same credentials registered twice stand for two accounts that can
		// verify each other's notifications.
		p := s.create(order("M-1", channel.WeChatNative))
		body, header := s.capture(p)
		s.moveAttempt(p.AttemptID, s.alipay.ID)
		res := s.deliver("/callbacks/wechat/"+s.wechat.ID, header, body)
		if res.StatusCode < 400 {
			s.t.Fatalf("a notification for another account's order was acknowledged: %d", res.StatusCode)
		}
		if got := s.get(p.ID); got.Status != payments.StatusPending {
			s.t.Fatalf("payment is %s", got.Status)
		}
		s.moveAttempt(p.AttemptID, s.wechat.ID)
	})
}

// moveAttempt binds a stored attempt to another account.
func (s *shop) moveAttempt(id, accountID string) {
	s.t.Helper()
	if n, err := s.db.Exec(s.ctx, `UPDATE attempts SET account_id = ? WHERE id = ?`, accountID, id); err != nil || n != 1 {
		s.t.Fatalf("%d rows, %v", n, err)
	}
}

// capture pays an order whose notification goes astray, and returns that
// notification as the channel sent it.
func (s *shop) capture(p payments.View) ([]byte, http.Header) {
	s.t.Helper()
	s.trap.arm()
	s.pay(p.Action.CodeURL)
	return s.trap.wait(s.t)
}

func (s *shop) deliver(path string, header http.Header, body []byte) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.base+path, strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestALostAnswerIsUnknownAndTheSameNumberIsSentAgain(t *testing.T) {
	each(t, func(s *shop, w *wire) {
		w.set(func(w *wire) { w.lose = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/native") } })
		out, err := s.payments.Create(s.ctx, s.scope, order("U-1", channel.WeChatNative), nil)
		if err != nil || !out.Unknown || out.View.Status != payments.StatusCreated || out.View.Action != nil {
			s.t.Fatalf("%+v, %v: want an unknown outcome, created, without an action", out, err)
		}
		w.set(func(w *wire) { w.lose = nil })
		again := s.create(order("U-1", channel.WeChatNative))
		if again.ID != out.View.ID || again.AttemptID != out.View.AttemptID || again.Status != payments.StatusPending {
			s.t.Fatalf("the repeated request gave %+v, the first %+v", again, out.View)
		}
		if trades := s.trades(); len(trades) != 1 {
			s.t.Fatalf("the channel has %d orders, want 1", len(trades))
		}
	})
}

func TestTheJobFindsOutAboutALostAnswer(t *testing.T) {
	each(t, func(s *shop, w *wire) {
		w.set(func(w *wire) { w.fail = func(*http.Request) error { return io.ErrUnexpectedEOF } })
		out, err := s.payments.Create(s.ctx, s.scope, order("U-2", channel.WeChatNative), nil)
		if err != nil || !out.Unknown {
			s.t.Fatalf("%+v, %v", out, err)
		}
		w.set(func(w *wire) { w.fail = nil })
		s.clock.advance(16 * time.Second)
		s.queryDue()
		s.await(out.View.ID, payments.StatusPending)
	})
}

func (s *shop) trades() []trade.Trade {
	s.t.Helper()
	trades, err := s.sandbox.Trades().Trades(s.ctx, "", "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return trades
}

func TestAHundredIdenticalRequestsMakeOneOrder(t *testing.T) {
	each(t, func(s *shop, w *wire) {
		var wg sync.WaitGroup
		ids := make([]string, 100)
		for i := range ids {
			wg.Go(func() {
				out, err := s.payments.Create(s.ctx, s.scope, order("H-1", channel.WeChatNative), nil)
				if err != nil {
					s.t.Error(err)
					return
				}
				ids[i] = out.View.ID + " " + string(out.View.Status)
			})
		}
		wg.Wait()
		slices.Sort(ids)
		if distinct := slices.Compact(ids); len(distinct) != 1 || !strings.HasSuffix(distinct[0], " pending") {
			s.t.Errorf("answers differ: %v", distinct)
		}
		if n := w.count(wechatNative); n != 1 {
			s.t.Errorf("the channel was asked %d times for one order: %v", n, w.bodies)
		}
	})
}

func TestTheSameOrderNumberForAnotherOrderIsRefused(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		s.create(order("X-1", channel.WeChatNative))
		other := order("X-1", channel.WeChatNative)
		other.Amount++
		_, err := s.payments.Create(s.ctx, s.scope, other, nil)
		var e *app.Error
		if !errors.As(err, &e) || e.Reason != "order_no_conflict" || e.Code != app.Conflict {
			s.t.Fatalf("got %v", err)
		}
	})
}

func TestAnotherMerchantsOrModesPaymentDoesNotExist(t *testing.T) {
	each(t, func(s *shop, _ *wire) {
		p := s.create(order("S-1", channel.WeChatNative))
		for _, scope := range []payments.Scope{{MerchantID: s.scope.MerchantID, Mode: app.Live}, {MerchantID: "mch_other", Mode: app.Test}} {
			if _, err := s.payments.Get(s.ctx, scope, p.ID); !app.Is(err, app.NotFound) {
				s.t.Errorf("get from %v: %v", scope, err)
			}
			if _, err := s.payments.Close(s.ctx, scope, p.ID); !app.Is(err, app.NotFound) {
				s.t.Errorf("close from %v: %v", scope, err)
			}
		}
	})
}
