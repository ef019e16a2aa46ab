package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/piaohao/piaohao/app"
)

// The steps an execution comes to, in their order. It may be killed at any.
const (
	StepClaimed   = "claimed"
	StepFetched   = "fetched"   // the originals are kept
	StepMatched   = "matched"   // every line and record was compared
	StepRepaired  = "repaired"  // the channel was asked about what it proves
	StepArchived  = "archived"  // the result file is kept
	StepCommitted = "committed" // exceptions, statements and the run's end stand
)

// Steps lists the steps.
var Steps = []string{StepClaimed, StepFetched, StepMatched, StepRepaired, StepArchived, StepCommitted}

// execution is one try of a run, under its lease.
type execution struct {
	*Service
	row  runRow
	done progress
	// looking executions store nothing, and ask nobody.
	looking bool
}

// progress is how far reading the bill is.
type progress struct{ lines, expected atomic.Int64 }

// execute runs a claimed run to its end, well or not.
func (s *Service) execute(ctx context.Context, row runRow) {
	start := time.Now()
	e := &execution{Service: s, row: row}
	working, stop := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() { defer close(beating); e.beat(working, stop) }()
	err := e.run(working)
	if lost := context.Cause(working); err != nil && errors.Is(lost, errLost) {
		err = lost
	}
	stop(nil)
	<-beating
	e.conclude(context.WithoutCancel(ctx), ctx.Err() != nil, err)
	if run, err := s.store.row(context.WithoutCancel(ctx), s.DB, e.scope(), row.ID); err == nil {
		if r, err := run.run(); err == nil {
			s.Observer.Ended(r, time.Since(start))
		}
	}
}

// conclude stores how a try ended that has not stored it itself.
func (e *execution) conclude(ctx context.Context, stopped bool, err error) {
	log := e.Logger.With("run_id", e.row.ID, "identity_id", e.row.IdentityID, "day", string(e.row.Day))
	switch {
	case err == nil:
		return
	case errors.Is(err, errLost):
		log.WarnContext(ctx, "the run was taken over by another server")
		return
	case stopped:
		if err := e.store.giveBack(ctx, e.DB, e.row); err != nil {
			log.WarnContext(ctx, "the run's lease was not given back", "error", err)
		}
		return
	}
	p := problemOf(err)
	now, nowErr := e.DB.Now(ctx)
	if nowErr != nil {
		log.ErrorContext(ctx, "reconciliation failed, and so did saying so", "error", errors.Join(err, nowErr))
		return
	}
	var next app.Millis
	if pause, again := p.pause(e.row.Tries); again {
		next = now.Add(pause)
	}
	status := StatusFailed
	if p.Code == ProblemLocked && e.row.EndedAt > 0 {
		e.restore(ctx, log)
		return
	}
	if p.Code == ProblemNotReady {
		status = StatusWaiting
		log.InfoContext(ctx, "the bill is not published yet", "detail", p.Detail)
	} else {
		log.ErrorContext(ctx, "reconciliation failed", "problem", p.Code, "line", p.Line, "error", err)
	}
	if err := e.store.fail(ctx, e.DB, e.row, status, p, next); err != nil {
		log.ErrorContext(ctx, "the run's failure was not stored", "error", err)
	}
}

// restore gives a day of a closed month back as it was closed: nothing about it
// is wrong.
func (e *execution) restore(ctx context.Context, log *slog.Logger) {
	r, err := e.row.run()
	if err == nil {
		status := StatusDone
		if r.Result.NoBill {
			status = StatusNoBill
		}
		err = e.store.fail(ctx, e.DB, e.row, status, Problem{}, 0)
	}
	if err != nil {
		log.ErrorContext(ctx, "a closed day was not given back", "error", err)
	}
}

// beatEvery is how often progress is shown at most.
const beatEvery = time.Second

// beat keeps the lease and shows the progress until ctx ends; stop ends the
// execution when the lease is lost.
func (e *execution) beat(ctx context.Context, stop context.CancelCauseFunc) {
	renewEvery := e.LeaseTime / 6
	every := min(beatEvery, renewEvery)
	tick := time.NewTicker(every)
	defer tick.Stop()
	var shown int64
	renewed := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		lines := e.done.lines.Load()
		if renewed += every; lines == shown && renewed < renewEvery {
			continue
		}
		now, err := e.DB.Now(ctx)
		if err == nil {
			err = e.store.renew(ctx, e.DB, e.row, lines, e.done.expected.Load(), now.Add(e.LeaseTime))
		}
		if errors.Is(err, errLost) {
			stop(errLost)
			return
		}
		if err != nil {
			continue // the database is away: what must be stored will say so
		}
		shown, renewed = lines, 0
	}
}

func (e *execution) at(ctx context.Context, step string) error {
	run, err := e.row.run()
	if err != nil {
		return err
	}
	e.Observer.Step(run, step)
	return ctx.Err()
}
