package exceptions

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Matched clears what earlier runs filed as missing at the channel and this one
// found in its bill after all, in the run's own transaction, as File clears. The
// numbers are those of matched records that do not belong to the run's own day:
// what an earlier execution found and this one does not is open again. Closed
// months are left as they are.
func (s *Service) Matched(ctx context.Context, tx *db.Tx, run RunRef, numbers []string) (cleared int, err error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return 0, err
	}
	ctx = audit.WithActor(ctx, runner)
	f := &filing{s: s, run: run, now: now}
	for chunk := range slices.Chunk(numbers, 200) {
		missing, err := s.store.lockMissing(ctx, tx, run, chunk, now)
		if err != nil {
			return 0, err
		}
		var gone []*filed
		for i := range missing {
			closed, err := f.closed(ctx, tx, missing[i].Day)
			if err != nil {
				return 0, err
			}
			if !closed {
				gone = append(gone, &missing[i])
			}
		}
		if err := f.clearAll(ctx, tx, gone); err != nil {
			return 0, err
		}
	}
	if err := f.openLost(ctx, tx, numbers); err != nil {
		return 0, err
	}
	return f.cleared, f.write(ctx, tx)
}

// openLost opens what earlier executions of this run had found in its bill, and
// this one did not.
func (f *filing) openLost(ctx context.Context, tx *db.Tx, numbers []string) error {
	before, err := f.s.store.lockFound(ctx, tx, f.run, f.now)
	if err != nil || len(before) == 0 {
		return err
	}
	still := make(map[string]bool, len(numbers))
	for _, n := range numbers {
		still[n] = true
	}
	for i := range before {
		closed, err := f.closed(ctx, tx, before[i].Day)
		if err != nil {
			return err
		}
		if closed || still[before[i].Number] {
			continue
		}
		if err := f.reopen(ctx, tx, before[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// reopen opens a cleared exception as it was filed.
func (f *filing) reopen(ctx context.Context, tx *db.Tx, id string) error {
	e, err := f.s.store.get(ctx, tx, f.scope(), id)
	if err != nil {
		return err
	}
	from := e.Status
	e.Status, e.ClosedAt, e.ClearedBy = Open, 0, ""
	if ok, err := f.s.store.update(ctx, tx, &e); err != nil || !ok {
		return firstErr(err, raced(id))
	}
	f.opened++
	f.note(ctx, e, EventReopened, from)
	return nil
}
