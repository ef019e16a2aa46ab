package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// InvitationLife is how long a link to join leads somewhere.
const InvitationLife = 7 * 24 * time.Hour

// The states of an invitation. One whose time has passed is still pending, and
// can be sent again.
const (
	InvitationPending  = "pending"
	InvitationAccepted = "accepted"
	InvitationRevoked  = "revoked"
)

// Invitation asks somebody to join a merchant with a role. Its link carries a
// token of which only the hash is stored, and works once.
type Invitation struct {
	ID          string      `db:"id"`
	MerchantID  string      `db:"merchant_id"`
	Email       string      `db:"email"`
	Role        access.Role `db:"role_name"`
	Status      string      `db:"status"`
	InvitedBy   string      `db:"invited_by"` // who answers for it: who sent it last
	InvitedName string      `db:"invited_name"`
	CreatedAt   app.Millis  `db:"created_at"`
	SentAt      app.Millis  `db:"sent_at"` // 0 while no link was made
	ExpiresAt   app.Millis  `db:"expires_at"`
	EndedBy     string      `db:"ended_by"`
	EndedAt     app.Millis  `db:"ended_at"`
	Version     int64       `db:"version"`
	AgreedBy    string      `db:"agreed_by"` // the second person who agreed; "" where nobody was asked
}

// Open reports whether the invitation can be accepted at the time.
func (i Invitation) Open(at app.Millis) bool {
	return i.Status == InvitationPending && at < i.ExpiresAt
}

type invitationFacts struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

func (s *Service) recordInvitation(ctx context.Context, tx *db.Tx, action string, i Invitation) error {
	return s.audit.Record(ctx, tx, audit.Entry{
		Chain: i.MerchantID, Action: action, Target: i.ID, After: invitationFacts{i.Email, string(i.Role)},
	})
}

// Invite asks the person with that email to join the merchant. The returned
// token goes into the link and nowhere else. It needs members:write in the
// merchant, and the right to grant the role. What it answers says nothing about
// whether the person has a user already. Codes: Forbidden, Invalid ("email",
// "role"), NotFound (a role of another merchant), Conflict ("role_held",
// "invitation_pending", "second_person").
func (s *Service) Invite(ctx context.Context, merchantID, email string, role access.Role) (Invitation, string, error) {
	if err := s.require(ctx, merchantID, access.Members, access.Write); err != nil {
		return Invitation{}, "", err
	}
	return s.inviteAlone(ctx, merchantID, email, role)
}

// inviteAlone invites in a transaction of its own, where one person may.
func (s *Service) inviteAlone(ctx context.Context, merchantID, email string, role access.Role) (Invitation, string, error) {
	var i Invitation
	token, hash := access.NewToken()
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.secondPerson(ctx, tx, Grant{role, merchantID}); err != nil {
			return err
		}
		var err error
		i, err = s.invite(ctx, tx, Invitation{MerchantID: merchantID, Email: email, Role: role}, hash)
		return err
	})
	if err != nil {
		return Invitation{}, "", fmt.Errorf("invite: %w", err)
	}
	return i, token, nil
}

// InviteIn is Invite inside the transaction that a second person's yes is: the
// acting person's. No link leads to it before Renew.
func (s *Service) InviteIn(ctx context.Context, tx *db.Tx, merchantID, email string, role access.Role) (Invitation, error) {
	_, hash := access.NewToken()
	return s.invite(ctx, tx, Invitation{MerchantID: merchantID, Email: email, Role: role, AgreedBy: audit.ActorFrom(ctx).ID}, hash)
}

// AgreeIn is a second person's yes, the acting person's, to an invitation that
// one made alone. Its link ends; Renew makes another. Codes: Forbidden, NotFound,
// Conflict ("invitation_ended").
func (s *Service) AgreeIn(ctx context.Context, tx *db.Tx, merchantID, id string) (Invitation, error) {
	i, err := s.renewable(ctx, tx, merchantID, id)
	if err != nil {
		return Invitation{}, err
	}
	i.AgreedBy = audit.ActorFrom(ctx).ID
	_, hash := access.NewToken()
	return i, s.renew(ctx, tx, &i, hash)
}

// InviteLinkIn is Invite inside the transaction that the opening of a merchant
// is, for who may open merchants: whoever calls it has asked for that.
func (s *Service) InviteLinkIn(ctx context.Context, tx *db.Tx, merchantID, email string, role access.Role) (Invitation, string, error) {
	token, hash := access.NewToken()
	i, err := s.invite(ctx, tx, Invitation{MerchantID: merchantID, Email: email, Role: role}, hash)
	return i, token, err
}

// invite takes who is invited to what, and whether a second person has agreed.
func (s *Service) invite(ctx context.Context, tx *db.Tx, i Invitation, hash string) (Invitation, error) {
	var err error
	if i.Email, err = access.NormalEmail(i.Email); err != nil {
		return Invitation{}, err
	}
	if err := s.mayInvite(ctx, tx, i.MerchantID, i.Email, i.Role); err != nil {
		return Invitation{}, err
	}
	now, actor := s.now(), audit.ActorFrom(ctx)
	i.ID, i.Status, i.Version = app.NewID(app.PrefixInvitation, now.Time()), InvitationPending, 1
	i.InvitedBy, i.InvitedName = actor.ID, actor.Name
	i.CreatedAt, i.SentAt, i.ExpiresAt = now, now, now.Add(InvitationLife)
	if err := insertInvitation(ctx, tx, i, hash); err != nil {
		return Invitation{}, fmt.Errorf("store invitation: %w", err)
	}
	return i, s.recordInvitation(ctx, tx, "invitation.create", i)
}

// mayInvite holds the bindings' lock, so that nobody is invited twice at once.
func (s *Service) mayInvite(ctx context.Context, tx *db.Tx, merchantID, email string, role access.Role) error {
	if err := s.access.LockBindings(ctx, tx); err != nil {
		return err
	}
	if !role.FitsDomain(merchantID) || merchantID == access.Platform {
		return app.InvalidField("role", "unknown", "the role %s cannot be held in a merchant", role)
	}
	if role.Custom() {
		if _, err := s.access.CustomRole(ctx, tx, merchantID, string(role)); err != nil {
			return err
		}
	}
	if err := s.mayGrant(ctx, tx, Grant{role, merchantID}); err != nil {
		return err
	}
	u, err := s.access.UserByEmail(ctx, tx, email)
	if err == nil && u.ID == audit.ActorFrom(ctx).ID {
		return app.Errorf(app.Forbidden, "somebody else must give you a role").WithReason("own_role")
	}
	if err == nil {
		_, err = s.access.Binding(ctx, tx, u.ID, role, merchantID)
		if err == nil {
			return app.Errorf(app.Conflict, "the user has the role already").WithReason("role_held")
		}
	}
	if !app.Is(err, app.NotFound) {
		return err
	}
	n, err := emailInvited(ctx, tx, merchantID, email, s.now())
	if err != nil {
		return fmt.Errorf("look for an invitation: %w", err)
	}
	if n > 0 {
		return app.Errorf(app.Conflict, "that address is invited already; send the invitation again, or revoke it first").WithReason("invitation_pending")
	}
	return nil
}

// Invitations returns the merchant's pending invitations, newest first; 200 at
// most. It needs members:read in the merchant. Code: Forbidden.
func (s *Service) Invitations(ctx context.Context, merchantID string) ([]Invitation, error) {
	if err := s.require(ctx, merchantID, access.Members, access.Read); err != nil {
		return nil, err
	}
	list, err := pendingInvitations(ctx, s.db, merchantID)
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	return list, nil
}

// Invitation returns an invitation of the merchant; NotFound.
func (s *Service) Invitation(ctx context.Context, merchantID, id string) (Invitation, error) {
	i, err := readInvitation(ctx, s.db, merchantID, id)
	return i, noInvitation(err)
}

func noInvitation(err error) error {
	if errors.Is(err, db.ErrNoRows) {
		return app.Errorf(app.NotFound, "no such invitation").WithReason("invitation_not_found")
	}
	if err != nil {
		return fmt.Errorf("read invitation: %w", err)
	}
	return nil
}

// Renew makes a new link for seven days, ends the old one, and makes the acting
// person answer for it. Codes: as Invite, Conflict ("invitation_ended").
func (s *Service) Renew(ctx context.Context, merchantID, id string) (Invitation, string, error) {
	if err := s.require(ctx, merchantID, access.Members, access.Write); err != nil {
		return Invitation{}, "", err
	}
	return s.renewAlone(ctx, merchantID, id)
}

// renewAlone renews in a transaction of its own.
func (s *Service) renewAlone(ctx context.Context, merchantID, id string) (Invitation, string, error) {
	var i Invitation
	var token string
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		i, token, err = s.RenewIn(ctx, tx, merchantID, id)
		return err
	})
	if err != nil {
		return Invitation{}, "", fmt.Errorf("renew invitation %s: %w", id, err)
	}
	return i, token, nil
}

// RenewIn is Renew inside a transaction, for who may open merchants: whoever
// calls it has asked for that. The right to grant the role is asked for here, and
// the second person where none has agreed: the merchant may want one only since.
func (s *Service) RenewIn(ctx context.Context, tx *db.Tx, merchantID, id string) (Invitation, string, error) {
	i, err := s.renewable(ctx, tx, merchantID, id)
	if err != nil {
		return Invitation{}, "", err
	}
	if err := s.agreedTo(ctx, tx, i); err != nil {
		return Invitation{}, "", err
	}
	token, hash := access.NewToken()
	err = s.renew(ctx, tx, &i, hash)
	return i, token, err
}

// renewable reads an invitation whose role the acting person may give.
func (s *Service) renewable(ctx context.Context, tx *db.Tx, merchantID, id string) (Invitation, error) {
	if err := s.access.LockBindings(ctx, tx); err != nil {
		return Invitation{}, err
	}
	i, err := readInvitation(ctx, tx, merchantID, id)
	if err != nil {
		return Invitation{}, noInvitation(err)
	}
	return i, s.mayGrant(ctx, tx, Grant{i.Role, merchantID})
}

// agreedTo refuses an invitation that wants a second person and has none:
// Conflict ("second_person").
func (s *Service) agreedTo(ctx context.Context, tx *db.Tx, i Invitation) error {
	if i.AgreedBy != "" {
		return nil
	}
	return s.secondPerson(ctx, tx, Grant{i.Role, i.MerchantID})
}

// CheckAgree refuses what AgreeIn would; it changes nothing.
func (s *Service) CheckAgree(ctx context.Context, tx *db.Tx, merchantID, id string) (Invitation, error) {
	i, err := s.renewable(ctx, tx, merchantID, id)
	if err == nil && i.Status != InvitationPending {
		err = invitationEnded()
	}
	return i, err
}

func (s *Service) renew(ctx context.Context, tx *db.Tx, i *Invitation, hash string) error {
	actor := audit.ActorFrom(ctx)
	i.InvitedBy, i.InvitedName, i.SentAt = actor.ID, actor.Name, s.now()
	i.ExpiresAt = i.SentAt.Add(InvitationLife)
	n, err := renewInvitation(ctx, tx, *i, hash)
	if err != nil {
		return fmt.Errorf("renew invitation: %w", err)
	}
	if n == 0 || i.Status != InvitationPending {
		return invitationEnded()
	}
	i.Version++
	return s.recordInvitation(ctx, tx, "invitation.renew", *i)
}

// Uninvite ends an invitation: its link leads nowhere. It needs members:write in
// the merchant. Codes: Forbidden, NotFound, Conflict ("invitation_ended").
func (s *Service) Uninvite(ctx context.Context, merchantID, id string) error {
	if err := s.require(ctx, merchantID, access.Members, access.Write); err != nil {
		return err
	}
	return s.uninvite(ctx, merchantID, id)
}

func (s *Service) uninvite(ctx context.Context, merchantID, id string) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		i, err := readInvitation(ctx, tx, merchantID, id)
		if err != nil {
			return noInvitation(err)
		}
		i.Status, i.EndedBy = InvitationRevoked, audit.ActorFrom(ctx).ID
		return s.end(ctx, tx, i, "invitation.revoke")
	})
	if err != nil {
		return fmt.Errorf("revoke invitation %s: %w", id, err)
	}
	return nil
}

func (s *Service) end(ctx context.Context, tx *db.Tx, i Invitation, action string) error {
	i.EndedAt = s.now()
	n, err := endInvitation(ctx, tx, i)
	if err != nil {
		return fmt.Errorf("end invitation: %w", err)
	}
	if n == 0 {
		return invitationEnded()
	}
	return s.recordInvitation(ctx, tx, action, i)
}

func invitationEnded() error {
	return app.Errorf(app.Conflict, "the invitation has been accepted or revoked").WithReason("invitation_ended")
}
