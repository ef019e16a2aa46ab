package exceptions

import (
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// offered are the resolutions of each type, the most usual first. A refund, and
// what books an amount, are offered only where the evidence allows them.
var offered = map[Type][]Resolution{
	MissingAtChannel: {AcceptOurs, AcceptChannel, WriteOff, Ignore},
	MissingHere:      {AcceptChannel, Refund, AcceptOurs, WriteOff, Link, Ignore},
	AmountDiffers:    {AcceptChannel, AcceptOurs, Refund, WriteOff, Ignore},
	StateDiffers:     {AcceptChannel, AcceptOurs, Refund, WriteOff, Ignore},
	FeeDiffers:       {AcceptChannel, AcceptOurs, WriteOff, Ignore},
	Duplicate:        {AcceptOurs, AcceptChannel, Refund, WriteOff, Link, Ignore},
	Foreign:          {Link, AcceptChannel, WriteOff, Ignore},
	Summary:          {AcceptOurs, AcceptChannel, Ignore},
	Funds:            {AcceptChannel, AcceptOurs, WriteOff, Ignore},
	Balance:          {AcceptChannel, AcceptOurs, Ignore},
}

// Offers returns the resolutions that fit the exception's type and evidence.
func (e Exception) Offers() []Resolution {
	return slices.DeleteFunc(slices.Clone(offered[e.Type]), func(r Resolution) bool {
		switch r {
		case Refund: // of a payment of ours for which more came in than we know
			return e.PaymentID == "" || e.Kind != channel.LinePayment || !e.Surplus()
		case WriteOff, Link:
			return e.Difference == 0
		}
		return false
	})
}

// paidAttempt is the attempt of ours that the money came in for, "" for the one
// that paid the payment.
func (e Exception) paidAttempt() string {
	if app.ValidID(app.PrefixAttempt, e.Number) {
		return e.Number
	}
	return ""
}

// bookings are the amounts that a resolution books, so that afterwards ours +
// books = the channel's + claims (see AdjustmentKind). amount is the part of a
// write-off or refund, positive.
func (e Exception) bookings(r Resolution, amount app.Money) []Adjustment {
	part := amount // with the sign of the difference
	if e.Surplus() {
		part = -amount
	}
	var out []Adjustment
	book := func(kind AdjustmentKind, m app.Money) {
		if m != 0 {
			out = append(out, Adjustment{Kind: kind, Amount: m})
		}
	}
	switch r {
	case AcceptChannel:
		book(AdjustBooks, -e.Difference)
	case AcceptOurs:
		book(AdjustClaim, e.Difference)
	case WriteOff:
		book(AdjustWriteOff, -part)
		book(AdjustClaim, e.Difference-part)
	case Refund:
		book(AdjustRefund, -part)
		book(AdjustBooks, -(e.Difference - part))
	case Link:
		book(AdjustLink, -e.Difference)
	}
	return out
}

// magnitude is the difference without its sign.
func (e Exception) magnitude() app.Money { return max(e.Difference, -e.Difference) }
