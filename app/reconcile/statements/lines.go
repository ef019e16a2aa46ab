package statements

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// lineColumns are those of a file of lines. Refunds are negative, so that each
// column adds up to what the statement says.
func lineColumns(w words) []report.Column {
	c := w.Columns
	return []report.Column{
		{Title: c.Class, Width: 14}, {Title: c.Also, Width: 14}, {Title: c.Kind, Width: 8},
		{Title: c.OrderNo, Width: 26}, {Title: c.PaymentID, Width: 32}, {Title: c.Number, Width: 32}, {Title: c.RefundNo, Width: 26},
		{Title: c.ChannelNo, Width: 32}, {Title: c.ChannelRefundNo, Width: 32},
		{Title: c.OurTime, Width: 26}, {Title: c.OurState, Width: 12}, {Title: c.OurAmount, Kind: report.Money, Width: 14}, {Title: c.OtherAmount, Kind: report.Money, Width: 14},
		{Title: c.Time, Width: 26}, {Title: c.State, Width: 12}, {Title: c.Amount, Kind: report.Money, Width: 14},
		{Title: c.Settlement, Kind: report.Money, Width: 14}, {Title: c.Fee, Kind: report.Fee, Width: 12}, {Title: c.Rate, Width: 8}, {Title: c.Net, Kind: report.Fee, Width: 14},
		{Title: c.Difference, Kind: report.Money, Width: 12}, {Title: c.Row, Kind: report.Count, Width: 8},
	}
}

// The columns that are added up.
const (
	atOurs = 11 + iota
	atOther
	_
	_
	atAmount
	atSettlement
	atFee
	_
	atNet
	atDifference
)

// numbersOf are the merchant's own numbers of some objects, by their ids.
type numbersOf map[string]string

// lineRow is an item as a row.
func lineRow(w words, i *match.Item, numbers numbersOf) []any {
	row := make([]any, atDifference+2)
	also := make([]string, len(i.Also))
	for n, c := range i.Also {
		also[n] = word(w.Classes, string(c))
	}
	row[0], row[1] = word(w.Classes, string(i.Class)), strings.Join(also, " ")
	known := i.Record
	if known == nil {
		known = i.About // what the line is about, without being its record
	}
	if known != nil {
		row[3], row[4] = numbers[known.PaymentID], known.PaymentID
		row[5], row[6] = known.AttemptID, numbers[known.RefundID]
	}
	if r := i.Record; r != nil {
		row[2] = word(w.Kinds, string(r.Kind))
		ourSide(w, row, i, r)
	}
	if l := i.Line; l != nil {
		row[2] = word(w.Kinds, string(l.Kind))
		billedSide(row, l)
	}
	row[atDifference] = i.Difference()
	return row
}

func ourSide(w words, row []any, i *match.Item, r *match.Record) {
	row[9], row[10] = clockOf(r.At.Time(), r.At == 0), word(w.Classes, string(r.State))
	at := atOther
	if i.Own && r.Counts() {
		at = atOurs
	}
	row[at] = signed(r.Kind, r.Amount)
	if r.Kind == channel.LineRefund {
		row[8] = r.ChannelNo
	} else {
		row[7] = r.ChannelNo
	}
}

func billedSide(row []any, l *match.Line) {
	if row[5] == nil || row[5] == "" {
		row[5] = l.Number
	}
	if l.Kind == channel.LineRefund && (row[6] == nil || row[6] == "") {
		row[6] = l.RefundNumber
	}
	row[7] = l.ChannelTradeNo
	if l.ChannelRefundNo != "" {
		row[8] = l.ChannelRefundNo
	}
	row[13], row[14] = clockOf(l.At, l.At.IsZero()), l.RawState
	amount, settlement, fee := signed(l.Kind, l.Amount), signed(l.Kind, l.Settlement), l.Fee
	switch {
	case !l.Moved(): // the state says why nothing stands here
		row[14] = l.RawState + " CLOSED"
		amount, settlement, fee = 0, 0, 0
	case l.Kind == channel.LineRefund:
		fee = -fee
	}
	row[atAmount], row[atSettlement], row[atFee], row[atNet] = amount, settlement, fee, settlement.Millifen()-fee
	if l.HasRate {
		row[18] = l.Rate.String()
	}
	row[atDifference+1] = int64(l.Row)
}

func signed(kind channel.LineKind, m app.Money) app.Money {
	if kind == channel.LineRefund {
		return -m
	}
	return m
}

// clockOf shows a time with its zone, as text: a spreadsheet would drop it.
func clockOf(t time.Time, none bool) any {
	if none {
		return nil
	}
	return t.In(app.Beijing).Format("2006-01-02 15:04:05 -07:00")
}

// tally adds lines up, to be held against the statement.
type tally struct {
	Figures
	other, difference app.Money
}

func (t *tally) add(i *match.Item) {
	t.difference += i.Difference()
	if r := i.Record; r != nil {
		switch {
		case !i.Own || !r.Counts():
			t.other += signed(r.Kind, r.Amount)
		case r.Kind == channel.LineRefund:
			t.Ours.Refunds++
			t.Ours.Refunded += r.Amount
		default:
			t.Ours.Payments++
			t.Ours.Gross += r.Amount
		}
	}
	l := i.Line
	switch {
	case l == nil, !l.Moved():
	case l.Kind == channel.LineRefund:
		t.Theirs.Refunds++
		t.Theirs.Refunded += l.Amount
		t.Theirs.RefundedSettlement += l.Settlement
		t.Theirs.Fee -= l.Fee
	default:
		t.Theirs.Payments++
		t.Theirs.Gross += l.Amount
		t.Theirs.Settlement += l.Settlement
		t.Theirs.Fee += l.Fee
	}
}

// totals is the last row.
func (t *tally) totals(w words) []any {
	row := make([]any, atDifference+2)
	row[0] = w.Total
	row[atOurs], row[atOther] = t.Ours.Gross-t.Ours.Refunded, t.other
	row[atAmount], row[atSettlement] = t.Theirs.Gross-t.Theirs.Refunded, t.Theirs.Settlement-t.Theirs.RefundedSettlement
	row[atFee], row[atNet] = t.Theirs.Fee, row[atSettlement].(app.Money).Millifen()-t.Theirs.Fee
	row[atDifference] = t.difference
	return row
}

// lineBatch is how many items are read before their numbers are looked up.
const lineBatch = 500

// eachLine yields the rows of one account's items of a result, in its order, and
// what they add up to. all takes what belongs to no account along.
func (s *Service) eachLine(ctx context.Context, merchantID, accountID string, all bool, r *match.Result, w words, yield func(row []any) error) (tally, error) {
	var sum tally
	batch := make([]*match.Item, 0, lineBatch)
	flush := func() error {
		numbers, err := s.numbers(ctx, merchantID, batch)
		if err != nil {
			return err
		}
		for _, i := range batch {
			sum.add(i)
			if err := yield(lineRow(w, i, numbers)); err != nil {
				return err
			}
		}
		batch = batch[:0]
		return ctx.Err()
	}
	err := r.Each(func(i *match.Item) error {
		if of := i.AccountID(); of != accountID && (!all || of != "") {
			return nil
		}
		if batch = append(batch, i); len(batch) < lineBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return sum, err
}

// numbers looks the merchant's own numbers of a batch up.
func (s *Service) numbers(ctx context.Context, merchantID string, batch []*match.Item) (numbersOf, error) {
	paymentIDs, refundIDs := make([]string, 0, len(batch)), []string{}
	for _, i := range batch {
		for _, r := range []*match.Record{i.Record, i.About} {
			if r != nil && r.PaymentID != "" {
				paymentIDs = append(paymentIDs, r.PaymentID)
			}
			if r != nil && r.RefundID != "" {
				refundIDs = append(refundIDs, r.RefundID)
			}
		}
	}
	return s.store.ownNumbers(ctx, s.DB, merchantID, paymentIDs, refundIDs)
}

type numberRow struct {
	ID     string `db:"id"`
	Number string `db:"number"`
}

// ownNumbers reads order_no and refund_no by id.
func (store) ownNumbers(ctx context.Context, q db.Querier, merchantID string, paymentIDs, refundIDs []string) (numbersOf, error) {
	var rows, refunds []numberRow
	if len(paymentIDs) > 0 {
		if err := q.Select(ctx, &rows, `SELECT id, order_no AS number FROM payments WHERE id IN (?) AND merchant_id = ?`, paymentIDs, merchantID); err != nil {
			return nil, fmt.Errorf("read order numbers: %w", err)
		}
	}
	if len(refundIDs) > 0 {
		if err := q.Select(ctx, &refunds, `SELECT id, refund_no AS number FROM refunds WHERE id IN (?) AND merchant_id = ?`, refundIDs, merchantID); err != nil {
			return nil, fmt.Errorf("read refund numbers: %w", err)
		}
	}
	out := numbersOf{}
	for _, r := range append(rows, refunds...) {
		out[r.ID] = r.Number
	}
	return out, nil
}
