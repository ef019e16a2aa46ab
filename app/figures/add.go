package figures

import (
	"cmp"
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// together is how many merchants, and how many hours or days, the rows have that
// are rewritten at once: the statements select by lists of both.
const together = 100

// addCounts adds what has changed to the figures: it reads the rows, and writes
// them anew with what they lacked. The cursor that the transaction holds keeps
// everybody else from doing so.
func (t *tally) addCounts(ctx context.Context, tx *db.Tx) error {
	var changed []bucket
	for b, n := range t.buckets {
		if n != (Counts{}) {
			changed = append(changed, b)
		}
	}
	slices.SortFunc(changed, compareBuckets)
	for _, g := range groups(changed, bucket.place) {
		now, err := selectFiguresOf(ctx, tx, g)
		if err != nil {
			return err
		}
		for _, b := range g.members {
			now[b] = now[b].Plus(t.buckets[b])
		}
		if err := rewriteFigures(ctx, tx, g, now); err != nil {
			return err
		}
	}
	return nil
}

// addRefusals is addCounts for what channels refused.
func (t *tally) addRefusals(ctx context.Context, tx *db.Tx) error {
	var changed []errorBucket
	for b, n := range t.errors {
		if n != 0 {
			changed = append(changed, b)
		}
	}
	slices.SortFunc(changed, compareErrors)
	for _, g := range groups(changed, errorBucket.place) {
		now, err := selectRefusalsOf(ctx, tx, g)
		if err != nil {
			return err
		}
		for _, b := range g.members {
			now[b] += t.errors[b]
		}
		if err := rewriteRefusals(ctx, tx, g, now); err != nil {
			return err
		}
	}
	return nil
}

// spot is what rows are read and rewritten by.
type spot struct {
	mode     app.Mode
	span     Span
	start    app.Millis
	merchant string
}

func (b bucket) place() spot      { return spot{b.Mode, b.Span, b.Start, b.Merchant} }
func (b errorBucket) place() spot { return spot{b.Mode, b.Span, b.Start, b.Merchant} }

func (s spot) compare(o spot) int {
	return cmp.Or(cmp.Compare(s.mode, o.mode), cmp.Compare(s.span, o.span), cmp.Compare(s.start, o.start), cmp.Compare(s.merchant, o.merchant))
}

// compareBuckets gives rows one order: writers that meet must not deadlock.
func compareBuckets(a, b bucket) int {
	return cmp.Or(a.place().compare(b.place()), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Method, b.Method))
}

func compareErrors(a, b errorBucket) int {
	return cmp.Or(a.place().compare(b.place()), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Code, b.Code))
}

// group is rows of one mode and span that are rewritten at once, and with them
// whatever else its merchants have at these times.
type group[B any] struct {
	mode      app.Mode
	span      Span
	merchants []string
	starts    []app.Millis
	members   []B
}

// groups divides rows, which are in the order of their places.
func groups[B any](list []B, place func(B) spot) []group[B] {
	var out []group[B]
	for _, b := range list {
		p := place(b)
		if n := len(out); n == 0 || !out[n-1].takes(p) {
			out = append(out, group[B]{mode: p.mode, span: p.span})
		}
		out[len(out)-1].add(p, b)
	}
	return out
}

func (g *group[B]) takes(p spot) bool {
	return g.mode == p.mode && g.span == p.span &&
		(len(g.merchants) < together || slices.Contains(g.merchants, p.merchant)) && (len(g.starts) < together || slices.Contains(g.starts, p.start))
}

func (g *group[B]) add(p spot, b B) {
	if !slices.Contains(g.merchants, p.merchant) {
		g.merchants = append(g.merchants, p.merchant)
	}
	if !slices.Contains(g.starts, p.start) {
		g.starts = append(g.starts, p.start)
	}
	g.members = append(g.members, b)
}
