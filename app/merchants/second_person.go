package merchants

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Where a merchant wants two people for keys and credentials, what one person
// does about them is refused here, whichever page it came from. The functions
// that end in In do it inside the transaction that a second person's yes is:
// only the room that has asked for that yes calls them.

// TwoPeople reports whether the merchant wants two people for keys, credentials
// and roles, as q sees it.
func (s *Service) TwoPeople(ctx context.Context, q db.Querier, merchantID string) (bool, error) {
	settings, err := s.SettingsIn(ctx, q, merchantID)
	return settings.TwoPeople, err
}

// secondPerson refuses a person alone: Conflict ("second_person"). The program
// itself may, since whoever runs it holds the database.
func (s *Service) secondPerson(ctx context.Context, q db.Querier, merchantID string) error {
	if audit.ActorFrom(ctx).Kind != audit.KindUser {
		return nil
	}
	two, err := s.TwoPeople(ctx, q, merchantID)
	if err != nil || !two {
		return err
	}
	return errSecondPerson()
}

func errSecondPerson() error {
	return app.Errorf(app.Conflict, "this merchant wants a second person to agree to this").WithReason("second_person")
}

// SettingsNeedTwo reports whether one person alone may not go from before to
// after: what lets less be decided by two.
func SettingsNeedTwo(before, after Settings) bool {
	return before.TwoPeople && (!after.TwoPeople || before.RefundApprovalAbove != after.RefundApprovalAbove)
}

// CheckKey refuses what cannot be a key, before anybody is asked. Errors: Invalid.
func (s *Service) CheckKey(merchantID string, mode app.Mode, in KeyInput) error {
	_, err := s.newKey(merchantID, mode, in)
	return err
}

// CreateKeyIn is CreateKey after a second person's yes.
func (s *Service) CreateKeyIn(ctx context.Context, tx *db.Tx, merchantID string, mode app.Mode, in KeyInput) (Key, string, error) {
	k, err := s.newKey(merchantID, mode, in)
	if err != nil {
		return Key{}, "", err
	}
	secret := k.draw(ctx)
	return k, secret, s.createKey(ctx, tx, k, secret)
}

// UpdateSettingsIn is UpdateSettings after a second person's yes.
func (s *Service) UpdateSettingsIn(ctx context.Context, tx *db.Tx, id string, change func(*Settings)) error {
	_, err := s.changeMerchantIn(ctx, tx, id, id, "merchant.settings", func(m *Merchant) error {
		next := m.Settings.withDefaults()
		change(&next)
		m.Settings = next
		return next.check()
	})
	return err
}

// SetAppIDsIn is SetAppIDs after a second person's yes, unless the account's apps
// are no longer what they were when somebody asked. Errors: Conflict
// (account_changed).
func (s *Service) SetAppIDsIn(ctx context.Context, tx *db.Tx, merchantID, accountID string, were []AppID, apps []AppInput) error {
	before, err := s.accountToChange(ctx, tx, merchantID, accountID)
	if err != nil {
		return err
	}
	if !slices.Equal(before.AppIDs, were) {
		return errAccountChanged(accountID)
	}
	_, err = s.setAppIDs(ctx, tx, before, apps)
	return err
}

// EnableIn is EnableAccount after a second person's yes: it counts for the
// version whose live probe succeeded, no other.
func (s *Service) EnableIn(ctx context.Context, tx *db.Tx, merchantID, accountID string, version int64) error {
	a := Account{ID: accountID, MerchantID: merchantID, Version: version}
	_, err := s.switchIn(ctx, tx, a, "account.enable", true)
	return err
}

// Candidate are credentials that passed every check and are not saved yet. The
// account holds no secret.
type Candidate struct {
	Account Account         `json:"account"` // as it will be
	Secret  json.RawMessage `json:"-"`
}

// PrepareCredentials checks and probes an account's new credentials as
// UpdateCredentials does, and saves nothing. Errors: as there.
func (s *Service) PrepareCredentials(ctx context.Context, merchantID, accountID string, credentials json.RawMessage, inspector Inspector, probe Probe) (Candidate, channel.Report, error) {
	before, err := selectAccount(ctx, s.db, merchantID, accountID)
	if err != nil {
		return Candidate{}, channel.Report{}, err
	}
	next, report, err := s.candidate(ctx, before, credentials, inspector, probe)
	if err != nil {
		return Candidate{}, report, fmt.Errorf("update credentials of %s: %w", accountID, err)
	}
	return Candidate{Account: next, Secret: credentials}, report, nil
}

// ReplaceCredentialsIn saves a candidate after a second person's yes, unless the
// account has been changed since. Errors: Conflict (account_changed).
func (s *Service) ReplaceCredentialsIn(ctx context.Context, tx *db.Tx, c Candidate) error {
	before, err := selectAccount(ctx, tx, c.Account.MerchantID, c.Account.ID)
	if err != nil {
		return err
	}
	if before.Version+1 != c.Account.Version {
		return errAccountChanged(before.ID)
	}
	sealed, err := s.seal.Seal(c.Secret, before.MerchantID, before.ID)
	if err != nil {
		return err
	}
	_, err = s.saveIn(ctx, tx, before, c.Account, sealed)
	return err
}
