package reconcile

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

func (c *comparison) query() payments.BooksQuery {
	return payments.BooksQuery{
		MerchantID: c.row.MerchantID, Mode: c.row.Mode, Channel: c.row.Channel, Identity: c.row.Identity, SubIdentity: c.row.SubIdentity, Day: c.row.Day,
	}
}

// books yields what our books hold of the day, and what the days before have
// carried over.
func (c *comparison) books(ctx context.Context, yield func(*match.Record) error) error {
	if err := c.earlier.foresee(ctx); err != nil {
		return err
	}
	until := app.ToMillis(c.row.Day.Start().Add(match.DefaultMargin))
	var r match.Record
	err := c.Payments.Books(ctx, c.query(), func(b *payments.BookRecord) (err error) {
		c.record(&r, b)
		if b.At < until { // so close to midnight that yesterday's bill may have it
			if r, err = c.placed(ctx, b); err != nil {
				return err
			}
		}
		return yield(&r)
	})
	if err != nil {
		return err
	}
	return c.carriedBooks(ctx, yield)
}

// yieldCarried yields records that were first looked for on an earlier day.
func (c *comparison) yieldCarried(ctx context.Context, list []payments.BookRecord, from app.Day, yield func(*match.Record) error) error {
	for i := range list {
		r, err := c.placed(ctx, &list[i])
		if err != nil {
			return err
		}
		r.CarriedFrom = from
		if err := yield(&r); err != nil {
			return err
		}
	}
	return nil
}

// carriedBooks yields what is carried over to this day, as it now stands.
func (c *comparison) carriedBooks(ctx context.Context, yield func(*match.Record) error) error {
	if c.out.base.runID == "" {
		return nil
	}
	list, err := c.store.carriedOf(ctx, c.DB, c.row.MerchantID, c.out.base.runID)
	if err != nil {
		return err
	}
	for from := c.row.Day.Add(-carryDays); from < c.row.Day; from = from.Next() {
		var numbers []string
		for _, o := range list {
			if o.From == from {
				numbers = append(numbers, o.Number)
			}
		}
		for chunk := range slices.Chunk(numbers, carriedAtOnce) {
			found, err := c.Payments.BooksByNumber(ctx, c.query(), chunk)
			if err != nil {
				return err
			}
			if err := c.yieldCarried(ctx, found, from, yield); err != nil {
				return err
			}
		}
	}
	return nil
}

const carriedAtOnce = 500

// lookup finds what lines are about whose numbers are not among the day's.
func (c *comparison) lookup(ctx context.Context, numbers []string) ([]match.Record, error) {
	found, err := c.Payments.BooksByNumber(ctx, c.query(), numbers)
	if err != nil {
		return nil, err
	}
	out := make([]match.Record, len(found))
	for i := range found {
		if out[i], err = c.placed(ctx, &found[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// placed is a record with the earlier day in whose bill it was found.
func (c *comparison) placed(ctx context.Context, b *payments.BookRecord) (match.Record, error) {
	var r match.Record
	c.record(&r, b)
	if b.At == 0 {
		return r, nil
	}
	var err error
	r.MatchedOn, err = c.earlier.foundOn(ctx, b.Kind, b.Number, app.DayOf(b.At.Time()))
	return r, err
}

// record translates a record of the books.
func (c *comparison) record(r *match.Record, b *payments.BookRecord) {
	rate, contracted := c.rates[b.AccountID]
	*r = match.Record{
		Kind: b.Kind, Number: b.Number, ChannelNo: b.ChannelNo, AttemptID: b.AttemptID, PaymentID: b.PaymentID, RefundID: b.RefundID, AccountID: b.AccountID,
		State: match.State(b.State), Amount: b.Amount, Settlement: b.Settlement, At: b.At, DoneAt: b.DoneAt,
		ContractRate: rate, HasContractRate: contracted, Reversed: b.Reversed, Recovered: b.Recovered,
	}
}
