package match

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Sums are counts and sums of one side of a day, in fen. Refunds are positive.
type Sums struct {
	Payments           int64
	Refunds            int64
	Gross              app.Money // of payments, as ordered
	Refunded           app.Money // as asked for
	Settlement         app.Money // of payments, less coupons that are not settled
	RefundedSettlement app.Money
	// Fee is taken less given back: as billed on the channel's side, as it should
	// be on ours (of those whose rate is known).
	Fee app.Millifen
}

// Moved is gross less refunds.
func (s Sums) Moved() app.Money { return s.Gross - s.Refunded }

// Add adds other.
func (s *Sums) Add(other Sums) {
	s.Payments += other.Payments
	s.Refunds += other.Refunds
	s.Gross += other.Gross
	s.Refunded += other.Refunded
	s.Settlement += other.Settlement
	s.RefundedSettlement += other.RefundedSettlement
	s.Fee += other.Fee
}

func (s *Sums) line(kind channel.LineKind, amount, settlement app.Money, fee app.Millifen) {
	s.lines(1, kind, amount, settlement, fee)
}

// lines adds n times one line.
func (s *Sums) lines(n int64, kind channel.LineKind, amount, settlement app.Money, fee app.Millifen) {
	amount, settlement, fee = app.Money(n)*amount, app.Money(n)*settlement, app.Millifen(n)*fee
	if kind == channel.LineRefund {
		s.Refunds += n
		s.Refunded += amount
		s.RefundedSettlement += settlement
		s.Fee -= fee
		return
	}
	s.Payments += n
	s.Gross += amount
	s.Settlement += settlement
	s.Fee += fee
}

// ClassTotals counts the items of a class. An item with several differences
// counts under its gravest.
type ClassTotals struct {
	Items int64
	// Difference is what our side has more than the channel's, gross less
	// refunds, in fen.
	Difference app.Money
	// FeeDifference is what the channel took more than it should have, over the
	// items whose rate is known.
	FeeDifference app.Millifen
}

// Totals are what a statement says of a day. For each of its accounts and over
// all of them
//
//	Ours + Arrived + Waiting - Elsewhere - Channel = sum of the classes' Difference
//
// in Moved (gross less refunds).
type Totals struct {
	Ours      Sums // the day's records in our books, as far as money moved
	Channel   Sums // the bill's lines, whatever they were matched with, but closed refunds
	Arrived   Sums // records of other days that this bill has a line for
	Waiting   Sums // carried records that this bill has no line for either
	Elsewhere Sums // of Ours, those whose line stands in another day's bill
	Classes   map[Class]ClassTotals

	byClass [classCount]ClassTotals // until finish
}

// Exceptions are the items that a person must look at.
func (t *Totals) Exceptions() int64 {
	var n int64
	for c, of := range t.Classes {
		if c.Exception() {
			n += of.Items
		}
	}
	return n
}

// count adds an item.
func (t *Totals) count(i *Item) {
	if i.Record != nil {
		t.countRecord(i)
	}
	if l := i.Line; l != nil && l.Moved() {
		t.Channel.line(l.Kind, l.Amount, l.Settlement, l.Fee)
	}
	c := &t.byClass[classIndex(i.Class)]
	c.Items++
	c.Difference += i.Difference()
	c.FeeDifference += i.FeeDifference()
}

// countPlain adds n times a record of the day and its line, which differ in
// nothing.
func (t *Totals) countPlain(p *plain, n int64) {
	t.Channel.lines(n, p.kind, p.amount, p.settled, p.fee)
	t.Ours.lines(n, p.kind, p.amount, p.ourSettled, p.due)
	c := &t.byClass[classIndex(Matched)]
	c.Items += n
	c.FeeDifference += app.Millifen(n) * p.feeDifference()
}

// finish makes Classes, of those that there are.
func (t *Totals) finish() {
	t.Classes = map[Class]ClassTotals{}
	for i, c := range Classes {
		if t.byClass[i].Items > 0 {
			t.Classes[c] = t.byClass[i]
		}
	}
}

func (t *Totals) countRecord(i *Item) {
	r := i.Record
	if !r.Counts() {
		return
	}
	var side Sums
	side.line(r.Kind, r.Amount, r.settlement(), i.Fee)
	switch {
	case i.Own:
		t.Ours.Add(side)
		if i.elsewhere() {
			t.Elsewhere.Add(side)
		}
	case i.Line != nil:
		t.Arrived.Add(side)
	default:
		if !i.elsewhere() {
			t.Waiting.Add(side)
		}
	}
}

// elsewhere reports whether the item is a record whose line stands in another
// day's bill.
func (i *Item) elsewhere() bool {
	return i.Line == nil && i.Class == Matched && i.Why.Has(FoundEarlier)
}

// Counts reports whether by our books the money moved, or was accepted to go
// back.
func (r *Record) Counts() bool {
	return r.State == Moved || r.State == Open && r.Kind == channel.LineRefund
}

func (r *Record) settlement() app.Money {
	if r.Settlement != 0 {
		return r.Settlement
	}
	return r.Amount
}

// Difference is what the merchant has more by our side than by the channel's,
// gross less refunds, in fen: positive when the channel has too little.
func (i *Item) Difference() app.Money {
	var ours, theirs app.Money
	if r := i.Record; r != nil && r.Counts() && !i.elsewhere() {
		ours = signed(r.Kind, r.Amount)
	}
	if l := i.Line; l != nil && l.Moved() {
		theirs = signed(l.Kind, l.Amount)
	}
	return ours - theirs
}

// FeeDifference is what the channel took more than it should have (or gave back
// less), 0 where the rate is not known or a side is absent.
func (i *Item) FeeDifference() app.Millifen {
	if i.Line == nil || !i.Line.Moved() || i.Record == nil || !i.HasFee {
		return 0
	}
	if i.Line.Kind == channel.LineRefund {
		return i.Fee - i.Line.Fee
	}
	return i.Line.Fee - i.Fee
}

func signed(kind channel.LineKind, m app.Money) app.Money {
	if kind == channel.LineRefund {
		return -m
	}
	return m
}
