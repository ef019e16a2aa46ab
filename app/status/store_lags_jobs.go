package status

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Each count reads at most Most entries of the index that the queue's worker
// claims by.

func countUnsequenced(ctx context.Context, q db.Querier, _ app.Millis, n *int) error {
	return q.Get(ctx, n, `SELECT COUNT(*) FROM (SELECT id FROM events WHERE seq IS NULL LIMIT 1000) waiting`)
}

func oldestUnsequenced(ctx context.Context, q db.Querier, _ app.Millis) (app.Millis, error) {
	var at app.Millis
	err := q.Get(ctx, &at, `SELECT created_at FROM events WHERE seq IS NULL ORDER BY id LIMIT 1`)
	return none(at, err)
}

func countDeliveries(ctx context.Context, q db.Querier, now app.Millis, n *int) error {
	return q.Get(ctx, n, `SELECT COUNT(*) FROM (SELECT id FROM webhook_deliveries WHERE status = 'pending' AND next_at <= ? LIMIT 1000) waiting`, now)
}

func oldestDelivery(ctx context.Context, q db.Querier, now app.Millis) (app.Millis, error) {
	var at app.Millis
	err := q.Get(ctx, &at, `SELECT next_at FROM webhook_deliveries WHERE status = 'pending' AND next_at <= ? ORDER BY next_at LIMIT 1`, now)
	return none(at, err)
}

func countQueries(ctx context.Context, q db.Querier, now app.Millis, n *int) error {
	return q.Get(ctx, n, `SELECT COUNT(*) FROM (SELECT id FROM attempts WHERE next_query_at > 0 AND next_query_at <= ? LIMIT 1000) waiting`, now)
}

func oldestQuery(ctx context.Context, q db.Querier, now app.Millis) (app.Millis, error) {
	var at app.Millis
	err := q.Get(ctx, &at, `SELECT next_query_at FROM attempts WHERE next_query_at > 0 AND next_query_at <= ? ORDER BY next_query_at LIMIT 1`, now)
	return none(at, err)
}

func countRefunds(ctx context.Context, q db.Querier, now app.Millis, n *int) error {
	return q.Get(ctx, n, `SELECT COUNT(*) FROM (SELECT id FROM refunds WHERE next_query_at > 0 AND next_query_at <= ? LIMIT 1000) waiting`, now)
}

func oldestRefund(ctx context.Context, q db.Querier, now app.Millis) (app.Millis, error) {
	var at app.Millis
	err := q.Get(ctx, &at, `SELECT next_query_at FROM refunds WHERE next_query_at > 0 AND next_query_at <= ? ORDER BY next_query_at LIMIT 1`, now)
	return none(at, err)
}

func countRuns(ctx context.Context, q db.Querier, now app.Millis, n *int) error {
	return q.Get(ctx, n, `SELECT COUNT(*) FROM (SELECT id FROM reconcile_runs WHERE next_at > 0 AND next_at <= ? LIMIT 1000) waiting`, now)
}

func oldestRun(ctx context.Context, q db.Querier, now app.Millis) (app.Millis, error) {
	var at app.Millis
	err := q.Get(ctx, &at, `SELECT next_at FROM reconcile_runs WHERE next_at > 0 AND next_at <= ? ORDER BY next_at LIMIT 1`, now)
	return none(at, err)
}

// none is for a queue that was emptied since it was counted.
func none(at app.Millis, err error) (app.Millis, error) {
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return at, err
}

// sequencer is the consumer whose number is the last one given to an event.
const sequencer = "sequencer"

type consumerRow struct {
	Name string `db:"name"`
	Seq  int64  `db:"seq"`
}

func consumerSeqs(ctx context.Context, q db.Querier) ([]consumerRow, error) {
	var rows []consumerRow
	err := q.Select(ctx, &rows, `SELECT name, seq FROM event_consumers ORDER BY name LIMIT 100`)
	return rows, err
}
