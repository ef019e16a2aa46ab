package figures

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// bucket is a row of the figures, by its key.
type bucket struct {
	Merchant string
	Mode     app.Mode
	Span     Span
	Start    app.Millis
	Channel  app.Channel
	Account  string
	Method   string
}

// everybodys is the row that sums the bucket with those of all merchants, for the
// platform's pages: one for each channel.
func (b bucket) everybodys() bucket {
	return bucket{"", b.Mode, b.Span, b.Start, b.Channel, "", string(b.Channel)}
}

// errorBucket is a row of the refusals, by its key.
type errorBucket struct {
	Merchant string
	Mode     app.Mode
	Span     Span
	Start    app.Millis
	Channel  app.Channel
	Code     string
}

// tally gathers what a batch of payments changes in the figures.
type tally struct {
	buckets map[bucket]Counts
	errors  map[errorBucket]int64
	counted [][]any  // rows of figures_counted
	changed []string // those of them that had a row before
	refused [][]any  // rows of refused_attempts
}

func newTally() *tally {
	return &tally{buckets: map[bucket]Counts{}, errors: map[errorBucket]int64{}}
}

// count brings the figures to what the payments are now. It runs while tx holds
// the consumer's cursor, so that nobody else counts the same payments; what
// changes them meanwhile writes an event that comes later.
func count(ctx context.Context, tx *db.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	before, err := selectCounted(ctx, tx, ids)
	if err != nil {
		return err
	}
	now, err := read(ctx, tx, ids)
	if err != nil {
		return err
	}
	t := newTally()
	for _, p := range now {
		if err := t.replace(p, before[p.row.ID]); err != nil {
			return err
		}
	}
	return t.write(ctx, tx)
}

// counted is a payment and what it counts for.
type counted struct {
	row   paymentRow
	facts facts
}

// read computes what the payments count for at this moment.
func read(ctx context.Context, q db.Querier, ids []string) ([]counted, error) {
	rows, err := selectPayments(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	attempts, err := selectAttempts(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	refunds, err := selectRefunds(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	return countedOf(rows, attempts, refunds), nil
}

func countedOf(rows []paymentRow, attempts map[string][]attemptRow, refunds map[string][]refundRow) []counted {
	out := make([]counted, len(rows))
	for i, p := range rows {
		out[i] = counted{p, factsOf(p, attempts[p.ID], refunds[p.ID])}
	}
	return out
}

// replace takes what the payment counted for out of the sums and puts in what it
// counts for now.
func (t *tally) replace(p counted, before string) error {
	text, err := p.facts.encode()
	if err != nil || text == before {
		return wrap("count payment "+p.row.ID, err)
	}
	old, err := decodeFacts(before)
	if err != nil {
		return wrap("count payment "+p.row.ID, err)
	}
	t.add(p.row, old, -1)
	t.add(p.row, p.facts, 1)
	if before != "" {
		t.changed = append(t.changed, p.row.ID)
	}
	t.counted = append(t.counted, []any{p.row.ID, text})
	known := map[string]bool{}
	for _, r := range old.Refusals {
		known[r.Attempt] = true
	}
	for _, r := range p.facts.Refusals {
		if !known[r.Attempt] {
			t.refused = append(t.refused, []any{r.Attempt, p.row.MerchantID, p.row.Mode, r.Channel, r.Code, p.row.ID})
		}
	}
	return nil
}

// add counts facts into their hours and days, sign times.
func (t *tally) add(p paymentRow, f facts, sign int64) {
	for _, one := range f.Counts {
		for _, span := range []Span{Hour, Day} {
			b := bucket{p.MerchantID, p.Mode, span, span.Of(one.Hour), one.Channel, one.Account, one.Method}
			t.buckets[b] = t.buckets[b].add(one.Counts, sign)
			all := b.everybodys()
			t.buckets[all] = t.buckets[all].add(one.Counts, sign)
		}
	}
	for _, r := range f.Refusals {
		for _, span := range []Span{Hour, Day} {
			t.errors[errorBucket{p.MerchantID, p.Mode, span, span.Of(r.Hour), r.Channel, r.Code}] += sign
		}
	}
}

func (t *tally) write(ctx context.Context, tx *db.Tx) error {
	if len(t.counted) == 0 {
		return nil
	}
	if err := writeCounted(ctx, tx, t.changed, t.counted); err != nil {
		return err
	}
	if err := writeRefused(ctx, tx, t.refused); err != nil {
		return err
	}
	if err := t.addCounts(ctx, tx); err != nil {
		return err
	}
	return t.addRefusals(ctx, tx)
}
