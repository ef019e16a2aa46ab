package payments

import (
	"context"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Lists reach back 30 days unless told otherwise, and span at most 92.
const (
	defaultSpan  = 30 * 24 * time.Hour
	maxSpan      = 92 * 24 * time.Hour
	defaultLimit = 20
	maxLimit     = 100
)

// Page is one page of a list, newest first. Next is the cursor of the page
// after it, "" on the last.
type Page struct {
	Payments []Payment
	Next     string
}

// List returns a page of the scope's payments. A filter by OrderNo looks the
// number up, whenever it was made. It is Invalid for a limit outside 1–100
// or a span above 92 days.
func (s *Service) List(ctx context.Context, scope Scope, f Filter) (Page, error) {
	if f.OrderNo != "" {
		return s.lookUp(ctx, scope, f)
	}
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return Page{}, app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	if f.Before != "" && !app.ValidID(app.PrefixPayment, f.Before) {
		return Page{}, app.InvalidField("cursor", "bad_value", "cursor must be a next_cursor of an earlier page")
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Page{}, err
	}
	if err := f.span(now); err != nil {
		return Page{}, err
	}
	limit := f.Limit
	f.Limit++
	rows, err := s.store.list(ctx, s.DB, scope, f)
	if err != nil {
		return Page{}, err
	}
	page := Page{Payments: rows}
	if len(rows) > limit {
		page.Payments = rows[:limit]
		page.Next = rows[limit-1].ID
	}
	return page, nil
}

// span fills in the range of times and bounds it.
func (f *Filter) span(now app.Millis) error {
	end := f.To
	if end == 0 {
		end = now
	}
	if f.From == 0 {
		f.From = end.Add(-defaultSpan)
	}
	if end < f.From || end-f.From > app.Millis(maxSpan.Milliseconds()) {
		return app.InvalidField("created_from", "out_of_range", "created_from must lie before created_to, at most 92 days")
	}
	return nil
}

// lookUp finds the payment of an order_no.
func (s *Service) lookUp(ctx context.Context, scope Scope, f Filter) (Page, error) {
	key, err := s.store.key(ctx, s.DB, scope, f.OrderNo)
	if errors.Is(err, db.ErrNoRows) {
		return Page{}, nil
	}
	if err != nil {
		return Page{}, err
	}
	p, err := s.store.payment(ctx, s.DB, scope, key.PaymentID)
	if err != nil || !f.admits(p) {
		return Page{}, err
	}
	return Page{Payments: []Payment{p}}, nil
}

// admits reports whether a payment found by number passes the other filters.
func (f Filter) admits(p Payment) bool {
	return (f.Status == "" || f.Status == p.Status) && (f.Method == "" || f.Method == p.Method) &&
		(f.Channel == "" || f.Channel == p.Channel) && (f.AccountID == "" || f.AccountID == p.AccountID) &&
		(f.From == 0 || p.CreatedAt >= f.From) && (f.To == 0 || p.CreatedAt < f.To)
}
