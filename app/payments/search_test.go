package payments_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

func TestANumberFindsItsPaymentInItsScopeOnly(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		v := s.Create(paymentstest.Order("FIND-1", channel.WeChatNative))
		s.Pay(v.Action.CodeURL)
		p := s.Await(v.ID, payments.StatusSucceeded)
		mine := []payments.Payee{{Channel: app.WeChat, Identity: s.WeChat.Identity}, {Channel: app.Alipay, Identity: s.Alipay.Identity}}
		live := payments.Scope{MerchantID: s.Scope.MerchantID, Mode: app.Live}
		other := payments.Scope{MerchantID: "mch_01J0000000000000000000000A", Mode: app.Test}
		for _, number := range []string{p.ID, p.OrderNo, p.PaidAttemptID, p.ChannelTradeNo, " " + p.OrderNo + "\n"} {
			for scope, want := range map[payments.Scope]int{s.Scope: 1, live: 0, other: 0} {
				found, err := s.Payments.Find(s.Ctx, scope, number, mine)
				if err != nil || len(found) != want {
					s.T.Errorf("%q in %v: %d, %v, want %d", number, scope, len(found), err, want)
				}
			}
		}
		for _, number := range []string{"", "FIND", "茶", "pay_x", "'"} {
			if found, err := s.Payments.Find(s.Ctx, s.Scope, number, mine); err != nil || len(found) != 0 {
				s.T.Errorf("%q: %d, %v", number, len(found), err)
			}
		}
		if found, err := s.Payments.Find(s.Ctx, s.Scope, p.ChannelTradeNo, nil); err != nil || len(found) != 0 {
			s.T.Errorf("a channel's number beside no payee: %d, %v", len(found), err)
		}
	})
}

func TestFiguresSumWhatTheListShows(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		var paid []payments.View
		for i := range 3 {
			in := paymentstest.Order(fmt.Sprintf("SUM-%d", i), channel.WeChatNative)
			in.Amount = app.Money(100 * (i + 1))
			paid = append(paid, s.Create(in))
		}
		for _, v := range paid[:2] {
			s.Pay(v.Action.CodeURL)
			s.Await(v.ID, payments.StatusSucceeded)
		}
		for name, c := range map[string]struct {
			filter payments.Filter
			want   payments.Figures
		}{
			"all":     {payments.Filter{}, payments.Figures{Count: 3, Succeeded: 2, Amount: 300}},
			"paid":    {payments.Filter{Status: payments.StatusSucceeded, Method: channel.WeChatNative, Channel: app.WeChat, AccountID: s.WeChat.ID}, payments.Figures{Count: 2, Succeeded: 2, Amount: 300}},
			"another": {payments.Filter{Channel: app.Alipay}, payments.Figures{}},
			"later":   {payments.Filter{From: app.ToMillis(s.Clock.Now().Add(time.Hour)), To: app.ToMillis(s.Clock.Now().Add(2 * time.Hour))}, payments.Figures{}},
		} {
			if got, err := s.Payments.Figures(s.Ctx, s.Scope, c.filter); err != nil || got != c.want {
				s.T.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
			}
		}
		if _, err := s.Payments.Figures(s.Ctx, s.Scope, payments.Filter{From: 1, To: app.ToMillis(s.Clock.Now())}); !app.Is(err, app.Invalid) {
			s.T.Errorf("a span of years: %v", err)
		}
		page, err := s.Payments.ListByAmount(s.Ctx, s.Scope, payments.Filter{Limit: 1}, payments.AmountRange{Min: 150})
		if err != nil || len(page.Payments) != 1 || page.Payments[0].ID != paid[2].ID || page.Next != paid[2].ID {
			s.T.Errorf("first page by amount: %+v, %v", page, err)
		}
		page, err = s.Payments.ListByAmount(s.Ctx, s.Scope, payments.Filter{Limit: 1, Before: page.Next}, payments.AmountRange{Min: 150})
		if err != nil || len(page.Payments) != 1 || page.Payments[0].ID != paid[1].ID || page.Next != "" {
			s.T.Errorf("second page by amount: %+v, %v", page, err)
		}
		page, err = s.Payments.ListByAmount(s.Ctx, s.Scope, payments.Filter{OrderNo: "SUM-0"}, payments.AmountRange{Min: 101})
		if err != nil || len(page.Payments) != 0 {
			s.T.Errorf("a looked up number outside the range: %+v, %v", page, err)
		}
	})
}

func TestPaymentsWithoutAnAnswerAreCounted(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		w.Set(func(w *paymentstest.Wire) { w.Lose = func(*http.Request) bool { return true } })
		out, err := s.Payments.Create(s.Ctx, s.Scope, paymentstest.Order("WAIT-1", channel.WeChatNative), nil)
		if err != nil || !out.Unknown {
			s.T.Fatalf("created %+v, %v", out, err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Lose = nil })
		found, err := s.Payments.Waiting(s.Ctx, s.Scope, app.ToMillis(s.Clock.Now().Add(time.Minute)))
		if err != nil || found.Count != 1 || found.Oldest == 0 {
			s.T.Errorf("waiting %+v, %v", found, err)
		}
		if found, err = s.Payments.Waiting(s.Ctx, s.Scope, app.ToMillis(s.Clock.Now().Add(-time.Minute))); err != nil || found.Count != 0 {
			s.T.Errorf("waiting for longer than it exists: %+v, %v", found, err)
		}
	})
}
