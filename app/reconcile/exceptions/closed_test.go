package exceptions_test

import (
	"context"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

// closedMonth is the month that is closed.
type closedMonth string

func (m closedMonth) Locked(_ context.Context, _ db.Querier, _ exceptions.Scope, day app.Day) (bool, error) {
	return day.Month() == string(m), nil
}

func (r *room) matched(ref exceptions.RunRef, numbers ...string) (cleared int) {
	r.t.Helper()
	err := r.d.InTx(r.t.Context(), func(tx *db.Tx) (err error) {
		cleared, err = r.Matched(r.t.Context(), tx, ref, numbers)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return cleared
}

func (r *room) unfiled(ref exceptions.RunRef, findings ...exceptions.Finding) int {
	r.t.Helper()
	list, err := r.Unfiled(r.t.Context(), ref, findings)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(list)
}

// The next month's runs change nothing in a month that was closed: what they find
// of it is theirs, where people can work on it.
func TestAClosedMonthStaysAsItWasClosed(t *testing.T) {
	each(t, func(r *room) {
		last, next := run, run
		last.Day = "2026-11-30"
		next.ID, next.Day = "run_2", "2026-12-02"
		carried := missing("att_C", 700)
		carried.Day = last.Day
		r.file(last, missing("att_A", 1234), missing("att_B", 5))
		r.file(next, carried)
		for _, number := range []string{"att_A", "att_B", "att_C"} {
			r.decide(r.propose(r.only(number), exceptions.Proposal{Resolution: exceptions.AcceptChannel}), true)
		}
		booked := map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustBooks: -1939}
		r.wantAdjustedOn(last.Day, booked)
		r.Periods = closedMonth("2026-11")
		late := missing("att_L", 900)
		late.Day = last.Day
		if opened, closed := r.file(next, late); opened != 1 || closed != 0 {
			r.t.Errorf("opened %d, closed %d", opened, closed)
		}
		if cleared := r.matched(next, "att_A"); cleared != 0 {
			r.t.Errorf("cleared %d", cleared)
		}
		for _, number := range []string{"att_A", "att_B", "att_C"} {
			if e := r.only(number); e.Status != exceptions.Resolved {
				r.t.Errorf("%s is %s", number, e.Status)
			}
		}
		r.wantAdjustedOn(last.Day, booked)
		e := r.only("att_L")
		if e.Day != next.Day || r.unfiled(next, late) != 0 {
			r.t.Errorf("filed with %s", e.Day)
		}
		changed := carried
		changed.Ours, changed.Difference = 800, 800
		r.file(next, late, changed)
		if got := r.only("att_C"); got.Status != exceptions.Resolved || got.Difference != 700 {
			r.t.Errorf("%+v", got)
		}
		r.Periods = nil // opened again
		if opened, closed := r.file(next, late, carried); opened != 0 || closed != 0 || r.only("att_L").ID != e.ID {
			r.t.Errorf("after it was opened: opened %d, closed %d", opened, closed)
		}
		if cleared := r.matched(next, "att_A"); cleared != 1 || r.only("att_A").Status != exceptions.Cleared {
			r.t.Errorf("cleared %d", cleared)
		}
	})
}

// A bill that had a line of another day's payment, and has it no more, leaves it
// missing; unless its own day's bill has it by then.
func TestWhatALaterBillHasNoMoreIsMissingAgain(t *testing.T) {
	each(t, func(r *room) {
		later := run
		later.ID, later.Day = "run_2", day.Add(1)
		r.file(run, missing("att_A", 1234), missing("att_B", 5))
		if cleared := r.matched(later, "att_A", "att_B"); cleared != 2 {
			r.t.Fatalf("cleared %d", cleared)
		}
		r.file(run, missing("att_A", 1234)) // its own bill has the second
		r.matched(later)
		if a, b := r.only("att_A"), r.only("att_B"); a.Status != exceptions.Open || a.ClearedBy != "" || a.ClosedAt != 0 || b.Status != exceptions.Cleared {
			r.t.Errorf("%s and %s", a.Status, b.Status)
		}
		if r.unfiled(run, missing("att_A", 1234)) != 0 || r.unfiled(run, missing("att_B", 5)) != 1 {
			r.t.Error("what stands is said not to, or the reverse")
		}
		r.matched(later, "att_A")
		r.matched(later, "att_A")
		if a := r.only("att_A"); a.Status != exceptions.Cleared || a.ClearedBy != later.ID {
			r.t.Errorf("%+v", a)
		}
	})
}

// What was carried for three days, and belongs to its own day's findings after
// all, stays filed when it is carried no more.
func TestTheRunOfItsOwnDayKeepsAnException(t *testing.T) {
	each(t, func(r *room) {
		third := run
		third.ID, third.Day = "run_4", day.Add(3)
		carried := missing("att_A", 1234)
		carried.Day = day
		r.file(third, carried)
		if opened, _ := r.file(run, missing("att_A", 1234)); opened != 0 {
			r.t.Errorf("opened %d", opened)
		}
		if _, closed := r.file(third); closed != 0 {
			r.t.Errorf("the later run closed %d", closed)
		}
		if e := r.only("att_A"); e.Status != exceptions.Open || e.RunID != run.ID {
			r.t.Errorf("%s of %s", e.Status, e.RunID)
		}
		r.file(run)
		if opened, _ := r.file(third, carried); opened != 1 {
			r.t.Errorf("found by the later run again: opened %d", opened)
		}
		if _, closed := r.file(run); closed != 0 {
			r.t.Errorf("the own day's run closed what the later one opened: %d", closed)
		}
		if _, closed := r.file(third); closed != 1 || r.only("att_A").Status != exceptions.Cleared {
			r.t.Errorf("closed %d", closed)
		}
	})
}
