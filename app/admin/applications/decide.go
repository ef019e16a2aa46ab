package applications

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// MaxReason is the longest reason of a rejection, in characters.
const MaxReason = 300

// facts is what the audit log keeps of a decision.
type facts struct {
	Company  string `json:"company"`
	Email    string `json:"email"`
	Verified bool   `json:"verified"`
	Merchant string `json:"merchant,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Approve opens the merchant and invites who applied as its owner, in one
// transaction. The token goes into the invitation's link and nowhere else. It
// needs merchants:write on the platform, and the right to make somebody owner.
// Codes: Forbidden, NotFound, Conflict ("application_decided").
func (s *Service) Approve(ctx context.Context, id string) (Application, admin.Invitation, string, error) {
	if err := s.require(ctx, access.Write); err != nil {
		return Application{}, admin.Invitation{}, "", err
	}
	a, err := find(ctx, s.DB, id)
	if err != nil {
		return Application{}, admin.Invitation{}, "", err
	}
	m, err := s.Merchants.NewMerchant(ctx, a.Company)
	if err != nil {
		return Application{}, admin.Invitation{}, "", err
	}
	var i admin.Invitation
	var token string
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Merchants.AddMerchant(ctx, tx, m); err != nil {
			return err
		}
		var err error
		if i, token, err = s.Admin.InviteLinkIn(ctx, tx, m.ID, a.Email, access.Owner); err != nil {
			return err
		}
		a.Status, a.MerchantID, a.InvitationID = Approved, m.ID, i.ID
		return s.settle(ctx, tx, &a, "application.approve")
	})
	if err != nil {
		return Application{}, admin.Invitation{}, "", fmt.Errorf("approve application %s: %w", id, err)
	}
	return a, i, token, nil
}

// Reject says no, with a reason that who applied is told. It needs
// merchants:write on the platform. Codes: Forbidden, Invalid ("answer"), NotFound,
// Conflict ("application_decided").
func (s *Service) Reject(ctx context.Context, id, reason string) (Application, error) {
	if err := s.require(ctx, access.Write); err != nil {
		return Application{}, err
	}
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 {
		return Application{}, app.InvalidField("answer", "required", "say why: who applied reads the reason")
	} else if n > MaxReason || !utf8.ValidString(reason) {
		return Application{}, app.InvalidField("answer", "too_long", "a reason has at most %d characters", MaxReason)
	}
	var a Application
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		var err error
		if a, err = find(ctx, tx, id); err != nil {
			return err
		}
		a.Status, a.Reason = Rejected, reason
		return s.settle(ctx, tx, &a, "application.reject")
	})
	if err != nil {
		return Application{}, fmt.Errorf("reject application %s: %w", id, err)
	}
	return a, nil
}

// settle writes the decision, unless another was first.
func (s *Service) settle(ctx context.Context, tx *db.Tx, a *Application, action string) error {
	actor := audit.ActorFrom(ctx)
	a.DecidedBy, a.DecidedName, a.DecidedAt = actor.ID, actor.Name, s.now()
	n, err := decide(ctx, tx, *a)
	if err != nil {
		return err
	}
	if n == 0 {
		return app.Errorf(app.Conflict, "the application has been decided already").WithReason("application_decided")
	}
	return s.Audit.Record(ctx, tx, audit.Entry{
		Chain: audit.Platform, Action: action, Target: a.ID,
		After: facts{Company: a.Company, Email: a.Email, Verified: a.VerifiedAt > 0, Merchant: a.MerchantID, Reason: a.Reason},
	})
}

// Renew makes a new link for the owner of an approved application, and ends the
// old one. It needs merchants:write on the platform. Codes: Forbidden, NotFound,
// Conflict ("invitation_ended").
func (s *Service) Renew(ctx context.Context, id string) (Application, admin.Invitation, string, error) {
	var i admin.Invitation
	var token string
	if err := s.require(ctx, access.Write); err != nil {
		return Application{}, i, "", err
	}
	a, err := find(ctx, s.DB, id)
	if err != nil {
		return Application{}, i, "", err
	}
	if a.Status != Approved {
		return Application{}, i, "", missing()
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		var err error
		i, token, err = s.Admin.RenewIn(ctx, tx, a.MerchantID, a.InvitationID)
		return err
	})
	if err != nil {
		return Application{}, admin.Invitation{}, "", fmt.Errorf("invite the owner of %s again: %w", id, err)
	}
	return a, i, token, nil
}
