package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/sql"
)

// A machine ten minutes ahead of the database, or behind it, neither steals a
// lease nor holds one longer: all servers count by the database's clock.
func TestLeasesFollowTheDatabasesClock(t *testing.T) {
	for name, apart := range map[string]time.Duration{"ahead": -10 * time.Minute, "behind": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			theirs := time.Now().Add(apart)
			d := openWithClock(t, dbtest.NewMySQLURL(t), theirs)
			now, err := d.Now(ctx)
			if err != nil || now.Time().Sub(theirs).Abs() > 2*time.Second {
				t.Fatalf("now is %s (%v), the database's clock says %s", now.Time(), err, theirs)
			}
			lease, err := d.AcquireLease(ctx, "sweep", "a", time.Minute)
			if err != nil || lease.Until.Time().Sub(theirs.Add(time.Minute)).Abs() > 2*time.Second {
				t.Fatalf("the lease runs until %s (%v)", lease.Until.Time(), err)
			}
			if _, err := d.AcquireLease(ctx, "sweep", "b", time.Minute); !errors.Is(err, db.ErrLeaseHeld) {
				t.Errorf("a second owner got %v", err)
			}
			// What ended by the database's clock has ended, whatever the machine's says.
			if _, err := d.Exec(ctx, `UPDATE job_leases SET lease_until = ?`, app.ToMillis(theirs.Add(-time.Second))); err != nil {
				t.Fatal(err)
			}
			if _, err := d.AcquireLease(ctx, "sweep", "b", time.Minute); err != nil {
				t.Errorf("a lease that had ended could not be taken: %v", err)
			}
		})
	}
}

// openWithClock opens a database whose NOW() is the time given.
func openWithClock(t *testing.T, url string, at time.Time) *db.DB {
	t.Helper()
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(url, "mysql:"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Params = map[string]string{"timestamp": fmt.Sprintf("%.3f", float64(at.UnixMilli())/1000)}
	d, err := db.Open(context.Background(), db.Config{URL: "mysql:" + cfg.FormatDSN()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.Migrate(context.Background(), sql.Platform()); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADatabaseThatCannotWriteIsNotWritable(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for range 2 { // the first time it makes its row
			if err := d.Writable(ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("read-only sqlite", func(t *testing.T) {
		d := dbtest.OpenSQLite(t)
		if _, err := d.Exec(ctx, "PRAGMA query_only = ON"); err != nil {
			t.Fatal(err)
		}
		if err := d.Writable(ctx); !app.Is(err, app.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("read-only mysql", func(t *testing.T) {
		own := dbtest.StartOwn(t)
		d, err := db.Open(ctx, db.Config{URL: own.URL()})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := d.Migrate(ctx, sql.Platform()); err != nil {
			t.Fatal(err)
		}
		own.Admin("SET GLOBAL read_only = ON")
		if err := d.Ping(ctx); err != nil {
			t.Errorf("it does not even answer: %v", err)
		}
		if err := d.Writable(ctx); !app.Is(err, app.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
}

// Every connection may be in a transaction at the moment when the clock is due
// to be read again: it must not wait for one of them.
func TestTheClockNeedsNoConnectionOfAnOpenTransaction(t *testing.T) {
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.NewMySQLURL(t), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err = d.InTx(ctx, func(*db.Tx) error {
		_, err := d.Now(ctx)
		return err
	})
	if err != nil {
		t.Fatalf("reading the clock inside the only connection's transaction: %v", err)
	}
}
