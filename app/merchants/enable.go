package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Probe makes one harmless live call with the credentials. An account of
// Version 0 is not saved yet: nothing built from it may be cached.
type Probe func(ctx context.Context, a Account, credentials json.RawMessage) error

// EnableAccount lets the account take payments once a live probe of exactly its
// present version succeeds. Errors: NotFound, Conflict (credentials_incomplete,
// account_changed), Declined or Unavailable (account_probe_failed).
func (s *Service) EnableAccount(ctx context.Context, merchantID, accountID string, probe Probe) (Account, error) {
	if err := s.secondPerson(ctx, s.db, merchantID); err != nil {
		return Account{}, err
	}
	a, err := s.ProbeAccount(ctx, merchantID, accountID, probe)
	if err != nil {
		return Account{}, fmt.Errorf("enable account %s: %w", accountID, err)
	}
	return s.switchAccount(ctx, a, "account.enable", true)
}

// DisableAccount takes the account out of use. Its notifications and queries go
// on, for payments already made. Errors: NotFound, Conflict (account_changed).
func (s *Service) DisableAccount(ctx context.Context, merchantID, accountID string) (Account, error) {
	a, err := selectAccount(ctx, s.db, merchantID, accountID)
	if err != nil {
		return Account{}, err
	}
	return s.switchAccount(ctx, a, "account.disable", false)
}

// switchAccount leaves alone what stands so already. The version is compared:
// what a probe has shown counts for the credentials that it used, no others.
func (s *Service) switchAccount(ctx context.Context, a Account, action string, enabled bool) (Account, error) {
	var after Account
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if enabled {
			if err := s.secondPerson(ctx, tx, a.MerchantID); err != nil {
				return err
			}
		}
		var err error
		after, err = s.switchIn(ctx, tx, a, action, enabled)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("%s %s: %w", action, a.ID, err)
	}
	return after, nil
}

func (s *Service) switchIn(ctx context.Context, tx *db.Tx, a Account, action string, enabled bool) (Account, error) {
	if err := touchAccount(ctx, tx, a.MerchantID, a.ID, s.now()); err != nil {
		return Account{}, err
	}
	before, err := selectAccount(ctx, tx, a.MerchantID, a.ID)
	if err != nil {
		return Account{}, err
	}
	if before.Version != a.Version {
		return Account{}, errAccountChanged(a.ID)
	}
	after := before
	if before.Enabled == enabled {
		return after, nil
	}
	after.Enabled = enabled
	if err := updateEnabled(ctx, tx, after); err != nil {
		return Account{}, err
	}
	return after, s.record(ctx, tx, a.MerchantID, action, a.ID, factsOf(before), factsOf(after))
}

// ProbeAccount makes a live call with the account's credentials and records how
// it went. Errors: as EnableAccount.
func (s *Service) ProbeAccount(ctx context.Context, merchantID, accountID string, probe Probe) (Account, error) {
	a, err := selectAccount(ctx, s.db, merchantID, accountID)
	if err != nil {
		return Account{}, err
	}
	if !a.Health.Inspected {
		return Account{}, errIncomplete(accountID)
	}
	credentials, err := s.Credentials(ctx, a)
	if err != nil {
		return Account{}, err
	}
	if err := s.asking(ctx, merchantID, "account.probe", a.ID, a.Name); err != nil {
		return Account{}, err
	}
	failure := probe(ctx, a, credentials)
	a.Health.LastProbeAt = s.now()
	if failure != nil {
		a.Health.ProbeError, a.Health.ProbeReason = describe(failure), FailureOf(failure).Reason
		if err := updateProbeFailed(ctx, s.db, a); err != nil {
			return Account{}, errors.Join(probeFailed(failure), err)
		}
		return Account{}, probeFailed(failure)
	}
	a.Health.ProbeError, a.Health.ProbeReason, a.Health.ProbedVersion = "", "", a.Version
	recorded, err := updateProbePassed(ctx, s.db, a)
	if err != nil {
		return Account{}, fmt.Errorf("record probe of %s: %w", accountID, err)
	}
	if !recorded {
		return Account{}, errAccountChanged(accountID)
	}
	return a, nil
}

func errIncomplete(id string) error {
	return app.Errorf(app.Conflict, "the credentials of %s do not pass every check yet", id).WithReason("credentials_incomplete")
}

// probeFailed tells a refusal, which only other credentials change, from an
// outage. The channel's own words go with it.
func probeFailed(err error) error {
	code := app.Unavailable
	switch channel.KindOf(err) {
	case channel.KindRefused, channel.KindConfig:
		code = app.Declined
	}
	e := app.Errorf(code, "the live test call did not succeed").WithReason("account_probe_failed").WithCause(err)
	var said *channel.Error
	if errors.As(err, &said) && (said.Code != "" || said.Message != "") {
		e.Channel = &app.Refusal{Name: string(said.Channel), Code: said.Code, Message: said.Message}
	}
	return e
}

// describe is what is kept of a failed probe: the channel's words, never an
// error's cause, which can hold what was sent.
func describe(err error) string {
	text := string(channel.KindOf(err))
	var said *channel.Error
	if errors.As(err, &said) && (said.Code != "" || said.Message != "") {
		text += ": " + said.Code + " " + said.Message
	}
	runes := []rune(text)
	return string(runes[:min(len(runes), 500)])
}
