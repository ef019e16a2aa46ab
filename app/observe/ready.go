package observe

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Ready collects the named checks behind /readyz. It is safe for concurrent
// use.
type Ready struct {
	timeout time.Duration
	log     *slog.Logger

	mu       sync.Mutex
	checks   []check
	draining bool
}

type check struct {
	name string
	run  func(ctx context.Context) error
}

// Readiness is the answer of all checks, as /readyz shows it. It names what
// failed, not why: the reasons are in the log.
type Readiness struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // name: "ok", "failed" or "draining"
}

// NewReady returns an empty set of checks that may each take timeout.
func NewReady(timeout time.Duration, log *slog.Logger) *Ready {
	return &Ready{timeout: timeout, log: log}
}

// Add registers a check; it must respect its context.
func (r *Ready) Add(name string, run func(ctx context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check{name, run})
}

// Drain makes every later answer "not ready", so that a load balancer sends no
// more requests while those in hand are finished.
func (r *Ready) Drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.draining = true
}

// Check runs all checks side by side and logs what failed.
func (r *Ready) Check(ctx context.Context) Readiness {
	r.mu.Lock()
	checks, draining := r.checks[:len(r.checks):len(r.checks)], r.draining
	r.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	errs := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { errs[i] = c.run(ctx) })
	}
	wg.Wait()

	answer := Readiness{Ready: !draining, Checks: map[string]string{}}
	if draining {
		answer.Checks["running"] = "draining"
	}
	for i, c := range checks {
		answer.Checks[c.name] = "ok"
		if errs[i] != nil {
			answer.Ready, answer.Checks[c.name] = false, "failed"
			r.log.WarnContext(ctx, "not ready", "check", c.name, "error", errs[i])
		}
	}
	return answer
}
