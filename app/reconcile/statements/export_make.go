package statements

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

const (
	exportLease = 2 * time.Minute
	// exportRenewal is how often a lease is renewed while a file is made.
	exportRenewal = 30 * time.Second
)

// exportDelays are waited after failures; after the last an export has failed.
var exportDelays = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute}

// errTaken means that another server makes the file.
var errTaken = errors.New("another server makes this export")

// ExportDue makes the exports that are due and returns how many were finished.
// One that fails is tried again later; its error is logged and kept with it.
func (s *Service) ExportDue(ctx context.Context) (int, error) {
	done := 0
	for {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return done, err
		}
		e, found, err := s.store.claimExport(ctx, s.DB, s.Owner, now, now.Add(exportLease))
		if err != nil || !found {
			return done, err
		}
		if e, err = s.finish(ctx, e); err != nil {
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			s.Logger.WarnContext(ctx, "export failed", "export", e.ID, "kind", e.Kind, "object", e.ObjectID, "tries", e.tries, "error", err)
			continue
		}
		done++
	}
}

// makeNow makes an export within the request that asks for it, unless a job has
// begun it.
func (s *Service) makeNow(ctx context.Context, e Export) (Export, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return e, err
	}
	claimed, ok, err := s.store.claimThis(ctx, s.DB, e, s.Owner, now, now.Add(exportLease))
	if err != nil || !ok {
		return e, err
	}
	made, err := s.finish(ctx, claimed)
	if errors.Is(err, errTaken) {
		return e, nil
	}
	return made, err
}

// finish makes a claimed export and notes what came of it.
func (s *Service) finish(ctx context.Context, e Export) (Export, error) {
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	renewed := make(chan struct{})
	go func() { defer close(renewed); s.renew(work, e, stop) }()
	file, err := s.make(work, &e)
	if cause := context.Cause(work); err != nil && cause != nil {
		err = errors.Join(cause, err)
	}
	stop(nil)
	<-renewed
	if errors.Is(err, errTaken) {
		return e, err
	}
	now, nowErr := s.DB.Now(context.WithoutCancel(ctx))
	if nowErr != nil {
		return e, errors.Join(err, nowErr)
	}
	next := app.Millis(0)
	switch {
	case err == nil:
		e.Status, e.key, e.Size, e.FinishedAt, e.Error = ExportDone, file.Key, file.Size, now, ""
	case ctx.Err() != nil: // shut down: another server goes on at once
		e.Status, next = ExportQueued, now
		e.tries--
	case int(e.tries) <= len(exportDelays):
		e.Status, e.Error, next = ExportQueued, clipTo(err.Error(), 500), now.Add(exportDelays[e.tries-1])
	default:
		e.Status, e.Error, e.FinishedAt = ExportFailed, clipTo(err.Error(), 500), now
	}
	held, noteErr := s.store.noteExport(context.WithoutCancel(ctx), s.DB, e, next, now)
	if noteErr == nil && !held {
		noteErr = errTaken
	}
	return e, errors.Join(err, noteErr)
}

// renew keeps the lease while the file is made, and stops the work when another
// server has it.
func (s *Service) renew(ctx context.Context, e Export, stop context.CancelCauseFunc) {
	tick := time.NewTicker(exportRenewal)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := s.DB.Now(ctx)
		if err != nil {
			continue // the lease outlasts a few failures
		}
		if held, err := s.store.renewExport(ctx, s.DB, e, now.Add(exportLease)); err == nil && !held {
			stop(errTaken)
			return
		}
	}
}

// make makes an export's file in the archive.
func (s *Service) make(ctx context.Context, e *Export) (archive.File, error) {
	scope := payments.Scope{MerchantID: e.MerchantID, Mode: e.Mode}
	switch e.Kind {
	case ExportStatement:
		f, err := s.fullOf(ctx, scope, e.ObjectID)
		if err != nil {
			return archive.File{}, err
		}
		e.Progress, e.Total = 1, 1
		return s.keep(ctx, func(w io.Writer) error { return s.makeFile(ctx, w, f, e.Format, wordsOf(e.Locale)) })
	case ExportMonth:
		return s.makeMonth(ctx, scope, e)
	}
	return archive.File{}, fmt.Errorf("no export is of the kind %q", e.Kind)
}
