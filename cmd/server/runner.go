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

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/jobs"
	"github.com/piaohao/piaohao/app/observe"
)

// runner runs jobs: each recovers, is skipped while it still runs, holds its
// lease, and is waited for at shutdown. What becomes of a run is stored, and
// runs that people ask for are taken up.
type runner struct {
	db      *db.DB
	jobs    *jobs.Service
	owner   string
	logger  *slog.Logger
	metrics *observe.Metrics
	cron    *cron.Cron
	wakers  sync.WaitGroup
}

// tracked is a job on this server.
type tracked struct {
	job
	entry   cron.EntryID
	running sync.Mutex
	stored  stored
}

func newRunner(d *db.DB, j *jobs.Service, owner string, logger *slog.Logger, metrics *observe.Metrics) *runner {
	return &runner{db: d, jobs: j, owner: owner, logger: logger, metrics: metrics, cron: cron.New(cron.WithLocation(time.UTC))}
}

// start schedules the jobs until ctx ends.
func (r *runner) start(ctx context.Context, table []job) error {
	known := make(map[string]*tracked, len(table))
	for _, j := range table {
		t := &tracked{job: j}
		known[j.name] = t
		once := func() { r.once(ctx, t, nil) }
		var err error
		if t.entry, err = r.cron.AddFunc(j.spec, once); err != nil {
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
	r.wakers.Go(func() { r.takeRequests(ctx, known) })
	r.cron.Start()
	return nil
}

// drain waits for running jobs; their context has been cancelled by then.
func (r *runner) drain() {
	<-r.cron.Stop().Done()
	r.wakers.Wait()
}

// once runs the job, for the request unless that is nil. A request whose job
// runs already, or is held by another server, waits.
func (r *runner) once(ctx context.Context, t *tracked, request *jobs.Run) {
	if ctx.Err() != nil || !t.running.TryLock() {
		return
	}
	defer t.running.Unlock()
	start := time.Now()
	result, err := r.guarded(ctx, t, request)
	if err != nil && ctx.Err() == nil {
		r.logger.ErrorContext(ctx, "job failed", "job", t.name, "error", err)
	}
	r.metrics.JobRun(t.name, result, time.Since(start))
	if result != skipped {
		r.record(context.WithoutCancel(ctx), t, request, result, time.Since(start), err)
	}
}

// skipped is the result of a run that another server, or nobody, had to do.
const skipped = "skipped"

// guarded runs the job under its lease and turns a panic into an error.
func (r *runner) guarded(ctx context.Context, t *tracked, request *jobs.Run) (result string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			result, err = jobs.Panic, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	if t.lease > 0 {
		lease, err := r.db.AcquireLease(ctx, t.name, r.owner, t.lease)
		if errors.Is(err, db.ErrLeaseHeld) {
			return skipped, nil
		}
		if err != nil {
			return jobs.Failed, err
		}
		defer func() {
			if releaseErr := r.db.ReleaseLease(context.WithoutCancel(ctx), lease); releaseErr != nil {
				r.logger.WarnContext(ctx, "lease not released", "job", t.name, "error", releaseErr)
			}
		}()
	}
	if request != nil {
		ours, err := r.jobs.Take(ctx, *request, r.owner, max(t.lease, requestLife))
		if err != nil || !ours {
			return skipped, err
		}
	}
	r.begin(ctx, t, request)
	if err := t.run(ctx); err != nil {
		return jobs.Failed, err
	}
	return jobs.OK, nil
}

// stored is what the database was last told of a job by this server.
type stored struct {
	at     time.Time
	result string
	told   time.Time // of a failure, in the history
}

const (
	// storeEvery spares the database: a job that runs each second and succeeds
	// writes no more often.
	storeEvery = 15 * time.Second
	// tellEvery is how often a job that fails each time enters the history.
	tellEvery = 10 * time.Minute
	// requestLife is how long a run that was asked for may last before its server
	// is taken for lost.
	requestLife = 10 * time.Minute
	// requestPoll is how often servers look for runs that were asked for.
	requestPoll = time.Second
)

// begin says that the job runs, where a run may be long enough to be seen.
func (r *runner) begin(ctx context.Context, t *tracked, request *jobs.Run) {
	if t.lease == 0 && request == nil {
		return
	}
	if err := r.jobs.Starting(ctx, t.name, r.owner); err != nil {
		r.logger.WarnContext(ctx, "a job's start was not stored", "job", t.name, "error", err)
	}
}

// record stores how a run ended. What cannot be stored is in the log.
func (r *runner) record(ctx context.Context, t *tracked, request *jobs.Run, result string, took time.Duration, failure error) {
	ended, err := r.db.Now(ctx)
	if err != nil {
		return
	}
	o := jobs.Outcome{
		Job: t.name, Server: r.owner, Result: result, Started: ended.Add(-took), Ended: ended,
		Next: app.ToMillis(r.cron.Entry(t.entry).Next),
	}
	if failure != nil {
		o.Error = observe.Mask(failure.Error())
	}
	if r.worthStoring(t, request, result) {
		err = r.jobs.Ended(ctx, o)
		t.stored.at, t.stored.result = time.Now(), result
	}
	switch {
	case request != nil:
		err = errors.Join(err, r.jobs.Finish(ctx, *request, o))
	case t.lease >= 5*time.Minute || result != jobs.OK && time.Since(t.stored.told) > tellEvery:
		err = errors.Join(err, r.jobs.Tell(ctx, o))
		t.stored.told = time.Now()
	}
	if err != nil {
		r.logger.WarnContext(ctx, "how a job ended was not stored", "job", t.name, "error", err)
	}
}

func (r *runner) worthStoring(t *tracked, request *jobs.Run, result string) bool {
	return request != nil || t.lease > 0 || result != jobs.OK || result != t.stored.result || time.Since(t.stored.at) >= storeEvery
}

// takeRequests takes up the runs that people ask for. Whichever server gets a
// job's lease runs it; one that does not know the job leaves it to another.
func (r *runner) takeRequests(ctx context.Context, known map[string]*tracked) {
	var inHand sync.WaitGroup
	defer inHand.Wait()
	tick := time.NewTicker(requestPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		waiting, err := r.jobs.Waiting(ctx)
		if err != nil {
			continue // an outage is logged by whoever it stops
		}
		for _, request := range waiting {
			if t := known[request.Job]; t != nil {
				inHand.Go(func() { r.once(ctx, t, &request) })
			}
		}
	}
}
