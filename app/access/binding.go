package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const prefixBinding = "rbd_"

// Binding is a role that a user holds in a domain.
type Binding struct {
	ID        string     `db:"id" json:"id"`
	UserID    string     `db:"user_id" json:"user_id"`
	Role      Role       `db:"role_name" json:"role"`
	Domain    string     `db:"domain" json:"domain"` // a merchant's id, or Platform
	CreatedBy string     `db:"created_by" json:"-"`  // a user's id, "" for the program
	CreatedAt app.Millis `db:"created_at" json:"-"`
}

// Member is a user with a role in one domain.
type Member struct {
	Binding
	Email        string     `db:"email"`
	Name         string     `db:"name"`
	State        UserState  `db:"state"`
	LastSignInAt app.Millis `db:"last_sign_in_at"`
}

// LockBindings makes tx the only transaction that changes bindings until it
// ends, so that it may count before it decides, and lets every server see its
// changes within five seconds of the commit, this one at once.
func (s *Service) LockBindings(ctx context.Context, tx *db.Tx) error {
	return s.policyChanged(ctx, tx)
}

func (s *Service) policyChanged(ctx context.Context, tx *db.Tx) error {
	n, err := raiseVersion(ctx, tx)
	if err == nil && n == 0 {
		if err = startVersion(ctx, tx); err == nil || db.IsDuplicate(err) {
			_, err = raiseVersion(ctx, tx)
		}
	}
	if err != nil {
		return fmt.Errorf("raise the roles' version: %w", err)
	}
	tx.AfterCommit(s.policy.changed)
	return nil
}

// Bind gives the user the role in the domain. Codes: Invalid on field "role"
// when the role does not belong there, NotFound for a role that the merchant has not
// made, Conflict ("role_held") when the user has it.
func (s *Service) Bind(ctx context.Context, tx *db.Tx, userID string, r Role, domain, by string) (Binding, error) {
	if !r.FitsDomain(domain) {
		return Binding{}, app.InvalidField("role", "invalid", "the role %s cannot be held here", r)
	}
	if err := s.policyChanged(ctx, tx); err != nil {
		return Binding{}, err
	}
	if r.Custom() {
		if _, err := s.CustomRole(ctx, tx, domain, string(r)); err != nil {
			return Binding{}, err
		}
	}
	now := s.clock.Now()
	b := Binding{ID: app.NewID(prefixBinding, now), UserID: userID, Role: r, Domain: domain, CreatedBy: by, CreatedAt: app.ToMillis(now)}
	err := insertBinding(ctx, tx, b)
	if db.IsDuplicate(err) {
		return Binding{}, app.Errorf(app.Conflict, "the user has the role already").WithReason("role_held")
	}
	if err != nil {
		return Binding{}, fmt.Errorf("bind %s: %w", userID, err)
	}
	return b, nil
}

// Unbind takes a binding away. NotFound when it is gone.
func (s *Service) Unbind(ctx context.Context, tx *db.Tx, b Binding) error {
	if err := s.policyChanged(ctx, tx); err != nil {
		return err
	}
	n, err := deleteBinding(ctx, tx, b.ID)
	if err != nil {
		return fmt.Errorf("unbind %s: %w", b.UserID, err)
	}
	if n == 0 {
		return app.Errorf(app.NotFound, "the role is no longer held")
	}
	return nil
}

// Binding returns the user's binding to the role in the domain; NotFound.
func (s *Service) Binding(ctx context.Context, q db.Querier, userID string, r Role, domain string) (Binding, error) {
	b, err := readBinding(ctx, q, userID, r, domain)
	if errors.Is(err, db.ErrNoRows) {
		return Binding{}, app.Errorf(app.NotFound, "the user does not hold the role %s here", r)
	}
	if err != nil {
		return Binding{}, fmt.Errorf("read binding of %s: %w", userID, err)
	}
	return b, nil
}

// Bindings returns what roles the user holds, and where.
func (s *Service) Bindings(ctx context.Context, q db.Querier, userID string) ([]Binding, error) {
	list, err := userBindings(ctx, q, userID)
	if err != nil {
		return nil, fmt.Errorf("list bindings of %s: %w", userID, err)
	}
	return list, nil
}

// Members returns who holds which role in the domain, by email; at most 1,000.
func (s *Service) Members(ctx context.Context, domain string) ([]Member, error) {
	list, err := domainMembers(ctx, s.db, domain)
	if err != nil {
		return nil, fmt.Errorf("list members of %s: %w", domain, err)
	}
	return list, nil
}

// ActiveHolders counts the active users who hold the role in the domain. Under
// LockBindings the count stands until the transaction ends.
func (s *Service) ActiveHolders(ctx context.Context, q db.Querier, r Role, domain string) (int, error) {
	n, err := countHolders(ctx, q, r, domain)
	if err != nil {
		return 0, fmt.Errorf("count holders of %s in %s: %w", r, domain, err)
	}
	return n, nil
}
