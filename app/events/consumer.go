package events

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Consume hands f the next up to limit events after the cursor of the consumer
// name, in Seq order, and moves the cursor in the same transaction: what f
// writes stands exactly once per event, however many servers consume. It
// returns how many events were handed over: 0 when there are none, or when
// another server took them. f may run again when the database gives up on the
// transaction; a consumer seen for the first time starts at the first event.
func (l *Log) Consume(ctx context.Context, name string, limit int, f func(tx *db.Tx, batch []Event) error) (int, error) {
	if name == counter {
		return 0, app.Errorf(app.Internal, "consumer name %q is the sequencer's", name)
	}
	waiting, err := l.pending(ctx, name)
	if err != nil || !waiting {
		return 0, wrap("consume events as "+name, err)
	}
	n := 0
	err = l.db.InTx(ctx, func(tx *db.Tx) error {
		n = 0
		from, err := selectCursor(ctx, tx, name)
		if err != nil {
			return err
		}
		batch, err := selectAfter(ctx, tx, from, limit)
		if err != nil || len(batch) == 0 {
			return err
		}
		moved, err := moveCursor(ctx, tx, name, from, batch[len(batch)-1].Seq)
		if err != nil || !moved {
			return err
		}
		n = len(batch)
		return f(tx, batch)
	})
	if err != nil {
		return 0, fmt.Errorf("consume events as %s: %w", name, err)
	}
	return n, nil
}

// pending looks without a write transaction, which would hold up SQLite's only
// writer at every poll, and registers the consumer at its first call.
func (l *Log) pending(ctx context.Context, name string) (bool, error) {
	from, err := selectCursor(ctx, l.db, name)
	if errors.Is(err, db.ErrNoRows) {
		if err := insertCursor(ctx, l.db, name); err != nil && !db.IsDuplicate(err) {
			return false, err
		}
		from, err = 0, nil
	}
	if err != nil {
		return false, err
	}
	next, err := selectAfter(ctx, l.db, from, 1)
	return len(next) > 0, err
}

// Cursor returns the Seq up to which the consumer has come, 0 before its first.
func (l *Log) Cursor(ctx context.Context, name string) (int64, error) {
	seq, err := selectCursor(ctx, l.db, name)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return seq, wrap("read cursor of "+name, err)
}

// HoldCursor returns the cursor of the consumer name and keeps it from moving
// until tx ends. What tx commits is then seen by the consumer from the event
// after that cursor on, and by no event up to it.
func (l *Log) HoldCursor(ctx context.Context, tx *db.Tx, name string) (int64, error) {
	held, err := touchCursor(ctx, tx, name)
	if err == nil && !held {
		err = insertCursor(ctx, tx, name)
		if db.IsDuplicate(err) { // another server registered it meanwhile
			_, err = touchCursor(ctx, tx, name)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("hold cursor of %s: %w", name, err)
	}
	seq, err := selectCursor(ctx, tx, name)
	return seq, wrap("hold cursor of "+name, err)
}

// Behind returns how many sequenced events the consumer has yet to be handed.
func (l *Log) Behind(ctx context.Context, name string) (int64, error) {
	at, err := l.Cursor(ctx, name)
	if err != nil {
		return 0, err
	}
	last, err := l.Cursor(ctx, counter)
	return max(last-at, 0), err
}
