package payments_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestARefundWithoutNotificationIsFoundByTheQuery(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("Q-1", channel.WeChatNative)
		s.Fault(app.WeChat, trade.DropNotification, 1)
		v := s.Refund(p.ID, paymentstest.RefundInput("Q-1", 1234))
		s.finished(p.PaidAttemptID)
		s.Clock.Advance(6 * time.Second)
		s.RefundDue()
		r := s.WaitRefund(v.ID, payments.RefundSucceeded)
		if r.ChannelRefundNo == "" || s.Get(p.ID).AmountRefunded != 1234 {
			s.T.Errorf("%+v", r)
		}
	})
}

// finished waits until WeChat is done with the only refund of an attempt.
func (s *shop) finished(attemptID string) trade.Refund {
	s.T.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		list := s.ChannelRefunds(app.WeChat, attemptID)
		if len(list) > 0 && list[0].State != trade.RefundProcessing {
			return list[0]
		}
		if time.Now().After(deadline) {
			s.T.Fatalf("the channel has %+v", list)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestARefundThatTheChannelClosesFreesItsAmount(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("CL-1", channel.WeChatNative)
		s.Fault(app.WeChat, trade.RefundFailsClosed, 1)
		v := s.Refund(p.ID, paymentstest.RefundInput("CL-1", 1234))
		r := s.WaitRefund(v.ID, payments.RefundFailed)
		if r.ErrorCode != "CLOSED" || r.ErrorMessage == "" {
			s.T.Errorf("it failed with %q %q", r.ErrorCode, r.ErrorMessage)
		}
		if got := s.Get(p.ID); got.RefundReserved != 0 || got.AmountRefunded != 0 {
			s.T.Errorf("%+v", got)
		}
		if types := s.EventTypes(v.ID); !slices.Equal(types, []string{"refund.failed"}) {
			s.T.Errorf("events %v", types)
		}
		s.Clock.Advance(time.Minute)
		s.WaitRefund(s.Refund(p.ID, paymentstest.RefundInput("CL-2", 1234)).ID, payments.RefundSucceeded)
	})
}

// abnormal returns a refund that could not reach its payer.
func (s *shop) abnormal(no string) (payments.Payment, payments.Refund) {
	s.T.Helper()
	p := s.Paid(no, channel.WeChatNative)
	s.Fault(app.WeChat, trade.RefundFailsAbnormal, 1)
	v := s.Refund(p.ID, paymentstest.RefundInput(no, 1234))
	r := s.WaitRefund(v.ID, payments.RefundAbnormal)
	if got := s.Get(p.ID); got.RefundReserved != 1234 || got.AmountRefunded != 0 {
		s.T.Errorf("an abnormal refund leaves %+v", got)
	}
	if e := s.refused(p.ID, paymentstest.RefundInput(no+"-more", 1)); e.Reason != "refund_exceeds_remainder" {
		s.T.Errorf("beside an abnormal refund: %+v", e)
	}
	return p, r
}

func TestAnAbnormalRefundIsEndedByTheChannel(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for outcome, want := range map[trade.RefundState]payments.RefundStatus{
			trade.RefundSucceeded: payments.RefundSucceeded, trade.RefundClosed: payments.RefundFailed,
		} {
			p, r := s.abnormal("AB-" + string(outcome))
			// A person acts at the channel, and nobody tells us.
			s.Fault(app.WeChat, trade.DropNotification, 1)
			if _, err := s.Sandbox.Trades().FinishRefund(s.Ctx, s.finished(p.PaidAttemptID).ID, outcome); err != nil {
				s.T.Fatal(err)
			}
			s.Clock.Advance(31 * time.Minute)
			s.RefundDue()
			s.WaitRefund(r.ID, want)
			if types := s.EventTypes(r.ID); !slices.Equal(types, []string{"refund.abnormal", "refund." + string(want)}) {
				s.T.Errorf("events %v", types)
			}
		}
	})
}

func TestAnAbnormalRefundIsEndedByAPerson(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		person := approvals.Person{Kind: approvals.ByUser, ID: "usr_1", Name: "finance@example.com"}
		p, r := s.abnormal("AP-1")
		if _, err := s.Payments.ResolveAbnormal(s.Ctx, s.Scope, r.ID, payments.Resolution{Succeeded: true, By: person}); !app.Is(err, app.Invalid) {
			s.T.Errorf("without a reason: %v", err)
		}
		got, err := s.Payments.ResolveAbnormal(s.Ctx, s.Scope, r.ID, payments.Resolution{Succeeded: true, Reason: "银行转账已退", By: person})
		if err != nil || got.Status != payments.RefundSucceeded || s.Get(p.ID).AmountRefunded != 1234 {
			s.T.Fatalf("%+v, %v", got, err)
		}
		if _, err := s.Payments.ResolveAbnormal(s.Ctx, s.Scope, r.ID, payments.Resolution{Reason: "again", By: person}); reasonOf(err) != "refund_not_abnormal" {
			s.T.Errorf("twice: %v", err)
		}
		// The channel comes to the same end later: that is known.
		if _, err := s.Sandbox.Trades().FinishRefund(s.Ctx, s.finished(p.PaidAttemptID).ID, trade.RefundSucceeded); err != nil {
			s.T.Fatal(err)
		}
		s.awaitResult("repeated")

		p, r = s.abnormal("AP-2")
		got, err = s.Payments.ResolveAbnormal(s.Ctx, s.Scope, r.ID, payments.Resolution{Reason: "用户放弃", By: person})
		if err != nil || got.Status != payments.RefundFailed || got.ErrorMessage != "用户放弃" || s.Get(p.ID).RefundReserved != 0 {
			s.T.Fatalf("%+v, %v", got, err)
		}
		// The channel says otherwise: that is a case for a person.
		if _, err := s.Sandbox.Trades().FinishRefund(s.Ctx, s.finished(p.PaidAttemptID).ID, trade.RefundSucceeded); err != nil {
			s.T.Fatal(err)
		}
		s.awaitResult("quarantined")
		s.wantQuarantined("refund_status")
		if got := s.GetRefund(r.ID); got.Status != payments.RefundFailed {
			s.T.Errorf("it became %s", got.Status)
		}
		var audited int
		if err := s.DB.Get(s.Ctx, &audited, `SELECT COUNT(*) FROM audit_rows WHERE action = 'refund.resolve'`); err != nil || audited != 2 {
			s.T.Errorf("%d resolutions are audited, %v", audited, err)
		}
	})
}

// wantQuarantined wants the newest quarantined notification to have the reason.
func (s *shop) wantQuarantined(reason string) payments.StoredNotice {
	s.T.Helper()
	list, err := s.quarantined(10)
	if err != nil || len(list) == 0 || list[0].Reason != reason {
		s.T.Fatalf("quarantined: %+v, %v; want %s", list, err, reason)
	}
	return list[0]
}

func TestPartialRefundsOfOneOrderQueue(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("L-1", channel.WeChatNative)
		var ids []string
		for _, no := range []string{"L-1", "L-2", "L-3"} {
			v := s.Refund(p.ID, paymentstest.RefundInput(no, 100))
			if v.Status != payments.RefundPending || (v.AcceptedAt != nil) != (no == "L-1") {
				s.T.Errorf("%s: %+v", no, v)
			}
			ids = append(ids, v.ID)
		}
		if got := s.Get(p.ID); got.RefundReserved != 300 {
			s.T.Errorf("%d are reserved", got.RefundReserved)
		}
		s.WaitRefund(ids[0], payments.RefundSucceeded)
		s.Clock.Advance(50 * time.Second)
		s.RefundDue()
		if n := len(s.ChannelRefunds(app.WeChat, p.PaidAttemptID)); n != 1 {
			s.T.Errorf("within a minute %d refunds were sent", n)
		}
		for i, id := range ids[1:] {
			s.Clock.Advance(61 * time.Second)
			s.RefundDue()
			if n := len(s.ChannelRefunds(app.WeChat, p.PaidAttemptID)); n != i+2 {
				s.T.Fatalf("after %d minutes %d refunds were sent", i+1, n)
			}
			s.WaitRefund(id, payments.RefundSucceeded)
		}
		// Alipay wants no spacing.
		q := s.Paid("L-alipay", channel.AlipayQR)
		for _, no := range []string{"LA-1", "LA-2"} {
			s.WaitRefund(s.Refund(q.ID, paymentstest.RefundInput(no, 100)).ID, payments.RefundSucceeded)
		}
	})
}

func TestARefundOfUnknownOutcomeKeepsTheOthersWaiting(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("K-1", channel.WeChatNative)
		w.Set(func(w *paymentstest.Wire) {
			w.Fail = failing(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/refund/") })
		})
		first, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("K-1", 100), nil)
		if err != nil || !first.Unknown {
			s.T.Fatalf("%+v, %v", first, err)
		}
		second := s.Refund(p.ID, paymentstest.RefundInput("K-2", 100))
		s.Clock.Advance(3 * time.Minute)
		s.RefundDue()
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		s.Clock.Advance(6 * time.Minute)
		s.RefundDue()
		s.WaitRefund(first.View.ID, payments.RefundSucceeded)
		if got := s.GetRefund(second.ID); got.Sends != 0 {
			s.T.Errorf("the second was sent before the first had an answer: %+v", got)
		}
		s.Clock.Advance(2 * time.Minute)
		s.RefundDue()
		s.WaitRefund(second.ID, payments.RefundSucceeded)
	})
}

func TestARefundTooSoonForTheChannelIsSentLater(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, fault := range []trade.Fault{trade.RateLimit, trade.RefundTooSoon} {
			p := s.Paid("T-"+string(fault), channel.WeChatNative)
			if fault == trade.RefundTooSoon {
				s.ConsoleRefund(app.WeChat, p.PaidAttemptID, 1)
				s.Adopted(p.ID, 1)
			}
			s.Fault(app.WeChat, fault, 1)
			v := s.Refund(p.ID, paymentstest.RefundInput("T-"+string(fault), 100))
			if v.Status != payments.RefundPending || v.AcceptedAt != nil {
				s.T.Fatalf("%s: %+v", fault, v)
			}
			r := s.GetRefund(v.ID)
			if now, err := s.DB.Now(s.Ctx); err != nil || r.NextQueryAt < now.Add(50*time.Second) || r.Sends != 0 {
				s.T.Errorf("%s: again at %v after %d sends, %v", fault, r.NextQueryAt.Time(), r.Sends, err)
			}
			s.Clock.Advance(2 * time.Minute)
			s.RefundDue()
			s.WaitRefund(v.ID, payments.RefundSucceeded)
		}
	})
}
