package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
)

// ErrCommitUnknown means that the commit's answer was lost: the transaction
// may stand or not. Re-read by a unique key; never repeat it blindly.
var ErrCommitUnknown = errors.New("the outcome of the commit is unknown")

// Tx is an open transaction.
type Tx struct {
	tx    *sqlx.Tx
	after []func()
}

// AfterCommit registers f to run once the transaction has committed, never
// otherwise. It is for wake-up calls, not for work that must happen.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

const maxTries = 10

// InTx runs f in a READ COMMITTED transaction and commits it. When the engine
// gives up on it (deadlock, lock wait, busy, a replica's conflict at commit),
// the whole of f runs again, a bounded number of times; so f must only touch
// the database and variables it sets afresh. Nothing outside is called in it.
func (d *DB) InTx(ctx context.Context, f func(tx *Tx) error) error {
	return retry(ctx, func() error { return d.tryTx(ctx, f) })
}

// retry runs f again, a bounded number of times, while the engine gives up on it.
func retry(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || !isConflict(err) || try == maxTries {
			return err
		}
		backoff := time.Duration(rand.Int64N(int64(try) * int64(5*time.Millisecond)))
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(backoff):
		}
	}
}

func (d *DB) tryTx(ctx context.Context, f func(tx *Tx) error) (err error) {
	tx, err := d.write.BeginTxx(ctx, nil) // READ COMMITTED: see readCommitted
	if err != nil {
		return fmt.Errorf("begin: %w", outage(err))
	}
	t := &Tx{tx: tx}
	committed := false
	defer func() {
		if !committed {
			// Also on panic. A failed rollback leaves nothing to do: the
			// connection is discarded and the server rolls back.
			_ = tx.Rollback()
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	committed = true
	if err := tx.Commit(); err != nil {
		if isConflict(err) || errors.Is(err, sql.ErrTxDone) {
			return fmt.Errorf("commit: %w", outage(err))
		}
		return outage(fmt.Errorf("commit: %w (%w)", ErrCommitUnknown, err))
	}
	for _, f := range t.after {
		f()
	}
	return nil
}

// IsDuplicate reports whether err is a violated unique or primary key.
func IsDuplicate(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return my.Number == 1062
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == 1555 || lite.Code() == 2067
	}
	return false
}

// IsCheck reports whether err is a violated CHECK constraint.
func IsCheck(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return my.Number == 4025 || my.Number == 3819
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code() == 275
}

func isConflict(err error) bool {
	if errors.Is(err, ErrCommitUnknown) {
		return false
	}
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		// Deadlock (also Galera's certification failure) and lock wait timeout.
		return my.Number == 1213 || my.Number == 1205 || my.Number == 1020
	}
	var lite *sqlite.Error
	// The low byte is SQLITE_BUSY (5) or SQLITE_LOCKED (6).
	return errors.As(err, &lite) && (lite.Code()&0xff == 5 || lite.Code()&0xff == 6)
}
