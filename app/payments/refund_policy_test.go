package payments_test

import (
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// paidLate returns a payment whose money came after it was closed.
func (s *shop) paidLate(no string, method channel.Method) payments.Payment {
	s.T.Helper()
	v := s.Create(paymentstest.Order(no, method))
	if _, err := s.Payments.Close(s.Ctx, s.Scope, v.ID); err != nil {
		s.T.Fatal(err)
	}
	if _, err := s.Sandbox.Trades().PayLate(s.Ctx, v.Action.CodeURL); err != nil {
		s.T.Fatal(err)
	}
	return s.Await(v.ID, payments.StatusSucceeded)
}

func TestLateMoneyIsKeptOrGivenBackOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		kept := s.paidLate("LT-kept", channel.WeChatNative)
		s.RefundDue()
		if n := len(s.RefundsOf(kept.ID)); n != 0 || !kept.Late {
			s.T.Errorf("by default %d refunds were made of %+v", n, kept)
		}
		s.settings(func(x *merchants.Settings) { x.LatePayments = merchants.RefundMoney })
		for _, method := range bothMethods {
			p := s.paidLate("LT-"+string(method), method)
			s.RefundDue()
			list := s.RefundsOf(p.ID)
			if len(list) != 1 || list[0].Source != payments.SourcePolicy || list[0].Amount != 1234 {
				s.T.Fatalf("%s: %+v", method, list)
			}
			s.WaitRefund(list[0].ID, payments.RefundSucceeded)
			s.RefundDue()
			if refunds := s.ChannelRefunds(method.Channel(), p.PaidAttemptID); len(refunds) != 1 {
				s.T.Errorf("%s: the channel refunded %d times", method, len(refunds))
			}
			if got := s.Get(p.ID); got.AmountRefunded != 1234 || !got.Late {
				s.T.Errorf("%s: %+v", method, got)
			}
			if e := s.refused(p.ID, paymentstest.RefundInput("LT-more-"+string(method), 1)); e.Details["remainder"] != "0" {
				s.T.Errorf("%s: %+v", method, e)
			}
		}
	})
}

// paidTwice returns a payment whose two attempts were both paid, WeChat's first,
// and the attempt that was one too many.
func (s *shop) paidTwice(no string) (payments.Payment, string) {
	s.T.Helper()
	v := s.Create(paymentstest.Order(no, channel.AlipayQR))
	second := s.change(v.ID, channel.WeChatNative)
	s.Pay(second.Action.CodeURL)
	p := s.Await(v.ID, payments.StatusSucceeded)
	s.Pay(v.Action.CodeURL)
	s.awaitEvents(v.ID, "payment.succeeded", "payment.duplicate")
	return p, v.AttemptID
}

func TestMoneyPaidTwiceIsGivenBackOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p, duplicate := s.paidTwice("DP-1")
		s.RefundDue()
		list := s.RefundsOf(p.ID)
		if len(list) != 1 || list[0].Source != payments.SourcePolicy || list[0].AttemptID != duplicate || list[0].Amount != 1234 || list[0].Channel != app.Alipay {
			s.T.Fatalf("%+v", list)
		}
		s.WaitRefund(list[0].ID, payments.RefundSucceeded)
		if n := len(s.ChannelRefunds(app.Alipay, duplicate)); n != 1 {
			s.T.Errorf("the channel refunded %d times", n)
		}
		if types := s.EventTypes(list[0].ID); !slices.Equal(types, []string{"refund.succeeded"}) {
			s.T.Errorf("events %v", types)
		}
		// The money that counts is untouched, and can be given back besides.
		if got := s.Get(p.ID); got.AmountRefunded != 0 || got.RefundReserved != 0 {
			s.T.Errorf("%+v", got)
		}
		in := paymentstest.RefundInput("DP-again", 1)
		in.AttemptID = duplicate
		if e := s.refused(p.ID, in); e.Reason != "refund_exceeds_remainder" || e.Details["remainder"] != "0" {
			s.T.Errorf("more of the duplicate: %+v", e)
		}
		s.WaitRefund(s.Refund(p.ID, paymentstest.RefundInput("DP-own", 1234)).ID, payments.RefundSucceeded)
		if got := s.Get(p.ID); got.AmountRefunded != 1234 {
			s.T.Errorf("%+v", got)
		}
	})
}

func TestMoneyPaidTwiceIsKeptForWhoeverChoseSo(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		s.settings(func(x *merchants.Settings) { x.DuplicatePayments = merchants.KeepMoney })
		p, duplicate := s.paidTwice("DK-1")
		if n := len(s.RefundsOf(p.ID)); n != 0 {
			s.T.Fatalf("%d refunds were made", n)
		}
		in := paymentstest.RefundInput("DK-1", 234)
		in.AttemptID, in.Source, in.By = duplicate, payments.SourceConsole, cashier
		s.WaitRefund(s.Refund(p.ID, in).ID, payments.RefundSucceeded)
		// What the channel's console gives back of it counts too.
		s.ConsoleRefund(app.Alipay, duplicate, 1000)
		if r := s.Adopted(p.ID, 2); r.AttemptID != duplicate || r.Amount != 1000 {
			s.T.Errorf("%+v", r)
		}
		if got := s.Get(p.ID); got.AmountRefunded != 0 || got.RefundReserved != 0 {
			s.T.Errorf("%+v", got)
		}
		in.RefundNo, in.AttemptID = "DK-2", "att_01M89YD0JFG5Z1HJVSWHHH7EET"
		if e := s.refused(p.ID, in); e.Field != "attempt_id" {
			s.T.Errorf("a stranger's attempt: %+v", e)
		}
	})
}
