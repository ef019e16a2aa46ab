package events

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const columns = `id, merchant_id, mode, type, object_id, payload, created_at, COALESCE(seq, 0) AS seq`

func insertEvent(ctx context.Context, tx *db.Tx, e Event) error {
	_, err := tx.Exec(ctx, `INSERT INTO events (id, merchant_id, mode, type, object_id, payload, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.MerchantID, e.Mode, e.Type, e.ObjectID, e.Payload, e.CreatedAt)
	return err
}

func selectEvent(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, id string) (Event, error) {
	var e Event
	err := q.Get(ctx, &e, `SELECT `+columns+` FROM events WHERE id = ? AND merchant_id = ? AND mode = ? AND type NOT IN (?)`, id, merchantID, mode, internal)
	return e, err
}

// selectAfter serves the platform's own consumers, so it crosses merchants.
func selectAfter(ctx context.Context, q db.Querier, seq int64, limit int) ([]Event, error) {
	var out []Event
	err := q.Select(ctx, &out, `SELECT `+columns+` FROM events WHERE seq > ? ORDER BY events.seq LIMIT ?`, seq, limit)
	return out, err
}

func selectEvents(ctx context.Context, q db.Querier, f Filter) ([]Event, error) {
	b := db.NewBuild(`SELECT `+columns+` FROM events WHERE merchant_id = ? AND mode = ? AND seq > ? AND type NOT IN (?)`, f.MerchantID, f.Mode, f.After, internal)
	if f.Type != "" {
		b.And(`type = ?`, f.Type)
	}
	if f.ObjectID != "" {
		b.And(`object_id = ?`, f.ObjectID)
	}
	if f.Before > 0 {
		b.And(`seq < ?`, f.Before)
	}
	if f.OldestFirst {
		b.Tail(`ORDER BY events.seq LIMIT ?`, f.Limit)
	} else {
		b.Tail(`ORDER BY events.seq DESC LIMIT ?`, f.Limit)
	}
	var out []Event
	err := b.Select(ctx, q, &out)
	return out, err
}

func selectByObject(ctx context.Context, q db.Querier, merchantID string, objectIDs []string) ([]Event, error) {
	var out []Event
	err := q.Select(ctx, &out, `SELECT `+columns+` FROM events WHERE merchant_id = ? AND object_id IN (?) AND type NOT IN (?) ORDER BY id`, merchantID, objectIDs, internal)
	return out, err
}

// typeCount is how many events of a type an object has.
type typeCount struct {
	ObjectID string `db:"object_id"`
	Type     string `db:"type"`
	N        int    `db:"n"`
}

func countByObject(ctx context.Context, q db.Querier, merchantIDs, objectIDs []string) ([]typeCount, error) {
	var rows []typeCount
	err := q.Select(ctx, &rows, `SELECT object_id, type, COUNT(*) AS n FROM events WHERE merchant_id IN (?) AND object_id IN (?) GROUP BY object_id, type`, merchantIDs, objectIDs)
	return rows, err
}

func selectPending(ctx context.Context, q db.Querier, merchantID string, seq int64, objectIDs []string) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM events WHERE merchant_id = ? AND object_id IN (?) AND (seq IS NULL OR seq > ?) LIMIT 1`, merchantID, objectIDs, seq)
	return ids, err
}
