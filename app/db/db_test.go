package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/sql"
)

func TestOneOfTwoServersHoldsALease(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		first, err := d.AcquireLease(ctx, "sweep", "a", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.AcquireLease(ctx, "sweep", "b", time.Minute); !errors.Is(err, db.ErrLeaseHeld) {
			t.Fatalf("second owner got %v, want ErrLeaseHeld", err)
		}
		renewed, err := d.AcquireLease(ctx, "sweep", "a", time.Minute)
		if err != nil || renewed.Fence != first.Fence {
			t.Fatalf("renewal: fence %d, err %v; want fence %d", renewed.Fence, err, first.Fence)
		}
		if err := d.ReleaseLease(ctx, renewed); err != nil {
			t.Fatal(err)
		}
		taken, err := d.AcquireLease(ctx, "sweep", "b", time.Minute)
		if err != nil || taken.Fence <= first.Fence {
			t.Fatalf("after release: fence %d, err %v; want a fence above %d", taken.Fence, err, first.Fence)
		}
		err = d.InTx(ctx, func(tx *db.Tx) error {
			holds, err := db.HoldsLease(ctx, tx, first)
			if err == nil && holds {
				t.Error("the former holder still holds the lease")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRelativeUpdatesLoseNothingUnderContention(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if _, err := d.Exec(ctx, `INSERT INTO job_leases (name, owner, lease_until, fence) VALUES ('n', 'o', 0, 0)`); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 25 {
					err := d.InTx(ctx, func(tx *db.Tx) error {
						_, err := tx.Exec(ctx, `UPDATE job_leases SET fence = fence + 1 WHERE name = 'n'`)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var got int
		if err := d.Get(ctx, &got, `SELECT fence FROM job_leases WHERE name = 'n'`); err != nil {
			t.Fatal(err)
		}
		if got != 200 {
			t.Fatalf("%d of 200 increments survived", got)
		}
	})
}

func TestAFailedTransactionLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		boom := errors.New("boom")
		ran := false
		err := d.InTx(ctx, func(tx *db.Tx) error {
			tx.AfterCommit(func() { ran = true })
			rows := [][]any{{"a", "o", 1, 1}, {"b", "o", 1, 1}}
			if err := db.InsertRows(ctx, tx, `INSERT INTO job_leases (name, owner, lease_until, fence) VALUES (?, ?, ?, ?)`, rows); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || ran {
			t.Fatalf("err %v, after-commit ran: %v", err, ran)
		}
		var got int
		if err := d.Get(ctx, &got, `SELECT COUNT(*) FROM job_leases WHERE name IN (?)`, []string{"a", "b"}); err != nil || got != 0 {
			t.Fatalf("%d rows survived a rollback (%v)", got, err)
		}
	})
}

func TestDuplicatesAreRecognised(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		insert := `INSERT INTO job_leases (name, owner, lease_until, fence) VALUES ('x', 'o', 0, 0)`
		if _, err := d.Exec(ctx, insert); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Exec(ctx, insert); !db.IsDuplicate(err) {
			t.Fatalf("got %v, want a duplicate", err)
		}
	})
}

func TestTwoServersMigrateAtOnce(t *testing.T) {
	url := dbtest.NewMySQLURL(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			d, err := db.Open(context.Background(), db.Config{URL: url})
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			if _, err := d.Migrate(context.Background(), sql.Platform()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
