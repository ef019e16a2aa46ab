package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

func (store) idempotency(ctx context.Context, q db.Querier, c *Claim) (idempotencyRecord, error) {
	var r idempotencyRecord
	err := q.Get(ctx, &r, `SELECT fingerprint, state, lease_until, expires_at, status_code, content_type, body FROM idempotency_records
 WHERE merchant_id = ? AND mode = ? AND ikey = ?`, c.Scope.MerchantID, c.Scope.Mode, c.Key)
	return r, err
}

// takeClaim takes over a record whose holder's lease has lapsed on the same
// request, or whose 24 hours are over.
func (store) takeClaim(ctx context.Context, tx *db.Tx, c *Claim, now, lease, expires app.Millis) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE idempotency_records SET owner = ?, lease_until = ?, expires_at = ?, fingerprint = ?, state = 'in_flight'
 WHERE merchant_id = ? AND mode = ? AND ikey = ? AND ((state = 'in_flight' AND lease_until <= ? AND fingerprint = ?) OR expires_at <= ?)`,
		c.Owner, lease, expires, c.Fingerprint, c.Scope.MerchantID, c.Scope.Mode, c.Key, now, c.Fingerprint, now)
	if err != nil {
		return false, fmt.Errorf("take over the idempotency key: %w", err)
	}
	return n == 1, nil
}

func (store) insertClaim(ctx context.Context, tx *db.Tx, c *Claim, lease, expires app.Millis) error {
	_, err := tx.Exec(ctx, `INSERT INTO idempotency_records (merchant_id, mode, ikey, fingerprint, state, owner, lease_until, expires_at, status_code, content_type, body)
 VALUES (?, ?, ?, ?, 'in_flight', ?, ?, ?, 0, '', '')`, c.Scope.MerchantID, c.Scope.Mode, c.Key, c.Fingerprint, c.Owner, lease, expires)
	return err
}

func (store) finishClaim(ctx context.Context, q db.Querier, c *Claim, f Frozen, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE idempotency_records SET state = 'done', status_code = ?, content_type = ?, body = ?, lease_until = ?
 WHERE merchant_id = ? AND mode = ? AND ikey = ? AND owner = ?`, f.StatusCode, f.ContentType, f.Body, now, c.Scope.MerchantID, c.Scope.Mode, c.Key, c.Owner)
	if err != nil {
		return fmt.Errorf("freeze the answer: %w", err)
	}
	return nil
}

func (store) releaseClaim(ctx context.Context, q db.Querier, c *Claim) error {
	_, err := q.Exec(ctx, `UPDATE idempotency_records SET lease_until = 0 WHERE merchant_id = ? AND mode = ? AND ikey = ? AND owner = ? AND state = 'in_flight'`,
		c.Scope.MerchantID, c.Scope.Mode, c.Key, c.Owner)
	if err != nil {
		return fmt.Errorf("release the idempotency key: %w", err)
	}
	return nil
}

// claimName is the primary key of a record.
type claimName struct {
	MerchantID string   `db:"merchant_id"`
	Mode       app.Mode `db:"mode"`
	Key        string   `db:"ikey"`
}

func (store) forgetClaims(ctx context.Context, d *db.DB, now app.Millis) (int64, error) {
	var old []claimName
	if err := d.Select(ctx, &old, `SELECT merchant_id, mode, ikey FROM idempotency_records WHERE expires_at <= ? ORDER BY expires_at LIMIT 500`, now); err != nil {
		return 0, fmt.Errorf("find lapsed idempotency keys: %w", err)
	}
	var total int64
	err := d.InTx(ctx, func(tx *db.Tx) error {
		total = 0
		for _, c := range old {
			n, err := tx.Exec(ctx, `DELETE FROM idempotency_records WHERE merchant_id = ? AND mode = ? AND ikey = ? AND expires_at <= ?`, c.MerchantID, c.Mode, c.Key, now)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return total, err
}
