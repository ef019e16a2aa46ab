package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// FinishDraft makes of a draft what it is for, once a live call with exactly its
// credentials succeeds: a new account, enabled, or other credentials of the
// account it replaces, which works with those it has until that moment. The draft
// is gone in the same transaction. When the call fails the draft stays, with what
// it came to, and nothing else changes. Where the merchant wants a second person,
// a new account is stored disabled: they are to be asked to enable it. Credentials
// of an existing account are then refused (second_person), and the draft stays.
// Errors: NotFound, Invalid, Conflict (credentials_incomplete, draft_changed,
// account_changed, account_exists, identity_differs, provider_disabled,
// second_person), Declined or Unavailable (account_probe_failed).
func (s *Service) FinishDraft(ctx context.Context, merchantID string, mode app.Mode, id string, inspector Inspector, probe Probe) (Account, error) {
	d, content, c, err := s.draftCandidate(ctx, merchantID, mode, id, inspector)
	if err != nil {
		return Account{}, fmt.Errorf("finish draft %s: %w", id, err)
	}
	d, failure, err := s.probeDraft(ctx, d, content, c.account, probe)
	if failure != nil {
		err = errors.Join(probeFailed(failure), err)
	}
	if err != nil {
		return Account{}, fmt.Errorf("finish draft %s: %w", id, err)
	}
	var a Account
	if d.AccountID != "" {
		proven := func(context.Context, Account, json.RawMessage) error { return nil } // a moment ago
		a, _, err = s.replace(ctx, merchantID, d.AccountID, content.Credentials, inspector, proven, func(tx *db.Tx) error { return useUp(ctx, tx, d) })
	} else {
		a, err = s.enableNew(ctx, d, c)
	}
	if err != nil {
		return Account{}, fmt.Errorf("finish draft %s: %w", id, err)
	}
	return a, nil
}

// enableNew stores the account that a probe has just proven, and enables it unless
// that takes a second person.
func (s *Service) enableNew(ctx context.Context, d Draft, c candidate) (Account, error) {
	var after Account
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := useUp(ctx, tx, d); err != nil {
			return err
		}
		before, err := s.insert(ctx, tx, c)
		if err != nil {
			return err
		}
		before.Health.LastProbeAt = d.Probe.At
		if _, err := updateProbePassed(ctx, tx, before); err != nil {
			return err
		}
		if alone := s.secondPerson(ctx, tx, before.MerchantID); alone != nil {
			after = before
			if !wantsSecond(alone) {
				return alone
			}
			return nil
		}
		before.Enabled = true
		if err := updateEnabled(ctx, tx, before); err != nil {
			return err
		}
		before.Enabled = false
		if after, err = selectAccount(ctx, tx, before.MerchantID, before.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, after.MerchantID, "account.enable", after.ID, factsOf(before), factsOf(after))
	})
	return after, err
}

// useUp deletes the draft at exactly the version that was proven.
func useUp(ctx context.Context, tx *db.Tx, d Draft) error {
	used, err := deleteDraftAt(ctx, tx, d)
	if err == nil && !used {
		return errDraftChanged(d.ID)
	}
	return err
}

func wantsSecond(err error) bool {
	var e *app.Error
	return errors.As(err, &e) && e.Reason == "second_person"
}
