package payments_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestAPaymentCodeIsPaidAtOnceAndKeptNowhere(t *testing.T) {
	eachCode(t, func(s *shop, _ *paymentstest.Wire, m channel.Method) {
		code := s.showCode(m, trade.PaysAtOnce)
		p := s.Create(scan("P-1", m, code))
		if p.Status != payments.StatusSucceeded || p.Action != nil || p.ChannelTradeNo == nil || p.PayerAmount == nil || *p.PayerAmount != 1234 {
			s.T.Fatalf("%s: charged as %+v", m, p)
		}
		s.ended(m, p.ID, payments.StatusSucceeded)
		s.keptNowhere(code)
		again, err := s.Payments.Create(s.Ctx, s.Scope, scan("P-1", m, s.showCode(m, trade.PaysAtOnce)), nil)
		if err != nil || again.New || again.Unknown || again.View.AttemptID != p.AttemptID {
			s.T.Errorf("%s: the repeated request gave %+v, %v", m, again, err)
		}
	})
}

func TestAPayerWhoConfirmsIsFoundOutWithinSeconds(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		code := s.showCode(m, trade.AsksPassword)
		p := s.Create(scan("W-1", m, code))
		if p.Status != payments.StatusPending || p.Action == nil || p.Action.Type != "none" {
			s.T.Fatalf("%s: %+v", m, p)
		}
		s.after(5 * time.Second)
		if got := s.Get(p.ID); got.Status != payments.StatusPending {
			s.T.Fatalf("%s: %s before the payer confirmed", m, got.Status)
		}
		again := s.Create(scan("W-1", m, s.showCode(m, trade.PaysAtOnce)))
		if again.AttemptID != p.AttemptID || again.Action == nil || w.Operations(charges[m]) != 1 {
			s.T.Errorf("%s: repeated while waiting: %+v, charged %d times", m, again, w.Operations(charges[m]))
		}
		s.Fault(m.Channel(), trade.DropNotification, 1)
		if _, err := s.Sandbox.Trades().ConfirmPayCode(s.Ctx, code); err != nil {
			s.T.Fatal(err)
		}
		s.after(5 * time.Second)
		s.ended(m, p.ID, payments.StatusSucceeded)
		for _, id := range []string{s.WeChat.ID, s.Alipay.ID} {
			// Nobody expects a notification within seconds.
			if a, err := s.Merchants.Account(s.Ctx, s.Scope.MerchantID, id); err != nil || a.Health.DeafSince != 0 {
				s.T.Errorf("%s: %+v, %v", m, a.Health, err)
			}
		}
	})
}

func TestAPayerWhoNeverConfirmsIsReversedAndClosed(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		code := s.showCode(m, trade.AsksPassword)
		p := s.Create(scan("N-1", m, code))
		s.after(40 * time.Second)
		if got := s.Get(p.ID); got.Status != payments.StatusPending || w.Operations(reverses[m]) != 0 {
			s.T.Fatalf("%s: %s, reversed %d times before the wait was over", m, got.Status, w.Operations(reverses[m]))
		}
		s.after(6 * time.Second)
		s.ended(m, p.ID, payments.StatusClosed)
		if w.Operations(reverses[m]) == 0 {
			s.T.Errorf("%s: it was not reversed", m)
		}
		if _, err := s.Sandbox.Trades().ConfirmPayCode(s.Ctx, code); err == nil {
			s.T.Errorf("%s: a reversed code could still be confirmed", m)
		}
		s.after(3 * time.Hour)
		s.ended(m, p.ID, payments.StatusClosed)
	})
}

func TestARefusedCodeLetsAnotherPay(t *testing.T) {
	eachCode(t, func(s *shop, _ *paymentstest.Wire, m channel.Method) {
		_, err := s.Payments.Create(s.Ctx, s.Scope, scan("R-1", m, s.showCode(m, trade.HasNoBalance)), nil)
		var e *app.Error
		if !errors.As(err, &e) || e.Reason != "channel_refused" || e.Channel == nil || e.Channel.Code == "" {
			s.T.Fatalf("%s: got %v, want channel_refused", m, err)
		}
		p := s.Create(scan("R-1", m, s.showCode(m, trade.PaysAtOnce)))
		if p.ID != e.Details["payment_id"] || p.Status != payments.StatusSucceeded {
			s.T.Errorf("%s: with another code: %+v", m, p)
		}
		s.ended(m, p.ID, payments.StatusSucceeded)
	})
}

func TestALostChargeIsFoundPaidAndNeverSentTwice(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		s.Fault(m.Channel(), trade.DropNotification, 1)
		only(w, charges[m], true)
		p := s.unknown(scan("L-1", m, s.showCode(m, trade.PaysAtOnce)))
		s.unknown(scan("L-1", m, s.showCode(m, trade.PaysAtOnce)))
		only(w, "", true)
		s.after(5 * time.Second)
		if got := s.ended(m, p.ID, payments.StatusSucceeded); got.PaidAttemptID != p.AttemptID {
			s.T.Errorf("%s: %+v", m, got)
		}
		if n := w.Operations(charges[m]); n != 1 {
			s.T.Errorf("%s: charged %d times", m, n)
		}
	})
}

func TestAChargeThatNeverArrivedIsClosed(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		only(w, charges[m], false)
		p := s.unknown(scan("B-1", m, s.showCode(m, trade.PaysAtOnce)))
		only(w, "", false)
		for range 5 {
			s.after(8 * time.Second)
		}
		if got := s.Get(p.ID); got.Status != payments.StatusCreated {
			s.T.Fatalf("%s: %s before the wait was over: the request may only be late", m, got.Status)
		}
		s.after(8 * time.Second)
		s.ended(m, p.ID, payments.StatusClosed)
	})
}

func TestClosingACodeReversesIt(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		p := s.Create(scan("C-1", m, s.showCode(m, trade.AsksPassword)))
		if closed, err := s.Payments.Close(s.Ctx, s.Scope, p.ID); err != nil || closed.Status != payments.StatusClosed {
			s.T.Fatalf("%s: %s, %v", m, closed.Status, err)
		}
		if w.Operations(reverses[m]) == 0 {
			s.T.Errorf("%s: it was not reversed", m)
		}
		code := s.showCode(m, trade.AsksPassword)
		paid := s.Create(scan("C-2", m, code))
		s.Fault(m.Channel(), trade.DropNotification, 1)
		if _, err := s.Sandbox.Trades().ConfirmPayCode(s.Ctx, code); err != nil {
			s.T.Fatal(err)
		}
		if _, err := s.Payments.Close(s.Ctx, s.Scope, paid.ID); reasonOf(err) != "already_paid" {
			s.T.Errorf("%s: closing a paid code gave %v", m, err)
		}
		s.ended(m, paid.ID, payments.StatusSucceeded)
	})
}

func TestALostReverseIsRepeatedUntilItIsCertain(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		p := s.Create(scan("U-1", m, s.showCode(m, trade.AsksPassword)))
		only(w, reverses[m], true)
		s.after(46 * time.Second)
		if got := s.Get(p.ID); got.Status != payments.StatusPending {
			s.T.Fatalf("%s: %s, though nobody knows whether it was reversed", m, got.Status)
		}
		only(w, "", true)
		s.after(5 * time.Second)
		s.ended(m, p.ID, payments.StatusClosed)
	})
}

// The payer confirms while a reverse is under way: the money comes and goes
// back, and nobody is told that it came.
func TestMoneyThatMeetsAReverseIsGivenBackAndNotReported(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		code := s.showCode(m, trade.AsksPassword)
		p := s.Create(scan("M-1", m, code))
		only(w, reverses[m], false)
		s.after(46 * time.Second)
		s.Results.Forget()
		if _, err := s.Sandbox.Trades().ConfirmPayCode(s.Ctx, code); err != nil {
			s.T.Fatal(err)
		}
		if m == channel.AlipayCode {
			s.awaitResult("deferred")
		}
		if _, err := s.Payments.Sync(s.Ctx, s.Scope, p.ID); err != nil {
			s.T.Fatal(err)
		}
		if got := s.Get(p.ID); got.Status != payments.StatusPending {
			s.T.Fatalf("%s: %s while its reverse is under way", m, got.Status)
		}
		only(w, "", false)
		s.after(5 * time.Second)
		s.ended(m, p.ID, payments.StatusClosed)
		if got := s.tradeOf(p); got.Refunded != got.Amount {
			s.T.Errorf("%s: the channel gave back %d of %d", m, got.Refunded, got.Amount)
		}
		// Asked for or told again, it stays so.
		if _, err := s.Payments.Sync(s.Ctx, s.Scope, p.ID); err != nil {
			s.T.Fatal(err)
		}
		if m == channel.AlipayCode {
			view, err := s.Payments.ViewOf(s.Ctx, s.Get(p.ID))
			if err != nil {
				s.T.Fatal(err)
			}
			facts := s.AlipayFacts(view)
			facts.Set("trade_no", s.tradeOf(p).ChannelTradeNo)
			if status, text := s.Deliver(s.SignAlipay(s.Alipay, facts)); status != http.StatusOK || text != "success" {
				s.T.Errorf("an old success was answered %d %s", status, text)
			}
		}
		s.ended(m, p.ID, payments.StatusClosed)
	})
}

func TestAPaidCodeThatCannotBeReversedKeepsItsMoney(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		code := s.showCode(channel.WeChatCode, trade.AsksPassword)
		p := s.Create(scan("K-1", channel.WeChatCode, code))
		only(w, "reverse", false)
		s.after(46 * time.Second)
		if _, err := s.Sandbox.Trades().ConfirmPayCode(s.Ctx, code); err != nil {
			s.T.Fatal(err)
		}
		w.Set(func(w *paymentstest.Wire) {
			w.Fail = nil
			w.Forge = func(r *http.Request) *http.Response {
				if paymentstest.Operation(r) == "reverse" {
					return s.AnswerWeChat(r, s.WeChat, http.StatusForbidden, `{"code":"REVERSE_EXPIRE","message":"订单超过撤销期限"}`)
				}
				return nil
			}
		})
		s.after(5 * time.Second)
		s.ended(channel.WeChatCode, p.ID, payments.StatusSucceeded)
	})
}

func TestACodeMakesRoomForAnotherWayByItsReverse(t *testing.T) {
	eachCode(t, func(s *shop, w *paymentstest.Wire, m channel.Method) {
		p := s.Create(scan("S-1", m, s.showCode(m, trade.AsksPassword)))
		second := s.change(p.ID, channel.AlipayQR)
		if second.Action == nil || w.Operations(reverses[m]) == 0 {
			s.T.Fatalf("%s: %+v, reversed %d times", m, second, w.Operations(reverses[m]))
		}
		third := s.change(p.ID, channel.WeChatNative)
		s.Pay(third.Action.CodeURL)
		s.Await(p.ID, payments.StatusSucceeded)
		s.ended(m, p.ID, payments.StatusSucceeded)
	})
}

// The faults as the channel itself plays them: its answer comes too late, after
// the money moved or instead of it.
func TestAChargeThatTimesOutComesToItsEnd(t *testing.T) {
	t.Parallel() // it waits for timeouts, as the matrix does
	eachCode(t, func(s *shop, _ *paymentstest.Wire, m channel.Method) {
		for fault, want := range map[trade.Fault]payments.Status{
			trade.TimeoutAfterSuccess: payments.StatusSucceeded, trade.ForgeAnswer: payments.StatusSucceeded,
			trade.UnsignedAnswer: payments.StatusSucceeded, trade.Truncated: payments.StatusSucceeded,
			trade.TimeoutBefore: payments.StatusClosed, trade.HTTP500: payments.StatusClosed, trade.Garbage: payments.StatusClosed,
		} {
			s.Fault(m.Channel(), trade.DropNotification, 1)
			s.Fault(m.Channel(), fault, 1)
			p := s.unknown(scan("T-"+strings.ReplaceAll(string(fault), "_", "-"), m, s.showCode(m, trade.PaysAtOnce)))
			if _, err := s.Sandbox.Trades().CancelFaults(s.Ctx); err != nil {
				s.T.Fatal(err)
			}
			for range 10 {
				s.after(5 * time.Second)
			}
			got := s.ended(m, p.ID, want)
			if moved := s.moneyOf(p); moved != (got.Status == payments.StatusSucceeded) {
				s.T.Errorf("%s after %s: the payment is %s, money at the channel: %v", m, fault, got.Status, moved)
			}
		}
	})
}
