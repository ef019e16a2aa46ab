package figures

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

// The phases of building. While the sums are cleared, events are let pass: the
// payments they tell of are all read again afterwards.
const (
	phaseClearing = "clearing"
	phaseFilling  = "filling" // payments are counted in the order of their ids, position being the last
	phaseDone     = "done"
)

// page is how many payments one transaction of building counts: it holds up
// SQLite's only writer for some milliseconds.
const page = 200

// progress is how far building has come. Its zero value is a database whose
// payments nobody has counted yet.
type progress struct {
	Phase    string `db:"phase"`
	Position string `db:"position"`
}

// build does one page of work and reports whether there is more. The figures of
// a database that never had any begin with filling.
func (s *Service) build(ctx context.Context) (bool, error) {
	at, err := selectProgress(ctx, s.db)
	if err != nil || at.Phase == phaseDone {
		return false, err
	}
	more := false
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if _, err := s.events.HoldCursor(ctx, tx, consumer); err != nil {
			return err
		}
		at, err := selectProgress(ctx, tx) // another server may have gone on
		if err != nil {
			return err
		}
		switch at.Phase {
		case phaseDone:
		case phaseClearing:
			at, err = forget(ctx, tx, at)
		default:
			at, err = fill(ctx, tx, at)
		}
		if err != nil {
			return err
		}
		more = at.Phase != phaseDone
		return writeProgress(ctx, tx, at)
	})
	return more && err == nil, err
}

// fill counts the next page of payments.
func fill(ctx context.Context, tx *db.Tx, at progress) (progress, error) {
	ids, err := selectPaymentIDs(ctx, tx, at.Position, page)
	if err != nil {
		return at, err
	}
	if err := count(ctx, tx, ids); err != nil {
		return at, err
	}
	if len(ids) < page {
		return progress{Phase: phaseDone}, nil
	}
	return progress{phaseFilling, ids[len(ids)-1]}, nil
}

// forget removes a page of what was counted, and with the last of it the sums.
func forget(ctx context.Context, tx *db.Tx, at progress) (progress, error) {
	left, err := forgetCounted(ctx, tx, page)
	if err != nil || left {
		return at, err
	}
	for _, part := range []func(context.Context, *db.Tx) (bool, error){forgetFigures, forgetRefusals, forgetRefused} {
		if left, err := part(ctx, tx); err != nil || left {
			return at, err
		}
	}
	return progress{Phase: phaseFilling}, nil
}

// Rebuild forgets every figure and counts all payments again. It may run beside
// a busy server and on several at once, in short transactions; a server that
// ends in the middle leaves the rest to the next. report, when given, hears the
// last payment of each page.
func (s *Service) Rebuild(ctx context.Context, report func(paymentID string)) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if _, err := s.events.HoldCursor(ctx, tx, consumer); err != nil {
			return err
		}
		return writeProgress(ctx, tx, progress{Phase: phaseClearing})
	})
	if err != nil {
		return wrap("begin again", err)
	}
	return s.Build(ctx, report)
}

// Build counts what is left of payments that nobody has counted yet: those from
// before the figures existed, or from before Rebuild.
func (s *Service) Build(ctx context.Context, report func(paymentID string)) error {
	for {
		more, err := s.build(ctx)
		if err != nil || !more {
			return err
		}
		at, err := selectProgress(ctx, s.db)
		if err != nil {
			return err
		}
		if report != nil && at.Position != "" {
			report(at.Position)
		}
	}
}
