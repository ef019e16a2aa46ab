package statements_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// lot is a generated day of one account: n payments, a refund for every tenth,
// and the differences that a day has.
type lot struct {
	account string
	day     app.Day
	n       int
}

func (l lot) at(i int) time.Time {
	return l.day.Start().Add(8*time.Hour + time.Duration(i%40_000)*time.Second)
}

func (l lot) number(i int) string {
	return fmt.Sprintf("att_01JD%s%020d", l.account[len(l.account)-1:]+"A", i)
}

func (l lot) amount(i int) app.Money { return app.Money(100 + i*7%90_000) }

func (l lot) books(yield func(*match.Record) error) error {
	var r match.Record
	for i := range l.n {
		if i%50 == 3 {
			continue // only in the bill
		}
		r = match.Record{
			Kind: channel.LinePayment, Number: l.number(i), AttemptID: l.number(i), PaymentID: fmt.Sprintf("pay_%026d", i), AccountID: l.account,
			ChannelNo: fmt.Sprintf("42000012342026112400%08d", i), State: match.Moved, Amount: l.amount(i), At: app.ToMillis(l.at(i)),
		}
		if err := yield(&r); err != nil {
			return err
		}
		if i%10 != 0 {
			continue
		}
		r.Kind, r.Number, r.RefundID, r.Amount, r.ChannelNo = channel.LineRefund, "rfd"+l.number(i)[3:], "rfd"+l.number(i)[3:], l.amount(i)/2, fmt.Sprintf("50000%08d", i)
		if err := yield(&r); err != nil {
			return err
		}
	}
	return nil
}

func (l lot) lines(yield func(*channel.BillLine) error) error {
	var b channel.BillLine
	for i := range l.n {
		if i%50 == 4 {
			continue // only in the books
		}
		b = channel.BillLine{
			Row: i + 2, Kind: channel.LinePayment, At: l.at(i), Number: l.number(i), ChannelTradeNo: fmt.Sprintf("42000012342026112400%08d", i),
			RawState: "SUCCESS", Amount: l.amount(i), Settlement: l.amount(i), Fee: app.Rate(6000).Fee(l.amount(i)).Millifen(), Rate: 6000, HasRate: true,
		}
		switch i % 50 {
		case 5:
			b.Amount++
			b.Settlement++
		case 6:
			b.Fee += 500 // half a fen
		case 7:
			b.RawState = "=HYPERLINK(1)"
		}
		if err := yield(&b); err != nil {
			return err
		}
		if i%10 != 0 {
			continue
		}
		half := l.amount(i) / 2
		b.Kind, b.RefundNumber, b.ChannelRefundNo, b.Amount, b.Settlement = channel.LineRefund, "rfd"+l.number(i)[3:], fmt.Sprintf("50000%08d", i), half, half
		b.Fee, b.RawState, b.RefundState = app.Rate(6000).Fee(half).Millifen(), "REFUND", channel.RefundSucceeded
		if err := yield(&b); err != nil {
			return err
		}
	}
	return nil
}

// reconcile matches lots of one bill and keeps the result as a run does.
func (r *room) reconcile(run statements.RunRef, lots ...lot) statements.Outcome {
	r.t.Helper()
	each := func(f func(lot) error) error {
		for _, l := range lots {
			if err := f(l); err != nil {
				return err
			}
		}
		return nil
	}
	var out match.Outcome
	kept, err := r.archive.Put(r.ctx, func(w io.Writer) error {
		var err error
		out, err = match.Run(r.ctx, match.Config{Day: run.Day, Dir: r.t.TempDir(), Result: w},
			func(_ context.Context, yield func(*match.Record) error) error {
				return each(func(l lot) error { return l.books(yield) })
			},
			func(_ context.Context, yield func(*channel.BillLine) error) error {
				return each(func(l lot) error { return l.lines(yield) })
			},
			func(context.Context, []string) ([]match.Record, error) { return nil, nil }, func(*match.Item) error { return nil })
		return err
	})
	r.must(err)
	o := statements.Outcome{Lines: out.Items, ResultKey: kept.Key}
	for id, t := range out.Accounts {
		f := statements.AccountFigures{AccountID: id, Figures: statements.Figures{
			Ours: statements.Sums{Payments: t.Ours.Payments, Refunds: t.Ours.Refunds, Gross: t.Ours.Gross, Refunded: t.Ours.Refunded},
			Theirs: statements.Billed{
				Payments: t.Channel.Payments, Refunds: t.Channel.Refunds, Gross: t.Channel.Gross, Settlement: t.Channel.Settlement,
				Refunded: t.Channel.Refunded, RefundedSettlement: t.Channel.RefundedSettlement, Fee: t.Channel.Fee,
			},
			Matched: t.Classes[match.Matched].Items,
		}}
		for _, c := range match.Classes {
			if of := t.Classes[c]; of.Items > 0 {
				f.Differences = append(f.Differences, differing(c, of.Items, 1))
			}
		}
		o.Accounts = append(o.Accounts, f)
	}
	slices.SortFunc(o.Accounts, func(a, b statements.AccountFigures) int { return strings.Compare(a.AccountID, b.AccountID) })
	r.must(r.end(run, o))
	return o
}
