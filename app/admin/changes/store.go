package changes

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// change is one row. Sealed is emptied once the change is over.
type change struct {
	ID          string     `db:"id"`
	MerchantID  string     `db:"merchant_id"`
	Mode        app.Mode   `db:"mode"`
	Kind        string     `db:"kind"`
	ObjectID    string     `db:"object_id"`
	Payload     string     `db:"payload"`
	Sealed      []byte     `db:"sealed"`
	ApprovalID  string     `db:"approval_id"`
	RequestedBy string     `db:"requested_by"`
	RequestedAt app.Millis `db:"requested_at"`
	Status      string     `db:"status"`
	UsableUntil app.Millis `db:"usable_until"`
	EndedAt     app.Millis `db:"ended_at"`
	Version     int64      `db:"version"`
}

const columns = `id, merchant_id, mode, kind, object_id, payload, sealed, approval_id, requested_by, requested_at, status, usable_until, ended_at, version`

func insert(ctx context.Context, tx *db.Tx, c change) error {
	_, err := tx.Exec(ctx, `INSERT INTO changes (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.MerchantID, c.Mode, c.Kind, c.ObjectID, c.Payload, c.Sealed, c.ApprovalID, c.RequestedBy, c.RequestedAt, c.Status, c.UsableUntil, c.EndedAt, c.Version)
	if err != nil {
		return fmt.Errorf("insert change: %w", err)
	}
	return nil
}

func read(ctx context.Context, q db.Querier, merchantID, id string) (change, error) {
	var c change
	err := q.Get(ctx, &c, `SELECT `+columns+` FROM changes WHERE merchant_id = ? AND id = ?`, merchantID, id)
	if errors.Is(err, db.ErrNoRows) {
		return c, app.Errorf(app.NotFound, "no change %s", id).WithReason("change_not_found")
	}
	if err != nil {
		return c, fmt.Errorf("read change %s: %w", id, err)
	}
	return c, nil
}

// update moves a change on and forgets what was sealed with it; 0 when another
// was first.
func update(ctx context.Context, tx *db.Tx, c change, from string) (int64, error) {
	return tx.Exec(ctx, `UPDATE changes SET status = ?, object_id = ?, usable_until = ?, ended_at = ?, sealed = ?, version = version + 1
		WHERE merchant_id = ? AND id = ? AND status = ?`, c.Status, c.ObjectID, c.UsableUntil, c.EndedAt, []byte{}, c.MerchantID, c.ID, from)
}
