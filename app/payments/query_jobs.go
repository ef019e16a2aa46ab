package payments

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const (
	queryBatch   = 100
	queryWorkers = 16
)

// QueryDue asks about every attempt whose query is due, a batch at a time, and
// returns how many it asked about. Servers share the work: each claims its batch
// by lease. An attempt that fails is logged and comes again.
func (s *Service) QueryDue(ctx context.Context) (int, error) {
	total := 0
	for {
		batch, err := s.claimDue(ctx)
		if err != nil || len(batch) == 0 {
			return total, err
		}
		total += len(batch)
		s.askAll(ctx, batch)
		if len(batch) < queryBatch || ctx.Err() != nil {
			return total, ctx.Err()
		}
	}
}

func (s *Service) askAll(ctx context.Context, batch []Attempt) {
	var wg sync.WaitGroup
	gate := make(chan struct{}, queryWorkers)
	for _, a := range batch {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			err := s.ask(WithCause(ctx, causeQuery), a)
			var e *app.Error
			switch {
			case errors.As(err, &e) && e.Reason == "channel_unavailable":
				// Held back, and said once by the circuit; it waits.
			case app.Is(err, app.OutcomeUnknown):
				s.Logger.WarnContext(ctx, "the channel gave no certain answer", "attempt_id", a.ID, "channel", a.Channel, "error", err)
			case err != nil:
				s.Logger.ErrorContext(ctx, "query failed", "attempt_id", a.ID, "error", err)
			}
		})
	}
	wg.Wait()
}

// claimDue leases due attempts of any merchant to this call.
func (s *Service) claimDue(ctx context.Context) ([]Attempt, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	owner := app.NewID("lse_", now.Time())
	batch, err := s.store.claimDue(ctx, s.DB, owner, now, now.Add(s.leaseTime()))
	if err != nil {
		return nil, fmt.Errorf("claim due queries: %w", err)
	}
	return batch, nil
}

// claimDue leases by the key, as claimRefundsDue does.
func (store) claimDue(ctx context.Context, d *db.DB, owner string, now, until app.Millis) ([]Attempt, error) {
	var ids []string
	err := d.Select(ctx, &ids, `SELECT id FROM attempts WHERE next_query_at > 0 AND next_query_at <= ? AND lease_until <= ? ORDER BY next_query_at, id LIMIT ?`, now, now, queryBatch)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	_, err = d.Exec(ctx, `UPDATE attempts /*! FORCE INDEX (PRIMARY) */ SET lease_owner = ?, lease_until = ? WHERE id IN (?) AND next_query_at > 0 AND next_query_at <= ? AND lease_until <= ?`, owner, until, ids, now, now)
	if err != nil {
		return nil, err
	}
	var batch []Attempt
	err = d.Select(ctx, &batch, `SELECT `+attemptColumns+` FROM attempts WHERE id IN (?) AND lease_owner = ?`, ids, owner)
	return batch, err
}

// asked counts a query, ends its lease and says when to ask next.
func (store) asked(ctx context.Context, q db.Querier, a Attempt, now, next app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE attempts SET queries = queries + 1, last_query_at = ?, next_query_at = ?, lease_owner = '', lease_until = 0
 WHERE id = ? AND merchant_id = ? AND lease_owner = ? AND status = ?`, now, next, a.ID, a.MerchantID, a.LeaseOwner, a.Status)
	if err != nil {
		return fmt.Errorf("schedule the next query of %s: %w", a.ID, err)
	}
	return nil
}

// hasten brings the queries of an account's open attempts since the floor id
// forward to at the latest.
func (store) hasten(ctx context.Context, q db.Querier, merchantID, accountID, floor string, at app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE attempts SET next_query_at = ? WHERE account_id = ? AND id >= ? AND merchant_id = ? AND next_query_at > ? AND status IN ('created', 'pending')`,
		at, accountID, floor, merchantID, at)
	if err != nil {
		return fmt.Errorf("hasten the queries of %s: %w", accountID, err)
	}
	return nil
}
