package gallery

import (
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// TestEveryWordOfReconciliationHasItsSentence covers the keys that are composed
// from what reconciliation says.
func TestEveryWordOfReconciliationHasItsSentence(t *testing.T) {
	l := localizer(t)
	want := func(prefix, word string) {
		if !l.Has(prefix + word) {
			t.Errorf("no sentence %s%s", prefix, word)
		}
	}
	for _, code := range append([]string{
		reconcile.ProblemNotReady, reconcile.ProblemNoAccount, reconcile.ProblemUnavailable, reconcile.ProblemRefused, reconcile.ProblemCorrupt,
		reconcile.ProblemTooMany, reconcile.ProblemLocked, reconcile.ProblemArchive, reconcile.ProblemInternal,
	}, channel.BillErrorCodes...) {
		want("bill_problem.", code)
		want("bill_problem_do.", code)
	}
	for _, s := range statements.Statuses {
		want("reconcile_state.", string(s))
	}
	for _, s := range statements.BillStates {
		want("bill_state.", string(s))
	}
	for _, code := range statements.BlockCodes {
		if code != statements.BlockNotEnded {
			want("lock_stop.", code)
		}
	}
	for _, s := range []statements.PeriodStatus{statements.PeriodOpen, statements.PeriodLocking, statements.PeriodLocked, statements.PeriodReopening} {
		want("month_state.", string(s))
		want("month_line.", string(s))
	}
	for _, s := range statements.ExportStatuses {
		want("export_status.", string(s))
	}
	for _, c := range []match.Class{match.Matched, match.InTransit} {
		want("bill_class.", string(c))
	}
	for _, e := range exceptions.Types {
		want("bill_class.", string(e))
	}
}
