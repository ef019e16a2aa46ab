package sso

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Identity links a user to who they are at a provider.
type Identity struct {
	ID         string     `db:"id"`
	UserID     string     `db:"user_id"`
	Issuer     string     `db:"issuer"`
	Subject    string     `db:"subject"`
	Email      string     `db:"email"` // as the provider last said; it decides nothing
	CreatedAt  app.Millis `db:"created_at"`
	LastUsedAt app.Millis `db:"last_used_at"` // 0 for never
}

// Of returns the link of issuer and subject; NotFound (sso_unknown).
func (s *Service) Of(ctx context.Context, q db.Querier, c Claims) (Identity, error) {
	i, err := readIdentityOf(ctx, q, c.Issuer, c.Subject)
	if errors.Is(err, db.ErrNoRows) {
		return Identity{}, failed(app.NotFound, ReasonUnknown, "nobody is linked to %s at %s", c.Subject, c.Issuer)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("read identity: %w", err)
	}
	return i, nil
}

// List returns a user's links, the oldest first.
func (s *Service) List(ctx context.Context, q db.Querier, userID string) ([]Identity, error) {
	list, err := listIdentities(ctx, q, userID)
	if err != nil {
		return nil, fmt.Errorf("list identities of %s: %w", userID, err)
	}
	return list, nil
}

// Link makes the identity the user's. Code: Conflict (sso_taken): it is another
// user's, or the user has one of this issuer already.
func (s *Service) Link(ctx context.Context, tx *db.Tx, userID string, c Claims) (Identity, error) {
	now := s.clock.Now()
	i := Identity{
		ID: app.NewID(app.PrefixLink, now), UserID: userID, Issuer: c.Issuer, Subject: c.Subject, Email: c.Email, CreatedAt: app.ToMillis(now),
	}
	err := insertIdentity(ctx, tx, i)
	if db.IsDuplicate(err) {
		return Identity{}, failed(app.Conflict, ReasonTaken, "%s at %s is linked already, or %s is to another", c.Subject, c.Issuer, userID)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("link identity: %w", err)
	}
	return i, nil
}

// Used notes that somebody came in by the link, and the email they have now.
// Unauthenticated when it was removed meanwhile.
func (s *Service) Used(ctx context.Context, tx *db.Tx, i Identity, email string) error {
	n, err := markUsed(ctx, tx, i.ID, email, app.ToMillis(s.clock.Now()))
	if err != nil {
		return fmt.Errorf("note use of %s: %w", i.ID, err)
	}
	if n == 0 {
		return failed(app.Unauthenticated, ReasonUnknown, "%s was removed meanwhile", i.ID)
	}
	return nil
}

// Unlink removes one of the user's links and returns what it was; NotFound.
func (s *Service) Unlink(ctx context.Context, tx *db.Tx, userID, id string) (Identity, error) {
	i, err := readIdentity(ctx, tx, userID, id)
	if errors.Is(err, db.ErrNoRows) {
		return Identity{}, app.Errorf(app.NotFound, "no identity %s", id)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("read identity %s: %w", id, err)
	}
	if _, err := deleteIdentity(ctx, tx, userID, id); err != nil {
		return Identity{}, fmt.Errorf("unlink %s: %w", id, err)
	}
	return i, nil
}
