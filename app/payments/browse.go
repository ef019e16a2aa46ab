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
	pageWindows  = 12
	exportWindow = 2_000
)

// pageWindow is how many rows a page's n-th window has. What a window selects is
// read whole, so the first ones are small: most filters fill a page from those.
func pageWindow(n int) int {
	switch n {
	case 0:
		return 200
	case 1:
		return 1_000
	}
	return windowRows
}

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
	for n := range pageWindows {
		w, err := s.store.window(ctx, s.DB, scope, f, pageWindow(n))
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
		if w.N < int64(pageWindow(n)) {
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

// Sum sums what the filter selects, the newest first: until the end, most rows
// read, or the service's SumTime; then it is Capped, and there is more than it says.
func (s *Service) Sum(ctx context.Context, scope Scope, f Browse, most int64) (Figures, error) {
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
		if read >= most || time.Since(started) > s.SumTime {
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

// Walk goes through everything that a filter selects, newest first, in pieces of
// 2,000 rows at most, between which it holds no connection.
type Walk struct {
	filter  Browse
	until   app.Millis
	checked bool
}

// NewWalk begins a walk. What was created at until or later is left out.
func NewWalk(f Browse, until app.Millis) *Walk {
	f.Cursor, f.Oldest, f.Limit = "", false, 0
	if f.To == 0 || f.To > until {
		f.To = until
	}
	return &Walk{filter: f, until: until}
}

// At is the id that the walk has come to, "" at its beginning.
func (w *Walk) At() string { return w.filter.Cursor }

// WalkOn returns the next piece, which may be empty, and whether there can be
// more. It is Invalid for a span above 92 days.
func (s *Service) WalkOn(ctx context.Context, scope Scope, walk *Walk) (piece []Payment, more bool, err error) {
	f := &walk.filter
	if !walk.checked {
		if err := f.check(walk.until); err != nil {
			return nil, false, err
		}
		walk.checked = true
	}
	w, err := s.store.window(ctx, s.DB, scope, *f, exportWindow)
	if err != nil || w.N == 0 {
		return nil, false, err
	}
	rows, err := s.store.browse(ctx, s.DB, scope, *f, &w, exportWindow)
	if err != nil {
		return nil, false, err
	}
	f.Cursor = w.next(false)
	return rows, w.N == exportWindow, nil
}
