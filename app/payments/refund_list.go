package payments

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// RefundFilter narrows a list of refunds. From and To are a half-open range of
// creation times.
type RefundFilter struct {
	RefundNo  string
	PaymentID string
	Status    RefundStatus
	Channel   app.Channel
	Source    RefundSource
	From, To  app.Millis
	Before    string // keyset: only ids below this one
	Limit     int    // 1 to 100; 0 means 20
}

// RefundPage is one page of a list, newest first. Next is the cursor of the page
// after it, "" on the last.
type RefundPage struct {
	Refunds []Refund
	Next    string
}

// GetRefund returns a refund of the scope, or NotFound with reason
// refund_not_found.
func (s *Service) GetRefund(ctx context.Context, scope Scope, id string) (Refund, error) {
	return s.store.refund(ctx, s.DB, scope, id)
}

// RefundsOf returns the refunds of a payment, oldest first, at most 100.
func (s *Service) RefundsOf(ctx context.Context, scope Scope, paymentID string) ([]Refund, error) {
	return s.store.refundsOf(ctx, s.DB, scope, paymentID)
}

// ListRefunds returns a page of the scope's refunds. A filter by RefundNo looks
// the number up; one by RefundNo, PaymentID or a state that somebody must end
// finds refunds of any age. It is Invalid for a limit outside 1–100, a foreign cursor or a span above 92 days.
func (s *Service) ListRefunds(ctx context.Context, scope Scope, f RefundFilter) (RefundPage, error) {
	if f.RefundNo != "" {
		return s.lookUpRefund(ctx, scope, f)
	}
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return RefundPage{}, app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	if f.Before != "" && !app.ValidID(app.PrefixRefund, f.Before) {
		return RefundPage{}, app.InvalidField("cursor", "bad_value", "cursor must be a next_cursor of an earlier page")
	}
	if f.PaymentID == "" && !f.OfAnyAge() {
		if err := s.boundRefunds(ctx, &f); err != nil {
			return RefundPage{}, err
		}
	}
	limit := f.Limit
	f.Limit++
	rows, err := s.store.listRefunds(ctx, s.DB, scope, f)
	if err != nil {
		return RefundPage{}, err
	}
	page := RefundPage{Refunds: rows}
	if len(rows) > limit {
		page.Refunds, page.Next = rows[:limit], rows[limit-1].ID
	}
	return page, nil
}

// OfAnyAge reports whether the filter selects what somebody or the channel has
// yet to end, however long ago it was asked for.
func (f RefundFilter) OfAnyAge() bool {
	return (f.Status == RefundAwaiting || f.Status == RefundAbnormal || f.Status == RefundPending) && f.From == 0 && f.To == 0
}

// boundRefunds fills in the range of times as lists of payments do.
func (s *Service) boundRefunds(ctx context.Context, f *RefundFilter) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	span := Filter{From: f.From, To: f.To}
	if err := span.span(now); err != nil {
		return err
	}
	f.From = span.From
	return nil
}

func (s *Service) lookUpRefund(ctx context.Context, scope Scope, f RefundFilter) (RefundPage, error) {
	key, err := s.store.refundKey(ctx, s.DB, scope, f.RefundNo)
	if errors.Is(err, db.ErrNoRows) {
		return RefundPage{}, nil
	}
	if err != nil {
		return RefundPage{}, err
	}
	r, err := s.store.refund(ctx, s.DB, scope, key.RefundID)
	if err != nil || !f.admits(r) {
		return RefundPage{}, err
	}
	return RefundPage{Refunds: []Refund{r}}, nil
}

// admits reports whether a refund found by number passes the other filters.
func (f RefundFilter) admits(r Refund) bool {
	return (f.Status == "" || f.Status == r.Status) && (f.Channel == "" || f.Channel == r.Channel) &&
		(f.Source == "" || f.Source == r.Source) && (f.PaymentID == "" || f.PaymentID == r.PaymentID) &&
		(f.From == 0 || r.CreatedAt >= f.From) && (f.To == 0 || r.CreatedAt < f.To)
}
