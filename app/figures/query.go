package figures

import (
	"cmp"
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
)

// Range is a half-open range of times at whole hours of UTC.
type Range struct{ From, To app.Millis }

// whole reports whether the range begins and ends at whole hours.
func (r Range) whole() bool {
	return r.From%hourMillis == 0 && r.To%hourMillis == 0 && r.From <= r.To
}

// part is a piece of a range that rows of one span cover.
type part struct {
	span Span
	Range
}

// parts covers the range with as few rows as can be: whole days of Beijing, and
// the hours before and after them.
func (r Range) parts() []part {
	first := Day.Of(r.From)
	if first < r.From {
		first += dayMillis
	}
	last := Day.Of(r.To)
	if first >= last {
		return []part{{Hour, r}}
	}
	out := []part{}
	if r.From < first {
		out = append(out, part{Hour, Range{r.From, first}})
	}
	out = append(out, part{Day, Range{first, last}})
	if last < r.To {
		out = append(out, part{Hour, Range{last, r.To}})
	}
	return out
}

// Point is the figures of the hour or day that starts at Start.
type Point struct {
	Start app.Millis `db:"starts_at"`
	Counts
}

// Row is the figures of one merchant's account by one method.
type Row struct {
	MerchantID string      `db:"merchant_id"`
	Channel    app.Channel `db:"channel"`
	AccountID  string      `db:"account_id"`
	Method     string      `db:"method"`
	Counts
}

// Refusal is how often a channel refused with a code.
type Refusal struct {
	Channel app.Channel `db:"channel"`
	Code    string      `db:"error_code"`
	Count   int64       `db:"refused"`
}

// Series returns the figures of every hour or day of the range that has any,
// oldest first.
func (s *Service) Series(ctx context.Context, scope Scope, r Range, span Span) ([]Point, error) {
	var out []Point
	var err error
	if scope.MerchantID == "" {
		out, err = selectPlatformSeries(ctx, s.db, scope.Mode, part{span, r})
	} else {
		out, err = selectSeries(ctx, s.db, scope, part{span, r})
	}
	return out, err
}

// Rows returns the figures of the range by account and method; the platform's
// by merchant and channel instead, and of those only what was created and
// succeeded, and the refunds that stand.
func (s *Service) Rows(ctx context.Context, scope Scope, r Range) ([]Row, error) {
	type key struct {
		merchant, account, method string
		channel                   app.Channel
	}
	sums, order := map[key]Counts{}, []key{}
	for _, p := range r.parts() {
		found, err := s.rows(ctx, scope, p)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			k := key{f.MerchantID, f.AccountID, f.Method, f.Channel}
			if _, known := sums[k]; !known {
				order = append(order, k)
			}
			sums[k] = sums[k].Plus(f.Counts)
		}
	}
	out := make([]Row, len(order))
	for i, k := range order {
		out[i] = Row{k.merchant, k.channel, k.account, k.method, sums[k]}
	}
	return out, nil
}

func (s *Service) rows(ctx context.Context, scope Scope, p part) ([]Row, error) {
	if scope.MerchantID == "" {
		return selectMerchants(ctx, s.db, scope.Mode, p)
	}
	return selectRows(ctx, s.db, scope, p, Filter{})
}

// Sum returns the figures of the range.
func (s *Service) Sum(ctx context.Context, scope Scope, r Range) (Counts, error) {
	var out Counts
	for _, p := range r.parts() {
		var rows []Row
		var err error
		if scope.MerchantID == "" {
			rows, err = selectPlatformSum(ctx, s.db, scope.Mode, p)
		} else {
			rows, err = selectRows(ctx, s.db, scope, p, Filter{})
		}
		if err != nil {
			return out, err
		}
		out = out.Plus(Sum(rows))
	}
	return out, nil
}

// Sum adds rows up.
func Sum(rows []Row) Counts {
	var out Counts
	for _, r := range rows {
		out = out.Plus(r.Counts)
	}
	return out
}

// Refusals returns how often channels refused in the range, by code, the most
// frequent first.
func (s *Service) Refusals(ctx context.Context, scope Scope, r Range) ([]Refusal, error) {
	var out []Refusal
	for _, p := range r.parts() {
		found, err := s.refusals(ctx, scope, p)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			i := slices.IndexFunc(out, func(o Refusal) bool { return o.Channel == f.Channel && o.Code == f.Code })
			if i < 0 {
				out = append(out, f)
			} else {
				out[i].Count += f.Count
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Code, b.Code))
	})
	return slices.DeleteFunc(out, func(r Refusal) bool { return r.Count == 0 }), nil
}

func (s *Service) refusals(ctx context.Context, scope Scope, p part) ([]Refusal, error) {
	if scope.MerchantID == "" {
		return selectPlatformRefusals(ctx, s.db, scope.Mode, p)
	}
	return selectRefusals(ctx, s.db, scope, p)
}

// RefusedBy is how often a channel refused one merchant's attempts.
type RefusedBy struct {
	MerchantID string `db:"merchant_id"`
	Count      int64  `db:"refused"`
}

// RefusedBy returns how often the channel refused with the code in the range, by
// merchant, the most frequent first. It is for the platform's own pages.
func (s *Service) RefusedBy(ctx context.Context, mode app.Mode, r Range, c app.Channel, code string) ([]RefusedBy, error) {
	sums := map[string]int64{}
	for _, p := range r.parts() {
		found, err := selectRefusedBy(ctx, s.db, mode, p, c, code)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			sums[f.MerchantID] += f.Count
		}
	}
	var out []RefusedBy
	for id, n := range sums {
		if n > 0 {
			out = append(out, RefusedBy{id, n})
		}
	}
	slices.SortFunc(out, func(a, b RefusedBy) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.MerchantID, b.MerchantID))
	})
	return out, nil
}

// RefusedFilter selects attempts that a channel refused. Channel and Code ""
// mean all; From and To are a half-open range of when they were made.
type RefusedFilter struct {
	Channel  app.Channel
	Code     string
	From, To app.Millis
	Before   string // keyset: only attempts with ids below this one
	Limit    int
}

// Refused is an attempt that its channel refused for certain.
type Refused struct {
	AttemptID string      `db:"attempt_id"`
	PaymentID string      `db:"payment_id"`
	OrderNo   string      `db:"order_no"`
	Amount    app.Money   `db:"amount"`
	Status    string      `db:"status"` // of the payment, as it is now
	Channel   app.Channel `db:"channel"`
	Method    string      `db:"method"`
	Code      string      `db:"error_code"`
	Message   string      `db:"error_message"` // the channel's words, untranslated
	CreatedAt app.Millis  `db:"created_at"`
}

// RefusedAttempts lists a merchant's refused attempts, newest first.
func (s *Service) RefusedAttempts(ctx context.Context, scope Scope, f RefusedFilter) ([]Refused, error) {
	return selectRefused(ctx, s.db, scope, f)
}
