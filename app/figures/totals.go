package figures

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

// Filter selects payments, or refunds, as their lists do. From and To are a
// half-open range of creation times; To 0 has no bound. "" means all.
type Filter struct {
	From, To  app.Millis
	Channel   app.Channel
	AccountID string
	Method    string
	Status    string
}

// Totals sum the payments that a filter selects. Amounts are in fen.
type Totals struct {
	Count     int64
	Succeeded int64
	Amount    app.Money // of the succeeded ones
	Refunded  app.Money
}

// RefundTotals sum the refunds that a filter selects.
type RefundTotals struct {
	Count     int64
	Amount    app.Money // of all that is not failed or rejected
	Succeeded app.Money // of what arrived
}

// forever is later than any payment, and a whole hour.
const forever = app.Millis(1<<42) / hourMillis * hourMillis

// answers reports whether the figures can answer for the filter's range.
func (s *Service) answers(ctx context.Context, f *Filter) (bool, error) {
	if f.To == 0 {
		f.To = forever
	}
	if f.From == 0 || !(Range{f.From, f.To}).whole() {
		return false, nil
	}
	state, err := s.State(ctx)
	return err == nil && !state.Building, err
}

// Totals sums the payments that the filter selects, however many. It answers
// false where the figures cannot: for a range that does not begin and end at
// whole hours, without a beginning, by a status of payments that have not ended,
// and while the figures are being built. They lag the payments by a second.
func (s *Service) Totals(ctx context.Context, scope Scope, f Filter) (Totals, bool, error) {
	switch f.Status {
	case "", "succeeded", "closed", "failed":
	default:
		return Totals{}, false, nil
	}
	if ok, err := s.answers(ctx, &f); !ok {
		return Totals{}, false, err
	}
	n, err := s.sum(ctx, scope, f)
	if err != nil {
		return Totals{}, false, err
	}
	switch f.Status {
	case "succeeded":
		return Totals{n.Succeeded, n.Succeeded, n.SucceededAmount, n.Refunded}, true, nil
	case "closed":
		return Totals{Count: n.Closed}, true, nil
	case "failed":
		return Totals{Count: n.Failed}, true, nil
	}
	return Totals{n.Created, n.Succeeded, n.SucceededAmount, n.Refunded}, true, nil
}

// RefundTotals does for refunds what Totals does for payments; it knows all
// states together and the succeeded ones alone.
func (s *Service) RefundTotals(ctx context.Context, scope Scope, f Filter) (RefundTotals, bool, error) {
	if f.Status != "" && f.Status != "succeeded" {
		return RefundTotals{}, false, nil
	}
	if ok, err := s.answers(ctx, &f); !ok {
		return RefundTotals{}, false, err
	}
	n, err := s.sum(ctx, scope, f)
	if err != nil {
		return RefundTotals{}, false, err
	}
	if f.Status == "succeeded" {
		return RefundTotals{n.RefundsSucceeded, n.RefundsSucceededAmount, n.RefundsSucceededAmount}, true, nil
	}
	return RefundTotals{n.Refunds, n.RefundsStandingAmount, n.RefundsSucceededAmount}, true, nil
}

func (s *Service) sum(ctx context.Context, scope Scope, f Filter) (Counts, error) {
	var out Counts
	for _, p := range (Range{f.From, f.To}).parts() {
		rows, err := selectRows(ctx, s.db, scope, p, f)
		if err != nil {
			return out, err
		}
		out = out.Plus(Sum(rows))
	}
	return out, nil
}
