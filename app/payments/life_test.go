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
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// shop is a test's shop with what only these tests need.
type shop struct{ *paymentstest.Shop }

// each runs f on both databases with a shop of its own.
func each(t *testing.T, f func(s *shop, w *paymentstest.Wire)) {
	c := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		inner, w := paymentstest.Open(t, d, c)
		s := &shop{inner}
		f(s, w)
		s.Sound()
	}, dbtest.WithClock(c))
}

var bothMethods = []channel.Method{channel.WeChatNative, channel.AlipayQR}

func TestAPaidCodeBecomesSucceededByItsNotification(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Create(paymentstest.Order("N-"+string(method), method))
			if p.Status != payments.StatusPending || p.Action == nil || p.Action.Type != "qr_code" || p.Action.CodeURL == "" {
				s.T.Fatalf("%s: created as %+v", method, p)
			}
			s.Pay(p.Action.CodeURL)
			got := s.Await(p.ID, payments.StatusSucceeded)
			if got.ChannelTradeNo == "" || got.PayerAmount != 1234 || got.Late || got.PaidAttemptID != p.AttemptID {
				s.T.Errorf("%s: %+v", method, got)
			}
			if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.succeeded"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
		}
	})
}

func TestASuccessWithoutNotificationIsFoundByTheQuery(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			s.Fault(method.Channel(), trade.DropNotification, 1)
			p := s.Create(paymentstest.Order("Q-"+string(method), method))
			s.Pay(p.Action.CodeURL)
			s.Clock.Advance(16 * time.Second)
			s.QueryDue()
			s.Await(p.ID, payments.StatusSucceeded)
		}
		// The accounts are deaf now: the next payment is asked about every 10 s,
		// from its first query on.
		a, err := s.Merchants.Account(s.Ctx, s.Scope.MerchantID, s.WeChat.ID)
		if err != nil || a.Health.DeafSince == 0 {
			s.T.Fatalf("the account is not marked deaf: %+v, %v", a.Health, err)
		}
		for _, method := range bothMethods {
			s.Fault(method.Channel(), trade.DropNotification, 1)
			p := s.Create(paymentstest.Order("Q-deaf-"+string(method), method))
			s.Pay(p.Action.CodeURL)
			s.Clock.Advance(10*time.Second + 100*time.Millisecond)
			s.QueryDue()
			s.Await(p.ID, payments.StatusSucceeded)
		}
		heard := s.Create(paymentstest.Order("Q-heard", channel.WeChatNative))
		s.Pay(heard.Action.CodeURL)
		s.Await(heard.ID, payments.StatusSucceeded)
		if a, err = s.Merchants.Account(s.Ctx, s.Scope.MerchantID, s.WeChat.ID); err != nil || a.Health.DeafSince != 0 {
			s.T.Fatalf("the account is still deaf after a notification: %+v, %v", a.Health, err)
		}
	})
}

func TestAnUnpaidPaymentExpiresAtTheChannelAndHere(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		for _, method := range bothMethods {
			in := paymentstest.Order("E-"+string(method), method)
			in.ExpiresAt = s.Clock.Now().Add(2*time.Minute + time.Second)
			p := s.Create(in)
			s.Clock.Advance(2*time.Minute + 5*time.Second)
			s.QueryDue()
			s.Await(p.ID, payments.StatusClosed)
			if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.closed"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
			if _, err := s.Sandbox.Trades().Pay(s.Ctx, p.Action.CodeURL); method == channel.WeChatNative && err == nil {
				s.T.Errorf("%s: a closed order could be paid: it was not closed at the channel", method)
			}
		}
	})
}

func TestMoneyAfterTheCloseIsKeptAndFlaggedLate(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		// Nobody has scanned the code, so the channel has nothing to close and
		// the payer may still scan it.
		p := s.Create(paymentstest.Order("L-1", channel.AlipayQR))
		if _, err := s.Payments.Close(s.Ctx, s.Scope, p.ID); err != nil {
			s.T.Fatal(err)
		}
		s.Await(p.ID, payments.StatusClosed)
		s.Pay(p.Action.CodeURL)
		got := s.Await(p.ID, payments.StatusSucceeded)
		if !got.Late {
			s.T.Error("late money is not flagged")
		}
		if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.closed", "payment.succeeded"}) {
			s.T.Errorf("events %v", types)
		}
	})
}

func TestACloseThatMeetsAPaymentKeepsTheMoney(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			s.Fault(method.Channel(), trade.DropNotification, 1)
			p := s.Create(paymentstest.Order("K-"+string(method), method))
			s.Pay(p.Action.CodeURL)
			_, err := s.Payments.Close(s.Ctx, s.Scope, p.ID)
			var e *app.Error
			if !errors.As(err, &e) || e.Reason != "already_paid" {
				s.T.Fatalf("%s: close of a paid order gave %v", method, err)
			}
			s.Await(p.ID, payments.StatusSucceeded)
		}
	})
}

func TestClosingTwiceIsClosingOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("C-1", channel.WeChatNative))
		for range 2 {
			closed, err := s.Payments.Close(s.Ctx, s.Scope, p.ID)
			if err != nil || closed.Status != payments.StatusClosed {
				s.T.Fatalf("%s, %v", closed.Status, err)
			}
		}
		if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.closed"}) {
			s.T.Errorf("events %v", types)
		}
	})
}

func TestARepeatedNotificationChangesNothing(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			s.Fault(method.Channel(), trade.DuplicateNotification, 1)
			p := s.Create(paymentstest.Order("D-"+string(method), method))
			s.Pay(p.Action.CodeURL)
			first := s.Await(p.ID, payments.StatusSucceeded)
			s.awaitResult("repeated")
			if again := s.Get(p.ID); again.Version != first.Version {
				s.T.Errorf("%s: version %d became %d", method, first.Version, again.Version)
			}
			if types := s.EventTypes(p.ID); len(types) != 1 {
				s.T.Errorf("%s: events %v", method, types)
			}
		}
	})
}

// awaitResult waits until a notification came to the result.
func (s *shop) awaitResult(want string) {
	s.T.Helper()
	deadline := time.Now().Add(time.Minute)
	for s.Results.Last() != want {
		if time.Now().After(deadline) {
			s.T.Fatalf("the last notification was %q, want %q", s.Results.Last(), want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestForgedAndProbingNotificationsChangeNothing(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, tc := range []struct {
			method channel.Method
			fault  trade.Fault
			result string
		}{
			{channel.WeChatNative, trade.BadSignature, "forged"},
			{channel.WeChatNative, trade.SignTest, "probe"},
			{channel.AlipayQR, trade.BadSignature, "forged"},
		} {
			s.Fault(tc.method.Channel(), tc.fault, 1)
			p := s.Create(paymentstest.Order("F-"+string(tc.method)+string(tc.fault), tc.method))
			s.Results.Forget()
			s.Pay(p.Action.CodeURL)
			s.awaitResult(tc.result)
			if got := s.Get(p.ID); got.Status != payments.StatusPending {
				s.T.Errorf("%s %s: payment is %s", tc.method, tc.fault, got.Status)
			}
			if told := slices.Contains(s.messages(p.ID), "notification.probe"); told != (tc.fault == trade.SignTest) {
				s.T.Errorf("%s %s: told as a probe: %v", tc.method, tc.fault, told)
			}
			var hits int
			account := s.WeChat.ID
			if tc.method == channel.AlipayQR {
				account = s.Alipay.ID
			}
			if err := s.DB.Get(s.Ctx, &hits, `SELECT SUM(hits) FROM forged_notifications WHERE account_id = ?`, account); err != nil || hits == 0 {
				s.T.Errorf("%s %s: %d forgeries counted, %v", tc.method, tc.fault, hits, err)
			}
		}
	})
}

func TestATamperedAmountIsQuarantinedAndTheTruthAskedFor(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			s.Fault(method.Channel(), trade.TamperAmount, 1)
			p := s.Create(paymentstest.Order("T-"+string(method), method))
			s.Results.Forget()
			s.Pay(p.Action.CodeURL)
			s.awaitResult("quarantined")
			if got := s.Get(p.ID); got.Status != payments.StatusPending {
				s.T.Fatalf("%s: a notification with another amount was fulfilled: %s", method, got.Status)
			}
			held, err := s.quarantined(10)
			if err != nil || len(held) == 0 || held[0].Reason != "amount" || held[0].PaymentID != p.ID {
				s.T.Fatalf("%s: quarantine holds %+v, %v", method, held, err)
			}
			s.QueryDue()
			s.Await(p.ID, payments.StatusSucceeded)
		}
	})
}

func TestANotificationForAnotherAccountIsQuarantined(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		// The same credentials registered twice stand for two accounts that can
		// verify each other's notifications.
		p := s.Create(paymentstest.Order("M-1", channel.WeChatNative))
		body, header := s.capture(p)
		s.moveAttempt(p.AttemptID, s.Alipay.ID)
		res := s.deliver("/callbacks/wechat/"+s.WeChat.ID, header, body)
		if res.StatusCode < 400 {
			s.T.Fatalf("a notification for another account's order was acknowledged: %d", res.StatusCode)
		}
		if got := s.Get(p.ID); got.Status != payments.StatusPending {
			s.T.Fatalf("payment is %s", got.Status)
		}
		s.moveAttempt(p.AttemptID, s.WeChat.ID)
	})
}

// moveAttempt binds a stored attempt to another account.
func (s *shop) moveAttempt(id, accountID string) {
	s.T.Helper()
	if n, err := s.DB.Exec(s.Ctx, `UPDATE attempts SET account_id = ? WHERE id = ?`, accountID, id); err != nil || n != 1 {
		s.T.Fatalf("%d rows, %v", n, err)
	}
}

// capture pays an order whose notification goes astray, and returns that
// notification as the channel sent it.
func (s *shop) capture(p payments.View) ([]byte, http.Header) {
	s.T.Helper()
	s.Trap.Arm()
	s.Pay(p.Action.CodeURL)
	return s.Trap.Wait(s.T)
}

func (s *shop) deliver(path string, header http.Header, body []byte) *http.Response {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.Ctx, http.MethodPost, s.Base+path, strings.NewReader(string(body)))
	if err != nil {
		s.T.Fatal(err)
	}
	req.Header = header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestALostAnswerIsUnknownAndTheSameNumberIsSentAgain(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		w.Set(func(w *paymentstest.Wire) {
			w.Lose = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/native") }
		})
		out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("U-1", channel.WeChatNative), nil)
		if err != nil || !out.Unknown || out.View.Status != payments.StatusCreated || out.View.Action != nil {
			s.T.Fatalf("%+v, %v: want an unknown outcome, created, without an action", out, err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Lose = nil })
		again := s.Create(paymentstest.Order("U-1", channel.WeChatNative))
		if again.ID != out.View.ID || again.AttemptID != out.View.AttemptID || again.Status != payments.StatusPending {
			s.T.Fatalf("the repeated request gave %+v, the first %+v", again, out.View)
		}
		if trades := s.trades(); len(trades) != 1 {
			s.T.Fatalf("the channel has %d orders, want 1", len(trades))
		}
	})
}

func TestTheJobFindsOutAboutALostAnswer(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		w.Set(func(w *paymentstest.Wire) { w.Fail = func(*http.Request) error { return io.ErrUnexpectedEOF } })
		out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("U-2", channel.WeChatNative), nil)
		if err != nil || !out.Unknown {
			s.T.Fatalf("%+v, %v", out, err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		s.Clock.Advance(16 * time.Second)
		s.QueryDue()
		s.Await(out.View.ID, payments.StatusPending)
	})
}

func (s *shop) trades() []trade.Trade {
	s.T.Helper()
	trades, err := s.Sandbox.Trades().Trades(s.Ctx, "", "", 100)
	if err != nil {
		s.T.Fatal(err)
	}
	return trades
}

func TestAHundredIdenticalRequestsMakeOneOrder(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		var wg sync.WaitGroup
		ids := make([]string, 100)
		for i := range ids {
			wg.Go(func() {
				out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("H-1", channel.WeChatNative), nil)
				if err != nil {
					s.T.Error(err)
					return
				}
				ids[i] = out.View.ID + " " + string(out.View.Status)
			})
		}
		wg.Wait()
		slices.Sort(ids)
		if distinct := slices.Compact(ids); len(distinct) != 1 || !strings.HasSuffix(distinct[0], " pending") {
			s.T.Errorf("answers differ: %v", distinct)
		}
		if n := w.Count(paymentstest.WeChatNative); n != 1 {
			s.T.Errorf("the channel was asked %d times for one order: %v", n, w.Bodies)
		}
	})
}

func TestTheSameOrderNumberForAnotherOrderIsRefused(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		s.Create(paymentstest.Order("X-1", channel.WeChatNative))
		other := paymentstest.Order("X-1", channel.WeChatNative)
		other.Amount++
		_, err := s.Payments.Create(s.Ctx, s.Scope, other, nil)
		var e *app.Error
		if !errors.As(err, &e) || e.Reason != "order_no_conflict" || e.Code != app.Conflict {
			s.T.Fatalf("got %v", err)
		}
	})
}

func TestAnotherMerchantsOrModesPaymentDoesNotExist(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("S-1", channel.WeChatNative))
		for _, scope := range []payments.Scope{{MerchantID: s.Scope.MerchantID, Mode: app.Live}, {MerchantID: "mch_other", Mode: app.Test}} {
			if _, err := s.Payments.Get(s.Ctx, scope, p.ID); !app.Is(err, app.NotFound) {
				s.T.Errorf("get from %v: %v", scope, err)
			}
			if _, err := s.Payments.Close(s.Ctx, scope, p.ID); !app.Is(err, app.NotFound) {
				s.T.Errorf("close from %v: %v", scope, err)
			}
		}
	})
}
