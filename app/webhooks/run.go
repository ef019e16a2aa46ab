package webhooks

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const markBatch = 100

// Run fans events out and sends deliveries until ctx ends: at once when this
// process has sequenced an event, and otherwise every PollEvery. At the end it
// gives attempts under way the time Drain; those it then cuts short are due
// again at once, on this server or another.
func (s *Service) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	loops.Go(func() { s.runFanOut(ctx) })
	err := s.runDeliveries(ctx)
	loops.Wait()
	return err
}

func (s *Service) runFanOut(ctx context.Context) {
	sequenced := s.events.Sequenced()
	tick := time.NewTicker(s.cfg.PollEvery)
	defer tick.Stop()
	for {
		if _, err := s.FanOut(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "fan events out", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-sequenced:
		case <-tick.C:
		}
	}
}

func (s *Service) runDeliveries(ctx context.Context) error {
	// Attempts outlive ctx by Drain, and their marking outlives both.
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	results := make(chan result, s.cfg.InFlight)
	var marker, attempts sync.WaitGroup
	marker.Go(func() { s.runMarker(context.WithoutCancel(ctx), results) })

	s.dispatch(ctx, func(j job) {
		attempts.Go(func() {
			r := s.attempt(sending, j)
			results <- r
			s.slots.free(j.delivery.MerchantID, j.delivery.EndpointID)
		})
	})

	timer := time.AfterFunc(s.cfg.Drain, cut)
	attempts.Wait()
	timer.Stop()
	close(results)
	marker.Wait()
	return nil
}

// dispatch claims and starts until ctx ends.
func (s *Service) dispatch(ctx context.Context, start func(job)) {
	tick := time.NewTicker(s.cfg.PollEvery)
	defer tick.Stop()
	for {
		jobs, err := s.claim(ctx)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "claim deliveries", "error", err)
		}
		for _, j := range jobs {
			start(j)
		}
		if len(jobs) > 0 && ctx.Err() == nil {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
			return
		case <-s.due:
		case <-s.slots.freed:
		case <-tick.C:
		}
	}
}

// runMarker stores results as they come, together those that wait together.
func (s *Service) runMarker(ctx context.Context, results <-chan result) {
	for first := range results {
		s.markPatiently(ctx, drain(first, results))
	}
}

func drain(first result, results <-chan result) []result {
	batch := []result{first}
	for len(batch) < markBatch {
		select {
		case r, open := <-results:
			if !open {
				return batch
			}
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// markPatiently tries again while the database is away, but not past the
// leases: then the deliveries are due again and will be sent once more.
func (s *Service) markPatiently(ctx context.Context, batch []result) {
	const tries = 8
	wait := 100 * time.Millisecond
	for try := 1; ; try++ {
		err := s.mark(ctx, batch)
		if err == nil {
			return
		}
		slog.ErrorContext(ctx, "mark deliveries", "error", err, "try", try)
		if try == tries {
			return
		}
		time.Sleep(wait)
		wait = min(2*wait, 5*time.Second)
	}
}

// Deliver makes one pass, for tests and simulations: it claims what is due as
// far as there are slots, sends it, marks it, and returns how many attempts it
// made.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	jobs, err := s.claim(ctx)
	if err != nil || len(jobs) == 0 {
		return 0, err
	}
	results := make([]result, len(jobs))
	var attempts sync.WaitGroup
	for i, j := range jobs {
		attempts.Go(func() {
			results[i] = s.attempt(ctx, j)
			s.slots.free(j.delivery.MerchantID, j.delivery.EndpointID)
		})
	}
	attempts.Wait()
	return len(jobs), s.mark(context.WithoutCancel(ctx), results)
}
