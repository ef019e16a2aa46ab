package payments

import (
	"context"
	"fmt"
	"sync"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const (
	refundBatch   = 100
	refundWorkers = 8
)

// WakeRefunds tells that a refund may be due now; RefundDue's caller waits on it.
func (s *Service) WakeRefunds() <-chan struct{} { return s.wakeRefunds }

func (s *Service) refundsDue() {
	select {
	case s.wakeRefunds <- struct{}{}:
	default:
	}
}

// RefundDue sends every refund whose turn has come and asks about those whose
// query is due, a batch at a time, and returns how many it took up. Servers
// share the work: each claims its batch by lease. A refund that fails is logged
// and comes again.
func (s *Service) RefundDue(ctx context.Context) (int, error) {
	total := 0
	for {
		batch, err := s.claimRefundsDue(ctx)
		if err != nil || len(batch) == 0 {
			return total, err
		}
		total += len(batch)
		s.pursueAll(ctx, batch)
		if len(batch) < refundBatch || ctx.Err() != nil {
			return total, ctx.Err()
		}
	}
}

func (s *Service) pursueAll(ctx context.Context, batch []Refund) {
	var wg sync.WaitGroup
	gate := make(chan struct{}, refundWorkers)
	for _, r := range batch {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			err := s.pursue(ctx, r)
			switch {
			case app.Is(err, app.OutcomeUnknown):
				s.Logger.WarnContext(ctx, "the channel gave no certain answer", "refund_id", r.ID, "channel", r.Channel, "error", err)
			case err != nil:
				s.Logger.ErrorContext(ctx, "refund failed to make progress", "refund_id", r.ID, "error", err)
			}
		})
	}
	wg.Wait()
}

// claimRefundsDue leases due refunds of any merchant to this call.
func (s *Service) claimRefundsDue(ctx context.Context) ([]Refund, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	owner := app.NewID("lse_", now.Time())
	batch, err := s.store.claimRefundsDue(ctx, s.DB, owner, now, now.Add(s.refundLease()))
	if err != nil {
		return nil, fmt.Errorf("claim due refunds: %w", err)
	}
	return batch, nil
}

// claimRefundsDue leases by the key: read by next_query_at, whose entries others
// move at the same moment, MySQL passes over a row that is due before and after.
func (store) claimRefundsDue(ctx context.Context, d *db.DB, owner string, now, until app.Millis) ([]Refund, error) {
	var ids []string
	err := d.Select(ctx, &ids, `SELECT id FROM refunds WHERE next_query_at > 0 AND next_query_at <= ? AND lease_until <= ? ORDER BY next_query_at, id LIMIT ?`, now, now, refundBatch)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	_, err = d.Exec(ctx, `UPDATE refunds /*! FORCE INDEX (PRIMARY) */ SET lease_owner = ?, lease_until = ? WHERE id IN (?) AND next_query_at > 0 AND next_query_at <= ? AND lease_until <= ?`, owner, until, ids, now, now)
	if err != nil {
		return nil, err
	}
	var batch []Refund
	err = d.Select(ctx, &batch, `SELECT `+refundColumns+` FROM refunds WHERE id IN (?) AND lease_owner = ? ORDER BY id`, ids, owner)
	return batch, err
}
