package trade

import "github.com/piaohao/piaohao/app"

// change is what all plans together do to one row of a bill, and to the
// movements that belong to it.
type change struct {
	missing bool
	revoked bool
	amount  app.Money
	fee     app.Money
	rate    app.Rate
	copies  int
}

// with adds what a plan does.
func (c change) with(p BillPlan) change {
	switch p.Fault {
	case MissingRow:
		c.missing = true
	case WrongStatus:
		c.revoked = true
	case DuplicateRow:
		c.copies++
	case WrongAmount:
		c.amount += app.Money(p.delta())
	case WrongFee:
		c.fee += app.Money(p.delta())
	case WrongRate:
		c.rate += app.Rate(p.delta())
	}
	return c
}

// delta is by how much the plan's figure is wrong.
func (p BillPlan) delta() int64 {
	switch {
	case p.Delta != 0:
		return p.Delta
	case p.Fault == WrongRate:
		return rateDelta
	}
	return 1
}

// changesBy is what the plans do, by the rows' keys.
func changesBy(plans []BillPlan) map[string]change {
	changes := map[string]change{}
	for _, p := range plans {
		if p.Fault == ExtraRow || p.Fault.ofFunds() || !p.Fault.OfRows() {
			continue
		}
		for _, key := range p.Picked {
			changes[key] = changes[key].with(p)
		}
	}
	return changes
}

// key names a row among those of a merchant's day.
func (r BillRow) key() string {
	if r.Kind == RowRefund {
		return r.Refund.ID
	}
	return r.Trade.ID
}

// feeOf is the fee of a true amount at a true rate, as the change has it.
func (c change) feeOf(amount app.Money, rate app.Rate) app.Money {
	return (rate + c.rate).Fee(amount) + c.fee
}

// apply changes a row. Neither its amount nor its fee is ever negative: such
// plans pick no row.
func (c change) apply(r BillRow) BillRow {
	r.Fee = c.feeOf(r.Amount, r.Rate)
	r.Amount += c.amount
	r.Rate += c.rate
	if c.revoked && r.Kind == RowRefund {
		r.State = otherState(r.State)
	}
	return r
}

// rows are what stands in the place of a row: a payment that was taken back has
// a row of that besides its own.
func (c change) rows(r BillRow) []BillRow {
	rows := []BillRow{c.apply(r)}
	if c.revoked && r.Kind == RowPayment {
		back := rows[0]
		back.Kind, back.State, back.Revoked = RowRefund, RefundSucceeded, true
		rows = append(rows, back)
	}
	return rows
}

// otherState is an end to which the refund did not come.
func otherState(s RefundState) RefundState {
	if s == RefundSucceeded {
		return RefundAbnormal
	}
	return RefundSucceeded
}

// worth is what a row does to the balance.
func (r BillRow) worth() app.Money {
	if r.Kind == RowRefund {
		return r.Fee - r.Amount
	}
	return r.Amount - r.Fee
}

// effect is what the change of a row does to the balance.
func (c change) effect(r BillRow) app.Money {
	if c.missing {
		return -r.worth()
	}
	var worth app.Money
	for _, changed := range c.rows(r) {
		worth += changed.worth()
	}
	return worth*app.Money(1+c.copies) - r.worth()
}

// possible reports whether a row can be changed so, and shows it.
func (c change) possible(r BillRow) bool {
	changed := c.apply(r)
	switch {
	case changed.Amount < 1 || changed.Amount > app.MaxAmount || changed.Fee < 0 || changed.Rate < 0 || changed.Rate > 1_000_000:
		return false
	case c.rate != 0 && r.Trade.Channel == app.Alipay: // it writes no rate, the fee must show it
		return changed.Fee != r.Fee
	}
	return true
}
