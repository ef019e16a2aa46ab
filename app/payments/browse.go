package payments

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
)

// What no single index serves is looked for in windows: so many rows of the index
// that serves best, of which the rest of the filter then picks. A page reads a
// number of windows at most and hands back a cursor to go on from.
const (
	windowRows   = 5_000
	pageWindows  = 10
	sumRows      = 100_000
	sumBudget    = 2 * time.Second
	exportWindow = 2_000
)

// Browse is a list's filter with what no index serves, and its order. Cursor is
// the last id of the page before; OrderNo and Before of the Filter are ignored.
type Browse struct {
	Filter
	Amounts AmountRange
	Oldest  bool // first, instead of last
	Cursor  string
}

// window is a stretch of an index: n ids, from Low to High.
type window struct {
	N    int64  `db:"n"`
	Low  string `db:"low"`
	High string `db:"high"`
}

// next is the cursor behind the window.
func (w window) next(oldest bool) string {
	if oldest {
		return w.High
	}
	return w.Low
}

// direct reports whether an index serves the whole filter.
func (f Browse) direct() bool {
	set := 0
	for _, on := range []bool{f.Status != "", f.Method != "", f.Channel != "", f.AccountID != "", f.Amounts != AmountRange{}} {
		if on {
			set++
		}
	}
	return set == 0 || set == 1 && f.Amounts == AmountRange{}
}

// check fills in the range of times and bounds it, and the limit.
func (f *Browse) check(now app.Millis) error {
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	if f.Cursor != "" && !app.ValidID(app.PrefixPayment, f.Cursor) {
		return app.InvalidField("cursor", "bad_value", "cursor must be the id of a payment")
	}
	return f.span(now)
}

// Browse returns a page of the scope's payments. Where no index serves the
// filter, a page can be short, or even empty, and still have a Next. It is Invalid
// for a limit outside 1–100, a foreign cursor or a span above 92 days.
func (s *Service) Browse(ctx context.Context, scope Scope, f Browse) (Page, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Page{}, err
	}
	if err := f.check(now); err != nil {
		return Page{}, err
	}
	if f.direct() {
		rows, err := s.store.browse(ctx, s.DB, scope, f, nil, f.Limit+1)
		return pageOf(rows, f.Limit), err
	}
	var found []Payment
	for range pageWindows {
		w, err := s.store.window(ctx, s.DB, scope, f, windowRows)
		if err != nil || w.N == 0 {
			return Page{Payments: found}, err
		}
		rows, err := s.store.browse(ctx, s.DB, scope, f, &w, f.Limit+1-len(found))
		if err != nil {
			return Page{}, err
		}
		if found = append(found, rows...); len(found) > f.Limit {
			return pageOf(found, f.Limit), nil
		}
		if w.N < windowRows {
			return Page{Payments: found}, nil
		}
		f.Cursor = w.next(f.Oldest)
	}
	return Page{Payments: found, Next: f.Cursor}, nil
}

func pageOf(rows []Payment, limit int) Page {
	if len(rows) <= limit {
		return Page{Payments: rows}
	}
	return Page{Payments: rows[:limit], Next: rows[limit-1].ID}
}

// Sum sums what the filter selects, the newest first: until the end, 100,000 rows
// read, or two seconds; then it is Capped, and there is more than it says.
func (s *Service) Sum(ctx context.Context, scope Scope, f Browse) (Figures, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Figures{}, err
	}
	f.Cursor, f.Oldest, f.Limit = "", false, 0
	if err := f.check(now); err != nil {
		return Figures{}, err
	}
	var out Figures
	started := time.Now()
	for read := int64(0); ; {
		w, err := s.store.window(ctx, s.DB, scope, f, windowRows)
		if err != nil || w.N == 0 {
			return out, err
		}
		part, err := s.store.sum(ctx, s.DB, scope, f, w)
		if err != nil {
			return Figures{}, err
		}
		out.add(part)
		if read += w.N; w.N < windowRows {
			return out, nil
		}
		f.Cursor = w.next(false)
		if read >= sumRows || time.Since(started) > sumBudget {
			out.Capped, err = s.goesOn(ctx, scope, f)
			return out, err
		}
	}
}

// goesOn reports whether there is anything behind the filter's cursor.
func (s *Service) goesOn(ctx context.Context, scope Scope, f Browse) (bool, error) {
	w, err := s.store.window(ctx, s.DB, scope, f, 1)
	return w.N > 0, err
}

func (f *Figures) add(o Figures) {
	f.Count += o.Count
	f.Succeeded += o.Succeeded
	f.Amount += o.Amount
	f.Refunded += o.Refunded
}

// Walk yields everything that the filter selects, newest first, in pieces of
// 2,000 rows at most, between which it holds no connection. until bounds it: what
// was created from then on is left out. at is the id that the reading has come
// to; a piece may be empty.
func (s *Service) Walk(ctx context.Context, scope Scope, f Browse, until app.Millis, yield func(piece []Payment, at string) error) error {
	f.Cursor, f.Oldest, f.Limit = "", false, 0
	if f.To == 0 || f.To > until {
		f.To = until
	}
	if err := f.check(until); err != nil {
		return err
	}
	for {
		w, err := s.store.window(ctx, s.DB, scope, f, exportWindow)
		if err != nil || w.N == 0 {
			return err
		}
		rows, err := s.store.browse(ctx, s.DB, scope, f, &w, exportWindow)
		if err != nil {
			return err
		}
		f.Cursor = w.next(false)
		if err := yield(rows, f.Cursor); err != nil {
			return err
		}
	}
}
