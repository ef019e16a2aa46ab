package webhooks

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The claims of the delivery worker and the fan-out, which serve all merchants.

func selectEnabled(ctx context.Context, q db.Querier, merchants []string) ([]Endpoint, error) {
	var out []Endpoint
	err := q.Select(ctx, &out, `SELECT `+endpointColumns+` FROM webhook_endpoints WHERE merchant_id IN (?) AND status = 'enabled' ORDER BY id`, merchants)
	return out, err
}

func selectEndpointsByID(ctx context.Context, q db.Querier, ids []string) ([]Endpoint, error) {
	var out []Endpoint
	err := q.Select(ctx, &out, `SELECT `+endpointColumns+` FROM webhook_endpoints WHERE id IN (?)`, ids)
	return out, err
}

func selectDue(ctx context.Context, q db.Querier, now app.Millis, limit int) ([]candidate, error) {
	var out []candidate
	err := q.Select(ctx, &out, `SELECT id, endpoint_id, merchant_id FROM webhook_deliveries WHERE status = 'pending' AND next_at <= ? ORDER BY next_at LIMIT ?`, now, limit)
	return out, err
}

// selectDueEndpoints asks each endpoint for the first of its queue: one probe
// of an index each, however long the queues are.
func selectDueEndpoints(ctx context.Context, q db.Querier, now app.Millis, except []string) ([]string, error) {
	b := db.NewBuild(`SELECT id FROM webhook_endpoints WHERE (SELECT next_at FROM webhook_deliveries WHERE endpoint_id = webhook_endpoints.id AND webhook_deliveries.status = 'pending' ORDER BY next_at LIMIT 1) <= ?`, now)
	if len(except) > 0 {
		b.And(`id NOT IN (?)`, except)
	}
	var out []string
	err := b.Select(ctx, q, &out)
	return out, err
}

func selectDueOf(ctx context.Context, q db.Querier, endpointID string, now app.Millis, limit int) ([]candidate, error) {
	var out []candidate
	err := q.Select(ctx, &out, `SELECT id, endpoint_id, merchant_id FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'pending' AND next_at <= ? ORDER BY next_at LIMIT ?`, endpointID, now, limit)
	return out, err
}

// leaseDue moves next_at to the lease's end, which takes the delivery out of
// everybody's sight until then. It goes by the key: read by next_at, whose entries
// others move at the same moment, MySQL passes over some.
func leaseDue(ctx context.Context, tx *db.Tx, ids []string, claim string, now, until app.Millis) (int64, error) {
	return tx.Exec(ctx, `UPDATE webhook_deliveries /*! FORCE INDEX (PRIMARY) */ SET attempts = attempts + 1, lease_owner = ?, lease_until = ?, next_at = ?, updated_at = ? WHERE id IN (?) AND status = 'pending' AND next_at <= ?`,
		claim, until, until, now, ids, now)
}

func selectLeased(ctx context.Context, tx *db.Tx, ids []string, claim string) ([]Delivery, error) {
	var out []Delivery
	err := tx.Select(ctx, &out, `SELECT `+deliveryColumns+` FROM webhook_deliveries WHERE id IN (?) AND lease_owner = ? ORDER BY id`, ids, claim)
	return out, err
}

// updateMarked stores the outcome if the lease is still the attempt's.
func updateMarked(ctx context.Context, tx *db.Tx, o outcome, now app.Millis) error {
	d := o.job.delivery
	delivered := d.DeliveredAt
	if o.status == Succeeded && delivered == 0 {
		delivered = now
	}
	_, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET status = ?, tries = ?, next_at = ?, lease_owner = '', lease_until = 0, last_code = ?, last_error = ?, delivered_at = ?, updated_at = ? WHERE id = ? AND lease_owner = ?`,
		o.status, o.tries, o.nextAt, o.attempt.Code, o.attempt.Error, delivered, now, d.ID, d.LeaseOwner)
	return err
}

func setFailing(ctx context.Context, tx *db.Tx, ids []string, now app.Millis) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET failing_since = ? WHERE id IN (?) AND failing_since = 0`, now, ids)
	return err
}

func clearFailing(ctx context.Context, tx *db.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET failing_since = 0 WHERE id IN (?)`, ids)
	return err
}

func selectWaiting(ctx context.Context, q db.Querier, e Endpoint, now app.Millis, limit int) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM webhook_deliveries WHERE endpoint_id = ? AND merchant_id = ? AND status = 'pending' AND lease_until <= ? LIMIT ?`, e.ID, e.MerchantID, now, limit)
	return ids, err
}

func buryWaiting(ctx context.Context, tx *db.Tx, e Endpoint, ids []string, why string, now app.Millis) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET status = 'dead', next_at = 0, lease_owner = '', lease_until = 0, last_error = ?, updated_at = ? WHERE id IN (?) AND merchant_id = ? AND status = 'pending' AND lease_until <= ?`,
		why, now, ids, e.MerchantID, now)
	return err
}

// selectSecrets returns the keys that sign now, newest first.
func selectSecrets(ctx context.Context, q db.Querier, endpoints []string, now app.Millis) ([]Secret, error) {
	var out []Secret
	err := q.Select(ctx, &out, `SELECT `+secretColumns+` FROM webhook_secrets WHERE endpoint_id IN (?) AND (expires_at = 0 OR expires_at > ?) ORDER BY id DESC`, endpoints, now)
	return out, err
}

func selectStats(ctx context.Context, q db.Querier, now app.Millis) (Stats, error) {
	var out Stats
	err := q.Get(ctx, &out.Due, `SELECT COUNT(*) FROM (SELECT id FROM webhook_deliveries WHERE status = 'pending' AND next_at <= ? LIMIT ?) due`, now, maxCounted)
	if err != nil || out.Due == 0 {
		return out, err
	}
	err = q.Get(ctx, &out.OldestDue, `SELECT COALESCE(MIN(next_at), 0) FROM webhook_deliveries WHERE status = 'pending' AND next_at <= ?`, now)
	return out, err
}
