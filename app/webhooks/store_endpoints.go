package webhooks

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const endpointColumns = `id, merchant_id, mode, url, description, event_types, status, reason, failing_since, owed_from, owed_until, version, created_at, updated_at`

func insertEndpoint(ctx context.Context, tx *db.Tx, e Endpoint) error {
	_, err := tx.Exec(ctx, `INSERT INTO webhook_endpoints (`+endpointColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.MerchantID, e.Mode, e.URL, e.Description, e.EventTypes.text(), e.Status, e.Reason, e.FailingSince, e.OwedFrom, e.OwedUntil, e.Version, e.CreatedAt, e.UpdatedAt)
	return err
}

// updateEndpoint stores e unless its version in the database has moved on.
func updateEndpoint(ctx context.Context, tx *db.Tx, e Endpoint) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET url = ?, description = ?, event_types = ?, status = ?, reason = ?, failing_since = ?, owed_from = ?, owed_until = ?, version = ?, updated_at = ? WHERE id = ? AND merchant_id = ? AND version = ?`,
		e.URL, e.Description, e.EventTypes.text(), e.Status, e.Reason, e.FailingSince, e.OwedFrom, e.OwedUntil, e.Version, e.UpdatedAt, e.ID, e.MerchantID, e.Version-1)
	return n == 1, err
}

func selectEndpoint(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, id string) (Endpoint, error) {
	var e Endpoint
	err := q.Get(ctx, &e, `SELECT `+endpointColumns+` FROM webhook_endpoints WHERE id = ? AND merchant_id = ? AND mode = ? AND status <> 'deleted'`, id, merchantID, mode)
	return e, err
}

func selectEndpoints(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, before string, limit int) ([]Endpoint, error) {
	b := db.NewBuild(`SELECT `+endpointColumns+` FROM webhook_endpoints WHERE merchant_id = ? AND mode = ? AND status <> 'deleted'`, merchantID, mode)
	if before != "" {
		b.And(`id < ?`, before)
	}
	var out []Endpoint
	err := b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &out)
	return out, err
}

func countEndpoints(ctx context.Context, q db.Querier, merchantID string, mode app.Mode) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM webhook_endpoints WHERE merchant_id = ? AND mode = ? AND status <> 'deleted'`, merchantID, mode)
	return n, err
}

const secretColumns = `id, endpoint_id, merchant_id, scheme, sealed, public_key, created_at, expires_at`

func insertSecret(ctx context.Context, tx *db.Tx, s Secret) error {
	_, err := tx.Exec(ctx, `INSERT INTO webhook_secrets (`+secretColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.EndpointID, s.MerchantID, s.Scheme, s.Sealed, s.PublicKey, s.CreatedAt, s.ExpiresAt)
	return err
}

func expireSecrets(ctx context.Context, tx *db.Tx, e Endpoint, scheme Scheme, at app.Millis) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_secrets SET expires_at = ? WHERE endpoint_id = ? AND merchant_id = ? AND scheme = ? AND expires_at = 0`, at, e.ID, e.MerchantID, scheme)
	return err
}

func deleteSecrets(ctx context.Context, tx *db.Tx, e Endpoint) error {
	_, err := tx.Exec(ctx, `DELETE FROM webhook_secrets WHERE endpoint_id = ? AND merchant_id = ?`, e.ID, e.MerchantID)
	return err
}

// selectSecretsAfter reads a page of all merchants' secrets, to seal them again.
func selectSecretsAfter(ctx context.Context, q db.Querier, after string, limit int) ([]Secret, error) {
	var out []Secret
	err := q.Select(ctx, &out, `SELECT `+secretColumns+` FROM webhook_secrets WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return out, err
}

// replaceSealed stores a secret sealed again, unless it was changed or deleted
// since it was read.
func replaceSealed(ctx context.Context, q db.Querier, s Secret, fresh []byte) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE webhook_secrets SET sealed = ? WHERE id = ? AND merchant_id = ? AND sealed = ?`, fresh, s.ID, s.MerchantID, s.Sealed)
	return n == 1, err
}
