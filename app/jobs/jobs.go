// Package jobs remembers what the background jobs did: one state per job, as the
// last server to run it left it, a history of the runs worth telling of, and
// the runs that people ask for. What the jobs are stands in cmd/server.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// The results of a run.
const (
	OK     = "ok"
	Failed = "error"
	Panic  = "panic"
)

// RunState is how far a run has come.
type RunState string

// The states of a run; the others are its result.
const (
	Asked   RunState = "asked"   // no server has taken it yet
	Running RunState = "running" // a server is at it
	Lost    RunState = "lost"    // its server ended in the middle
)

// The causes of a run.
const (
	BySchedule = "schedule"
	ByRequest  = "request"
)

// State is what is known of a job. Zero times mean never.
type State struct {
	Name          string     `db:"name"`
	Result        string     `db:"result"` // of the last run, "" before the first
	Server        string     `db:"server"` // that ran it last
	StartedAt     app.Millis `db:"started_at"`
	EndedAt       app.Millis `db:"ended_at"`
	DurationMS    int64      `db:"duration_ms"`
	NextAt        app.Millis `db:"next_at"`  // when it is scheduled again
	Failures      int64      `db:"failures"` // one after the other, 0 after a success
	SucceededAt   app.Millis `db:"succeeded_at"`
	FailedAt      app.Millis `db:"failed_at"`
	Error         string     `db:"error"` // of the last failure
	RunningServer string     `db:"running_server"`
	RunningSince  app.Millis `db:"running_since"`
}

// Run is one run, or the wish for one.
type Run struct {
	ID         string     `db:"id"`
	Job        string     `db:"job"`
	State      RunState   `db:"state"`
	Cause      string     `db:"cause"`
	AskedBy    string     `db:"asked_by"` // a user's id
	AskedName  string     `db:"asked_name"`
	AskedAt    app.Millis `db:"asked_at"`
	Server     string     `db:"server"`
	LeaseUntil app.Millis `db:"lease_until"`
	StartedAt  app.Millis `db:"started_at"`
	EndedAt    app.Millis `db:"ended_at"`
	Error      string     `db:"error"`
}

// Outcome is how a run ended.
type Outcome struct {
	Job, Server, Result string
	Started, Ended      app.Millis
	Next                app.Millis
	Error               string
}

// Service keeps the jobs' states.
type Service struct {
	db    *db.DB
	audit *audit.Log
}

// New returns a Service on d.
func New(d *db.DB, l *audit.Log) *Service { return &Service{db: d, audit: l} }

// Starting notes that a server begins a run that may take a while.
func (s *Service) Starting(ctx context.Context, job, server string) error {
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	n, err := markRunning(ctx, s.db, job, server, now)
	if err == nil && n == 0 {
		if err = insertState(ctx, s.db, job); err == nil || db.IsDuplicate(err) {
			_, err = markRunning(ctx, s.db, job, server, now)
		}
	}
	if err != nil {
		return fmt.Errorf("note that %s runs: %w", job, err)
	}
	return nil
}

// Ended stores how a run ended.
func (s *Service) Ended(ctx context.Context, o Outcome) error {
	o.Error = clip(o.Error, longestError)
	n, err := endState(ctx, s.db, o)
	if err == nil && n == 0 {
		if err = insertState(ctx, s.db, o.Job); err == nil || db.IsDuplicate(err) {
			_, err = endState(ctx, s.db, o)
		}
	}
	if err != nil {
		return fmt.Errorf("note how %s ended: %w", o.Job, err)
	}
	return nil
}

// longestError bounds what a page shows of an error; the log has all of it.
const longestError = 2000

func clip(s string, runes int) string {
	r := []rune(s)
	return string(r[:min(len(r), runes)])
}

// Tell keeps a scheduled run in the history, for those worth telling of.
func (s *Service) Tell(ctx context.Context, o Outcome) error {
	r := Run{
		ID: app.NewID(app.PrefixJobRun, o.Ended.Time()), Job: o.Job, State: RunState(o.Result), Cause: BySchedule,
		Server: o.Server, StartedAt: o.Started, EndedAt: o.Ended, Error: clip(o.Error, longestError),
	}
	if err := insertRun(ctx, s.db, r); err != nil {
		return fmt.Errorf("keep a run of %s: %w", o.Job, err)
	}
	return nil
}

// Ask has a job run as soon as a server can, and records who asked. Conflict
// ("run_asked") when it has been asked for already.
func (s *Service) Ask(ctx context.Context, job string) (Run, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return Run{}, err
	}
	actor := audit.ActorFrom(ctx)
	r := Run{
		ID: app.NewID(app.PrefixJobRun, now.Time()), Job: job, State: Asked, Cause: ByRequest,
		AskedBy: actor.ID, AskedName: clip(actor.Name, 190), AskedAt: now,
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		waiting, err := askedRuns(ctx, tx, job)
		if err != nil {
			return err
		}
		if len(waiting) > 0 {
			return app.Errorf(app.Conflict, "%s waits to run already", job).WithReason("run_asked")
		}
		if err := insertRun(ctx, tx, r); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "job.run", Target: job, After: map[string]string{"run_id": r.ID}})
	})
	if err != nil {
		return Run{}, fmt.Errorf("ask for a run of %s: %w", job, err)
	}
	return r, nil
}

// Waiting lists the runs that were asked for and that no server has taken.
func (s *Service) Waiting(ctx context.Context) ([]Run, error) {
	runs, err := waitingRuns(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("list what is asked to run: %w", err)
	}
	return runs, nil
}

// Take claims a run for the server, for the time that it may last; false when
// another server has it.
func (s *Service) Take(ctx context.Context, r Run, server string, life time.Duration) (bool, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return false, err
	}
	n, err := takeRun(ctx, s.db, r.ID, server, now, now.Add(life))
	if err != nil {
		return false, fmt.Errorf("take run %s: %w", r.ID, err)
	}
	return n == 1, nil
}

// Finish ends a run that the server took.
func (s *Service) Finish(ctx context.Context, r Run, o Outcome) error {
	if _, err := finishRun(ctx, s.db, r.ID, o.Server, o.Result, o.Ended, clip(o.Error, longestError)); err != nil {
		return fmt.Errorf("end run %s: %w", r.ID, err)
	}
	return nil
}

// Sweep tells of runs whose server ended in the middle, and forgets the history
// before the time.
func (s *Service) Sweep(ctx context.Context, before app.Millis) error {
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(loseRuns(ctx, s.db, now), deleteRuns(ctx, s.db, before)); err != nil {
		return fmt.Errorf("sweep runs: %w", err)
	}
	return nil
}

// States returns what is known of every job, by name.
func (s *Service) States(ctx context.Context) (map[string]State, error) {
	list, err := listStates(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("list the jobs' states: %w", err)
	}
	out := make(map[string]State, len(list))
	for _, st := range list {
		out[st.Name] = st
	}
	return out, nil
}

// Runs returns a job's latest runs, newest first, 50 at most.
func (s *Service) Runs(ctx context.Context, job string) ([]Run, error) {
	runs, err := latestRuns(ctx, s.db, job)
	if err != nil {
		return nil, fmt.Errorf("list runs of %s: %w", job, err)
	}
	return runs, nil
}

// Holder is who holds a job's lease, and until when.
type Holder struct {
	Name  string     `db:"name"`
	Owner string     `db:"owner"`
	Until app.Millis `db:"lease_until"`
}

// Holders returns the leases that are held now, by name.
func (s *Service) Holders(ctx context.Context) (map[string]Holder, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	list, err := heldLeases(ctx, s.db, now)
	if err != nil {
		return nil, fmt.Errorf("list leases: %w", err)
	}
	out := make(map[string]Holder, len(list))
	for _, h := range list {
		out[h.Name] = h
	}
	return out, nil
}
