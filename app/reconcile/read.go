package reconcile

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
)

// Runs returns the runs of a day, one for each settlement identity, by id.
func (s *Service) Runs(ctx context.Context, scope payments.Scope, day app.Day) ([]Run, error) {
	return s.store.between(ctx, s.DB, scope, day, day)
}

// maxDays is how many days one list of runs may span.
const maxDays = 92

// RunsBetween returns the runs of the days from and to, both included, by day
// and id: a month's calendar. Errors: Invalid for more than 92 days.
func (s *Service) RunsBetween(ctx context.Context, scope payments.Scope, from, to app.Day) ([]Run, error) {
	if from.Add(maxDays) <= to {
		return nil, app.InvalidField("to", "too_late", "at most %d days can be listed at once", maxDays)
	}
	return s.store.between(ctx, s.DB, scope, from, to)
}

// Run returns a run of the scope, or NotFound.
func (s *Service) Run(ctx context.Context, scope payments.Scope, id string) (Run, error) {
	row, err := s.store.row(ctx, s.DB, scope, id)
	if err != nil {
		return Run{}, err
	}
	return row.run()
}

// Bills returns the originals of a run, trades first, of each kind the newest
// first; NotFound when the run is not the scope's.
func (s *Service) Bills(ctx context.Context, scope payments.Scope, runID string) ([]Bill, error) {
	if _, err := s.store.row(ctx, s.DB, scope, runID); err != nil {
		return nil, err
	}
	return s.store.bills(ctx, s.DB, scope.MerchantID, runID)
}
