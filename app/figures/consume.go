package figures

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

const (
	consumer = "figures"
	batch    = 200
	// gather is how long events are gathered before they are counted: a busy
	// server then commits twice a second for them, not once for each.
	gather = 500 * time.Millisecond
	// pollEvery bounds how long an event of another server waits.
	pollEvery = time.Second
)

// Consume counts what newly sequenced events tell of, and returns how many it
// went through. Several servers may call it at once.
func (s *Service) Consume(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := s.events.Consume(ctx, consumer, batch, func(tx *db.Tx, list []events.Event) error {
			return s.take(ctx, tx, list)
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func (s *Service) take(ctx context.Context, tx *db.Tx, list []events.Event) error {
	progress, err := selectProgress(ctx, tx)
	if err != nil || progress.Phase == phaseClearing {
		return err // whatever it was, it is counted when the sums are built again
	}
	ids, err := paymentsOf(ctx, tx, list)
	if err != nil {
		return err
	}
	return count(ctx, tx, ids)
}

// paymentsOf returns the payments that the events are about, each once.
func paymentsOf(ctx context.Context, q db.Querier, list []events.Event) ([]string, error) {
	var ids, refunds []string
	seen := map[string]bool{}
	once := func(into *[]string, id string) {
		if !seen[id] {
			seen[id] = true
			*into = append(*into, id)
		}
	}
	for _, e := range list {
		switch {
		case strings.HasPrefix(e.ObjectID, app.PrefixPayment):
			once(&ids, e.ObjectID)
		case strings.HasPrefix(e.ObjectID, app.PrefixRefund):
			once(&refunds, e.ObjectID)
		}
	}
	if len(refunds) == 0 {
		return ids, nil
	}
	of, err := selectRefunded(ctx, q, refunds)
	for _, id := range of {
		once(&ids, id)
	}
	return ids, err
}

// Run counts until ctx ends, and builds the figures of payments from before
// they existed.
func (s *Service) Run(ctx context.Context) error {
	sequenced := s.events.Sequenced()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		building, err := s.step(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			slog.ErrorContext(ctx, "count figures", "error", err)
		}
		if building && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-sequenced:
			if !pause(ctx, gather) {
				return nil
			}
		case <-tick.C:
		}
	}
}

// step counts what waits and then one page of what is to be built; it reports
// whether there is more of that.
func (s *Service) step(ctx context.Context) (bool, error) {
	if _, err := s.Consume(ctx); err != nil {
		return false, err
	}
	return s.build(ctx)
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
