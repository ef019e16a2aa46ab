package payments_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// What a query saw given back may be the sum of what the bill lists: counted
// besides, it would be counted twice.
func TestABilledRefundThatMayBePartOfAnUnnamedOneIsAPersons(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("PU-1", channel.AlipayQR)
		s.unnamed(p)
		s.Fault(app.Alipay, trade.DropNotification, 2)
		for _, amount := range []app.Money{80, 120} {
			made := s.ConsoleRefund(app.Alipay, p.PaidAttemptID, amount)
			b := payments.BilledRefund{AttemptID: p.PaidAttemptID, Number: made.OutRefundNo, Amount: amount, At: made.SucceededAt.Time()}
			_, _, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b)
			s.wantReason(err, app.Conflict, "not_confirmed")
		}
		if got := s.Get(p.ID); got.AmountRefunded != 200 || len(s.RefundsOf(p.ID)) != 1 {
			s.T.Errorf("%d was counted of 200", got.AmountRefunded)
		}
		// More than it cannot be a part of it.
		s.Fault(app.Alipay, trade.DropNotification, 1)
		made := s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 300)
		b := payments.BilledRefund{AttemptID: p.PaidAttemptID, Number: made.OutRefundNo, Amount: 300, At: made.SucceededAt.Time()}
		if _, adopted, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b); err != nil || !adopted {
			s.T.Errorf("%v, %v", adopted, err)
		}
	})
}

// A number that none of our columns can keep is a person's case, not an error of
// the database.
func TestABilledRefundWhoseNumberCannotBeKeptIsAPersons(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("NK-1", channel.AlipayQR)
		for _, number := range []string{"退款-1", strings.Repeat("9", 65), ""} {
			b := payments.BilledRefund{AttemptID: p.PaidAttemptID, Number: number, Amount: 100, At: time.Now()}
			_, _, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b)
			s.wantReason(err, app.Conflict, "not_confirmed")
		}
	})
}

// The day that a query saw the money on is not the day of the bill that has it.
func TestABillDatesTheRefundThatItNames(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		p := s.Paid("ND-1", channel.AlipayQR)
		s.unnamed(p)
		s.Fault(app.Alipay, trade.DropNotification, 1)
		made := s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 200)
		if _, err := s.DB.Exec(s.Ctx, `UPDATE refunds SET succeeded_at = succeeded_at + 86400000, booked_at = booked_at + 86400000 WHERE payment_id = ?`, p.ID); err != nil {
			s.T.Fatal(err)
		}
		b := payments.BilledRefund{AttemptID: p.PaidAttemptID, Number: made.OutRefundNo, Amount: 200, At: made.SucceededAt.Time()}
		if _, _, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b); err != nil {
			s.T.Fatal(err)
		}
		r := s.RefundsOf(p.ID)[0]
		day := app.DayOf(b.At)
		if app.DayOf(r.BookedAt.Time()) != day || app.DayOf(r.SucceededAt.Time()) != day {
			s.T.Errorf("booked at %v, succeeded at %v, billed at %v", r.BookedAt.Time(), r.SucceededAt.Time(), b.At)
		}
	})
}

// A notification that adopts the refund while the bill's is being asked about was
// first, and that is all.
func TestANotificationMayAdoptWhileTheBillAsks(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Paid("NW-1", channel.AlipayQR)
		s.unnamed(p) // an earlier one of the same amount
		s.Fault(app.Alipay, trade.DropNotification, 1)
		s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 200)
		s.Trap.Arm()
		made := s.ConsoleRefund(app.Alipay, p.PaidAttemptID, 200)
		body, header := s.Trap.Wait(s.T)
		message := paymentstest.Message{Path: "/callbacks/alipay/" + s.Alipay.ID, Header: header, Body: body}
		var told atomic.Bool
		w.Set(func(w *paymentstest.Wire) {
			w.Fail = func(*http.Request) error {
				if told.CompareAndSwap(false, true) {
					if status, text := s.Deliver(message); text != "success" {
						s.T.Errorf("the notification was answered %d %s", status, text)
					}
				}
				return nil
			}
		})
		b := payments.BilledRefund{AttemptID: p.PaidAttemptID, Number: made.OutRefundNo, Amount: 200, At: made.SucceededAt.Time()}
		r, adopted, err := s.Payments.AdoptBilled(s.Ctx, s.Scope, b)
		if err != nil || adopted || r.Number != made.OutRefundNo {
			s.T.Errorf("%+v, %v, %v", r, adopted, err)
		}
		if got := s.Get(p.ID); got.AmountRefunded != 400 || len(s.RefundsOf(p.ID)) != 2 {
			s.T.Errorf("%d was counted", got.AmountRefunded)
		}
	})
}
