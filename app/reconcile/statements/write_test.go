package statements_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

func TestAnOutcomeBecomesAStatementForEachAccount(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.identity("wechat", "1600000001", "acct_A", "acct_B", "acct_C")
		a := figures("acct_A", 3)
		a.Differences = []statements.Difference{differing(match.FeeDiffers, 1, 2), differing(match.MissingHere, 2, 700), differing(match.InTransit, 4, 9)}
		foreign := statements.AccountFigures{Figures: statements.Figures{Theirs: statements.Billed{Payments: 1, Gross: 42, Settlement: 42}}}
		r.must(r.end(run, outcome(10_000, a, figures("acct_B", 1), foreign)))
		rows := r.day(day).Rows
		if len(rows) != 1 || len(rows[0].Statements) != 4 {
			t.Fatalf("%+v", rows)
		}
		got := map[string]statements.Statement{}
		for _, s := range rows[0].Statements {
			got[s.AccountID] = s
		}
		if got["acct_A"].Theirs != a.Theirs || got["acct_A"].Ours != a.Ours || got["acct_A"].Matched != 4 {
			t.Errorf("A: %+v", got["acct_A"])
		}
		if want := []statements.Difference{differing(match.MissingHere, 2, 700), differing(match.FeeDiffers, 1, 2)}; !reflect.DeepEqual(got["acct_A"].Differences, want) {
			t.Errorf("A differs by %+v", got["acct_A"].Differences)
		}
		if net := got["acct_A"].Theirs.Net(); net != 3000-500-15 {
			t.Errorf("net %s", net)
		}
		if got["acct_C"].Theirs.Payments != 0 || got["acct_C"].ID == "" {
			t.Errorf("an account without business: %+v", got["acct_C"])
		}
		if got[""].Theirs.Gross != 42 {
			t.Errorf("of no account: %+v", got[""])
		}
		if b := got["acct_B"].Balance; b == nil || !b.Adds() || b.Opening != 10_000 {
			t.Errorf("balance %+v", b)
		}
		if total := rows[0].Theirs; total.Gross != 4042 || total.Payments != 5 || total.Refunds != 2 {
			t.Errorf("the row adds up to %+v", total)
		}
	})
}

func TestWhatBelongsToNoAccountIsTheOnlyAccounts(t *testing.T) {
	r := lite(t)
	run := r.identity("alipay", "2088000000000001", "acct_A")
	foreign := statements.AccountFigures{Figures: statements.Figures{Theirs: statements.Billed{Payments: 1, Gross: 42, Settlement: 42}}}
	r.must(r.end(run, outcome(0, figures("acct_A", 1), foreign)))
	rows := r.day(day).Rows
	if len(rows[0].Statements) != 1 || rows[0].Statements[0].Theirs.Gross != 1042 {
		t.Errorf("%+v", rows[0].Statements)
	}
}

func TestTheSameOutcomeAgainChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.identity("wechat", "1600000001", "acct_A", "acct_B")
		o := outcome(0, figures("acct_A", 3), figures("acct_B", 1))
		r.must(r.end(run, o))
		first := r.day(day).Rows[0].Statements
		r.must(r.end(run, o))
		if again := r.day(day).Rows[0].Statements; !reflect.DeepEqual(again, first) {
			t.Errorf("%+v became %+v", first, again)
		}
		if n := r.told(); n != 1 {
			t.Errorf("told %d times", n)
		}
		// Another outcome keeps the ids, and empties what has no business any more.
		r.must(r.end(run, outcome(0, figures("acct_A", 2))))
		for i, s := range r.day(day).Rows[0].Statements {
			if s.ID != first[i].ID || s.Version != 2 || (s.AccountID == "acct_B") != (s.Theirs.Payments == 0) {
				t.Errorf("%+v", s)
			}
		}
		if n := r.told(); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

// told counts the events of completed days.
func (r *room) told() int {
	r.t.Helper()
	var n int
	r.must(r.db.Get(r.ctx, &n, `SELECT COUNT(*) FROM events WHERE merchant_id = ? AND type = ?`, r.scope.MerchantID, statements.EventCompleted))
	return n
}

func TestTheEventCarriesTheStatementsOfTheRun(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A", "acct_B")
	r.exception(run, "acct_B", "payment:1", "open", -30)
	r.must(r.end(run, outcome(700, figures("acct_A", 3), figures("acct_B", 1))))
	all, err := r.log.ByObject(r.ctx, r.scope.MerchantID, run.ID)
	r.must(err)
	var got struct {
		Data statements.CompletedView `json:"data"`
	}
	r.must(json.Unmarshal([]byte(all[0].Payload), &got))
	d := got.Data
	if len(all) != 1 || d.Date != day || d.Status != statements.Exceptions || len(d.Statements) != 2 || d.Version != 1 || d.RunID != run.ID {
		t.Fatalf("%+v", d)
	}
	b := d.Statements[1]
	if b.Exceptions.Open != 1 || b.Exceptions.OpenAmount != 30 || b.Status != statements.Exceptions || d.Statements[0].Status != statements.Reconciled || b.Balance.Opening != 700 {
		t.Errorf("%+v", b)
	}
}

func TestAnOutcomeStandsOrFallsWithItsTransaction(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	_ = r.db.InTx(r.ctx, func(tx *db.Tx) error {
		r.must(r.Write(r.ctx, tx, run, outcome(0, figures("acct_A", 1))))
		r.must(r.Completed(r.ctx, tx, run))
		return errors.New("killed")
	})
	if rows := r.day(day).Rows; len(rows[0].Statements) != 0 || rows[0].Status != statements.Waiting || r.told() != 0 {
		t.Errorf("left behind: %+v", rows)
	}
}
