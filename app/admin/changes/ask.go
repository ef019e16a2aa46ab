package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Key asks for a new API key. Errors: Invalid.
func (s *Service) Key(ctx context.Context, merchantID string, mode app.Mode, in merchants.KeyInput) (approvals.Approval, error) {
	if err := s.Merchants.CheckKey(merchantID, mode, in); err != nil {
		return approvals.Approval{}, err
	}
	scopes := make([]string, 0, len(in.Scopes))
	for _, scope := range in.Scopes {
		scopes = append(scopes, string(scope))
	}
	return s.ask(ctx, merchantID, mode, KeyCreate, "", payload{Key: &in}, nil, map[string]string{
		"name": in.Name, "scopes": strings.Join(scopes, ", "), "addresses": strings.Join(in.AllowedIPs, ", "),
	})
}

// Roll asks for a key to be replaced.
func (s *Service) Roll(ctx context.Context, k merchants.Key, overlap time.Duration) (approvals.Approval, error) {
	return s.ask(ctx, k.MerchantID, k.Mode, KeyRoll, k.ID, payload{Overlap: overlap}, nil, map[string]string{
		"name": k.Name, "prefix": k.Prefix, "hours": strconv.Itoa(int(overlap / time.Hour)),
	})
}

// Replace asks for an account's credentials to be replaced by others, which have
// passed every check and a live test by now. They wait sealed. Errors: as
// merchants.UpdateCredentials.
func (s *Service) Replace(ctx context.Context, a merchants.Account, credentials json.RawMessage, inspector merchants.Inspector, probe merchants.Probe) (approvals.Approval, channel.Report, error) {
	candidate, report, err := s.Merchants.PrepareCredentials(ctx, a.MerchantID, a.ID, credentials, inspector, probe)
	if err != nil {
		return approvals.Approval{}, report, err
	}
	asked, err := s.ask(ctx, a.MerchantID, a.Mode, Credentials, a.ID, payload{Account: &candidate}, credentials, accountSummary(a))
	return asked, report, err
}

// Enable asks for an account to take payments; its live test succeeds now.
// Errors: as merchants.EnableAccount.
func (s *Service) Enable(ctx context.Context, a merchants.Account, probe merchants.Probe) (approvals.Approval, error) {
	probed, err := s.Merchants.ProbeAccount(ctx, a.MerchantID, a.ID, probe)
	if err != nil {
		return approvals.Approval{}, err
	}
	return s.ask(ctx, a.MerchantID, a.Mode, Enable, a.ID, payload{Version: probed.Version}, nil, accountSummary(a))
}

// Apps asks for an account to take payments for other apps, or to know other
// secrets of theirs, which wait sealed. Errors: Invalid.
func (s *Service) Apps(ctx context.Context, a merchants.Account, apps []merchants.AppInput) (approvals.Approval, error) {
	if err := merchants.CheckAccountApps(a.Channel, apps, channel.Report{}); err != nil {
		return approvals.Approval{}, err
	}
	wanted, err := json.Marshal(apps)
	if err != nil {
		return approvals.Approval{}, fmt.Errorf("encode the apps: %w", err)
	}
	var ids, secrets []string
	for _, x := range apps {
		ids = append(ids, x.AppID)
		if x.Secret != nil {
			secrets = append(secrets, x.AppID)
		}
	}
	summary := accountSummary(a)
	summary["apps"], summary["secrets"] = strings.Join(ids, ", "), strings.Join(secrets, ", ")
	return s.ask(ctx, a.MerchantID, a.Mode, Apps, a.ID, payload{Apps: a.AppIDs}, wanted, summary)
}

func accountSummary(a merchants.Account) map[string]string {
	return map[string]string{"name": a.Name, "channel": string(a.Channel), "identity": a.Identity}
}

// Grant asks that a member be given a role. Errors: as admin.Grant.
func (s *Service) Grant(ctx context.Context, u access.User, g admin.Grant, roleName string) (approvals.Approval, error) {
	var version int64
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Admin.CheckGrant(ctx, tx, u.ID, g); err != nil {
			return err
		}
		var err error
		version, err = s.Admin.RoleVersion(ctx, tx, g.Domain, g.Role)
		return err
	})
	if err != nil {
		return approvals.Approval{}, err
	}
	return s.ask(ctx, g.Domain, approvals.AnyMode, RoleGrant, u.ID, payload{Role: g.Role, Version: version}, nil, map[string]string{"email": u.Email, "role": string(g.Role), "role_name": roleName})
}

// Invite asks that somebody be invited. Errors: as admin.Invite.
func (s *Service) Invite(ctx context.Context, merchantID, email string, role access.Role, roleName string) (approvals.Approval, error) {
	email, err := access.NormalEmail(email)
	if err != nil {
		return approvals.Approval{}, err
	}
	var version int64
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Admin.CheckInvite(ctx, tx, merchantID, email, role); err != nil {
			return err
		}
		var err error
		version, err = s.Admin.RoleVersion(ctx, tx, merchantID, role)
		return err
	})
	if err != nil {
		return approvals.Approval{}, err
	}
	return s.ask(ctx, merchantID, approvals.AnyMode, Invite, "", payload{Email: email, Role: role, Version: version}, nil, map[string]string{"email": email, "role": string(role), "role_name": roleName})
}

// Reinvite asks for the yes to an invitation that one person made alone, before
// the merchant wanted two. Errors: as admin.AgreeIn.
func (s *Service) Reinvite(ctx context.Context, merchantID, id, roleName string) (approvals.Approval, error) {
	var i admin.Invitation
	var version int64
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		var err error
		if i, err = s.Admin.CheckAgree(ctx, tx, merchantID, id); err != nil {
			return err
		}
		version, err = s.Admin.RoleVersion(ctx, tx, merchantID, i.Role)
		return err
	})
	if err != nil {
		return approvals.Approval{}, err
	}
	return s.ask(ctx, merchantID, approvals.AnyMode, Invite, id, payload{Email: i.Email, Role: i.Role, Version: version}, nil, map[string]string{"email": i.Email, "role": string(i.Role), "role_name": roleName})
}

// Settings asks for another limit of refunds, or that one person be enough again.
func (s *Service) Settings(ctx context.Context, merchantID string, before, after merchants.Settings) (approvals.Approval, error) {
	return s.ask(ctx, merchantID, approvals.AnyMode, Settings, merchantID, payload{Limit: after.RefundApprovalAbove, TwoPeople: after.TwoPeople}, nil, map[string]string{
		"limit_before": before.RefundApprovalAbove.Yuan(), "limit_after": after.RefundApprovalAbove.Yuan(), "two_people": strconv.FormatBool(after.TwoPeople),
	})
}
