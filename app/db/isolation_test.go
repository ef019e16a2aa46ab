package db_test

import (
	"fmt"
	"testing"
	"time"

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

// One statement that a deadlock ends is run again, like a whole transaction: the
// other holds what it waits for, and comes for what it has.
func TestAStatementThatADeadlockEndsRunsAgain(t *testing.T) {
	d := dbtest.OpenMySQL(t)
	for i := range 9 {
		if _, err := d.Exec(t.Context(), `INSERT INTO event_consumers (name, seq) VALUES (?, 0)`, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	err := d.InTx(t.Context(), func(tx *db.Tx) error {
		// More rows than the statement's, which is why the engine ends that one.
		if _, err := tx.Exec(t.Context(), `UPDATE event_consumers SET seq = 1 WHERE name > '0'`); err != nil {
			return err
		}
		go func() {
			_, err := d.Exec(t.Context(), `UPDATE event_consumers SET seq = 2 WHERE name IN ('0', '1')`)
			ended <- err
		}()
		for waits := 0; waits == 0; time.Sleep(150 * time.Millisecond) { // the server looks anew after a tenth of a second without questions
			if err := d.Get(t.Context(), &waits, `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%seq = 2%'`); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `UPDATE event_consumers SET seq = 1 WHERE name = '0'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the statement: %v", err)
	}
	var sum int
	if err := d.Get(t.Context(), &sum, `SELECT SUM(seq) FROM event_consumers WHERE name <= '8'`); err != nil || sum != 2+2+7 {
		t.Errorf("the rows add up to %d, want 11: %v", sum, err)
	}
}
