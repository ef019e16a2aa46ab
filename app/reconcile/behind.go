package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Backlog is how far behind the books of a mode are.
type Backlog struct {
	// Lag is how long ago the oldest bill without a result was to be fetched.
	Lag    time.Duration
	Failed int64 // runs whose newest execution failed
}

// Behind tells how far behind the books are, by mode.
func (s *Service) Behind(ctx context.Context) (map[app.Mode]Backlog, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	oldest, err := s.store.oldest(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	failed, err := s.store.failed(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	out := map[app.Mode]Backlog{}
	for _, o := range oldest {
		if s.Schedules[o.Channel] == nil {
			continue
		}
		b := out[o.Mode]
		b.Lag = max(b.Lag, now.Time().Sub(s.publishedAt(o.Channel, o.Day).Time()))
		out[o.Mode] = b
	}
	for _, f := range failed {
		b := out[f.Mode]
		b.Failed = f.Runs
		out[f.Mode] = b
	}
	return out, nil
}

type oldestRow struct {
	Mode    app.Mode    `db:"mode"`
	Channel app.Channel `db:"channel"`
	Day     app.Day     `db:"oldest"`
}

// oldest returns the oldest day without a result, by mode and channel.
func (store) oldest(ctx context.Context, q db.Querier) ([]oldestRow, error) {
	var out []oldestRow
	err := q.Select(ctx, &out, `SELECT mode, channel, MIN(bill_day) AS oldest FROM reconcile_runs WHERE ended_at = 0 GROUP BY mode, channel`)
	if err != nil {
		return nil, fmt.Errorf("look for the oldest open day: %w", err)
	}
	return out, nil
}

type failedRow struct {
	Mode app.Mode `db:"mode"`
	Runs int64    `db:"runs"`
}

func (store) failed(ctx context.Context, q db.Querier) ([]failedRow, error) {
	var out []failedRow
	err := q.Select(ctx, &out, `SELECT mode, COUNT(*) AS runs FROM reconcile_runs WHERE status = 'failed' GROUP BY mode`)
	if err != nil {
		return nil, fmt.Errorf("count failed runs: %w", err)
	}
	return out, nil
}

// Unsettled returns the runs of all merchants that have no result, or whose
// newest execution failed, the oldest days first; at most 1,000.
func (s *Service) Unsettled(ctx context.Context) ([]Run, error) {
	var rows []runRow
	err := s.DB.Select(ctx, &rows, `SELECT `+runColumns+` FROM reconcile_runs WHERE ended_at = 0 OR status = 'failed' ORDER BY bill_day, id LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("list what has no result: %w", err)
	}
	return runsOf(rows)
}
