package merchants

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Trial places an order of one fen at the channel by the number, in the account's
// first app, and closes it again at once. An error says that it was not placed,
// or, with placed set, that it could not be closed: then it ends by itself within
// minutes, unpaid, since nobody has its code.
type Trial func(ctx context.Context, a Account, credentials json.RawMessage, number string) (placed bool, err error)

// ProbeDraft makes one harmless live call with what the draft holds and keeps
// what it came to. A call that fails is no error: see the draft's Probe. Errors:
// NotFound, Conflict (credentials_incomplete, draft_changed, provider_disabled),
// Invalid.
func (s *Service) ProbeDraft(ctx context.Context, merchantID string, mode app.Mode, id string, inspector Inspector, probe Probe) (Draft, error) {
	d, content, c, err := s.draftCandidate(ctx, merchantID, mode, id, inspector)
	if err != nil {
		return Draft{}, fmt.Errorf("test draft %s: %w", id, err)
	}
	if err := s.asking(ctx, merchantID, "account_draft.test", d.ID, d.Name); err != nil {
		return Draft{}, err
	}
	d, _, err = s.probeDraft(ctx, d, content, c.account, probe)
	return d, err
}

// probeDraft makes the call and keeps what it came to, which it returns too.
func (s *Service) probeDraft(ctx context.Context, d Draft, content DraftContent, a Account, probe Probe) (tested Draft, failure, err error) {
	a.Version = 0 // nothing built from a draft may be kept
	failure = probe(ctx, a, content.Credentials)
	d.Probe = DraftTest{Version: d.Version, At: s.now(), Failure: FailureOf(failure)}
	return d, failure, s.keepTests(context.WithoutCancel(ctx), s.db, d)
}

// TryDraft places and closes an order of one fen with what the draft holds, once
// its probe has passed, and keeps what it came to. The order's number is stored,
// and the audit tells of it, before anything is sent. Errors: as ProbeDraft, and
// Conflict (draft_unproven).
func (s *Service) TryDraft(ctx context.Context, merchantID string, mode app.Mode, id string, inspector Inspector, trial Trial) (Draft, error) {
	d, content, c, err := s.draftCandidate(ctx, merchantID, mode, id, inspector)
	if err != nil {
		return Draft{}, fmt.Errorf("try draft %s: %w", id, err)
	}
	if !d.Probe.Passed(d) {
		return Draft{}, app.Errorf(app.Conflict, "draft %s has not passed its live test yet", id).WithReason("draft_unproven")
	}
	a := c.account
	a.Version = 0
	number := app.NewID(trialPrefix, s.clock.Now())
	d.Order = DraftTest{Version: d.Version, At: s.now(), Number: number, AppID: a.DefaultApp(), Failure: Failure{Kind: channel.KindUnknown}}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.keepTests(ctx, tx, d); err != nil {
			return err
		}
		return s.record(ctx, tx, d.MerchantID, "account_draft.test_order", d.ID, nil, trialFacts{Number: number, AppID: d.Order.AppID, Amount: 1})
	})
	if err != nil {
		return Draft{}, fmt.Errorf("try draft %s: %w", id, err)
	}
	placed, failure := trial(ctx, a, content.Credentials, number)
	d.Order.Failure, d.Order.Closed = FailureOf(failure), failure == nil
	d.Order.Placed = placed
	return d, s.keepTests(context.WithoutCancel(ctx), s.db, d)
}

// trialPrefix begins the numbers of test orders: no payment has one, so they are
// told apart in a bill.
const trialPrefix = "try_"

type trialFacts struct {
	Number string `json:"number"`
	AppID  string `json:"appid"`
	Amount int64  `json:"amount"` // fen
}

func (s *Service) keepTests(ctx context.Context, q db.Querier, d Draft) error {
	kept, err := updateDraftTests(ctx, q, d)
	if err == nil && !kept {
		return errDraftChanged(d.ID)
	}
	return err
}

// draftCandidate reads a draft and makes of it the account that it is to become,
// or the one whose credentials it replaces. Everything that can be checked
// offline has passed.
func (s *Service) draftCandidate(ctx context.Context, merchantID string, mode app.Mode, id string, inspector Inspector) (Draft, DraftContent, candidate, error) {
	d, content, err := s.Draft(ctx, merchantID, mode, id)
	if err != nil {
		return d, content, candidate{}, err
	}
	if content.Credentials == nil {
		return d, content, candidate{}, errIncomplete(id)
	}
	if d.AccountID != "" {
		a, err := selectAccount(ctx, s.db, merchantID, d.AccountID)
		if err != nil {
			return d, content, candidate{}, err
		}
		report, err := s.inspectOf(ctx, a, content.Credentials, inspector)
		if err == nil {
			err = sameOwner(a, report)
		}
		if err == nil && !report.OK() {
			err = errIncomplete(id)
		}
		return d, content, candidate{account: a}, err
	}
	c, report, err := s.prepare(ctx, d.registration(content), inspector)
	if err == nil && !report.OK() {
		err = errIncomplete(id)
	}
	return d, content, c, err
}

func (d Draft) registration(content DraftContent) Registration {
	return Registration{
		MerchantID: d.MerchantID, Mode: d.Mode, Channel: d.Channel, Name: d.Name, ProviderID: d.ProviderID,
		AppIDs: content.Apps, Credentials: content.Credentials,
	}
}
