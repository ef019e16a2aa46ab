package payments_test

import (
	"context"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// A notification brings a query forward at the moment when a job claims it: due
// before and after, it is claimed.
func TestWhatComesForwardWhileItIsClaimedIsNotPassedOver(t *testing.T) {
	c := &paymentstest.Clock{}
	inner, w := paymentstest.Open(t, dbtest.OpenMySQL(t, dbtest.WithClock(c)), c)
	s := &shop{inner}
	p := s.Paid("CL-1", channel.AlipayQR)
	w.Set(func(w *paymentstest.Wire) { w.Fail = failing(isRefund) })
	out, err := s.Payments.Refund(s.Ctx, s.Scope, p.ID, paymentstest.RefundInput("CL-1", 10), nil)
	if err != nil || !out.Unknown {
		t.Fatalf("%+v, %v", out, err)
	}
	w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
	open := s.Create(paymentstest.Order("CL-2", channel.WeChatNative))
	c.Advance(time.Minute)
	s.claims(s.Payments.RefundDue, `UPDATE refunds SET next_query_at = next_query_at - 1000 WHERE id = ?`, out.View.ID)
	s.claims(s.Payments.QueryDue, `UPDATE attempts SET next_query_at = next_query_at - 1000 WHERE id = ?`, open.AttemptID)
	s.Sound()
}

// claims wants the job to take up the one row that another transaction brings
// forward twice: before the job comes to it, and while the job waits for it.
func (s *shop) claims(job func(context.Context) (int, error), forward, id string) {
	s.T.Helper()
	type claimed struct {
		n   int
		err error
	}
	done := make(chan claimed, 1)
	tx := func(tx *db.Tx) error {
		if _, err := tx.Exec(s.Ctx, forward, id); err != nil {
			return err
		}
		go func() {
			n, err := job(s.Ctx)
			done <- claimed{n, err}
		}()
		s.waitForLock()
		_, err := tx.Exec(s.Ctx, forward, id)
		return err
	}
	if err := s.DB.InTx(s.Ctx, tx); err != nil {
		s.T.Fatal(err)
	}
	if got := <-done; got.n != 1 || got.err != nil {
		s.T.Errorf("after %s, %d were claimed: %v", forward, got.n, got.err)
	}
}

// waitForLock waits until a claim waits for a row. The server looks anew when
// nobody has asked it for a tenth of a second.
func (s *shop) waitForLock() {
	s.T.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(150 * time.Millisecond) {
		var n int
		if err := s.DB.Get(s.Ctx, &n, `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%SET lease_owner%'`); err != nil {
			s.T.Fatal(err)
		}
		if n > 0 {
			return
		}
		if time.Now().After(deadline) {
			s.T.Fatal("no claim waits")
		}
	}
}
