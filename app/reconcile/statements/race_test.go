package statements_test

import (
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// A run that writes while a month is being locked comes before the lock, which
// then sees that the figures changed, or after it and is refused.
func TestARunAndALockOfItsMonthDoNotPassEachOther(t *testing.T) {
	c := &clock{}
	c.set(day.End().Add(12 * time.Hour))
	r := setup(t, dbtest.OpenMySQL(t, dbtest.WithClock(c)), c) // two open write transactions need two connections
	run := r.october()
	p, err := r.AskLock(r.ctx, r.scope, "2026-10", maker)
	r.must(err)
	decided := make(chan error, 1)
	r.must(r.db.InTx(r.ctx, func(tx *db.Tx) error {
		if err := r.Write(r.ctx, tx, run, outcome(0, figures("acct_A", 9))); err != nil {
			return err
		}
		go func() { decided <- r.decide(p, true) }()
		return r.untilWaiting(decided)
	}))
	if err := <-decided; reason(err) != "period_changed" {
		t.Errorf("the lock passed a run that was writing: %v", err)
	}
	if m := r.month("2026-10"); m.Period.Status != statements.PeriodLocking || m.Total.Theirs.Payments != 39 {
		t.Errorf("%s, %+v", m.Period.Status, m.Total.Theirs)
	}
}

// untilWaiting returns once a transaction waits for another's lock, or has ended.
func (r *room) untilWaiting(ended chan error) error {
	for {
		select {
		case err := <-ended:
			ended <- err
			return nil
		case <-time.After(10 * time.Millisecond):
		}
		var n int
		if err := r.db.Get(r.ctx, &n, `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`); err != nil || n > 0 {
			return err
		}
	}
}
