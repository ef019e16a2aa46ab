package statements

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Write keeps the outcome of a run as the statements of its accounts, in the
// transaction in which the run ends. The same outcome again changes nothing; a
// different one replaces the figures under the same ids and a higher version.
// It is a Conflict with reason period_locked while the day's month is locked.
func (s *Service) Write(ctx context.Context, tx *db.Tx, run RunRef, o Outcome) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	if err := s.holdOpen(ctx, tx, run, now); err != nil {
		return err
	}
	day, found, err := s.store.dayOf(ctx, tx, run)
	if err != nil {
		return err
	}
	digest := o.digest(run)
	if found && day.Digest == digest {
		return nil
	}
	if err := s.writeAccounts(ctx, tx, run, o, now); err != nil {
		return fmt.Errorf("write the statements of %s: %w", run.ID, err)
	}
	next := dayRow{
		IdentityID: run.IdentityID, Day: run.Day, MerchantID: run.MerchantID, Mode: run.Mode,
		Channel: run.Channel, Identity: run.Identity, SubIdentity: run.SubIdentity, RunID: run.ID,
		Status: o.status(), Partial: flag(o.Partial), Carried: o.Carried, LineCount: o.Lines, ResultKey: o.ResultKey, Digest: digest,
		CompletedVersion: day.CompletedVersion, Version: day.Version + 1, CreatedAt: day.CreatedAt, UpdatedAt: now,
	}
	if o.Balance != nil {
		next.Opening, next.Closing = &o.Balance.Opening, &o.Balance.Closing
		next.Income, next.Outgoing = o.Balance.Income, o.Balance.Outgoing
	}
	if found {
		return s.store.updateDay(ctx, tx, next)
	}
	next.CreatedAt = now
	return s.store.insertDay(ctx, tx, next)
}

// holdOpen refuses a locked month, and keeps it from being locked until tx ends.
func (s *Service) holdOpen(ctx context.Context, tx *db.Tx, run RunRef, now app.Millis) error {
	p, err := s.store.holdPeriod(ctx, tx, run.scope(), run.Day.Month(), now)
	if err != nil {
		return err
	}
	if p.Status.locked() {
		return app.Errorf(app.Conflict, "the statements of %s are locked: %s was closed; reopen the month to run %s again", run.Day.Month(), run.Day.Month(), run.Day).
			WithReason("period_locked").WithDetail("month", run.Day.Month())
	}
	return nil
}

// writeAccounts writes a statement for every account of the identity. One that
// an earlier outcome had figures for, and this one has not, is emptied.
func (s *Service) writeAccounts(ctx context.Context, tx *db.Tx, run RunRef, o Outcome, now app.Millis) error {
	accounts, err := s.store.accountsOf(ctx, tx, run.scope(), run.IdentityID)
	if err != nil {
		return err
	}
	stored, err := s.store.ofRun(ctx, tx, run)
	if err != nil {
		return err
	}
	before := map[string]row{}
	for _, r := range stored {
		before[r.AccountID] = r
	}
	for _, a := range o.figures(accounts) {
		r := rowOf(run, o, a, now)
		old, found := before[a.AccountID]
		delete(before, a.AccountID)
		if !found {
			err = s.store.insert(ctx, tx, r)
		} else {
			r.ID, r.CreatedAt = old.ID, old.CreatedAt
			err = s.store.update(ctx, tx, r)
		}
		if err != nil {
			return err
		}
	}
	for _, old := range stored {
		if _, gone := before[old.AccountID]; !gone {
			continue
		}
		r := rowOf(run, o, AccountFigures{AccountID: old.AccountID}, now)
		r.ID = old.ID
		if err := s.store.update(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}

func (o Outcome) status() Status {
	if o.NoBill {
		return NoBill
	}
	return Reconciled
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
