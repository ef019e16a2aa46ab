package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
)

// NewMember is a person to be given a role in a merchant.
type NewMember struct {
	MerchantID  string
	Email, Name string
	Role        access.Role
}

// AddMember gives the person with that email a role in the merchant. Somebody
// unknown becomes a user; then the returned password is theirs, to be shown once
// and changed at the first sign-in, otherwise it is "". It needs members:write
// in the merchant. Codes: Forbidden, Invalid, Conflict ("role_held").
func (s *Service) AddMember(ctx context.Context, n NewMember) (access.User, string, error) {
	if err := s.require(ctx, n.MerchantID, access.Members, access.Write); err != nil {
		return access.User{}, "", err
	}
	return s.addMember(ctx, n)
}

func (s *Service) addMember(ctx context.Context, n NewMember) (access.User, string, error) {
	g := Grant{Role: n.Role, Domain: n.MerchantID}
	if !g.Role.FitsDomain(g.Domain) {
		return access.User{}, "", app.InvalidField("role", "invalid", "the role %s cannot be held in a merchant", g.Role)
	}
	u, err := s.access.UserByEmail(ctx, s.db, n.Email)
	switch {
	case app.Is(err, app.NotFound):
		return s.addMemberUser(ctx, n, g)
	case err != nil:
		return access.User{}, "", err
	}
	return u, "", s.Grant(ctx, u.ID, g)
}

// addMemberUser checks the right to grant before it creates anybody.
func (s *Service) addMemberUser(ctx context.Context, n NewMember, g Grant) (access.User, string, error) {
	if err := s.db.InTx(ctx, func(tx *db.Tx) error { return errors.Join(s.mayGrant(ctx, tx, g), s.secondPerson(ctx, tx, g)) }); err != nil {
		return access.User{}, "", err
	}
	u, password, err := s.addUser(ctx, NewUser{Email: n.Email, Name: n.Name, Grants: []Grant{g}})
	if err != nil {
		return access.User{}, "", fmt.Errorf("add member: %w", err)
	}
	return u, password, nil
}
