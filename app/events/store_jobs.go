package events

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app/db"
)

// counter is the row of event_consumers that holds the last Seq given: it
// outlives events that are purged.
const counter = "sequencer"

var errRaced = errors.New("another server moved the cursor")

func hasUnsequenced(ctx context.Context, q db.Querier) (bool, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM events WHERE seq IS NULL LIMIT 1`)
	return len(ids) > 0, err
}

func selectUnsequenced(ctx context.Context, tx *db.Tx, limit int) ([]string, error) {
	var ids []string
	err := tx.Select(ctx, &ids, `SELECT id FROM events WHERE seq IS NULL ORDER BY id LIMIT ?`, limit)
	return ids, err
}

// advanceCounter reserves the next n numbers and returns the last of them.
func advanceCounter(ctx context.Context, tx *db.Tx, n int64) (int64, error) {
	moved, err := tx.Exec(ctx, `UPDATE event_consumers SET seq = seq + ? WHERE name = ?`, n, counter)
	if err != nil {
		return 0, err
	}
	if moved == 0 {
		_, err := tx.Exec(ctx, `INSERT INTO event_consumers (name, seq) VALUES (?, ?)`, counter, n)
		return n, err
	}
	var last int64
	err = tx.Get(ctx, &last, `SELECT seq FROM event_consumers WHERE name = ?`, counter)
	return last, err
}

// A statement is a constant, so it has a fixed number of arms: 8 for the usual
// trickle, 200 for a backlog. Arms that are not needed match no id.
const (
	arms4   = ` WHEN ? THEN ? WHEN ? THEN ? WHEN ? THEN ? WHEN ? THEN ?`
	arms8   = arms4 + arms4
	arms40  = arms8 + arms8 + arms8 + arms8 + arms8
	arms200 = arms40 + arms40 + arms40 + arms40 + arms40
)

// assign numbers ids from first on, in one statement.
func assign(ctx context.Context, tx *db.Tx, ids []string, first int64) error {
	var n int64
	var err error
	if len(ids) <= 8 {
		n, err = tx.Exec(ctx, `UPDATE events SET seq = CASE id`+arms8+` END WHERE seq IS NULL AND id IN (?)`, armArgs(ids, first, 8)...)
	} else {
		n, err = tx.Exec(ctx, `UPDATE events SET seq = CASE id`+arms200+` END WHERE seq IS NULL AND id IN (?)`, armArgs(ids, first, 200)...)
	}
	if err == nil && n != int64(len(ids)) {
		return errRaced // rolls back: someone numbered one of them
	}
	return err
}

func armArgs(ids []string, first int64, arms int) []any {
	args := make([]any, 0, 2*arms+1)
	for i := range arms {
		if i < len(ids) {
			args = append(args, ids[i], first+int64(i))
		} else {
			args = append(args, "", int64(0))
		}
	}
	return append(args, ids)
}

func selectCursor(ctx context.Context, q db.Querier, name string) (int64, error) {
	var seq int64
	err := q.Get(ctx, &seq, `SELECT seq FROM event_consumers WHERE name = ?`, name)
	return seq, err
}

func insertCursor(ctx context.Context, q db.Querier, name string) error {
	_, err := q.Exec(ctx, `INSERT INTO event_consumers (name, seq) VALUES (?, 0)`, name)
	return err
}

// moveCursor claims the events between from and to: on MySQL it also holds the
// row until the transaction ends, so a second server waits and then finds it moved.
func moveCursor(ctx context.Context, tx *db.Tx, name string, from, to int64) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE event_consumers SET seq = ? WHERE name = ? AND seq = ?`, to, name, from)
	return n == 1, err
}

// touchCursor locks the cursor's row by writing it unchanged.
func touchCursor(ctx context.Context, tx *db.Tx, name string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE event_consumers SET seq = seq WHERE name = ?`, name)
	return n == 1, err
}

func selectPayloads(ctx context.Context, q db.Querier, ids []string) ([]Event, error) {
	var out []Event
	err := q.Select(ctx, &out, `SELECT id, payload FROM events WHERE id IN (?)`, ids)
	return out, err
}
