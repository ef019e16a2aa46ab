package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// MaxCustomRoles is how many roles of its own a merchant can have.
const MaxCustomRoles = 50

// CustomRole is a role that a merchant has made for itself. It is known in that
// merchant only, and never holds what its owner does not.
type CustomRole struct {
	ID         string
	MerchantID string
	Name       string
	Rights     []Right // in RoleRights' order; home:read is always one
	CreatedAt  app.Millis
	UpdatedAt  app.Millis
	Version    int64
}

// Role is the role's name in bindings.
func (c CustomRole) Role() Role { return Role(c.ID) }

// Writes reports whether the role may change anything.
func (c CustomRole) Writes() bool {
	return slices.ContainsFunc(c.Rights, Right.Changes)
}

// CustomRoles returns the merchant's own roles by name; 50 at most.
func (s *Service) CustomRoles(ctx context.Context, q db.Querier, merchantID string) ([]CustomRole, error) {
	list, err := merchantRoles(ctx, q, merchantID)
	if err != nil {
		return nil, fmt.Errorf("list roles of %s: %w", merchantID, err)
	}
	return list, nil
}

// CustomRole returns a role of the merchant; NotFound, also for another's.
func (s *Service) CustomRole(ctx context.Context, q db.Querier, merchantID, id string) (CustomRole, error) {
	c, err := readRole(ctx, q, merchantID, id)
	if errors.Is(err, db.ErrNoRows) {
		return CustomRole{}, app.Errorf(app.NotFound, "no role %s", id).WithReason("role_not_found")
	}
	if err != nil {
		return CustomRole{}, fmt.Errorf("read role %s: %w", id, err)
	}
	return c, nil
}

// AddCustomRole makes a role for the merchant. Codes: Invalid ("name",
// "permissions"), Conflict ("role_name_taken", "too_many_roles").
func (s *Service) AddCustomRole(ctx context.Context, tx *db.Tx, merchantID, name string, rights []Right, by string) (CustomRole, error) {
	c := CustomRole{MerchantID: merchantID}
	var err error
	if c.Name, err = checkRoleName(name); err != nil {
		return c, err
	}
	if c.Rights, err = wholeRights(rights); err != nil {
		return c, err
	}
	if err := s.policyChanged(ctx, tx); err != nil {
		return c, err
	}
	list, err := merchantRoles(ctx, tx, merchantID)
	if err != nil {
		return c, fmt.Errorf("list roles of %s: %w", merchantID, err)
	}
	if len(list) >= MaxCustomRoles {
		return c, app.Errorf(app.Conflict, "a merchant has at most %d roles of its own; delete one first", MaxCustomRoles).WithReason("too_many_roles")
	}
	now := s.clock.Now()
	c.ID, c.CreatedAt, c.UpdatedAt, c.Version = app.NewID(app.PrefixRole, now), app.ToMillis(now), app.ToMillis(now), 1
	return c, roleNameTaken(insertRole(ctx, tx, c, by), name)
}

// ChangeCustomRole gives a role another name and other rights, if nobody has
// changed it since it was read; its holders have them within five seconds.
// Codes: as AddCustomRole, Conflict ("changed_meanwhile").
func (s *Service) ChangeCustomRole(ctx context.Context, tx *db.Tx, before CustomRole, name string, rights []Right) (CustomRole, error) {
	c := before
	var err error
	if c.Name, err = checkRoleName(name); err != nil {
		return c, err
	}
	if c.Rights, err = wholeRights(rights); err != nil {
		return c, err
	}
	if err := s.policyChanged(ctx, tx); err != nil {
		return c, err
	}
	c.UpdatedAt = s.now()
	n, err := updateRole(ctx, tx, c)
	if err != nil {
		return c, roleNameTaken(err, name)
	}
	if n == 0 {
		return c, changedMeanwhile("role")
	}
	c.Version++
	return c, nil
}

// DropCustomRole deletes a role that nobody holds. Codes: Conflict
// ("role_in_use"), NotFound.
func (s *Service) DropCustomRole(ctx context.Context, tx *db.Tx, c CustomRole) error {
	if err := s.policyChanged(ctx, tx); err != nil {
		return err
	}
	holders, err := roleHolders(ctx, tx, c.MerchantID, c.Role())
	if err != nil {
		return fmt.Errorf("list holders of %s: %w", c.ID, err)
	}
	if len(holders) > 0 {
		return app.Errorf(app.Conflict, "the role %s is held; give its holders another first", c.ID).WithReason("role_in_use")
	}
	n, err := deleteRole(ctx, tx, c.MerchantID, c.ID)
	if err != nil {
		return fmt.Errorf("delete role %s: %w", c.ID, err)
	}
	if n == 0 {
		return app.Errorf(app.NotFound, "no role %s", c.ID).WithReason("role_not_found")
	}
	return nil
}

// Holders returns who holds the role in the domain, of any state.
func (s *Service) Holders(ctx context.Context, q db.Querier, domain string, r Role) ([]Binding, error) {
	list, err := roleHolders(ctx, q, domain, r)
	if err != nil {
		return nil, fmt.Errorf("list holders of %s: %w", r, err)
	}
	return list, nil
}

// Rights returns what the user may do in the merchant by the roles that q sees,
// not by a cached policy.
func (s *Service) Rights(ctx context.Context, q db.Querier, userID, merchantID string) (map[Right]bool, error) {
	held, err := s.Bindings(ctx, q, userID)
	if err != nil {
		return nil, err
	}
	out := map[Right]bool{}
	for _, b := range held {
		if b.Domain != merchantID && b.Domain != Platform || !b.Role.FitsDomain(b.Domain) {
			continue
		}
		rights, err := s.RoleRights(ctx, q, merchantID, b.Role)
		if err != nil && !app.Is(err, app.NotFound) {
			return nil, err
		}
		for _, r := range rights {
			out[r] = true
		}
	}
	return out, nil
}

// RoleRights returns what a role, built in or the merchant's own, may do in the
// merchant. NotFound for another merchant's.
func (s *Service) RoleRights(ctx context.Context, q db.Querier, merchantID string, r Role) ([]Right, error) {
	if !r.Custom() {
		return rightsOf(r), nil
	}
	c, err := s.CustomRole(ctx, q, merchantID, string(r))
	return c.Rights, err
}

const maxRoleName = 60

func checkRoleName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxRoleName || !utf8.ValidString(name) {
		return "", app.InvalidField("name", "invalid", "a role's name has 1 to %d characters", maxRoleName)
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "", app.InvalidField("name", "invalid", "a role's name stands in one line")
	}
	for _, r := range slices.Concat(MerchantRoles(), PlatformRoles()) {
		if strings.EqualFold(name, string(r)) {
			return "", app.InvalidField("name", "taken", "that is the name of a built-in role")
		}
	}
	return name, nil
}

func roleNameTaken(err error, name string) error {
	if db.IsDuplicate(err) {
		return app.Errorf(app.Conflict, "another role is called %s", name).WithReason("role_name_taken")
	}
	if err != nil {
		return fmt.Errorf("store role: %w", err)
	}
	return nil
}

func changedMeanwhile(what string) error {
	return app.Errorf(app.Conflict, "the %s was changed meanwhile; reload and try again", what).WithReason("changed_meanwhile")
}
