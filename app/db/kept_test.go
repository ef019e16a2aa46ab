package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"
)

// oneConnection returns a pool of one keeping connection with five numbers in
// it.
func oneConnection(t testing.TB) *sqlx.DB {
	t.Helper()
	d, err := sqliteAt("file:" + filepath.Join(t.TempDir(), "kept.db"))
	if err != nil {
		t.Fatal(err)
	}
	d.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if _, err := d.ExecContext(t.Context(), `CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT`); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if _, err := d.ExecContext(t.Context(), `INSERT INTO numbers (n) VALUES (?)`, n); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

const fromOn = `SELECT n FROM numbers WHERE n >= ? ORDER BY n`

func numbersFrom(t *testing.T, q sqlx.QueryerContext, from int) []int {
	t.Helper()
	var got []int
	if err := sqlx.SelectContext(t.Context(), q, &got, fromOn, from); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAStatementMayRunWhileItsRowsAreRead(t *testing.T) {
	d := oneConnection(t)
	tx, err := d.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	rows, err := tx.QueryxContext(t.Context(), fromOn, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var outer []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		outer = append(outer, n)
		if inner := numbersFrom(t, tx, 3); !slices.Equal(inner, []int{3, 4}) {
			t.Errorf("inside the reading: %v", inner)
		}
	}
	if rows.Err() != nil || !slices.Equal(outer, []int{0, 1, 2, 3, 4}) {
		t.Errorf("the reading gave %v, %v", outer, rows.Err())
	}
}

func TestAKeptStatementOutlivesErrorsAndTheSchemasChange(t *testing.T) {
	d := oneConnection(t)
	insert := `INSERT INTO numbers (n) VALUES (?)`
	if _, err := d.ExecContext(t.Context(), insert, 4); !IsDuplicate(err) {
		t.Errorf("a duplicate: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.ExecContext(gone, insert, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled insert: %v", err)
	}
	if _, err := d.ExecContext(t.Context(), `ALTER TABLE numbers ADD COLUMN note TEXT`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ExecContext(t.Context(), insert, 6); err != nil {
		t.Errorf("after them: %v", err)
	}
	if got := numbersFrom(t, d, 4); !slices.Equal(got, []int{4, 6}) {
		t.Errorf("numbers from 4 on: %v", got)
	}
}

func TestKeptStatementsAreBounded(t *testing.T) {
	d := oneConnection(t)
	for i := range maxKept + 50 {
		var n int
		// Each list of another length is another text, as "IN (?)" makes them.
		if err := d.GetContext(t.Context(), &n, fmt.Sprintf(`SELECT n + %d FROM numbers WHERE n = ?`, i), 2); err != nil || n != i+2 {
			t.Fatalf("text %d: %d, %v", i, n, err)
		}
	}
	conn, err := d.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		if kept := len(c.(*keptConn).kept); kept != maxKept {
			t.Errorf("%d statements are kept, want %d", kept, maxKept)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A lookup by key: without arguments a statement is not kept, so it is parsed
// each time.
func BenchmarkSQLiteStatement(b *testing.B) {
	d := oneConnection(b)
	b.Run("kept", func(b *testing.B) {
		for b.Loop() {
			var n int
			if err := d.GetContext(b.Context(), &n, `SELECT n FROM numbers WHERE n = ?`, 2); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parsed", func(b *testing.B) {
		for b.Loop() {
			var n int
			if err := d.GetContext(b.Context(), &n, `SELECT n FROM numbers WHERE n = 2`); err != nil {
				b.Fatal(err)
			}
		}
	})
}
