package merchants

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Profile is what may change about an account without touching its keys.
type Profile struct {
	Name           string
	Priority       int64
	ConfirmByQuery bool
	FeeRate        app.Rate // NoRate for none
}

// UpdateAccount changes an account's profile. Errors: Invalid, NotFound.
func (s *Service) UpdateAccount(ctx context.Context, merchantID, accountID string, p Profile) (Account, error) {
	name, err := checkName("name", p.Name)
	if err != nil {
		return Account{}, err
	}
	if err := checkPriority(p.Priority); err != nil {
		return Account{}, err
	}
	if err := checkRate(p.FeeRate); err != nil {
		return Account{}, err
	}
	var after Account
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := touchAccount(ctx, tx, merchantID, accountID, s.now()); err != nil {
			return err
		}
		before, err := selectAccount(ctx, tx, merchantID, accountID)
		if err != nil {
			return err
		}
		after = before
		after.Name, after.Priority, after.ConfirmByQuery, after.FeeRate = name, p.Priority, p.ConfirmByQuery, p.FeeRate
		if err := updateProfile(ctx, tx, after); err != nil {
			return err
		}
		return s.record(ctx, tx, merchantID, "account.update", accountID, factsOf(before), factsOf(after))
	})
	if err != nil {
		return Account{}, fmt.Errorf("update account %s: %w", accountID, err)
	}
	return after, nil
}

// UpdateCredentials replaces an account's credentials by others of the same
// identity and raises its version. With a probe, the new ones must work before
// they are saved, and an enabled account stays enabled; a failure saves nothing,
// so a typing error cannot stop an account that takes payments. Without one
// they are saved as they are and the account is disabled. Errors: Invalid (with
// the report), NotFound, Conflict (identity_differs, credentials_incomplete,
// account_changed), Declined or Unavailable (account_probe_failed).
func (s *Service) UpdateCredentials(ctx context.Context, merchantID, accountID string, credentials json.RawMessage, inspector Inspector, probe Probe) (Account, channel.Report, error) {
	return s.replace(ctx, merchantID, accountID, credentials, inspector, probe, nil)
}

// replace is UpdateCredentials; besides, unless it is nil, is done in the same
// transaction.
func (s *Service) replace(ctx context.Context, merchantID, accountID string, credentials json.RawMessage, inspector Inspector, probe Probe,
	besides func(*db.Tx) error) (Account, channel.Report, error) {
	before, err := selectAccount(ctx, s.db, merchantID, accountID)
	if err != nil {
		return Account{}, channel.Report{}, err
	}
	if err := s.secondPerson(ctx, s.db, merchantID); err != nil {
		return Account{}, channel.Report{}, err
	}
	next, report, err := s.candidate(ctx, before, credentials, inspector, probe)
	if err != nil {
		return Account{}, report, fmt.Errorf("update credentials of %s: %w", accountID, err)
	}
	after, err := s.saveCredentials(ctx, before, next, credentials, besides)
	if err != nil {
		return Account{}, report, fmt.Errorf("update credentials of %s: %w", accountID, err)
	}
	return after, report, nil
}

// candidate is the account as the new credentials would make it.
func (s *Service) candidate(ctx context.Context, before Account, credentials json.RawMessage, inspector Inspector, probe Probe) (Account, channel.Report, error) {
	report, err := s.inspectOf(ctx, before, credentials, inspector)
	if err != nil {
		return Account{}, report, err
	}
	if err := sameOwner(before, report); err != nil {
		return Account{}, report, err
	}
	next := before
	next.Version++
	next.adopt(report)
	if probe != nil {
		err = s.proveCandidate(ctx, &next, credentials, probe)
	}
	return next, report, err
}

// inspectOf inspects an account's new credentials, under its provider if it has
// one.
func (s *Service) inspectOf(ctx context.Context, a Account, credentials json.RawMessage, inspector Inspector) (channel.Report, error) {
	if a.ProviderID == "" {
		return inspect(credentials, inspector)
	}
	_, report, err := s.under(ctx, a.ProviderID, a.Mode, a.Channel, credentials, inspector)
	return report, err
}

func (s *Service) saveCredentials(ctx context.Context, before, next Account, credentials json.RawMessage, besides func(*db.Tx) error) (Account, error) {
	sealed, err := s.seal.Seal(credentials, next.MerchantID, next.ID)
	if err != nil {
		return Account{}, err
	}
	var after Account
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.secondPerson(ctx, tx, next.MerchantID); err != nil {
			return err
		}
		if besides != nil {
			if err := besides(tx); err != nil {
				return err
			}
		}
		after, err = s.saveIn(ctx, tx, before, next, sealed)
		return err
	})
	return after, err
}

func (s *Service) saveIn(ctx context.Context, tx *db.Tx, before, next Account, sealed []byte) (Account, error) {
	next.UpdatedAt = s.now()
	saved, err := updateCredentials(ctx, tx, next, sealed)
	if err != nil {
		return Account{}, err
	}
	if !saved {
		return Account{}, errAccountChanged(next.ID)
	}
	after, err := selectAccount(ctx, tx, next.MerchantID, next.ID)
	if err != nil {
		return Account{}, err
	}
	return after, s.record(ctx, tx, next.MerchantID, "account.credentials", next.ID, factsOf(before), factsOf(after))
}

// sameOwner keeps an account with the merchant and the app at the channel that
// its payments were made with.
func sameOwner(a Account, report channel.Report) error {
	if report.Identity != a.Identity {
		return app.Errorf(app.Conflict, "these credentials belong to %s, the account to %s: register another account", report.Identity, a.Identity).
			WithReason("identity_differs")
	}
	if a.ProviderID != "" && report.SubIdentity != a.SubIdentity {
		return app.Errorf(app.Conflict, "these credentials belong to %s, the account to %s: register another account", report.SubIdentity, a.SubIdentity).
			WithReason("identity_differs")
	}
	if named := report.Facts["app_id"]; named != "" && !a.HasApp(named) {
		return app.Errorf(app.Conflict, "these credentials belong to app %s, which is not the account's: register another account", named).
			WithReason("identity_differs")
	}
	return nil
}

// proveCandidate probes credentials that are not saved yet. They carry no
// version, since the next version may yet be somebody else's credentials.
func (s *Service) proveCandidate(ctx context.Context, a *Account, credentials json.RawMessage, probe Probe) error {
	if !a.Health.Inspected {
		return errIncomplete(a.ID)
	}
	candidate := *a
	candidate.Version = 0
	a.Health.LastProbeAt = s.now()
	if err := probe(ctx, candidate, credentials); err != nil {
		return probeFailed(err)
	}
	a.Health.ProbedVersion = a.Version
	return nil
}
