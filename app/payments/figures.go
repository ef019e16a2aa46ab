package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

// figuresCap bounds how many payments one sum reads, so that a page of a busy
// merchant costs as much as any other.
const figuresCap = 20_000

// Figures sum the payments that a filter selects. Amounts are in fen.
type Figures struct {
	Count     int64     `db:"n"`
	Succeeded int64     `db:"succeeded"`
	Amount    app.Money `db:"amount"` // of the succeeded ones
	Refunded  app.Money `db:"refunded"`
	// Capped says that summing stopped at the newest Count payments.
	Capped bool `db:"-"`
}

// Figures sums the newest 20,000 payments that the filter selects at most; its
// OrderNo, Before and Limit are ignored. It is Invalid for a span above 92 days.
func (s *Service) Figures(ctx context.Context, scope Scope, f Filter) (Figures, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Figures{}, err
	}
	if err := f.span(now); err != nil {
		return Figures{}, err
	}
	out, err := s.store.figures(ctx, s.DB, scope, f, figuresCap)
	if err != nil {
		return Figures{}, err
	}
	out.Capped = out.Count >= figuresCap
	return out, nil
}

// Waiting tells of payments whose fate at the channel nobody knows: created
// before the time and not certainly accepted since. It counts 100 at most.
type Waiting struct {
	Count  int        `db:"n"`
	Oldest app.Millis `db:"oldest"`
}

// Waiting returns the scope's payments of the last day that were created before
// the time and still have no certain answer.
func (s *Service) Waiting(ctx context.Context, scope Scope, before app.Millis) (Waiting, error) {
	return s.store.waiting(ctx, s.DB, scope, before)
}

// Any reports whether the scope has a payment at all.
func (s *Service) Any(ctx context.Context, scope Scope) (bool, error) {
	newest, err := s.store.list(ctx, s.DB, scope, Filter{Limit: 1})
	return len(newest) > 0, err
}
