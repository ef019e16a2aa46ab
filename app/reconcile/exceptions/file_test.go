package exceptions_test

import (
	"testing"

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
