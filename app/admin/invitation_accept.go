package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// InvitationOf returns the open invitation that a link's token leads to. NotFound
// for a token that is unknown, used, revoked or too old: all read the same.
func (s *Service) InvitationOf(ctx context.Context, token string) (Invitation, error) {
	return s.invitationOf(ctx, s.db, token)
}

func (s *Service) invitationOf(ctx context.Context, q db.Querier, token string) (Invitation, error) {
	i, err := invitationByToken(ctx, q, access.TokenHash(token))
	if err := noInvitation(err); err != nil {
		return Invitation{}, err
	}
	if !i.Open(s.now()) {
		return Invitation{}, app.Errorf(app.NotFound, "no such invitation").WithReason("invitation_not_found")
	}
	return i, nil
}

// Accept gives the acting user the role of the invitation, which must be for
// their email. Codes: NotFound, Forbidden ("other_email", "inviter_lost_right",
// "invitation_not_agreed").
func (s *Service) Accept(ctx context.Context, token string) (Invitation, error) {
	userID, err := actingUser(ctx)
	if err != nil {
		return Invitation{}, err
	}
	var i Invitation
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		u, err := s.access.User(ctx, tx, userID)
		if err != nil {
			return err
		}
		i, err = s.accept(ctx, tx, token, u)
		return err
	})
	if err != nil {
		return Invitation{}, fmt.Errorf("accept invitation: %w", err)
	}
	return i, nil
}

// NewcomerInput is what somebody without a user says when they accept.
type NewcomerInput struct {
	Token, Name, Password string
	Locale                string
	IP                    string
}

// AcceptAsNew makes a user with the invitation's email and gives them its role.
// Name and password are looked at before anything else, so what is refused tells
// nothing about who has a user. Codes: NotFound, Invalid ("name", "password"),
// Conflict ("sign_in_to_accept": a user with that email exists, who must sign in).
func (s *Service) AcceptAsNew(ctx context.Context, n NewcomerInput) (Invitation, error) {
	if _, err := s.InvitationOf(ctx, n.Token); err != nil {
		return Invitation{}, err
	}
	if err := access.CheckName(n.Name); err != nil {
		return Invitation{}, err
	}
	hash, err := s.access.HashPassword(ctx, n.Password)
	if err != nil {
		return Invitation{}, err
	}
	var i Invitation
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		invited, err := s.invitationOf(ctx, tx, n.Token)
		if err != nil {
			return err
		}
		u, err := s.access.CreateUser(ctx, tx, access.NewUser{Email: invited.Email, Name: n.Name, Locale: n.Locale, Password: hash})
		if reasonOf(err) == "email_taken" {
			return app.Errorf(app.Conflict, "this address has a user already: sign in to accept").WithReason("sign_in_to_accept")
		}
		if err != nil {
			return err
		}
		ctx := audit.WithActor(ctx, person(u, n.IP))
		if err := s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "user.create", Target: u.ID, After: u}); err != nil {
			return err
		}
		i, err = s.accept(ctx, tx, n.Token, u)
		return err
	})
	if err != nil {
		return Invitation{}, fmt.Errorf("accept invitation: %w", err)
	}
	return i, nil
}

// accept holds the bindings' lock. Who answers for the invitation must still be
// able to grant its role.
func (s *Service) accept(ctx context.Context, tx *db.Tx, token string, u access.User) (Invitation, error) {
	i, err := s.invitationOf(ctx, tx, token)
	if err != nil {
		return Invitation{}, err
	}
	if i.Email != u.Email {
		return Invitation{}, app.Errorf(app.Forbidden, "the invitation is for another address").WithReason("other_email")
	}
	g := Grant{Role: i.Role, Domain: i.MerchantID}
	if i.InvitedBy != "" {
		if err := s.mayGrantBy(ctx, tx, i.InvitedBy, g); err != nil {
			return Invitation{}, app.Errorf(app.Forbidden, "who sent this invitation may no longer give the role: ask for another").WithReason("inviter_lost_right").WithCause(err)
		}
	}
	if err := s.agreedTo(ctx, tx, i); err != nil {
		if reasonOf(err) == "second_person" {
			err = app.Errorf(app.Forbidden, "a second person must agree to this invitation first: ask for another").WithReason("invitation_not_agreed")
		}
		return Invitation{}, err
	}
	i.Status, i.EndedBy = InvitationAccepted, u.ID
	if err := s.end(ctx, tx, i, "invitation.accept"); err != nil {
		return Invitation{}, err
	}
	if _, err := s.access.Bind(ctx, tx, u.ID, g.Role, g.Domain, i.InvitedBy); err != nil {
		if roleHeld(err) {
			return i, nil
		}
		return Invitation{}, err
	}
	return i, s.audit.Record(ctx, tx, audit.Entry{Chain: g.Domain, Action: "role.grant", Target: u.ID, After: roleOf(u, g)})
}
