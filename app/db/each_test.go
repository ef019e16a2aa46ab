package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

const eachLease = `SELECT name, fence, NULL FROM job_leases WHERE lease_until > ? ORDER BY fence`

func fillLeases(t *testing.T, d *db.DB, n int) {
	t.Helper()
	var rows [][]any
	for i := range n {
		rows = append(rows, []any{fmt.Sprintf("each_%d", i), i - 1})
	}
	if err := db.InsertRows(t.Context(), d, `INSERT INTO job_leases (lease_until, owner, name, fence) VALUES (7, '', ?, ?)`, rows); err != nil {
		t.Fatal(err)
	}
}

func TestEachStreamsEveryRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fillLeases(t, d, 3000)
		n := 0
		err := d.Each(t.Context(), eachLease, []any{leasedUntil(6)}, func(row *db.Row) error {
			if name := string(row.Text(0)); name != fmt.Sprintf("each_%d", n) || row.Int(1) != int64(n-1) || len(row.Text(2)) != 0 {
				t.Fatalf("row %d is %q, %d, %q", n, name, row.Int(1), row.Text(2))
			}
			n++
			return nil
		})
		if err != nil || n != 3000 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

// leasedUntil is a named type, as arguments often are.
type leasedUntil int64

func TestEachTellsOfAColumnOfAnotherType(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fillLeases(t, d, 1)
		for want, scan := range map[string]func(row *db.Row){
			"column 1": func(row *db.Row) { row.Int(0) },
			"column 2": func(row *db.Row) { row.Text(1) },
			"column 3": func(row *db.Row) { row.Int(2) },
		} {
			err := d.Each(t.Context(), eachLease, []any{0}, func(row *db.Row) error {
				scan(row)
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want one about %s", err, want)
			}
		}
	})
}

// However reading ends, the connection goes back whole.
func TestEachEndsEarly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fillLeases(t, d, 3000)
		enough := errors.New("enough")
		for range 40 { // more than there are connections
			if err := d.Each(t.Context(), eachLease, []any{0}, func(*db.Row) error { return enough }); !errors.Is(err, enough) {
				t.Fatalf("got %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			err := d.Each(ctx, eachLease, []any{0}, func(*db.Row) error {
				cancel()
				return nil
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
			if err := d.Each(t.Context(), `SELECT nothing FROM job_leases`, nil, func(*db.Row) error { return nil }); err == nil {
				t.Fatal("a column that is not there was read")
			}
		}
		var n int
		if err := d.Get(t.Context(), &n, `SELECT COUNT(*) FROM job_leases WHERE lease_until = ?`, 7); err != nil || n != 3000 {
			t.Errorf("%d, %v", n, err)
		}
	})
}
