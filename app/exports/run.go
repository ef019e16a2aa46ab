package exports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

// lease is how long an export is held without a word: so long after a server was
// killed another begins anew.
const lease = 30 * time.Second

// delays are waited after failures; after the last an export has failed.
var delays = []time.Duration{10 * time.Second, time.Minute}

// errTaken means that the export was cancelled, or is another server's by now.
var errTaken = errors.New("the export is no longer this server's")

// RunDue makes the exports that are due and returns how many were finished. One
// that fails is tried again later; its error is logged and kept with it.
func (s *Service) RunDue(ctx context.Context) (int, error) {
	done := 0
	for {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return done, err
		}
		e, found, err := s.store.claim(ctx, s.DB, s.Owner, now, now.Add(lease))
		if err != nil || !found {
			return done, err
		}
		if err := s.finish(ctx, e); err != nil {
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			if !errors.Is(err, errTaken) {
				s.Logger.WarnContext(ctx, "export failed", "export", e.ID, "kind", e.Kind, "tries", e.Tries, "error", err)
			}
			continue
		}
		done++
	}
}

// finish makes a claimed export and notes what came of it.
func (s *Service) finish(ctx context.Context, e Export) error {
	p := &progress{}
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	renewed := make(chan struct{})
	go func() { defer close(renewed); s.renew(work, e, p, stop) }()
	file, err := s.Shelf.Lay(work, e.ID, func(w io.Writer) error { return s.write(work, e, p, w) })
	if cause := context.Cause(work); err != nil && cause != nil {
		err = errors.Join(cause, err)
	}
	stop(nil)
	<-renewed
	if errors.Is(err, errTaken) {
		return err
	}
	lasting := context.WithoutCancel(ctx)
	now, nowErr := s.DB.Now(lasting)
	if nowErr != nil {
		return errors.Join(err, nowErr)
	}
	ended, next := e.outcome(file, p, err, ctx.Err() != nil, now)
	held, noteErr := s.store.finish(lasting, s.DB, ended, next, now)
	if noteErr == nil && !held {
		noteErr = errTaken
	}
	return errors.Join(err, noteErr)
}

// outcome is the export after a try, and when it is due again, 0 when it has
// ended.
func (e Export) outcome(file archive.File, p *progress, err error, stopped bool, now app.Millis) (Export, app.Millis) {
	e.Rows, e.Progress = p.read()
	switch {
	case err == nil:
		e.Status, e.SHA256, e.Size, e.Progress, e.Error, e.FinishedAt, e.ExpiresAt = Done, file.Key, file.Size, whole, "", now, now.Add(Kept)
		return e, 0
	case stopped: // shut down: another server goes on at once
		e.Status = Queued
		e.Tries--
		return e, now
	case int(e.Tries) <= len(delays):
		e.Status, e.Error = Queued, clip(err.Error())
		return e, now.Add(delays[e.Tries-1])
	}
	e.Status, e.Error, e.FinishedAt, e.ExpiresAt = Failed, clip(err.Error()), now, now.Add(Kept)
	return e, 0
}

// clip keeps the error within its column.
func clip(text string) string {
	const longest = 450
	letters := []rune(text)
	return string(letters[:min(len(letters), longest)])
}

// renew keeps the lease and notes the progress while the file is made, and stops
// the work when the export was cancelled or another server has it.
func (s *Service) renew(ctx context.Context, e Export, p *progress, stop context.CancelCauseFunc) {
	tick := time.NewTicker(s.noteEvery)
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
		e.Rows, e.Progress = p.read()
		if held, err := s.store.renew(ctx, s.DB, e, now.Add(lease), now); err == nil && !held {
			stop(errTaken)
			return
		}
	}
}

// ExpireDue removes the files that have had their time and returns how many
// exports that were.
func (s *Service) ExpireDue(ctx context.Context) (int, error) {
	done := 0
	for {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return done, err
		}
		list, err := s.store.expired(ctx, s.DB, now)
		if err != nil || len(list) == 0 {
			return done, err
		}
		for _, e := range list {
			// Should this end in between, the next run removes nothing and notes it.
			if err := s.Shelf.Remove(ctx, e.ID); err != nil {
				return done, fmt.Errorf("remove the file of %s: %w", e.ID, err)
			}
			if err := s.store.forget(ctx, s.DB, e, now); err != nil {
				return done, err
			}
			done++
		}
	}
}
