package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

// A list by amount has no index to go by: it reads so many rows at most and
// then hands back a cursor to go on from.
const (
	scanPage   = 500
	scanBudget = 5_000
)

// AmountRange is a range of amounts in fen, both ends included; 0 is no bound.
type AmountRange struct{ Min, Max app.Money }

func (r AmountRange) holds(m app.Money) bool {
	return m >= r.Min && (r.Max == 0 || m <= r.Max)
}

// ListByAmount is List with a range of amounts besides. It reads 5,000 payments
// at most, so a page can be short, or even empty, and still have a Next.
func (s *Service) ListByAmount(ctx context.Context, scope Scope, f Filter, amounts AmountRange) (Page, error) {
	limit := f.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	f.Limit = maxLimit
	page, err := s.List(ctx, scope, f) // checks the filter
	if err != nil || f.OrderNo != "" {
		page.Payments = within(page.Payments, amounts)
		return page, err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Page{}, err
	}
	if err := f.span(now); err != nil {
		return Page{}, err
	}
	return s.scan(ctx, scope, f, amounts, limit)
}

func (s *Service) scan(ctx context.Context, scope Scope, f Filter, amounts AmountRange, limit int) (Page, error) {
	var out Page
	f.Limit = scanPage
	for read := 0; read < scanBudget; read += scanPage {
		rows, err := s.store.list(ctx, s.DB, scope, f)
		if err != nil {
			return Page{}, err
		}
		for _, p := range rows {
			if !amounts.holds(p.Amount) {
				continue
			}
			if len(out.Payments) == limit {
				out.Next = out.Payments[limit-1].ID
				return out, nil
			}
			out.Payments = append(out.Payments, p)
		}
		if len(rows) < scanPage {
			return out, nil
		}
		f.Before = rows[len(rows)-1].ID
	}
	out.Next = f.Before
	return out, nil
}

func within(list []Payment, amounts AmountRange) []Payment {
	var out []Payment
	for _, p := range list {
		if amounts.holds(p.Amount) {
			out = append(out, p)
		}
	}
	return out
}
