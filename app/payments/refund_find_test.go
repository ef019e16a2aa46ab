package payments_test

import (
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

func (s *shop) findRefunds(scope payments.Scope, number string) []string {
	s.T.Helper()
	list, err := s.Payments.FindRefunds(s.Ctx, scope, number)
	if err != nil {
		s.T.Fatal(err)
	}
	var out []string
	for _, r := range list {
		out = append(out, r.ID)
	}
	return out
}

func TestANumberFindsItsRefundInItsScopeOnly(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("FR-1", channel.WeChatNative)
		v := s.Refund(p.ID, paymentstest.RefundInput("FR-1-R", 34))
		r := s.WaitRefund(v.ID, payments.RefundSucceeded)
		if r.ChannelRefundNo == "" {
			s.T.Fatalf("the channel gave no number: %+v", r)
		}
		for _, number := range []string{r.ID, "FR-1-R", " FR-1-R ", r.ChannelRefundNo} {
			if got := s.findRefunds(s.Scope, number); !slices.Equal(got, []string{r.ID}) {
				s.T.Errorf("%q finds %v", number, got)
			}
			for _, other := range []payments.Scope{{MerchantID: s.Scope.MerchantID, Mode: app.Live}, {MerchantID: "mch_other", Mode: app.Test}} {
				if got := s.findRefunds(other, number); got != nil {
					s.T.Errorf("%q finds %v in %+v", number, got, other)
				}
			}
		}
		for _, number := range []string{"", "FR-1", p.ID, "退款", "%"} {
			if got := s.findRefunds(s.Scope, number); got != nil {
				s.T.Errorf("%q finds %v", number, got)
			}
		}
	})
}

func TestRefundFiguresSumWhatTheListShows(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		wechat, alipay := s.Paid("FG-1", channel.WeChatNative), s.Paid("FG-2", channel.AlipayQR)
		s.WaitRefund(s.Refund(wechat.ID, paymentstest.RefundInput("FG-1", 100)).ID, payments.RefundSucceeded)
		s.Refund(alipay.ID, paymentstest.RefundInput("FG-2", 20))
		s.approvalsAbove(1)
		in := paymentstest.RefundInput("FG-3", 300)
		in.Source, in.By = payments.SourceConsole, cashier
		waiting := s.Refund(alipay.ID, in)
		for _, c := range []struct {
			filter          payments.RefundFilter
			n               int64
			amount, arrived app.Money
		}{
			{filter: payments.RefundFilter{}, n: 3, amount: 420, arrived: 120},
			{filter: payments.RefundFilter{Channel: app.Alipay}, n: 2, amount: 320, arrived: 20},
			{filter: payments.RefundFilter{Source: payments.SourceConsole}, n: 1, amount: 300},
			{filter: payments.RefundFilter{Status: payments.RefundSucceeded}, n: 2, amount: 120, arrived: 120},
			{filter: payments.RefundFilter{PaymentID: wechat.ID}, n: 1, amount: 100, arrived: 100},
		} {
			f, err := s.Payments.RefundFigures(s.Ctx, s.Scope, c.filter)
			if err != nil || f.Count != c.n || f.Amount != c.amount || f.Succeeded != c.arrived || f.Capped {
				s.T.Errorf("%+v: %+v, %v", c.filter, f, err)
			}
			page, err := s.Payments.ListRefunds(s.Ctx, s.Scope, c.filter)
			if err != nil || int64(len(page.Refunds)) != c.n {
				s.T.Errorf("%+v lists %d, %v", c.filter, len(page.Refunds), err)
			}
		}
		if err := s.decide(waiting, false); err != nil {
			s.T.Fatal(err)
		}
		if f, err := s.Payments.RefundFigures(s.Ctx, s.Scope, payments.RefundFilter{}); err != nil || f.Count != 3 || f.Amount != 120 {
			s.T.Errorf("with one rejected: %+v, %v", f, err)
		}
	})
}

func TestWhatWaitsForAPersonIsListedHoweverOld(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		_, r := s.abnormal("OLD-1")
		old := app.ToMillis(s.Clock.Now().AddDate(0, -8, 0))
		id := app.NewID(app.PrefixRefund, old.Time())
		if _, err := s.DB.Exec(s.Ctx, `UPDATE refunds SET id = ?, created_at = ? WHERE id = ?`, id, old, r.ID); err != nil {
			s.T.Fatal(err)
		}
		page, err := s.Payments.ListRefunds(s.Ctx, s.Scope, payments.RefundFilter{Status: payments.RefundAbnormal})
		if err != nil || len(page.Refunds) != 1 {
			s.T.Errorf("%d abnormal refunds, %v", len(page.Refunds), err)
		}
		if page, err = s.Payments.ListRefunds(s.Ctx, s.Scope, payments.RefundFilter{}); err != nil || len(page.Refunds) != 0 {
			s.T.Errorf("the list of the last days has %d, %v", len(page.Refunds), err)
		}
		w, err := s.Payments.RefundsWaiting(s.Ctx, s.Scope, app.ToMillis(s.Clock.Now()))
		if err != nil || w.Abnormal != 1 || w.AbnormalSince != old || w.Unanswered != 0 {
			s.T.Errorf("waiting: %+v, %v", w, err)
		}
		if _, err := s.DB.Exec(s.Ctx, `UPDATE refunds SET id = ?, created_at = ? WHERE id = ?`, r.ID, r.CreatedAt, id); err != nil {
			s.T.Fatal(err)
		}
	})
}

func TestARefundWithoutAnAnswerIsCounted(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("UN-1", channel.AlipayQR)
		w.Set(func(w *paymentstest.Wire) { w.Fail = failing(isRefund) })
		out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("UN-1", 10), nil)
		if err != nil || !out.Unknown {
			s.T.Fatalf("%+v, %v", out, err)
		}
		now := s.Clock.Now()
		for at, want := range map[time.Time]int{now.Add(time.Minute): 1, now.Add(-time.Minute): 0} {
			if got, err := s.Payments.RefundsWaiting(s.Ctx, s.Scope, app.ToMillis(at)); err != nil || got.Unanswered != want || got.Abnormal != 0 {
				s.T.Errorf("before %s: %+v, %v", at, got, err)
			}
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		s.Clock.Advance(time.Minute)
		s.RefundDue()
		s.WaitRefund(out.View.ID, payments.RefundSucceeded)
	})
}

func TestEachPaidAttemptHasItsOwnRemainder(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p, duplicate := s.paidTwice("RM-1")
		s.RefundDue()
		s.Refund(p.ID, paymentstest.RefundInput("RM-1", 234))
		rooms, err := s.Payments.RefundRooms(s.Ctx, s.Get(p.ID))
		want := []payments.RefundRoom{
			{AttemptID: p.PaidAttemptID, Method: channel.WeChatNative, Amount: 1234, Remainder: 1000},
			{AttemptID: duplicate, Method: channel.AlipayQR, Amount: 1234, Duplicate: true},
		}
		if err != nil || !slices.Equal(rooms, want) {
			s.T.Errorf("%+v, %v", rooms, err)
		}
		open := s.Create(paymentstest.Order("RM-2", channel.AlipayQR))
		if rooms, err := s.Payments.RefundRooms(s.Ctx, s.Get(open.ID)); err != nil || rooms != nil {
			s.T.Errorf("of an unpaid one: %+v, %v", rooms, err)
		}
	})
}
