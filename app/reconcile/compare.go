package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// comparison is one pass over both sides of the day.
type comparison struct {
	*execution
	bill    *Bill // nil when the channel has none
	out     *outcome
	totals  channel.BillTotals
	sums    tradeSums
	rates   map[string]app.Rate // by account
	earlier *earlier
}

// compare reads the bill and our books and compares them. The result file is
// written to file.
func (e *execution) compare(ctx context.Context, o originals, file *os.File) (*comparison, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("write the result: %w", err)
	}
	if err := file.Truncate(0); err != nil {
		return nil, fmt.Errorf("write the result: %w", err)
	}
	c := &comparison{execution: e, bill: o.trades, out: &outcome{status: StatusDone}, rates: map[string]app.Rate{}}
	c.out.result.FundsMissing = o.fundsMissing
	if o.trades == nil {
		c.out.status = StatusNoBill
	}
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	defer c.earlier.close()
	var err error
	c.out.matched, err = match.Run(ctx, match.Config{Day: e.row.Day, Dir: e.ScratchDir, Result: file}, c.books, c.lines, c.lookup,
		func(i *match.Item) error { c.out.item(e.row.Day, e.MaxDifferences, i); return nil })
	if c.bill != nil {
		if kept := e.keepRead(ctx, c.bill, err); kept != nil {
			return nil, kept
		}
	}
	if err != nil {
		return nil, err
	}
	c.out.lines = c.out.matched.Lines
	c.out.findings = append(c.out.findings, summaryFindings("summary:", c.totals.Differences())...)
	return c, nil
}

// prepare reads what the comparison needs to know besides.
func (c *comparison) prepare(ctx context.Context) error {
	accounts, err := c.Merchants.AccountsOf(ctx, c.row.MerchantID, c.row.IdentityID)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.FeeRate != merchants.NoRate && !c.looking {
			c.rates[a.ID] = a.FeeRate
		}
	}
	if c.out.base, err = c.readBase(ctx); err != nil {
		return err
	}
	c.out.carriedIn = c.out.base.hash
	now, err := c.DB.Now(ctx)
	if err != nil {
		return err
	}
	c.out.partial = c.bill != nil && app.ToMillis(c.row.Day.End()) > c.bill.FetchedAt || c.bill == nil && app.ToMillis(c.row.Day.End()) > now
	c.earlier = newEarlier(c.Service, c.row)
	return nil
}

// lines reads the bill. The engine reads both sides at once.
func (c *comparison) lines(ctx context.Context, yield func(*channel.BillLine) error) error {
	if c.bill == nil {
		return nil
	}
	blob, err := c.Archive.Open(ctx, c.bill.Key)
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }()
	source := c.source(c.bill, blob)
	far := &reach{ReaderAt: blob}
	source.Bytes = far
	c.bill.Lines = 0
	c.sums = tradeSums{}
	c.totals, err = c.Channels.Reader(c.row.Channel).ReadTrades(source, func(l *channel.BillLine) error {
		c.count(l)
		if c.bill.Lines++; c.bill.Lines%1024 == 0 {
			c.show(far)
		}
		return yield(l)
	})
	return err
}

func (c *comparison) count(l *channel.BillLine) {
	c.sums.Add(l)
	if l.Kind == channel.LineRefund {
		c.sums.roundedFee -= l.Fee.Round()
		c.sums.back += l.Fee
		c.sums.roundedBack += l.Fee.Round()
		if l.RefundState == channel.RefundClosed {
			c.sums.closed += l.Settlement
			c.sums.closedFee += l.Fee
			c.sums.closedRoundedFee += l.Fee.Round()
		}
		return
	}
	c.sums.roundedFee += l.Fee.Round()
}

// show tells how far reading is, and about how many lines there will be, by the
// share of the file that was read.
func (c *comparison) show(far *reach) {
	c.done.lines.Store(c.bill.Lines)
	if read := far.at.Load(); read > 0 {
		c.done.expected.Store(max(c.bill.Lines, c.bill.Lines*c.bill.Size/read))
	}
}

// reach remembers how far a file was read.
type reach struct {
	io.ReaderAt
	at atomic.Int64
}

// ReadAt implements io.ReaderAt.
func (r *reach) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, off)
	if end := off + int64(n); end > r.at.Load() {
		r.at.Store(end)
	}
	return n, err
}

func (e *execution) source(b *Bill, blob archive.Blob) channel.BillSource {
	return channel.BillSource{
		Bytes: blob, Size: blob.Size(), Format: b.Format, Day: e.row.Day, Identity: e.row.Identity, SubIdentity: e.row.SubIdentity,
	}
}

// keepRead stores with a bill what came of reading it, and returns why it was
// refused.
func (e *execution) keepRead(ctx context.Context, b *Bill, err error) error {
	b.Problem = Problem{}
	var file *channel.BillError
	if errors.As(err, &file) {
		err = about(b.Kind, err)
		b.Problem = problemOf(err)
	} else if err != nil {
		return err
	}
	if e.looking {
		return err
	}
	return errors.Join(err, e.store.read(ctx, e.DB, *b))
}
