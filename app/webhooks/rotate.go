package webhooks

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// RotateSecret gives an endpoint a new key of the scheme and returns what its
// owner needs, shown only now: the secret, or for Ed25519 the public key. The
// keys it replaces go on signing beside it for 24 hours; what an earlier
// rotation left expires when it was going to. For Ed25519 the first rotation
// begins signing with it. Codes: NotFound, Invalid for an unknown scheme.
func (s *Service) RotateSecret(ctx context.Context, merchantID string, mode app.Mode, id string, scheme Scheme) (string, error) {
	if scheme != HMAC && scheme != Ed25519 {
		return "", app.InvalidField("scheme", "invalid", "a scheme is v1 or v1a")
	}
	e, err := s.Endpoint(ctx, merchantID, mode, id)
	if err != nil {
		return "", err
	}
	m, err := newMaterial(scheme)
	if err != nil {
		return "", err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return "", err
	}
	row, err := s.seal(e, scheme, m, now)
	if err != nil {
		return "", err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := expireSecrets(ctx, tx, e, scheme, now.Add(rotationOverlap)); err != nil {
			return err
		}
		if err := insertSecret(ctx, tx, row); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: merchantID, Action: "webhook_endpoint.rotate_secret", Target: e.ID,
			After: map[string]string{"key_id": row.ID, "scheme": string(scheme)},
		})
	})
	if err != nil {
		return "", fmt.Errorf("rotate secret of %s: %w", id, err)
	}
	return m.shown, nil
}
