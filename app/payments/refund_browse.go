package payments

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// RefundBrowse is Browse for refunds. RequestedBy is the name of who asked: an
// e-mail address or a key's prefix.
type RefundBrowse struct {
	RefundFilter
	Method      channel.Method // of the attempt that is refunded
	AccountID   string
	RequestedBy string
	Amounts     AmountRange
	Oldest      bool
	Cursor      string
}

func (f RefundBrowse) direct() bool {
	for _, on := range []bool{f.Channel != "", f.Source != "", f.Method != "", f.AccountID != "", f.RequestedBy != "", f.Amounts != AmountRange{}} {
		if on {
			return false
		}
	}
	return f.PaymentID == "" || f.Status == ""
}

func (s *Service) checkRefunds(ctx context.Context, f *RefundBrowse) error {
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	if f.Cursor != "" && !app.ValidID(app.PrefixRefund, f.Cursor) {
		return app.InvalidField("cursor", "bad_value", "cursor must be the id of a refund")
	}
	if f.PaymentID != "" || f.OfAnyAge() {
		return nil
	}
	return s.boundRefunds(ctx, &f.RefundFilter)
}

// BrowseRefunds is Browse for refunds. A filter by a state that somebody must end
// finds refunds of any age.
func (s *Service) BrowseRefunds(ctx context.Context, scope Scope, f RefundBrowse) (RefundPage, error) {
	if err := s.checkRefunds(ctx, &f); err != nil {
		return RefundPage{}, err
	}
	if f.direct() {
		rows, err := s.store.browseRefunds(ctx, s.DB, scope, f, nil, f.Limit+1)
		return refundPageOf(rows, f.Limit), err
	}
	var found []Refund
	for n := range pageWindows {
		w, err := s.store.refundWindow(ctx, s.DB, scope, f, pageWindow(n))
		if err != nil || w.N == 0 {
			return RefundPage{Refunds: found}, err
		}
		rows, err := s.store.browseRefunds(ctx, s.DB, scope, f, &w, f.Limit+1-len(found))
		if err != nil {
			return RefundPage{}, err
		}
		if found = append(found, rows...); len(found) > f.Limit {
			return refundPageOf(found, f.Limit), nil
		}
		if w.N < int64(pageWindow(n)) {
			return RefundPage{Refunds: found}, nil
		}
		f.Cursor = w.next(f.Oldest)
	}
	return RefundPage{Refunds: found, Next: f.Cursor}, nil
}

func refundPageOf(rows []Refund, limit int) RefundPage {
	if len(rows) <= limit {
		return RefundPage{Refunds: rows}
	}
	return RefundPage{Refunds: rows[:limit], Next: rows[limit-1].ID}
}

// SumRefunds is Sum for refunds.
func (s *Service) SumRefunds(ctx context.Context, scope Scope, f RefundBrowse, most int64) (RefundFigures, error) {
	f.Cursor, f.Oldest, f.Limit = "", false, 0
	if err := s.checkRefunds(ctx, &f); err != nil {
		return RefundFigures{}, err
	}
	var out RefundFigures
	started := time.Now()
	for read := int64(0); ; {
		w, err := s.store.refundWindow(ctx, s.DB, scope, f, windowRows)
		if err != nil || w.N == 0 {
			return out, err
		}
		part, err := s.store.sumRefunds(ctx, s.DB, scope, f, w)
		if err != nil {
			return RefundFigures{}, err
		}
		out.Count, out.Amount, out.Succeeded = out.Count+part.Count, out.Amount+part.Amount, out.Succeeded+part.Succeeded
		if read += w.N; w.N < windowRows {
			return out, nil
		}
		f.Cursor = w.next(false)
		if read >= most || time.Since(started) > s.SumTime {
			rest, err := s.store.refundWindow(ctx, s.DB, scope, f, 1)
			out.Capped = rest.N > 0
			return out, err
		}
	}
}

// RefundWalk is Walk for refunds.
type RefundWalk struct {
	filter  RefundBrowse
	until   app.Millis
	checked bool
}

// NewRefundWalk is NewWalk for refunds.
func NewRefundWalk(f RefundBrowse, until app.Millis) *RefundWalk {
	f.Cursor, f.Oldest, f.Limit = "", false, 0
	return &RefundWalk{filter: f, until: until}
}

// At is the id that the walk has come to, "" at its beginning.
func (w *RefundWalk) At() string { return w.filter.Cursor }

// check bounds the walk: first the span, which a state of any age has not, and
// then by its end.
func (w *RefundWalk) check() error {
	f := &w.filter
	if f.PaymentID == "" && !f.OfAnyAge() {
		span := Filter{From: f.From, To: f.To}
		if err := span.span(w.until); err != nil {
			return err
		}
		f.From = span.From
	}
	if f.To == 0 || f.To > w.until {
		f.To = w.until
	}
	w.checked = true
	return nil
}

// WalkRefundsOn is WalkOn for refunds.
func (s *Service) WalkRefundsOn(ctx context.Context, scope Scope, walk *RefundWalk) (piece []Refund, more bool, err error) {
	if !walk.checked {
		if err := walk.check(); err != nil {
			return nil, false, err
		}
	}
	f := &walk.filter
	w, err := s.store.refundWindow(ctx, s.DB, scope, *f, exportWindow)
	if err != nil || w.N == 0 {
		return nil, false, err
	}
	rows, err := s.store.browseRefunds(ctx, s.DB, scope, *f, &w, exportWindow)
	if err != nil {
		return nil, false, err
	}
	f.Cursor = w.next(false)
	return rows, w.N == exportWindow, nil
}

// RefundsOfMany returns the refunds of several payments, oldest first, by payment.
func (s *Service) RefundsOfMany(ctx context.Context, scope Scope, paymentIDs []string) (map[string][]Refund, error) {
	out := map[string][]Refund{}
	if len(paymentIDs) == 0 {
		return out, nil
	}
	list, err := s.store.refundsOfMany(ctx, s.DB, scope, paymentIDs)
	for _, r := range list {
		out[r.PaymentID] = append(out[r.PaymentID], r)
	}
	return out, err
}

// MethodsOf returns how the payers of attempts paid, by the attempts' ids.
func (s *Service) MethodsOf(ctx context.Context, scope Scope, attemptIDs []string) (map[string]channel.Method, error) {
	out := map[string]channel.Method{}
	if len(attemptIDs) == 0 {
		return out, nil
	}
	list, err := s.store.methodsOf(ctx, s.DB, scope, attemptIDs)
	for _, a := range list {
		out[a.ID] = a.Method
	}
	return out, err
}
