package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Grant gives a user a role. A merchant's owner grants merchant roles within
// that merchant, a platform administrator any role; nobody grants one to
// themselves. Codes: Forbidden, NotFound, Invalid ("role", "domain"), Conflict
// ("role_held").
func (s *Service) Grant(ctx context.Context, userID string, g Grant) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		if err := s.secondPerson(ctx, tx, g); err != nil {
			return err
		}
		return s.GrantIn(ctx, tx, userID, g)
	})
	if err != nil {
		return fmt.Errorf("grant %s to %s: %w", g.Role, userID, err)
	}
	return nil
}

// GrantIn is Grant inside the transaction that a second person's yes is; the
// context's actor is who asked.
func (s *Service) GrantIn(ctx context.Context, tx *db.Tx, userID string, g Grant) error {
	if err := s.access.LockBindings(ctx, tx); err != nil {
		return err
	}
	u, err := s.access.User(ctx, tx, userID)
	if err != nil {
		return err
	}
	return s.grant(ctx, tx, u, g)
}

// secondPerson refuses to give a role that could do harm where the merchant wants
// two people for that: Conflict ("second_person"). The program itself may.
func (s *Service) secondPerson(ctx context.Context, tx *db.Tx, g Grant) error {
	if s.twoPeople == nil || g.Domain == access.Platform || audit.ActorFrom(ctx).Kind == audit.KindSystem {
		return nil
	}
	sensitive, err := s.Sensitive(ctx, tx, g)
	if err != nil || !sensitive {
		return err
	}
	two, err := s.twoPeople(ctx, tx, g.Domain)
	if err != nil || !two {
		return err
	}
	return app.Errorf(app.Conflict, "this merchant wants a second person to agree before the role %s is given", g.Role).WithReason("second_person")
}

// Sensitive reports whether a role of the merchant changes anything: keys,
// credentials, people, or money. Whoever gave one alone would make the second
// person, who then agrees to what the first one asks, refunds above the limit
// among it.
func (s *Service) Sensitive(ctx context.Context, q db.Querier, g Grant) (bool, error) {
	if !g.Role.Custom() {
		return g.Role != access.Viewer, nil
	}
	c, err := s.access.CustomRole(ctx, q, g.Domain, string(g.Role))
	if app.Is(err, app.NotFound) {
		return false, nil
	}
	return c.Writes(), err
}

func (s *Service) grant(ctx context.Context, tx *db.Tx, u access.User, g Grant) error {
	if err := s.mayGrant(ctx, tx, g); err != nil {
		return err
	}
	actor := audit.ActorFrom(ctx)
	if actor.Kind == audit.KindUser && actor.ID == u.ID {
		return app.Errorf(app.Forbidden, "somebody else must give you a role").WithReason("own_role")
	}
	if g.Domain != access.Platform && !app.ValidID(app.PrefixMerchant, g.Domain) {
		return app.InvalidField("domain", "invalid", "a role is held in a merchant or on the platform")
	}
	if _, err := s.access.Bind(ctx, tx, u.ID, g.Role, g.Domain, actor.ID); err != nil {
		return err
	}
	return s.audit.Record(ctx, tx, audit.Entry{Chain: g.Domain, Action: "role.grant", Target: u.ID, After: roleOf(u, g)})
}

func roleOf(u access.User, g Grant) map[string]string {
	return map[string]string{"email": u.Email, "role": string(g.Role), "domain": g.Domain}
}

// Revoke takes a role away; the rules and codes are Grant's, but anybody may
// lay down their own. The last active owner of a merchant and the last platform
// administrator stay: Conflict ("last_holder").
func (s *Service) Revoke(ctx context.Context, userID string, g Grant) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		if actor := audit.ActorFrom(ctx); actor.Kind != audit.KindUser || actor.ID != userID {
			if err := s.mayGrant(ctx, tx, g); err != nil {
				return err
			}
		}
		u, err := s.access.User(ctx, tx, userID)
		if err != nil {
			return err
		}
		return s.revoke(ctx, tx, u, g)
	})
	if err != nil {
		return fmt.Errorf("revoke %s from %s: %w", g.Role, userID, err)
	}
	return nil
}

func (s *Service) revoke(ctx context.Context, tx *db.Tx, u access.User, g Grant) error {
	b, err := s.access.Binding(ctx, tx, u.ID, g.Role, g.Domain)
	if err != nil {
		return err
	}
	if err := s.access.Unbind(ctx, tx, b); err != nil {
		return err
	}
	if u.State == access.Active {
		if err := s.holdersRemain(ctx, tx, []access.Binding{b}); err != nil {
			return err
		}
	}
	return s.audit.Record(ctx, tx, audit.Entry{Chain: g.Domain, Action: "role.revoke", Target: u.ID, Before: roleOf(u, g)})
}

// mayGrant decides by the roles as tx sees them under the bindings' lock, not
// by a cached policy: a demotion a moment ago counts. Code: Forbidden.
func (s *Service) mayGrant(ctx context.Context, tx *db.Tx, g Grant) error {
	actor := audit.ActorFrom(ctx)
	switch actor.Kind {
	case audit.KindSystem:
		return nil
	case audit.KindUser:
		return s.mayGrantBy(ctx, tx, actor.ID, g)
	}
	return forbidden()
}

func (s *Service) mayGrantBy(ctx context.Context, tx *db.Tx, userID string, g Grant) error {
	u, err := s.access.User(ctx, tx, userID)
	if app.Is(err, app.NotFound) || err == nil && u.State != access.Active {
		return forbidden()
	}
	if err != nil {
		return err
	}
	held, err := s.access.Bindings(ctx, tx, userID)
	if err != nil {
		return err
	}
	for _, b := range held {
		here := b.Domain == g.Domain || b.Domain == access.Platform
		if here && b.Role.FitsDomain(b.Domain) && b.Role.MayGrant(g.Role) {
			return nil
		}
	}
	return forbidden()
}

// keepsHolders refuses when a domain has lost its last active holder of a role
// by what tx has done to the user.
func (s *Service) keepsHolders(ctx context.Context, tx *db.Tx, userID string) error {
	held, err := s.access.Bindings(ctx, tx, userID)
	if err != nil {
		return err
	}
	return s.holdersRemain(ctx, tx, held)
}

func (s *Service) holdersRemain(ctx context.Context, tx *db.Tx, lost []access.Binding) error {
	for _, b := range lost {
		if !b.Role.Indispensable() {
			continue
		}
		n, err := s.access.ActiveHolders(ctx, tx, b.Role, b.Domain)
		if err != nil {
			return err
		}
		if n == 0 {
			return app.Errorf(app.Conflict, "this is the last active %s; appoint another first", b.Role).
				WithReason("last_holder").WithDetail("domain", b.Domain)
		}
	}
	return nil
}

// MayGrant refuses when the user may not, as tx sees it, give the role: Forbidden.
func (s *Service) MayGrant(ctx context.Context, tx *db.Tx, userID string, g Grant) error {
	return s.mayGrantBy(ctx, tx, userID, g)
}

// MayStill refuses when the user, by the roles that tx sees, may no longer do the
// action in the merchant: Forbidden ("person_lost_right").
func (s *Service) MayStill(ctx context.Context, tx *db.Tx, userID, merchantID string, right access.Right) error {
	lost := app.Errorf(app.Forbidden, "%s may no longer %s", userID, right).WithReason("person_lost_right")
	u, err := s.access.User(ctx, tx, userID)
	if app.Is(err, app.NotFound) || err == nil && u.State != access.Active {
		return lost
	}
	if err != nil {
		return err
	}
	have, err := s.access.Rights(ctx, tx, userID, merchantID)
	if err == nil && !have[right] {
		err = lost
	}
	return err
}

// RoleVersion is the state of a role of the merchant's own; 0 for a built-in one,
// which nobody changes. NotFound.
func (s *Service) RoleVersion(ctx context.Context, q db.Querier, merchantID string, r access.Role) (int64, error) {
	if !r.Custom() {
		return 0, nil
	}
	c, err := s.access.CustomRole(ctx, q, merchantID, string(r))
	return c.Version, err
}

// CheckGrant refuses what Grant would, but for the second person; it changes
// nothing.
func (s *Service) CheckGrant(ctx context.Context, tx *db.Tx, userID string, g Grant) error {
	if err := s.mayGrant(ctx, tx, g); err != nil {
		return err
	}
	if audit.ActorFrom(ctx).ID == userID {
		return app.Errorf(app.Forbidden, "somebody else must give you a role").WithReason("own_role")
	}
	if _, err := s.access.RoleRights(ctx, tx, g.Domain, g.Role); err != nil {
		return err
	}
	_, err := s.access.Binding(ctx, tx, userID, g.Role, g.Domain)
	if err == nil {
		return app.Errorf(app.Conflict, "the user has the role already").WithReason("role_held")
	}
	if app.Is(err, app.NotFound) {
		return nil
	}
	return err
}

// CheckInvite refuses what Invite would, but for the second person; it changes
// nothing.
func (s *Service) CheckInvite(ctx context.Context, tx *db.Tx, merchantID, email string, role access.Role) error {
	return s.mayInvite(ctx, tx, merchantID, email, role)
}
