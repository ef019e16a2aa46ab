package db_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// A retry after a duplicate re-reads what the other has committed: under
// REPEATABLE READ, MySQL's default, it would never see it.
func TestATransactionReadsWhatOthersCommitMeanwhile(t *testing.T) {
	d := dbtest.OpenMySQL(t)
	count := func(q db.Querier) int {
		t.Helper()
		var n int
		if err := q.Get(t.Context(), &n, `SELECT COUNT(*) FROM event_consumers`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	err := d.InTx(t.Context(), func(tx *db.Tx) error {
		before := count(tx)
		if _, err := d.Exec(t.Context(), `INSERT INTO event_consumers (name, seq) VALUES ('isolation', 0)`); err != nil {
			return err
		}
		if after := count(tx); after != before+1 {
			t.Errorf("the transaction saw %d rows before another's commit and %d after", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
