package status

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Most is as far as a queue is counted: beyond it, how many no longer matters.
const Most = 1000

// Lag is what waits in a queue.
type Lag struct {
	Queue string
	Count int        // Most when there are as many or more
	Since app.Millis // when the oldest was due; 0 where that is not known
}

// The queues. Consumers of events are queues too, named by their consumer.
const (
	QueueEvents     = "events.unsequenced"
	QueueDeliveries = "webhooks.due"
	QueueQueries    = "payments.queries_due"
	QueueRefunds    = "payments.refunds_due"
	QueueRuns       = "reconcile.runs_due"
)

// Lags measures every queue, each by one bounded walk of the index that its
// worker claims by, and the consumers of events by the numbers they stand at.
func (s *Servers) Lags(ctx context.Context) ([]Lag, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	var out []Lag
	for _, q := range queues() {
		l := Lag{Queue: q.name}
		if err := q.count(ctx, s.db, now, &l.Count); err != nil {
			return nil, fmt.Errorf("measure %s: %w", q.name, err)
		}
		if l.Count > 0 {
			if l.Since, err = q.oldest(ctx, s.db, now); err != nil {
				return nil, fmt.Errorf("measure %s: %w", q.name, err)
			}
		}
		out = append(out, l)
	}
	behind, err := consumersBehind(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("measure the consumers of events: %w", err)
	}
	return append(out, behind...), nil
}

type queue struct {
	name   string
	count  func(ctx context.Context, q db.Querier, now app.Millis, n *int) error
	oldest func(ctx context.Context, q db.Querier, now app.Millis) (app.Millis, error)
}

func queues() []queue {
	return []queue{
		{QueueEvents, countUnsequenced, oldestUnsequenced},
		{QueueDeliveries, countDeliveries, oldestDelivery},
		{QueueQueries, countQueries, oldestQuery},
		{QueueRefunds, countRefunds, oldestRefund},
		{QueueRuns, countRuns, oldestRun},
	}
}

// consumersBehind compares each consumer's number with the last one given.
func consumersBehind(ctx context.Context, q db.Querier) ([]Lag, error) {
	rows, err := consumerSeqs(ctx, q)
	if err != nil {
		return nil, err
	}
	var last int64
	for _, r := range rows {
		if r.Name == sequencer {
			last = r.Seq
		}
	}
	var out []Lag
	for _, r := range rows {
		if r.Name != sequencer {
			out = append(out, Lag{Queue: r.Name, Count: int(min(max(last-r.Seq, 0), Most))})
		}
	}
	return out, nil
}
