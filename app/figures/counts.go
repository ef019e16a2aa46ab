package figures

import "github.com/piaohao/piaohao/app"

// Counts are the figures of one hour or day. Amounts are in fen.
//
// The first group is a cohort: payments by when they were created, whatever
// became of them later, so that a share of them is a success rate and a sum
// equals that of the list of payments created in the range.
type Counts struct {
	Created         int64     `db:"created" json:"c,omitempty"`
	CreatedAmount   app.Money `db:"created_amount" json:"ca,omitempty"`
	Succeeded       int64     `db:"succeeded" json:"s,omitempty"`
	SucceededAmount app.Money `db:"succeeded_amount" json:"sa,omitempty"`
	Closed          int64     `db:"closed" json:"cl,omitempty"`
	Failed          int64     `db:"failed" json:"f,omitempty"`
	Late            int64     `db:"late" json:"l,omitempty"`      // succeeded after they were closed or failed
	Refunded        app.Money `db:"refunded" json:"rf,omitempty"` // given back of them so far

	// Money by when it arrived: every paid attempt, a second one of the same
	// payment too.
	Paid       int64     `db:"paid" json:"p,omitempty"`
	PaidAmount app.Money `db:"paid_amount" json:"pa,omitempty"`

	// Refunds by when they were asked for; those that stand are neither failed nor
	// rejected.
	Refunds                int64     `db:"refunds" json:"r,omitempty"`
	RefundsStanding        int64     `db:"refunds_standing" json:"rs,omitempty"`
	RefundsStandingAmount  app.Money `db:"refunds_standing_amount" json:"rsa,omitempty"`
	RefundsSucceeded       int64     `db:"refunds_succeeded" json:"ro,omitempty"`
	RefundsSucceededAmount app.Money `db:"refunds_succeeded_amount" json:"roa,omitempty"`

	// Refunds by when their money arrived at the payer.
	Returned       int64     `db:"returned" json:"b,omitempty"`
	ReturnedAmount app.Money `db:"returned_amount" json:"ba,omitempty"`

	// Attempts that the channel certainly refused, by when they were made.
	Refused int64 `db:"refused" json:"x,omitempty"`
}

// Plus returns the sums of both.
func (c Counts) Plus(o Counts) Counts { return c.add(o, 1) }

func (c Counts) add(o Counts, sign int64) Counts {
	money := app.Money(sign)
	c.Created += sign * o.Created
	c.CreatedAmount += money * o.CreatedAmount
	c.Succeeded += sign * o.Succeeded
	c.SucceededAmount += money * o.SucceededAmount
	c.Closed += sign * o.Closed
	c.Failed += sign * o.Failed
	c.Late += sign * o.Late
	c.Refunded += money * o.Refunded
	c.Paid += sign * o.Paid
	c.PaidAmount += money * o.PaidAmount
	c.Refunds += sign * o.Refunds
	c.RefundsStanding += sign * o.RefundsStanding
	c.RefundsStandingAmount += money * o.RefundsStandingAmount
	c.RefundsSucceeded += sign * o.RefundsSucceeded
	c.RefundsSucceededAmount += money * o.RefundsSucceededAmount
	c.Returned += sign * o.Returned
	c.ReturnedAmount += money * o.ReturnedAmount
	c.Refused += sign * o.Refused
	return c
}

// Open is how many of the created payments have not ended yet.
func (c Counts) Open() int64 { return c.Created - c.Succeeded - c.Closed - c.Failed }

// args are the counts in the order of the columns.
func (c Counts) args() []any {
	return []any{
		c.Created, c.CreatedAmount, c.Succeeded, c.SucceededAmount, c.Closed, c.Failed, c.Late, c.Refunded,
		c.Paid, c.PaidAmount, c.Refunds, c.RefundsStanding, c.RefundsStandingAmount, c.RefundsSucceeded, c.RefundsSucceededAmount,
		c.Returned, c.ReturnedAmount, c.Refused,
	}
}
