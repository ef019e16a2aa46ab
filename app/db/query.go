package db

import (
	"context"
	"database/sql"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"
)

// ErrNoRows is what Get returns when nothing matched.
var ErrNoRows = sql.ErrNoRows

// Querier runs statements: *DB outside a transaction, *Tx inside one. A slice
// argument (other than []byte) expands an "IN (?)".
type Querier interface {
	// Get scans the first row into dest, or returns ErrNoRows.
	Get(ctx context.Context, dest any, query string, args ...any) error
	// Select scans all rows into the slice dest points to.
	Select(ctx context.Context, dest any, query string, args ...any) error
	// Exec runs a statement and returns how many rows it matched.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
}

// Get runs the query on a reader.
func (d *DB) Get(ctx context.Context, dest any, query string, args ...any) error {
	return get(ctx, d.read, dest, query, args)
}

// Select runs the query on a reader.
func (d *DB) Select(ctx context.Context, dest any, query string, args ...any) error {
	return sel(ctx, d.read, dest, query, args)
}

// Exec runs one statement in its own transaction, and again when the engine gives
// up on it, as InTx does.
func (d *DB) Exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = retry(ctx, func() error {
		n, err = exec(ctx, d.write, query, args)
		return err
	})
	return n, err
}

// Get runs the query inside the transaction.
func (t *Tx) Get(ctx context.Context, dest any, query string, args ...any) error {
	return get(ctx, t.tx, dest, query, args)
}

// Select runs the query inside the transaction.
func (t *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	return sel(ctx, t.tx, dest, query, args)
}

// Exec runs the statement inside the transaction.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return exec(ctx, t.tx, query, args)
}

type handle interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func get(ctx context.Context, h handle, dest any, query string, args []any) error {
	query, args, err := expand(query, args)
	if err != nil {
		return err
	}
	return outage(h.GetContext(ctx, dest, query, args...))
}

func sel(ctx context.Context, h handle, dest any, query string, args []any) error {
	query, args, err := expand(query, args)
	if err != nil {
		return err
	}
	return outage(h.SelectContext(ctx, dest, query, args...))
}

func exec(ctx context.Context, h handle, query string, args []any) (int64, error) {
	query, args, err := expand(query, args)
	if err != nil {
		return 0, err
	}
	res, err := h.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, outage(err)
	}
	return res.RowsAffected()
}

func expand(query string, args []any) (string, []any, error) {
	for _, a := range args {
		if _, raw := a.([]byte); raw || a == nil {
			continue
		}
		if reflect.TypeOf(a).Kind() == reflect.Slice {
			return sqlx.In(query, args...)
		}
	}
	return query, args, nil
}

// chunk keeps one statement under SQLite's 32,766 and MySQL's 65,535
// parameters; larger chunks gain nothing.
const chunk = 200

// InsertRows inserts rows with one statement per 200 of them. insert ends in
// the placeholder tuple of one row: "INSERT INTO t (a, b) VALUES (?, ?)".
func InsertRows(ctx context.Context, q Querier, insert string, rows [][]any) error {
	open := strings.LastIndex(insert, "(")
	tuple := insert[open:]
	for len(rows) > 0 {
		n := min(chunk, len(rows))
		args := make([]any, 0, n*len(rows[0]))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := q.Exec(ctx, insert+strings.Repeat(", "+tuple, n-1), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// Build is a SELECT whose conditions depend on what was asked. Its texts are
// constants, so the test that prepares every statement finds them.
type Build struct {
	text strings.Builder
	args []any
	tail string
	end  []any
}

// NewBuild starts with a SELECT that already has a WHERE.
func NewBuild(base string, args ...any) *Build {
	b := &Build{args: args}
	b.text.WriteString(base)
	return b
}

// And adds one condition.
func (b *Build) And(cond string, args ...any) *Build {
	b.text.WriteString(" AND (")
	b.text.WriteString(cond)
	b.text.WriteString(")")
	b.args = append(b.args, args...)
	return b
}

// By names the index that a page is read from, in whose order it comes: MySQL and
// MariaDB would otherwise come from the index's end and skip, row by row, all that
// lies before a cursor. SQLite, which goes to the cursor, sees a comment. Call it
// before And.
func (b *Build) By(index string) *Build {
	text := b.text.String()
	at := strings.LastIndex(text, " WHERE ")
	b.text.Reset()
	b.text.WriteString(text[:at] + " /*! FORCE INDEX (" + index + ") */" + text[at:])
	return b
}

// Tail sets what follows the conditions: GROUP BY, ORDER BY, LIMIT.
func (b *Build) Tail(tail string, args ...any) *Build {
	b.tail, b.end = " "+tail, args
	return b
}

// Select runs the built statement on q.
func (b *Build) Select(ctx context.Context, q Querier, dest any) error {
	return q.Select(ctx, dest, b.text.String()+b.tail, append(b.args[:len(b.args):len(b.args)], b.end...)...)
}
