package audit_test

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func TestTheHeadIsTheLastRowAndKeepsItsMAC(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := audit.New(d, key, app.SystemClock{})
		head, err := l.Head(t.Context(), "mch_1")
		if err != nil || head != (audit.Head{Chain: "mch_1"}) {
			t.Fatalf("of nothing: %+v, %v", head, err)
		}
		record(t, d, l, "mch_1", "a", "b")
		record(t, d, l, "mch_2", "c")
		if head, err = l.Head(t.Context(), "mch_1"); err != nil || head.Seq != 2 || head.Hash != rows(t, l, "mch_1")[0].Hash || head.MAC != "" {
			t.Errorf("head %+v, %v", head, err)
		}
		// Rows that follow do not spoil what was read before them.
		record(t, d, l, "mch_1", "d")
		if found := verify(t, l, "mch_1", head); len(found) != 0 {
			t.Errorf("found %v", found)
		}
	})
}
