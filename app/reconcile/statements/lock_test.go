package statements_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// october reconciles the whole of the month and returns its last day's run.
func (r *room) october() statements.RunRef {
	r.t.Helper()
	run := r.identity("wechat", "1600000001", "acct_A")
	balance := app.Money(10_000)
	for d := app.Day("2026-10-01"); d < day; d = d.Next() {
		o := outcome(balance, figures("acct_A", 1))
		balance = o.Balance.Closing
		r.must(r.end(on(run, d), o))
	}
	r.must(r.end(run, outcome(balance, figures("acct_A", 2))))
	return run
}

func (r *room) decide(p statements.Period, approve bool) error {
	r.clock.set(r.clock.Now().Add(time.Second)) // so that what happens has an order
	_, err := r.approvals.Decide(r.ctx, approvals.Scope(r.scope), p.ApprovalID, approvals.Decision{By: checker, Approve: approve, Note: "seen"})
	r.clock.set(r.clock.Now().Add(time.Second))
	return err
}

func (r *room) lock() statements.Period {
	r.t.Helper()
	p, err := r.AskLock(r.ctx, r.scope, "2026-10", maker)
	r.must(err)
	r.must(r.decide(p, true))
	return p
}

func TestAMonthIsLockedByASecondPerson(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.october()
		r.exception(run, "acct_A", "payment:1", "resolved", 5)
		r.adjust(run, "acct_A", exceptions.AdjustWriteOff, -5)
		p, err := r.AskLock(r.ctx, r.scope, "2026-10", maker)
		r.must(err)
		if p.Status != statements.PeriodLocking || p.Closed() {
			t.Errorf("asked: %+v", p)
		}
		a, err := r.approvals.Get(r.ctx, approvals.Scope(r.scope), p.ApprovalID)
		r.must(err)
		if a.Kind != "period" || a.ObjectID != p.ID || a.Summary["month"] != "2026-10" || a.Summary["change"] != "lock" || a.Summary["payments"] != "32" {
			t.Errorf("%+v", a)
		}
		if _, err := r.AskLock(r.ctx, r.scope, "2026-10", maker); reason(err) != "period_pending" {
			t.Errorf("asked twice: %v", err)
		}
		if _, err := r.approvals.Decide(r.ctx, approvals.Scope(r.scope), a.ID, approvals.Decision{By: maker, Approve: true}); reason(err) != "own_request" {
			t.Errorf("by oneself: %v", err)
		}
		r.must(r.decide(p, true))
		m := r.month("2026-10")
		if !m.Period.Closed() || m.Period.Handled != maker || m.Period.Checked != checker || m.Period.ApprovalID != "" || len(m.Blockers) != 0 {
			t.Errorf("%+v", m.Period)
		}
		d := r.day(day)
		if d.Rows[0].Handled != maker || d.Rows[0].Statements[0].LockedAt == 0 || d.Rows[0].Exceptions.Total != 1 || d.Rows[0].Adjustments.Amount != -5 {
			t.Errorf("%+v", d.Rows[0])
		}
		if _, err := r.AskLock(r.ctx, r.scope, "2026-10", maker); reason(err) != "period_locked" {
			t.Errorf("locked twice: %v", err)
		}
	})
}

func TestNothingChangesALockedMonth(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.october()
		r.lock()
		before := r.day(day)
		if err := r.end(run, outcome(0, figures("acct_A", 9))); reason(err) != "period_locked" || !app.Is(err, app.Conflict) {
			t.Errorf("written over: %v", err)
		}
		// What is found or booked elsewhere is no longer this month's.
		r.exception(run, "acct_A", "payment:1", "open", 5)
		r.adjust(run, "acct_A", exceptions.AdjustWriteOff, 7)
		r.row(run, "failed", "locked")
		after := r.day(day)
		if !reflect.DeepEqual(after.Total, before.Total) || !reflect.DeepEqual(after.Rows[0].Statements, before.Rows[0].Statements) || after.Status != before.Status {
			t.Errorf("%+v became %+v", before, after)
		}
		locked, err := statements.Periods{}.Locked(r.ctx, r.db, r.scope, day)
		if err != nil || !locked {
			t.Errorf("locked: %v, %v", locked, err)
		}
		if other, err := (statements.Periods{}).Locked(r.ctx, r.db, r.scope, day.Next()); err != nil || other {
			t.Errorf("the next month is locked: %v", err)
		}
		// The days after it, and the same days of the other mode, go on.
		r.must(r.end(on(run, day.Next()), outcome(0, figures("acct_A", 1))))
		live := run
		live.Mode, live.IdentityID = app.Live, "sid_live"
		r.must(r.db.InTx(r.ctx, func(tx *db.Tx) error { return r.Write(r.ctx, tx, live, outcome(0, figures("acct_L", 1))) }))
	})
}

func TestALockIsRefusedWhileSomethingIsOpen(t *testing.T) {
	r := lite(t)
	run := r.october()
	refuse := func(what, says string) {
		t.Helper()
		_, err := r.AskLock(r.ctx, r.scope, "2026-10", maker)
		if reason(err) != "period_blocked" || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	r.clock.set(day.Start())
	refuse("not ended", "has not ended")
	r.clock.set(day.End().Add(time.Hour))
	r.exception(run, "acct_A", "payment:1", "proposed", 5)
	refuse("an open exception", "1 exceptions of 2026-10-31 of wechat 1600000001 are open")
	r.settle()
	r.row(run, "failed", "unavailable")
	refuse("a failed run", "the run of 2026-10-31 of wechat 1600000001 failed")
	r.row(run, "matching", "")
	refuse("a run under way", "2026-10-31 of wechat 1600000001 is being compared again")
	r.row(run, "done", "")
	half := outcome(0, figures("acct_A", 1))
	half.Partial = true
	r.must(r.end(on(run, "2026-10-30"), half))
	refuse("half a day", "2026-10-30 of wechat 1600000001 was compared before it had ended")
	half.Partial = false
	r.must(r.end(on(run, "2026-10-30"), half))
	missing := r.identity("alipay", "2088000000000001", "acct_B")
	refuse("an identity without runs", "2026-10-01 of alipay 2088000000000001 has no result yet; 2026-10-02")
	if blockers := r.month("2026-10").Blockers; len(blockers) != 31 || blockers[0].Code != statements.BlockMissing || blockers[0].Identity != "2088000000000001" {
		t.Errorf("%+v", blockers)
	}
	_, err := r.db.Exec(r.ctx, `UPDATE accounts SET enabled = 0 WHERE identity_id = ?`, missing.IdentityID)
	r.must(err)
	_, err = r.AskLock(r.ctx, r.scope, "2026-10", maker)
	r.must(err)
}

func TestALockIsRefusedWhenTheFiguresChangedSince(t *testing.T) {
	r := lite(t)
	run := r.october()
	p, err := r.AskLock(r.ctx, r.scope, "2026-10", maker)
	r.must(err)
	r.must(r.end(run, outcome(0, figures("acct_A", 9))))
	if err := r.decide(p, true); reason(err) != "period_changed" {
		t.Errorf("other figures: %v", err)
	}
	r.exception(run, "acct_A", "payment:1", "open", 5)
	if err := r.decide(p, true); reason(err) != "period_blocked" {
		t.Errorf("an exception since: %v", err)
	}
	r.must(r.decide(p, false))
	if m := r.month("2026-10"); m.Period.Status != statements.PeriodOpen || m.Period.ApprovalID != "" {
		t.Errorf("%+v", m.Period)
	}
}

func TestALockedMonthIsOpenedAgainWithAReason(t *testing.T) {
	r := lite(t)
	run := r.october()
	if _, err := r.AskReopen(r.ctx, r.scope, "2026-10", "a late refund", maker); reason(err) != "period_not_locked" {
		t.Errorf("an open month: %v", err)
	}
	r.lock()
	if _, err := r.AskReopen(r.ctx, r.scope, "2026-10", "  ", maker); !app.Is(err, app.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	p, err := r.AskReopen(r.ctx, r.scope, "2026-10", "a late refund", maker)
	r.must(err)
	if err := r.end(run, outcome(0, figures("acct_A", 9))); reason(err) != "period_locked" {
		t.Errorf("open before the decision: %v", err)
	}
	r.must(r.decide(p, false))
	if r.month("2026-10").Period.Status != statements.PeriodLocked {
		t.Error("a rejection opened it")
	}
	p, err = r.AskReopen(r.ctx, r.scope, "2026-10", "a late refund", maker)
	r.must(err)
	r.must(r.decide(p, true))
	if m := r.month("2026-10"); m.Period.Closed() || m.Period.Handled.ID != "" {
		t.Errorf("%+v", m.Period)
	}
	r.must(r.end(run, outcome(0, figures("acct_A", 9))))
	if got := r.day(day).Rows[0].Theirs.Payments; got != 9 {
		t.Errorf("%d payments", got)
	}
	r.lock()
	var what []string
	history, err := r.PeriodHistory(r.ctx, r.scope, "2026-10")
	r.must(err)
	for _, e := range history {
		what = append([]string{e.What}, what...)
	}
	if want := "lock_asked locked reopen_asked reopen_refused reopen_asked reopened lock_asked locked"; strings.Join(what, " ") != want {
		t.Errorf("the history says %v", what)
	}
	if actions := r.audited(p.ID); strings.Join(actions, " ") != "period.lock period.reopen period.lock" {
		t.Errorf("the audit says %v", actions)
	}
}

// audited returns what was done to an object, oldest first.
func (r *room) audited(target string) []string {
	r.t.Helper()
	rows, err := r.trail.List(r.ctx, audit.Filter{Chain: r.scope.MerchantID, Target: target, Limit: 50})
	r.must(err)
	var out []string
	for _, row := range rows.Rows {
		out = append([]string{row.Action}, out...)
	}
	return out
}
