package merchants

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// KeyInput is what a person decides about a key.
type KeyInput struct {
	Name       string
	Scopes     []Scope  // empty allows everything
	AllowedIPs []string // addresses or CIDR ranges; empty allows every address
	ExpiresAt  time.Time
}

// CreateKey adds a bearer key and returns its secret, which is shown this once:
// only its hash is kept. Errors: Invalid, NotFound (the merchant), Conflict
// (second_person).
func (s *Service) CreateKey(ctx context.Context, merchantID string, mode app.Mode, in KeyInput) (Key, string, error) {
	k, err := s.newKey(merchantID, mode, in)
	if err != nil {
		return Key{}, "", err
	}
	secret := k.draw(ctx)
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.secondPerson(ctx, tx, merchantID); err != nil {
			return err
		}
		return s.createKey(ctx, tx, k, secret)
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("create API key: %w", err)
	}
	return k, secret, nil
}

func (s *Service) createKey(ctx context.Context, tx *db.Tx, k Key, secret string) error {
	if _, err := selectMerchant(ctx, tx, k.MerchantID); err != nil {
		return err
	}
	if err := insertKey(ctx, tx, k, hashSecret(secret)); err != nil {
		return err
	}
	return s.record(ctx, tx, k.MerchantID, "key.create", k.ID, nil, keyFactsOf(k))
}

// Key returns a merchant's key, or NotFound.
func (s *Service) Key(ctx context.Context, merchantID, id string) (Key, error) {
	return selectKey(ctx, s.db, merchantID, id)
}

// Keys returns a page of a merchant's keys in one mode, revoked ones included,
// newest first; the cursor of the next page is the last one's id.
func (s *Service) Keys(ctx context.Context, f KeyFilter) ([]Key, error) {
	f.Limit = pageSize(f.Limit)
	return selectKeys(ctx, s.db, f)
}

// UpdateKey changes a key's name, scopes and addresses; its expiry stays.
// Errors: Invalid, NotFound, Conflict (key_not_active, second_person).
func (s *Service) UpdateKey(ctx context.Context, merchantID, id string, in KeyInput) (Key, error) {
	in.ExpiresAt = time.Time{}
	wanted, err := s.newKey(merchantID, app.Test, in)
	if err != nil {
		return Key{}, err
	}
	return s.changeKey(ctx, merchantID, id, "key.update", func(tx *db.Tx, k *Key) (bool, error) {
		if err := s.secondPerson(ctx, tx, merchantID); err != nil {
			return false, err
		}
		k.Name, k.Scopes, k.AllowedIPs = wanted.Name, wanted.Scopes, wanted.AllowedIPs
		return updateKey(ctx, tx, *k)
	})
}

// RevokeKey ends a key at once. Errors: NotFound, Conflict (key_not_active).
func (s *Service) RevokeKey(ctx context.Context, merchantID, id string) (Key, error) {
	return s.changeKey(ctx, merchantID, id, "key.revoke", func(tx *db.Tx, k *Key) (bool, error) {
		k.RevokedAt = s.now()
		return revokeKey(ctx, tx, *k, k.RevokedAt)
	})
}

// changeKey applies a change that stands only on a key not revoked before.
func (s *Service) changeKey(ctx context.Context, merchantID, id, action string, apply func(*db.Tx, *Key) (bool, error)) (Key, error) {
	var after Key
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		before, err := selectKey(ctx, tx, merchantID, id)
		if err != nil {
			return err
		}
		after = before
		changed, err := apply(tx, &after)
		if err != nil {
			return err
		}
		if !changed {
			return errKeyNotActive(id)
		}
		return s.record(ctx, tx, merchantID, action, id, keyFactsOf(before), keyFactsOf(after))
	})
	if err != nil {
		return Key{}, fmt.Errorf("%s %s: %w", action, id, err)
	}
	return after, nil
}

func errKeyNotActive(id string) error {
	return app.Errorf(app.Conflict, "API key %s is not in use any more", id).WithReason("key_not_active")
}

func (s *Service) newKey(merchantID string, mode app.Mode, in KeyInput) (Key, error) {
	name, err := checkName("name", in.Name)
	if err != nil {
		return Key{}, err
	}
	if !mode.Valid() {
		return Key{}, app.InvalidField("mode", "unknown", "mode is test or live")
	}
	scopes, err := checkScopes(in.Scopes)
	if err != nil {
		return Key{}, err
	}
	ips, err := checkIPs(in.AllowedIPs)
	if err != nil {
		return Key{}, err
	}
	now := s.clock.Now()
	if !in.ExpiresAt.IsZero() && !in.ExpiresAt.After(now) {
		return Key{}, app.InvalidField("expires_at", "in_the_past", "a key expires in the future")
	}
	return Key{
		ID: app.NewID(app.PrefixKey, now), MerchantID: merchantID, Mode: mode, Name: name, Kind: Bearer,
		Scopes: scopes, AllowedIPs: ips, ExpiresAt: app.ToMillis(in.ExpiresAt), CreatedAt: app.ToMillis(now),
	}, nil
}

// draw gives the key a fresh secret, and notes who will be shown it.
func (k *Key) draw(ctx context.Context) (secret string) {
	secret, k.Prefix = newSecret(k.Mode)
	k.MadeBy = ""
	if actor := audit.ActorFrom(ctx); actor.Kind == audit.KindUser {
		k.MadeBy = actor.ID
	}
	return secret
}
