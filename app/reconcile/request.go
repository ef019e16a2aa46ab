package reconcile

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// Request asks for a run to be executed again, as soon as possible: the bills are
// fetched anew, and what the channel has changed since is kept as a further
// original. Errors: NotFound; Conflict with reason run_busy while it is being
// executed, and period_locked while its month is closed.
func (s *Service) Request(ctx context.Context, scope payments.Scope, id string) (Run, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Run{}, err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		row, err := s.store.row(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if row.LeaseUntil > now {
			return errBusy(id)
		}
		if err := s.unlocked(ctx, tx, scope, row.Day); err != nil {
			return err
		}
		return s.request(ctx, tx, row, now)
	})
	if err != nil {
		return Run{}, fmt.Errorf("run %s again: %w", id, err)
	}
	s.wakeRuns()
	return s.Run(ctx, scope, id)
}

// askedBy records who has a run executed at once, where somebody has.
func (s *Service) askedBy(ctx context.Context, scope payments.Scope, id string) error {
	row, err := s.store.row(ctx, s.DB, scope, id)
	if err != nil {
		return err
	}
	if err := s.unlocked(ctx, s.DB, scope, row.Day); err != nil || audit.ActorFrom(ctx).Kind == "" {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.record(ctx, tx, row) })
}

func (s *Service) request(ctx context.Context, tx *db.Tx, row runRow, now app.Millis) error {
	actor := audit.ActorFrom(ctx)
	if err := s.store.ask(ctx, tx, row, approvals.Person{Kind: actor.Kind, ID: actor.ID, Name: actor.Name}, now); err != nil {
		return err
	}
	return s.record(ctx, tx, row)
}

func (s *Service) record(ctx context.Context, tx *db.Tx, row runRow) error {
	return s.Audit.Record(ctx, tx, audit.Entry{Chain: row.MerchantID, Action: "reconciliation.run", Target: row.ID, After: struct {
		Day      app.Day     `json:"day"`
		Channel  app.Channel `json:"channel"`
		Identity string      `json:"identity"`
	}{row.Day, row.Channel, row.Identity}})
}

// RunNow asks for all runs of a day of the scope, makes those that are missing,
// and returns them. A day that has not ended has bills only where a sandbox hands
// them out. Errors: Invalid for a day in the future or too long ago; Conflict with
// reason period_locked. Runs that are being executed are left alone.
func (s *Service) RunNow(ctx context.Context, scope payments.Scope, day app.Day) ([]Run, error) {
	runs, err := s.Prepare(ctx, scope, day)
	if err != nil {
		return nil, err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.unlocked(ctx, tx, scope, day); err != nil {
			return err
		}
		for _, r := range runs {
			row, err := s.store.row(ctx, tx, scope, r.ID)
			if err != nil {
				return err
			}
			if row.LeaseUntil > now {
				continue
			}
			if err := s.request(ctx, tx, row, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", day, err)
	}
	s.wakeRuns()
	return s.Runs(ctx, scope, day)
}

// Prepare makes the runs of a day that are missing and returns all of the day's.
// Errors: Invalid for a day in the future or too long ago; Conflict with reason
// period_locked.
func (s *Service) Prepare(ctx context.Context, scope payments.Scope, day app.Day) ([]Run, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	today := app.DayOf(now.Time())
	switch {
	case day.Start().IsZero():
		return nil, app.InvalidField("date", "bad_date", "%q is not a day such as 2026-11-24", day)
	case day > today:
		return nil, app.InvalidField("date", "in_future", "%s has not begun", day)
	case day < today.Add(-1-keptDays):
		return nil, app.InvalidField("date", "too_old", "the channels keep bills for three months: %s is gone", day)
	}
	if err := s.unlocked(ctx, s.DB, scope, day); err != nil {
		return nil, err
	}
	identities, err := s.Merchants.Identities(ctx, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, err
	}
	// Those of the days before first, so that no gap is left behind.
	if _, err := s.plan(ctx, identities, now); err != nil {
		return nil, err
	}
	for _, identity := range identities {
		if s.Schedules[identity.Channel] == nil {
			continue
		}
		if _, err := s.ensure(ctx, identity, day, now); err != nil {
			return nil, err
		}
	}
	return s.Runs(ctx, scope, day)
}

// unlocked refuses a day of a closed month.
func (s *Service) unlocked(ctx context.Context, q db.Querier, scope payments.Scope, day app.Day) error {
	locked, err := s.Periods.Locked(ctx, q, scope, day)
	if err == nil && locked {
		err = app.Errorf(app.Conflict, "%s is closed: reopen the month to run %s again", day.Month(), day).WithReason("period_locked").WithDetail("month", day.Month())
	}
	return err
}

// ask makes a run due, for a person or for the system.
func (store) ask(ctx context.Context, q db.Querier, r runRow, by approvals.Person, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE reconcile_runs SET next_at = ?, tries = 0, requested_kind = ?, requested_id = ?, requested_name = ?, version = version + 1 WHERE id = ? AND merchant_id = ?`,
		now, by.Kind, by.ID, clip(by.Name, 190), r.ID, r.MerchantID)
	return err
}
