package payments_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// another returns the method that the payer changes to.
func another(m channel.Method) channel.Method {
	if m == channel.WeChatNative {
		return channel.AlipayQR
	}
	return channel.WeChatNative
}

// change asks for another method, which must succeed.
func (s *shop) change(id string, m channel.Method) payments.View {
	s.T.Helper()
	out, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, id, payments.Way{Method: m}, nil)
	if err != nil || !out.New || out.Unknown {
		s.T.Fatalf("switch to %s: %+v, %v", m, out, err)
	}
	return out.View
}

// reasonOf returns the API code of an error.
func reasonOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestASwitchClosesTheOpenAttemptAndOpensAnother(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			first := s.Create(paymentstest.Order("W-"+string(method), method))
			second := s.change(first.ID, another(method))
			if second.ID != first.ID || second.AttemptID == first.AttemptID || second.Method != another(method) ||
				second.Channel != another(method).Channel() || second.AccountID == first.AccountID ||
				second.Status != payments.StatusPending || second.Action == nil || second.Action.CodeURL == "" {
				s.T.Fatalf("%s: switched to %+v", method, second)
			}
			if method == channel.WeChatNative {
				if _, err := s.Sandbox.Trades().Pay(s.Ctx, first.Action.CodeURL); err == nil {
					s.T.Error("the first code could still be paid: it was not closed at the channel")
				}
			}
			s.Pay(second.Action.CodeURL)
			got := s.Await(first.ID, payments.StatusSucceeded)
			if got.PaidAttemptID != second.AttemptID || got.Method != second.Method {
				s.T.Errorf("%s: paid as %+v", method, got)
			}
			if types := s.EventTypes(first.ID); !slices.Equal(types, []string{"payment.succeeded"}) {
				s.T.Errorf("%s: events %v", method, types)
			}
		}
	})
}

func TestAskingForTheOpenMethodAgainReturnsItsAction(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("W-same", channel.AlipayQR))
		second := s.change(p.ID, channel.WeChatNative)
		for range 2 {
			out, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: channel.WeChatNative}, nil)
			if err != nil || out.New || out.Unknown || out.View.AttemptID != second.AttemptID || out.View.Action.CodeURL != second.Action.CodeURL {
				s.T.Fatalf("a refreshed page got %+v, %v", out, err)
			}
		}
		if n := w.Count(paymentstest.WeChatNative); n != 1 {
			s.T.Errorf("%d orders were placed", n)
		}
		// The order's own request still names the same payment, as it is now.
		again, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("W-same", channel.AlipayQR), nil)
		if err != nil || again.New || again.View.AttemptID != second.AttemptID || again.View.Method != channel.WeChatNative {
			s.T.Errorf("the first request repeated gave %+v, %v", again, err)
		}
		// With other content it is another attempt.
		other := payments.Way{Method: channel.WeChatNative, ReturnURL: "https://shop.example/back"}
		out, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, other, nil)
		if err != nil || !out.New || out.View.AttemptID == second.AttemptID || out.View.ReturnURL != other.ReturnURL {
			s.T.Errorf("another return_url gave %+v, %v", out, err)
		}
	})
}

func TestASwitchThatMeetsAPaymentKeepsTheMoney(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			s.Fault(method.Channel(), trade.DropNotification, 1)
			p := s.Create(paymentstest.Order("W-paid-"+string(method), method))
			s.Pay(p.Action.CodeURL)
			_, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: another(method)}, nil)
			if reasonOf(err) != "already_paid" {
				s.T.Fatalf("%s: got %v, want already_paid", method, err)
			}
			if got := s.Get(p.ID); got.Status != payments.StatusSucceeded || got.PaidAttemptID != p.AttemptID {
				s.T.Errorf("%s: %+v", method, got)
			}
		}
	})
}

func TestASwitchWhoseCloseIsLostOpensNothing(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("W-lost", channel.WeChatNative))
		w.Set(func(w *paymentstest.Wire) {
			w.Lose = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/close") }
		})
		out, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: channel.AlipayQR}, nil)
		if err != nil || !out.Unknown || out.New || out.View.AttemptID != p.AttemptID {
			s.T.Fatalf("%+v, %v: want an unknown outcome and the first attempt", out, err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Lose = nil })
		if second := s.change(p.ID, channel.AlipayQR); second.AttemptID == p.AttemptID {
			s.T.Error("the repeated request opened nothing")
		}
	})
}

// The close arrived, but nobody heard: when the job finds the order closed, the
// payment must not end, since another method was asked for.
func TestAClosedOrderThatMadeRoomLeavesThePaymentOpenUntilItExpires(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		lose := func(lost bool) {
			w.Set(func(w *paymentstest.Wire) {
				w.Lose = func(r *http.Request) bool { return lost && strings.HasSuffix(r.URL.Path, "/close") }
			})
		}
		taken, left := s.Create(paymentstest.Order("W-room-1", channel.WeChatNative)), s.Create(paymentstest.Order("W-room-2", channel.WeChatNative))
		lose(true)
		for _, p := range []payments.View{taken, left} {
			if out, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: channel.AlipayQR}, nil); err != nil || !out.Unknown {
				s.T.Fatalf("%+v, %v", out, err)
			}
		}
		lose(false)
		s.Clock.Advance(16 * time.Second)
		s.QueryDue()
		got := s.Get(taken.ID)
		view, err := s.Payments.ViewOf(s.Ctx, got)
		if err != nil || got.Status != payments.StatusPending || got.OpenAttemptID != "" || view.Action != nil {
			s.T.Fatalf("the payment is %s with attempt %q and action %v, %v", got.Status, got.OpenAttemptID, view.Action, err)
		}
		s.change(taken.ID, channel.AlipayQR)
		if _, err := s.Payments.Sync(s.Ctx, s.Scope, left.ID); err != nil {
			s.T.Fatal(err)
		}
		s.Clock.Advance(31 * time.Minute)
		s.QueryDue()
		for _, p := range []payments.View{taken, left} {
			s.Await(p.ID, payments.StatusClosed)
			if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.closed"}) {
				s.T.Errorf("events %v", types)
			}
		}
	})
}

func TestTwoSwitchesAtOnceLeaveOneOpenAttempt(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("W-race", channel.WeChatNative))
		ways := []payments.Way{
			{Method: channel.AlipayQR}, {Method: channel.WeChatNative, ReturnURL: "https://shop.example/a"},
			{Method: channel.AlipayQR}, {Method: channel.WeChatNative, ReturnURL: "https://shop.example/b"},
		}
		var wg sync.WaitGroup
		for _, way := range ways {
			wg.Go(func() {
				if _, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, way, nil); err != nil {
					s.T.Error(err)
				}
			})
		}
		wg.Wait()
		var open []string
		if err := s.DB.Select(s.Ctx, &open, `SELECT id FROM attempts WHERE payment_id = ? AND status IN ('created', 'pending')`, p.ID); err != nil {
			s.T.Fatal(err)
		}
		if got := s.Get(p.ID); len(open) != 1 || open[0] != got.OpenAttemptID {
			s.T.Errorf("open attempts %v, the payment's is %s", open, got.OpenAttemptID)
		}
	})
}

func TestAPaymentThatRacesItsSwitchIsPaidOnceAndLeavesNothingOpen(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for i := range 8 {
			p := s.Create(paymentstest.Order("W-run-"+string(rune('a'+i)), channel.WeChatNative))
			var payErr error
			var wg sync.WaitGroup
			wg.Go(func() { _, payErr = s.Sandbox.Trades().Pay(s.Ctx, p.Action.CodeURL) })
			wg.Go(func() {
				_, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: channel.AlipayQR}, nil)
				if err != nil && reasonOf(err) != "already_paid" {
					s.T.Error(err)
				}
			})
			wg.Wait()
			if payErr != nil {
				if got := s.Get(p.ID); got.Status != payments.StatusPending || got.Method != channel.AlipayQR {
					s.T.Errorf("closed before it was paid: %+v", got)
				}
				continue
			}
			if got := s.Await(p.ID, payments.StatusSucceeded); got.PaidAttemptID != p.AttemptID || got.OpenAttemptID != "" {
				s.T.Errorf("paid before it was closed: %+v", got)
			}
			s.after(time.Second)
			var open int
			if err := s.DB.Get(s.Ctx, &open, `SELECT COUNT(*) FROM attempts WHERE payment_id = ? AND status IN ('created', 'pending')`, p.ID); err != nil || open != 0 {
				s.T.Errorf("%d attempts of a paid payment are open (%v)", open, err)
			}
			s.awaitEvents(p.ID, "payment.succeeded")
		}
	})
}

// An Alipay code that nobody scanned cannot be closed, so it can be paid beside
// the attempt that took its place.
func TestBothAttemptsPaidAreADuplicate(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("W-both", channel.AlipayQR))
		second := s.change(p.ID, channel.WeChatNative)
		s.Pay(second.Action.CodeURL)
		s.Await(p.ID, payments.StatusSucceeded)
		s.Pay(p.Action.CodeURL)
		s.awaitEvents(p.ID, "payment.succeeded", "payment.duplicate")
		if got := s.Get(p.ID); got.PaidAttemptID != second.AttemptID || got.Method != channel.WeChatNative {
			s.T.Errorf("the second payment took the first's place: %+v", got)
		}
	})
}

func TestTheFirstAttemptsMoneyClosesTheSecond(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("W-first", channel.AlipayQR))
		second := s.change(p.ID, channel.WeChatNative)
		s.Pay(p.Action.CodeURL)
		got := s.Await(p.ID, payments.StatusSucceeded)
		if got.Late || got.Method != channel.AlipayQR || got.PaidAttemptID != p.AttemptID || got.OpenAttemptID != "" {
			s.T.Errorf("%+v", got)
		}
		s.QueryDue()
		if _, err := s.Sandbox.Trades().Pay(s.Ctx, second.Action.CodeURL); err == nil {
			s.T.Error("the second attempt could still be paid")
		}
		s.awaitEvents(p.ID, "payment.succeeded")
	})
}

// awaitEvents waits until the payment has these events and no other.
func (s *shop) awaitEvents(id string, want ...string) {
	s.T.Helper()
	deadline := time.Now().Add(time.Minute)
	for !slices.Equal(s.EventTypes(id), want) {
		if time.Now().After(deadline) {
			s.T.Fatalf("events %v, want %v", s.EventTypes(id), want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestARefusedSwitchLeavesThePaymentOpenForAnother(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("W-refused", channel.AlipayQR))
		s.setApps(merchants.AppInput{AppID: "wx0000000000000000", Kind: merchants.AppOfficial})
		_, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: channel.WeChatNative}, nil)
		if reasonOf(err) != "channel_refused" {
			s.T.Fatalf("got %v, want channel_refused", err)
		}
		if got := s.Get(p.ID); got.Status != payments.StatusPending || got.OpenAttemptID != "" || got.ErrorCode == "" {
			s.T.Fatalf("%+v", got)
		}
		if again := s.change(p.ID, channel.AlipayQR); again.LastError != nil || again.Action == nil {
			s.T.Errorf("%+v", again)
		}
	})
}

func TestWhatCannotBeSwitchedSaysWhy(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		to := payments.Way{Method: channel.AlipayQR}
		change := func(scope payments.Scope, id string, way payments.Way) error {
			_, err := s.Payments.SwitchMethod(s.Ctx, scope, id, way, nil)
			return err
		}
		closed := s.Create(paymentstest.Order("W-closed", channel.WeChatNative))
		if _, err := s.Payments.Close(s.Ctx, s.Scope, closed.ID); err != nil {
			s.T.Fatal(err)
		}
		open := s.Create(paymentstest.Order("W-open", channel.WeChatNative))
		for name, tc := range map[string]struct{ got, want string }{
			"a closed payment":   {reasonOf(change(s.Scope, closed.ID, to)), "payment_closed"},
			"another merchant":   {reasonOf(change(payments.Scope{MerchantID: "mch_other", Mode: app.Test}, open.ID, to)), "payment_not_found"},
			"an unknown method":  {reasonOf(change(s.Scope, open.ID, payments.Way{Method: "paypal"})), "invalid_request"},
			"an unknown account": {reasonOf(change(s.Scope, open.ID, payments.Way{Method: channel.AlipayQR, AccountID: "acct_nope"})), "account_not_found"},
		} {
			if tc.got != tc.want {
				s.T.Errorf("%s: %q, want %q", name, tc.got, tc.want)
			}
		}
		if n := w.Count("POST /sandbox/wechat/v3/pay/transactions/out-trade-no/" + open.AttemptID + "/close"); n != 0 {
			s.T.Error("an attempt was closed for a switch that could not be")
		}
		s.Clock.Advance(29*time.Minute + 30*time.Second)
		if got := reasonOf(change(s.Scope, open.ID, to)); got != "payment_expired" {
			s.T.Errorf("a payment about to expire: %q", got)
		}
		s.Clock.Advance(-(29*time.Minute + 30*time.Second))
		for i := range 49 {
			way := payments.Way{Method: channel.AlipayQR, Options: map[string]string{"store_id": string(rune('A' + i%26)), "goods_tag": string(rune('A' + i/26))}}
			if err := change(s.Scope, open.ID, way); err != nil {
				s.T.Fatalf("switch %d: %v", i, err)
			}
		}
		if got := reasonOf(change(s.Scope, open.ID, payments.Way{Method: channel.WeChatNative})); got != "too_many_attempts" {
			s.T.Errorf("the 51st attempt: %q", got)
		}
	})
}
