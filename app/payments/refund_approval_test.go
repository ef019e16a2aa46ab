package payments_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// settings changes the shop's settings.
func (s *shop) settings(change func(*merchants.Settings)) {
	s.T.Helper()
	settings, err := s.Merchants.Settings(s.Ctx, s.Scope.MerchantID)
	if err != nil {
		s.T.Fatal(err)
	}
	change(&settings)
	if _, err := s.Merchants.UpdateSettings(s.Ctx, s.Scope.MerchantID, settings); err != nil {
		s.T.Fatal(err)
	}
}

func (s *shop) approvalsAbove(m app.Money) {
	s.T.Helper()
	s.settings(func(x *merchants.Settings) { x.RefundApprovalAbove = m })
}

var (
	cashier = approvals.Person{Kind: approvals.ByUser, ID: "usr_cashier", Name: "cashier@example.com"}
	finance = approvals.Person{Kind: approvals.ByUser, ID: "usr_finance", Name: "finance@example.com"}
)

// decide lets finance decide about a refund.
func (s *shop) decide(r payments.RefundView, approve bool) error {
	_, err := s.Approvals.Decide(s.Ctx, approvals.Scope(s.Scope), r.ApprovalID, approvals.Decision{By: finance, Approve: approve, Note: "checked"})
	return err
}

func TestALargeRefundWaitsForASecondPerson(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		s.approvalsAbove(1000)
		p := s.Paid("AP-1", channel.AlipayQR)
		// At the limit nobody is asked.
		if v := s.Refund(p.ID, paymentstest.RefundInput("AP-0", 1)); v.Status != payments.RefundSucceeded || v.ApprovalID != "" {
			s.T.Errorf("a small refund: %+v", v)
		}
		in := paymentstest.RefundInput("AP-1", 1001)
		in.Source, in.By = payments.SourceConsole, cashier
		v := s.Refund(p.ID, in)
		if v.Status != payments.RefundAwaiting || v.ApprovalID == "" {
			s.T.Fatalf("%+v", v)
		}
		if got := s.Get(p.ID); got.RefundReserved != 1002 {
			s.T.Errorf("%d are reserved", got.RefundReserved)
		}
		s.Clock.Advance(time.Hour)
		s.RefundDue()
		if n := len(s.ChannelRefunds(app.Alipay, p.PaidAttemptID)); n != 1 {
			s.T.Fatalf("%d refunds reached the channel, want the small one", n)
		}
		a, err := s.Approvals.Get(s.Ctx, approvals.Scope(s.Scope), v.ApprovalID)
		if err != nil || a.Kind != payments.ApprovalRefund || a.ObjectID != v.ID || a.Amount != 1001 || a.RequestedBy != cashier || a.Summary["order_no"] != "AP-1" || a.Summary["reason"] == "" {
			s.T.Errorf("asked for %+v, %v", a, err)
		}
		if _, err := s.Approvals.Decide(s.Ctx, approvals.Scope(s.Scope), v.ApprovalID, approvals.Decision{By: cashier, Approve: true}); reasonOf(err) != "own_request" {
			s.T.Errorf("by who asked: %v", err)
		}
		if err := s.decide(v, true); err != nil {
			s.T.Fatal(err)
		}
		s.RefundDue()
		s.WaitRefund(v.ID, payments.RefundSucceeded)
		if types := s.EventTypes(v.ID); !slices.Equal(types, []string{"refund.succeeded"}) {
			s.T.Errorf("events %v", types)
		}
		var audited int
		if err := s.DB.Get(s.Ctx, &audited, `SELECT COUNT(*) FROM audit_rows WHERE action = 'refund.create' AND target = ?`, v.ID); err != nil || audited != 1 {
			s.T.Errorf("a refund from the console is audited %d times, %v", audited, err)
		}
	})
}

func TestARejectedRefundFreesItsAmount(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		s.approvalsAbove(1000)
		p := s.Paid("RJ-1", channel.WeChatNative)
		for _, no := range []string{"RJ-rejected", "RJ-withdrawn"} {
			in := paymentstest.RefundInput(no, 1234)
			v := s.Refund(p.ID, in)
			if no == "RJ-rejected" {
				if err := s.decide(v, false); err != nil {
					s.T.Fatal(err)
				}
			} else if _, err := s.Approvals.Withdraw(s.Ctx, approvals.Scope(s.Scope), v.ApprovalID, in.By); err != nil {
				s.T.Fatal(err)
			}
			if r := s.GetRefund(v.ID); r.Status != payments.RefundRejected {
				s.T.Errorf("%s: %+v", no, r)
			}
			if got := s.Get(p.ID); got.RefundReserved != 0 {
				s.T.Errorf("%s: %d stay reserved", no, got.RefundReserved)
			}
			s.Clock.Advance(time.Hour)
			s.RefundDue()
			if n := len(s.ChannelRefunds(app.WeChat, p.PaidAttemptID)); n != 0 {
				s.T.Errorf("%s: it reached the channel", no)
			}
			if types := s.EventTypes(v.ID); len(types) != 0 {
				s.T.Errorf("%s: events %v", no, types)
			}
			if again, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, in, nil); err != nil || again.View.Status != payments.RefundRejected || again.New {
				s.T.Errorf("%s: again %+v, %v", no, again, err)
			}
		}
	})
}

// The limit is of the payment: it cannot be passed by many small refunds, nor by
// many at once.
func TestSmallRefundsTogetherDoNotPassTheLimit(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		s.approvalsAbove(1000)
		p := s.Paid("AP-9", channel.AlipayQR)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var alone app.Money
		waiting := 0
		for i := range 6 {
			wg.Go(func() {
				out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("AP-9-"+strconv.Itoa(i), 200), nil)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					s.T.Error(err)
				case out.View.Status == payments.RefundAwaiting:
					waiting++
				default:
					alone += out.View.Amount
				}
			})
		}
		wg.Wait()
		if alone != 1000 || waiting != 1 {
			s.T.Errorf("%d fen passed alone and %d wait, want 1000 and 1", alone, waiting)
		}
	})
}
