package merchants

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// MaxOverlap is how long a rolled key may go on beside its successor.
const MaxOverlap = 7 * 24 * time.Hour

// RollKey replaces a key: the new one has the same name, scopes and addresses,
// and never expires unless expiresAt says so; the old one ends after overlap,
// or at its own expiry when that is earlier. The new secret is shown this once.
// Errors: Invalid, NotFound, Conflict (key_not_active, key_already_rolled).
func (s *Service) RollKey(ctx context.Context, merchantID, id string, overlap time.Duration, expiresAt time.Time) (Key, string, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return Key{}, "", app.InvalidField("overlap", "out_of_range", "the overlap is at most %d days", int(MaxOverlap/(24*time.Hour)))
	}
	now := s.clock.Now()
	if !expiresAt.IsZero() && !expiresAt.After(now) {
		return Key{}, "", app.InvalidField("expires_at", "in_the_past", "a key expires in the future")
	}
	var next Key
	var secret string
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.secondPerson(ctx, tx, merchantID); err != nil {
			return err
		}
		var err error
		next, secret, err = s.RollKeyIn(ctx, tx, merchantID, id, overlap, expiresAt)
		return err
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("roll API key %s: %w", id, err)
	}
	return next, secret, nil
}

// RollKeyIn is RollKey after a second person's yes.
func (s *Service) RollKeyIn(ctx context.Context, tx *db.Tx, merchantID, id string, overlap time.Duration, expiresAt time.Time) (Key, string, error) {
	now := s.clock.Now()
	old, err := selectKey(ctx, tx, merchantID, id)
	if err != nil {
		return Key{}, "", err
	}
	if err := rollable(old, app.ToMillis(now)); err != nil {
		return Key{}, "", err
	}
	next := old
	next.ID, next.RolledFrom, next.RolledTo = app.NewID(app.PrefixKey, now), old.ID, ""
	next.CreatedAt, next.ExpiresAt, next.LastUsedAt = app.ToMillis(now), app.ToMillis(expiresAt), 0
	secret := next.draw(ctx)
	return next, secret, s.rollTo(ctx, tx, old, next, secret, app.ToMillis(now).Add(overlap))
}

func rollable(k Key, now app.Millis) error {
	if !k.ActiveAt(now) {
		return errKeyNotActive(k.ID)
	}
	if k.RolledTo != "" {
		return errKeyRolled(k.ID)
	}
	return nil
}

func (s *Service) rollTo(ctx context.Context, tx *db.Tx, old, next Key, secret string, end app.Millis) error {
	ending := old
	ending.RolledTo = next.ID
	if ending.ExpiresAt == 0 || end < ending.ExpiresAt {
		ending.ExpiresAt = end
	}
	superseded, err := supersedeKey(ctx, tx, old, next.ID, ending.ExpiresAt)
	if err != nil {
		return err
	}
	if !superseded {
		return errKeyRolled(old.ID)
	}
	if err := insertKey(ctx, tx, next, hashSecret(secret)); err != nil {
		return err
	}
	if err := s.record(ctx, tx, old.MerchantID, "key.roll", old.ID, keyFactsOf(old), keyFactsOf(ending)); err != nil {
		return err
	}
	return s.record(ctx, tx, old.MerchantID, "key.create", next.ID, nil, keyFactsOf(next))
}

func errKeyRolled(id string) error {
	return app.Errorf(app.Conflict, "API key %s has been replaced already", id).WithReason("key_already_rolled")
}
