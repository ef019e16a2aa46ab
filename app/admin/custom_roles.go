package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// RoleInput is what a person decides about a role of the merchant's own.
type RoleInput struct {
	Name   string
	Rights []access.Right
}

// CreateRole makes a role for the merchant. It needs roles:write there, and
// every right of the role. Codes: Forbidden ("beyond_own_rights"), Invalid,
// Conflict ("role_name_taken", "too_many_roles").
func (s *Service) CreateRole(ctx context.Context, merchantID string, in RoleInput) (access.CustomRole, error) {
	if err := s.require(ctx, merchantID, access.Roles, access.Write); err != nil {
		return access.CustomRole{}, err
	}
	var c access.CustomRole
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		err := s.mayWriteRole(ctx, tx, merchantID, in)
		if err != nil {
			return err
		}
		if c, err = s.access.AddCustomRole(ctx, tx, merchantID, in.Name, in.Rights, audit.ActorFrom(ctx).ID); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: "role.create", Target: c.ID, After: factsOfRole(c)})
	})
	if err != nil {
		return access.CustomRole{}, fmt.Errorf("create role: %w", err)
	}
	return c, nil
}

// UpdateRole gives a role another name and other rights; version is the one
// that the person saw. The rules are CreateRole's. Codes: also NotFound,
// Conflict ("changed_meanwhile"; "role_second_person": a second person must agree
// to what it would give its holders).
func (s *Service) UpdateRole(ctx context.Context, merchantID, roleID string, version int64, in RoleInput) (access.CustomRole, error) {
	if err := s.require(ctx, merchantID, access.Roles, access.Write); err != nil {
		return access.CustomRole{}, err
	}
	var after access.CustomRole
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.mayWriteRole(ctx, tx, merchantID, in); err != nil {
			return err
		}
		before, err := s.access.CustomRole(ctx, tx, merchantID, roleID)
		if err != nil {
			return err
		}
		seen := before
		seen.Version = version
		if after, err = s.access.ChangeCustomRole(ctx, tx, seen, in.Name, in.Rights); err != nil {
			return err
		}
		if err := s.mayWiden(ctx, tx, before, after); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: "role.update", Target: roleID, Before: factsOfRole(before), After: factsOfRole(after)})
	})
	if err != nil {
		return access.CustomRole{}, fmt.Errorf("update role %s: %w", roleID, err)
	}
	return after, nil
}

// DeleteRole removes a role. Whoever holds it, or is invited to it, gets another
// for it; without one it must be free. Codes: Forbidden, NotFound,
// Invalid ("instead"), Conflict ("role_in_use", "role_second_person").
func (s *Service) DeleteRole(ctx context.Context, merchantID, roleID string, instead access.Role) error {
	if err := s.require(ctx, merchantID, access.Roles, access.Write); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		c, err := s.access.CustomRole(ctx, tx, merchantID, roleID)
		if err != nil {
			return err
		}
		if err := s.emptyRole(ctx, tx, c, instead); err != nil {
			return err
		}
		if err := s.access.DropCustomRole(ctx, tx, c); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: "role.delete", Target: roleID, Before: factsOfRole(c)})
	})
	if err != nil {
		return fmt.Errorf("delete role %s: %w", roleID, err)
	}
	return nil
}

// mayWiden refuses one person alone to give a role's holders, and whoever is
// invited to it, more that could do harm: that would be a grant without the yes
// that a grant needs.
func (s *Service) mayWiden(ctx context.Context, tx *db.Tx, before, after access.CustomRole) error {
	wider := slices.ContainsFunc(after.Rights, func(r access.Right) bool { return r.Changes() && !slices.Contains(before.Rights, r) })
	if !wider {
		return nil
	}
	holders, err := s.access.Holders(ctx, tx, after.MerchantID, after.Role())
	if err != nil {
		return err
	}
	invited, err := invitedTo(ctx, tx, after.MerchantID, after.Role())
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if len(holders)+invited == 0 {
		return nil
	}
	return s.notAlone(ctx, tx, Grant{Role: after.Role(), Domain: after.MerchantID})
}

// notAlone is secondPerson for what gives a role to several people at once, which
// no request to a second person can say.
func (s *Service) notAlone(ctx context.Context, tx *db.Tx, g Grant) error {
	err := s.secondPerson(ctx, tx, g)
	if reasonOf(err) == "second_person" {
		err = app.Errorf(app.Conflict, "this merchant wants a second person to agree before the role %s is given: give it to each person", g.Role).WithReason("role_second_person")
	}
	return err
}

// emptyRole moves the role's holders and its invitations to another.
func (s *Service) emptyRole(ctx context.Context, tx *db.Tx, c access.CustomRole, instead access.Role) error {
	holders, err := s.access.Holders(ctx, tx, c.MerchantID, c.Role())
	if err != nil {
		return err
	}
	invited, err := invitedTo(ctx, tx, c.MerchantID, c.Role())
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if len(holders)+invited == 0 {
		return nil
	}
	switch {
	case instead == "":
		return app.Errorf(app.Conflict, "the role %s is held; choose what its holders get instead", c.ID).WithReason("role_in_use")
	case instead == c.Role(), !instead.FitsDomain(c.MerchantID):
		return app.InvalidField("instead", "unknown", "that role cannot be held here")
	}
	g := Grant{Role: instead, Domain: c.MerchantID}
	if err := errors.Join(s.mayGrant(ctx, tx, g), s.notAlone(ctx, tx, g)); err != nil {
		return err
	}
	if err := moveInvitations(ctx, tx, c.MerchantID, c.Role(), instead); err != nil {
		return fmt.Errorf("move invitations: %w", err)
	}
	for _, b := range holders {
		if err := s.exchange(ctx, tx, b, g); err != nil {
			return err
		}
	}
	return nil
}

// exchange gives a role's holder another for it. Nobody does so for themselves.
func (s *Service) exchange(ctx context.Context, tx *db.Tx, b access.Binding, g Grant) error {
	u, err := s.access.User(ctx, tx, b.UserID)
	if err != nil {
		return err
	}
	if err := s.grant(ctx, tx, u, g); err != nil && !roleHeld(err) {
		return err
	}
	if err := s.access.Unbind(ctx, tx, b); err != nil {
		return err
	}
	return s.audit.Record(ctx, tx, audit.Entry{
		Chain: b.Domain, Action: "role.revoke", Target: u.ID, Before: roleOf(u, Grant{Role: b.Role, Domain: b.Domain}),
	})
}

func roleHeld(err error) bool { return reasonOf(err) == "role_held" }

// mayWriteRole lets nobody put into a role what they do not have themselves, by
// the roles as tx sees them under the bindings' lock.
func (s *Service) mayWriteRole(ctx context.Context, tx *db.Tx, merchantID string, in RoleInput) error {
	if err := s.access.LockBindings(ctx, tx); err != nil {
		return err
	}
	actor := audit.ActorFrom(ctx)
	if actor.Kind == audit.KindSystem {
		return nil
	}
	return s.within(ctx, tx, actor.ID, merchantID, append(in.Rights, access.Right{Object: access.Roles, Action: access.Write}))
}

// within refuses rights that the user does not have in the merchant now.
func (s *Service) within(ctx context.Context, tx *db.Tx, userID, merchantID string, rights []access.Right) error {
	have, err := s.access.Rights(ctx, tx, userID, merchantID)
	if err != nil {
		return err
	}
	for _, r := range rights {
		if !have[r] {
			return app.Errorf(app.Forbidden, "nobody gives others what they may not do themselves: %s", r).WithReason("beyond_own_rights")
		}
	}
	return nil
}

// roleFacts is what an audit row says about a role.
type roleFacts struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

func factsOfRole(c access.CustomRole) roleFacts {
	f := roleFacts{Name: c.Name}
	for _, r := range c.Rights {
		f.Permissions = append(f.Permissions, r.String())
	}
	return f
}
