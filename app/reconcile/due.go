package reconcile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// leaseBatch is how many due runs one look for work considers.
const leaseBatch = 100

// RunDue makes the runs that are missing and executes all that are due, several
// at a time, the oldest days first; it returns how many it executed. Servers
// share the work: each run is claimed by lease. A run that fails says so itself
// and comes again.
func (s *Service) RunDue(ctx context.Context) (int, error) {
	s.due.Lock()
	defer s.due.Unlock()
	if _, err := s.Plan(ctx); err != nil {
		return 0, fmt.Errorf("plan runs: %w", err)
	}
	var executed atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, s.Workers)
	for i := range s.Workers {
		all.Go(func() {
			for ctx.Err() == nil {
				row, err := s.claimDue(ctx)
				if err != nil || row == nil {
					errs[i] = err
					return
				}
				executed.Add(1)
				s.execute(ctx, *row)
			}
		})
	}
	all.Wait()
	return int(executed.Load()), errors.Join(errs...)
}

// claimDue leases the first due run that no earlier day keeps waiting; nil when
// there is none.
func (s *Service) claimDue(ctx context.Context) (*runRow, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.store.candidates(ctx, s.DB, now, leaseBatch)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		waits, err := s.store.ahead(ctx, s.DB, c, now)
		if err != nil {
			return nil, err
		}
		if waits {
			continue
		}
		if row, err := s.claim(ctx, c.ID, now, s.store.claimDue); err != nil || row != nil {
			return row, err
		}
	}
	return nil, nil
}

// taking is one of the store's ways to claim a run.
type taking func(ctx context.Context, q db.Querier, id, owner string, now, until app.Millis) (bool, error)

// claim leases a run; nil when somebody else has it.
func (s *Service) claim(ctx context.Context, id string, now app.Millis, take taking) (*runRow, error) {
	owner := app.NewID("lse_", now.Time())
	taken, err := take(ctx, s.DB, id, owner, now, now.Add(s.LeaseTime))
	if err != nil || !taken {
		return nil, err
	}
	row, err := s.store.claimed(ctx, s.DB, id, owner)
	return &row, err
}

// Execute runs one run now, due or not, for the context's actor, and returns it
// as it then stands: that it failed is in its Status. Errors: NotFound; Conflict with reason run_busy while
// it is being executed.
func (s *Service) Execute(ctx context.Context, scope payments.Scope, id string) (Run, error) {
	if err := s.askedBy(ctx, scope, id); err != nil {
		return Run{}, err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Run{}, err
	}
	row, err := s.claim(ctx, id, now, s.store.claim)
	if err != nil {
		return Run{}, err
	}
	if row == nil {
		return Run{}, errBusy(id)
	}
	s.execute(ctx, *row)
	return s.Run(ctx, scope, id)
}

func errBusy(id string) error {
	return app.Errorf(app.Conflict, "%s is being executed: wait until it has ended", id).WithReason("run_busy")
}
