package exceptions_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

func TestWhatARunFindsIsFiledOnce(t *testing.T) {
	each(t, func(r *room) {
		a, b := missing("att_A", 1234), foreign("wx1", 500)
		if opened, closed := r.file(run, a, b); opened != 2 || closed != 0 {
			r.t.Fatalf("opened %d, closed %d", opened, closed)
		}
		if opened, closed := r.file(run, a, b); opened != 0 || closed != 0 {
			r.t.Errorf("again: opened %d, closed %d", opened, closed)
		}
		e := r.only("att_A")
		if e.Status != exceptions.Open || e.Day != day || e.Difference != 1234 || e.Evidence.Record == nil || e.Evidence.Record.Amount != 1234 || e.RunID != run.ID {
			r.t.Errorf("filed as %+v", e)
		}
		r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventSeen)
		if opened, closed := r.file(run, b); opened != 0 || closed != 1 {
			r.t.Errorf("without the first: opened %d, closed %d", opened, closed)
		}
		if e = r.only("att_A"); e.Status != exceptions.Cleared || e.ClosedAt == 0 || e.ClearedBy != run.ID {
			r.t.Errorf("cleared as %+v", e)
		}
		if opened, _ := r.file(run, a, b); opened != 1 || r.only("att_A").Status != exceptions.Open {
			r.t.Errorf("found again: opened %d, it is %s", opened, r.only("att_A").Status)
		}
		r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventSeen, exceptions.EventCleared, exceptions.EventReopened)
	})
}

func TestAChangedAmountOpensAgainAndReversesWhatWasBooked(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234))
		e := r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.AcceptChannel})
		r.decide(e, true)
		if opened, _ := r.file(run, missing("att_A", 1234)); opened != 0 || r.get(e.ID).Status != exceptions.Resolved {
			r.t.Fatalf("the same again: opened %d, %s", opened, r.get(e.ID).Status)
		}
		r.wantAdjusted(map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustBooks: -1234})
		if opened, _ := r.file(run, missing("att_A", 1000)); opened != 1 {
			r.t.Errorf("another amount opened %d", opened)
		}
		e = r.get(e.ID)
		if e.Status != exceptions.Open || e.Difference != 1000 || e.Resolution != "" || e.ClosedAt != 0 {
			r.t.Errorf("opened again as %+v", e)
		}
		r.wantAdjusted(nil)
		r.decide(r.propose(e, exceptions.Proposal{Resolution: exceptions.AcceptChannel}), true)
		r.wantAdjusted(map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustBooks: -1000})
		if _, closed := r.file(run); closed != 1 {
			r.t.Errorf("closed %d", closed)
		}
		r.wantAdjusted(nil)
		r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventProposed, exceptions.EventApproved, exceptions.EventApplied, exceptions.EventSeen,
			exceptions.EventReopened, exceptions.EventProposed, exceptions.EventApproved, exceptions.EventApplied, exceptions.EventCleared)
	})
}

func TestWhatALaterRunFindsIsClearedAndItsProposalWithdrawn(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234), missing("att_B", 5))
		e := r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.AcceptChannel})
		later := run
		later.ID, later.Day = "run_2", day.Add(2)
		var cleared int
		err := r.d.InTx(r.t.Context(), func(tx *db.Tx) (err error) {
			cleared, err = r.Matched(r.t.Context(), tx, later, []string{"att_A", "att_unknown"})
			return err
		})
		if err != nil || cleared != 1 {
			r.t.Fatalf("cleared %d, %v", cleared, err)
		}
		if got := r.get(e.ID); got.Status != exceptions.Cleared || got.ClearedBy != "run_2" || got.ApprovalID != "" {
			r.t.Errorf("cleared as %+v", got)
		}
		a, err := r.asked.Get(r.t.Context(), approvals.Scope(scope), e.ApprovalID)
		if err != nil || a.Status != approvals.Withdrawn || a.DecidedBy.Kind != approvals.BySystem {
			r.t.Errorf("the approval is %+v, %v", a, err)
		}
		if got := r.actions(e.ApprovalID); len(got) != 2 || got[1] != "approval.withdraw" {
			r.t.Errorf("the audit says %v", got)
		}
		// The first run executed again finds it missing in its own bill, still.
		if opened, _ := r.file(run, missing("att_A", 1234), missing("att_B", 5)); opened != 0 || r.get(e.ID).Status != exceptions.Cleared {
			r.t.Errorf("opened %d, %s", opened, r.get(e.ID).Status)
		}
		if got := r.only("att_B").Status; got != exceptions.Open {
			r.t.Errorf("the other is %s", got)
		}
	})
}

func TestAProposalAboutOtherAmountsIsWithdrawn(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234))
		e := r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.WriteOff})
		r.file(run, missing("att_A", 1235))
		if got := r.get(e.ID); got.Status != exceptions.Open || got.Difference != 1235 {
			r.t.Errorf("it is %+v", got)
		}
		d := approvals.Decision{By: checker, Approve: true}
		if _, err := r.asked.Decide(r.as(checker), approvals.Scope(scope), e.ApprovalID, d); reason(err) != "already_decided" {
			r.t.Errorf("decided about the old amount: %v", err)
		}
		r.wantAdjusted(nil)
	})
}

func TestAFilingThatIsKilledLeavesNothing(t *testing.T) {
	each(t, func(r *room) {
		killed := errors.New("killed")
		err := r.d.InTx(r.t.Context(), func(tx *db.Tx) error {
			if _, _, err := r.File(r.t.Context(), tx, run, []exceptions.Finding{missing("att_A", 1)}); err != nil {
				return err
			}
			return killed
		})
		if !errors.Is(err, killed) || len(r.list(exceptions.Filter{})) != 0 {
			r.t.Errorf("%v, %+v", err, r.list(exceptions.Filter{}))
		}
	})
}

func TestWhatIsNoASCIIAndWhatRepeatsIsFiledToo(t *testing.T) {
	each(t, func(r *room) {
		odd := foreign("订单 №7", 100)
		if opened, _ := r.file(run, odd, odd, foreign("wx "+strings.Repeat("9", 300), 5)); opened != 3 {
			r.t.Fatalf("opened %d", opened)
		}
		if opened, closed := r.file(run, odd, odd, foreign("wx "+strings.Repeat("9", 300), 5)); opened != 0 || closed != 0 {
			r.t.Errorf("again: opened %d, closed %d", opened, closed)
		}
		if found := r.list(exceptions.Filter{Number: "订单 №7"}); len(found) != 2 {
			r.t.Errorf("found %+v", found)
		}
	})
}

func TestTwentyThousandFindingsAreFiledInBulk(t *testing.T) {
	each(t, func(r *room) {
		findings := make([]exceptions.Finding, 20_000)
		for i := range findings {
			findings[i] = missing("att_"+strconv.Itoa(i), app.Money(i+1))
		}
		before := r.statements()
		if opened, _ := r.file(run, findings...); opened != len(findings) {
			r.t.Fatalf("opened %d", opened)
		}
		if _, closed := r.file(run, findings[:1]...); closed != len(findings)-1 {
			r.t.Fatalf("closed %d", closed)
		}
		// Row by row it would take tens of thousands.
		if took := r.statements() - before; took > 1000 {
			r.t.Errorf("took %d statements", took)
		}
	})
}

// statements is how many the database server has had; 0 where there is none.
func (r *room) statements() int {
	r.t.Helper()
	if r.d.Dialect() != db.MySQL {
		return 0
	}
	var status struct {
		Name  string `db:"Variable_name"`
		Value int    `db:"Value"`
	}
	if err := r.d.Get(r.t.Context(), &status, `SHOW GLOBAL STATUS LIKE 'Questions'`); err != nil {
		r.t.Fatal(err)
	}
	return status.Value
}
