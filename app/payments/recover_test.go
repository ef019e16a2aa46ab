package payments_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// recovered asks for an attempt's truth as reconciliation does.
func (s *shop) recovered(attemptID string) (payments.Attempt, bool) {
	s.T.Helper()
	a, changed, err := s.Payments.Recover(s.Ctx, s.Scope, attemptID)
	if err != nil {
		s.T.Fatal(err)
	}
	return a, changed
}

func (s *shop) wantReason(err error, code app.Code, reason string) {
	s.T.Helper()
	if !app.Is(err, code) || reasonOf(err) != reason {
		s.T.Errorf("%v, want %s %s", err, code, reason)
	}
}

func TestAPaymentThatOnlyTheBillTellsOfIsRecoveredOnce(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Create(paymentstest.Order("RC-"+string(method), method))
			s.Fault(method.Channel(), trade.DropNotification, 1)
			s.Pay(p.Action.CodeURL)
			a, changed := s.recovered(p.AttemptID)
			if !changed || !a.Recovered || a.Status != payments.StatusSucceeded {
				s.T.Fatalf("%s: %v %+v", method, changed, a)
			}
			if got := s.Get(p.ID); !got.Recovered || got.Late || got.Status != payments.StatusSucceeded {
				s.T.Errorf("%s: %+v", method, got)
			}
			if _, changed := s.recovered(p.AttemptID); changed {
				s.T.Errorf("%s: recovered twice", method)
			}
			told, err := s.Events.ByObject(s.Ctx, s.Scope.MerchantID, p.ID)
			if err != nil || len(told) != 1 || told[0].Type != "payment.succeeded" || !strings.Contains(told[0].Payload, `"recovered":true`) {
				s.T.Errorf("%s: told %+v, %v", method, told, err)
			}
			rows, err := s.Payments.Timeline(s.Ctx, s.Scope, p.ID)
			if err != nil || !slices.ContainsFunc(rows, func(e payments.Entry) bool {
				return e.Message == "state.succeeded" && e.ActorName == "reconciliation"
			}) {
				s.T.Errorf("%s: the timeline does not say who found it, %v", method, err)
			}
		}
	})
}

func TestMoneyOfAClosedOrderIsRecoveredAsLate(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("RL-1", channel.WeChatNative))
		if _, err := s.Payments.Close(s.Ctx, s.Scope, p.ID); err != nil {
			s.T.Fatal(err)
		}
		s.Fault(app.WeChat, trade.DropNotification, 1)
		if _, err := s.Sandbox.Trades().PayLate(s.Ctx, p.Action.CodeURL); err != nil {
			s.T.Fatal(err)
		}
		if _, changed := s.recovered(p.AttemptID); !changed {
			s.T.Fatal("nothing changed")
		}
		if got := s.Get(p.ID); !got.Late || !got.Recovered {
			s.T.Errorf("%+v", got)
		}
	})
}

// What the channel does not confirm changes nothing, and keeps nobody from asking.
func TestWhatTheQueryDoesNotConfirmIsNotRecovered(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Create(paymentstest.Order("RN-"+string(method), method))
			for range 2 { // the lease of the first was given back
				if a, changed := s.recovered(p.AttemptID); changed || a.Recovered {
					s.T.Errorf("%s: an unpaid order was recovered as %+v", method, a)
				}
			}
			s.Fault(method.Channel(), trade.DropNotification, 1)
			s.Pay(p.Action.CodeURL)
			w.Set(func(w *paymentstest.Wire) { w.Fail = func(*http.Request) error { return io.ErrUnexpectedEOF } })
			_, _, err := s.Payments.Recover(s.Ctx, s.Scope, p.AttemptID)
			w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
			s.wantReason(err, app.OutcomeUnknown, "channel_unclear")
			if got := s.Get(p.ID); got.Status != payments.StatusPending {
				s.T.Errorf("%s: %s without an answer", method, got.Status)
			}
			s.after(time.Hour) // the query job takes it up as ever, and it is no recovery
			if got := s.Get(p.ID); got.Status != payments.StatusSucceeded || got.Recovered {
				s.T.Errorf("%s: %+v", method, got)
			}
		}
	})
}

func TestRecoveryTouchesNobodyElsesOrders(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("RO-1", channel.WeChatNative))
		live, other := s.Scope, s.Scope
		live.Mode, other.MerchantID = app.Live, "mch_other"
		for _, scope := range []payments.Scope{live, other} {
			if _, _, err := s.Payments.Recover(s.Ctx, scope, p.AttemptID); !app.Is(err, app.NotFound) {
				s.T.Errorf("%v: %v", scope, err)
			}
			if _, _, err := s.Payments.AdoptBilled(s.Ctx, scope, payments.BilledRefund{AttemptID: p.AttemptID, Number: "x", Amount: 1}); !app.Is(err, app.NotFound) {
				s.T.Errorf("%v: %v", scope, err)
			}
		}
	})
}

func TestARefundInABillIsAdoptedOnceTheQueryConfirmsIt(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			p := s.Paid("AB-"+string(method), method)
			s.Fault(method.Channel(), trade.DropNotification, 1)
			made := s.ConsoleRefund(method.Channel(), p.PaidAttemptID, 200)
			b := payments.BilledRefund{
				AttemptID: p.PaidAttemptID, Number: made.OutRefundNo, ChannelRefundNo: made.ChannelRefundNo, Amount: 201, At: made.CreatedAt.Time(),
			}
			_, _, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b)
			s.wantReason(err, app.Conflict, "not_confirmed")
			unknown := b
			unknown.Number, unknown.Amount = "50000000000000000000000000001", 200
			_, _, err = s.Payments.AdoptBilled(s.Ctx, s.Scope, unknown)
			s.wantReason(err, app.Conflict, "not_confirmed")
			if len(s.RefundsOf(p.ID)) != 0 {
				s.T.Fatalf("%s: adopted without the channel's word", method)
			}
			b.Amount = 200
			r, adopted, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b)
			if err != nil || !adopted || !r.Recovered || r.Source != payments.SourceChannel || r.Number != b.Number || r.AcceptedAt != made.CreatedAt {
				s.T.Fatalf("%s: %+v, %v, %v", method, r, adopted, err)
			}
			again, adopted, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b)
			if err != nil || adopted || again.ID != r.ID || len(s.RefundsOf(p.ID)) != 1 {
				s.T.Errorf("%s: again %+v, %v, %v", method, again, adopted, err)
			}
		}
		unpaid := s.Create(paymentstest.Order("AB-U", channel.WeChatNative))
		_, _, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, payments.BilledRefund{AttemptID: unpaid.AttemptID, Number: "1", Amount: 1})
		s.wantReason(err, app.Conflict, "unpaid")
	})
}

func TestABillNamesTheRefundThatAQueryCouldNot(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("NB-1", channel.AlipayQR)
		s.unnamed(p)
		s.Fault(app.Alipay, trade.DropNotification, 1)
		made := s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 200)
		b := payments.BilledRefund{AttemptID: p.PaidAttemptID, Number: made.OutRefundNo, Amount: 200, At: made.SucceededAt.Time()}
		r, adopted, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b)
		if err != nil || adopted || r.Number != made.OutRefundNo {
			s.T.Fatalf("%+v, %v, %v", r, adopted, err)
		}
		if list := s.RefundsOf(p.ID); len(list) != 1 || list[0].Number != made.OutRefundNo || s.Get(p.ID).AmountRefunded != 200 {
			s.T.Errorf("%+v", list)
		}
	})
}

func TestARefundThatArrivedUnheardIsRecovered(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("RR-1", channel.WeChatNative)
		s.Fault(app.WeChat, trade.DropNotification, 1)
		v := s.Refund(p.ID, paymentstest.RefundInput("RR-1", 300))
		s.finished(p.PaidAttemptID)
		r, changed, err := s.Payments.RecoverRefund(s.Ctx, s.Scope, v.ID)
		if err != nil || !changed || r.Status != payments.RefundSucceeded || !r.Recovered {
			s.T.Fatalf("%+v, %v, %v", r, changed, err)
		}
		if _, changed, err := s.Payments.RecoverRefund(s.Ctx, s.Scope, v.ID); err != nil || changed {
			s.T.Errorf("again: %v, %v", changed, err)
		}
	})
}
