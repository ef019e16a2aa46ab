package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/observe"
)

// job is one row of the table of everything that runs by the clock. A job with
// a lease runs on one server at a time; one without shares its work by leases
// of its own, row by row.
type job struct {
	name  string
	spec  string
	lease time.Duration
	wake  <-chan struct{} // runs the job at once, besides the schedule
	run   func(ctx context.Context) error
}

// jobs is the table.
func (p *platform) jobs() []job {
	return append(p.reconcileJobs(), []job{
		{name: "payments.query", spec: "@every 1s", wake: p.payments.Wake(), run: func(ctx context.Context) error {
			_, err := p.payments.QueryDue(ctx)
			return err
		}},
		{name: "payments.refund", spec: "@every 1s", wake: p.payments.WakeRefunds(), run: func(ctx context.Context) error {
			_, err := p.payments.RefundDue(ctx)
			return err
		}},
		{name: "payments.forget_claims", spec: "@every 10m", lease: 5 * time.Minute, run: func(ctx context.Context) error {
			_, err := p.payments.ForgetClaims(ctx)
			return err
		}},
		{name: "merchants.flush_key_use", spec: "@every 10s", run: func(ctx context.Context) error {
			_, err := p.merchants.FlushKeyUse(ctx)
			return err
		}},
		{name: "merchants.forget_drafts", spec: "@hourly", lease: time.Minute, run: func(ctx context.Context) error {
			_, err := p.merchants.ForgetDrafts(ctx)
			return err
		}},
		{name: "merchants.check_certificates", spec: "@hourly", lease: 30 * time.Minute, run: func(ctx context.Context) error {
			_, err := p.merchants.CheckCertificates(ctx, p.clients.keeper)
			return err
		}},
		{name: "approvals.expire", spec: "@every 1m", lease: time.Minute, run: func(ctx context.Context) error {
			_, err := p.approvals.ExpireDue(ctx)
			return err
		}},
		{name: "audit.log_heads", spec: "@hourly", lease: time.Minute, run: p.logAuditHeads},
		{name: "access.forget_sessions", spec: "@hourly", lease: time.Minute, run: p.forgetSessions},
	}...)
}

// runner runs jobs: each recovers, is skipped while it still runs, holds its
// lease, and is waited for at shutdown.
type runner struct {
	db      *db.DB
	owner   string
	logger  *slog.Logger
	metrics *observe.Metrics
	cron    *cron.Cron
	wakers  sync.WaitGroup
}

func newRunner(d *db.DB, owner string, logger *slog.Logger, metrics *observe.Metrics) *runner {
	return &runner{db: d, owner: owner, logger: logger, metrics: metrics, cron: cron.New(cron.WithLocation(time.UTC))}
}

// start schedules the jobs until ctx ends.
func (r *runner) start(ctx context.Context, table []job) error {
	for _, j := range table {
		var running sync.Mutex
		once := func() { r.once(ctx, j, &running) }
		if _, err := r.cron.AddFunc(j.spec, once); err != nil {
			return fmt.Errorf("schedule %s: %w", j.name, err)
		}
		if j.wake != nil {
			r.wakers.Go(func() {
				for {
					select {
					case <-ctx.Done():
						return
					case <-j.wake:
						once()
					}
				}
			})
		}
	}
	r.cron.Start()
	return nil
}

// drain waits for running jobs; their context has been cancelled by then.
func (r *runner) drain() {
	<-r.cron.Stop().Done()
	r.wakers.Wait()
}

func (r *runner) once(ctx context.Context, j job, running *sync.Mutex) {
	if ctx.Err() != nil || !running.TryLock() {
		return
	}
	defer running.Unlock()
	start := time.Now()
	result, err := r.guarded(ctx, j)
	if err != nil && ctx.Err() == nil {
		r.logger.ErrorContext(ctx, "job failed", "job", j.name, "error", err)
	}
	r.metrics.JobRun(j.name, result, time.Since(start))
}

// guarded runs the job under its lease and turns a panic into an error.
func (r *runner) guarded(ctx context.Context, j job) (result string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			result, err = "panic", fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	if j.lease > 0 {
		lease, err := r.db.AcquireLease(ctx, j.name, r.owner, j.lease)
		if errors.Is(err, db.ErrLeaseHeld) {
			return "skipped", nil
		}
		if err != nil {
			return "error", err
		}
		defer func() {
			if releaseErr := r.db.ReleaseLease(context.WithoutCancel(ctx), lease); releaseErr != nil {
				r.logger.WarnContext(ctx, "lease not released", "job", j.name, "error", releaseErr)
			}
		}()
	}
	if err := j.run(ctx); err != nil {
		return "error", err
	}
	return "ok", nil
}
