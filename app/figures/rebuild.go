package figures

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

// The phases of building. While the sums are cleared, events are let pass: the
// payments they tell of are all read again afterwards.
const (
	phaseClearing = "clearing" // position is the last payment that was forgotten
	phaseFilling  = "filling"  // payments are counted in the order of their ids, position being the last
	phaseDone     = "done"
)

// pageSize is how many payments one transaction of building counts. They are read
// before it begins, so that it holds up SQLite's only writer, and other servers'
// counting, for some milliseconds.
const pageSize = 2000

// progress is how far building has come. Its zero value is a database whose
// payments nobody has counted yet. Generation tells one rebuilding from the next.
type progress struct {
	Phase      string `db:"phase"`
	Position   string `db:"position"`
	Generation int64  `db:"generation"`
}

// build does one page of work and reports whether there is more. The figures of
// a database that never had any begin with filling.
func (s *Service) build(ctx context.Context) (bool, error) {
	at, err := selectProgress(ctx, s.db)
	if err != nil || at.Phase == phaseDone {
		return false, err
	}
	if at.Phase == phaseClearing {
		return true, s.clear(ctx)
	}
	p, err := s.readPage(ctx, at)
	if err != nil {
		return false, err
	}
	_, err = s.fill(ctx, p)
	return !p.last || err != nil, err
}

// clear forgets a page.
func (s *Service) clear(ctx context.Context) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if _, err := s.events.HoldCursor(ctx, tx, consumer); err != nil {
			return err
		}
		at, err := selectProgress(ctx, tx) // another server may have gone on
		if err != nil || at.Phase != phaseClearing {
			return err
		}
		if at, err = forget(ctx, tx, at, s.page); err != nil {
			return err
		}
		return writeProgress(ctx, tx, at)
	})
}

// forget removes a page of what was counted, and with the last of it the sums.
func forget(ctx context.Context, tx *db.Tx, at progress, page int) (progress, error) {
	last, err := forgetCounted(ctx, tx, at.Position, page)
	if err != nil || last != "" {
		at.Position = last
		return at, err
	}
	for _, part := range []func(context.Context, *db.Tx, int) (bool, error){forgetFigures, forgetRefusals, forgetRefused} {
		if left, err := part(ctx, tx, page); err != nil || left {
			return at, err
		}
	}
	return progress{Phase: phaseFilling, Generation: at.Generation}, nil
}

// Rebuild forgets every figure and counts all payments again. It may run beside
// a busy server and on several at once, in short transactions; a server that
// ends in the middle leaves the rest to the next. report, when given, hears the
// last payment of each page.
func (s *Service) Rebuild(ctx context.Context, report func(paymentID string)) error {
	if err := s.beginAgain(ctx); err != nil {
		return err
	}
	return s.Build(ctx, report)
}

func (s *Service) beginAgain(ctx context.Context) error {
	return wrap("begin again", s.db.InTx(ctx, func(tx *db.Tx) error {
		if _, err := s.events.HoldCursor(ctx, tx, consumer); err != nil {
			return err
		}
		at, err := selectProgress(ctx, tx)
		if err != nil {
			return err
		}
		return writeProgress(ctx, tx, progress{Phase: phaseClearing, Generation: at.Generation + 1})
	}))
}

// Build counts what is left of payments that nobody has counted yet: those from
// before the figures existed, or from before Rebuild.
func (s *Service) Build(ctx context.Context, report func(paymentID string)) error {
	if report == nil {
		report = func(string) {}
	}
	for {
		at, err := selectProgress(ctx, s.db)
		switch {
		case err != nil || at.Phase == phaseDone:
			return err
		case at.Phase == phaseClearing:
			err = s.clear(ctx)
		default:
			err = s.fillAll(ctx, at, report)
		}
		if err != nil {
			return err
		}
	}
}
