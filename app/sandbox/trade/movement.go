package trade

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// MovementKind is what moved a balance.
type MovementKind string

// The kinds. Both channels book a fee by itself.
const (
	MovePayment    MovementKind = "payment"    // in
	MoveFee        MovementKind = "fee"        // out: taken of a payment
	MoveRefund     MovementKind = "refund"     // out
	MoveFeeBack    MovementKind = "fee_back"   // in: given back with a refund
	MoveReturn     MovementKind = "return"     // in: a refund that was closed comes back
	MoveFeeAgain   MovementKind = "fee_again"  // out: what was given back with a refund that was closed
	MoveWithdrawal MovementKind = "withdrawal" // out
)

// Movement is one booking of a merchant's balance.
type Movement struct {
	Kind MovementKind
	At   app.Millis
	// FlowNo is the channel's number of the booking, 28 digits.
	FlowNo     string
	Amount     app.Money // signed: money in is positive
	Balance    app.Money // afterwards
	Trade      Trade     // of all but withdrawals
	Refund     Refund    // of refunds and what belongs to them
	Withdrawal Withdrawal
}

// Movements yields the day's bookings of the holder's balance in their order,
// until yield returns an error, which Movements returns. The balance before the
// first is Opening's. A WeChat refund is booked at its acceptance, an Alipay
// refund at its success.
func (b *Bill) Movements(ctx context.Context, yield func(Movement) error) error {
	balance, err := b.Opening(ctx)
	if err != nil {
		return err
	}
	out := yield
	end := func() error { return nil }
	if b.Flaws.Movements != nil {
		f := b.Flaws.Movements(balance)
		out = func(m Movement) error { return f.Movement(m, yield) }
		end = func() error { return f.End(yield) }
	}
	book := func(e entry, kind MovementKind, amount app.Money) error {
		if amount == 0 {
			return nil // a fee below half a fen is none
		}
		balance += amount
		return out(Movement{
			Kind: kind, At: e.at, FlowNo: flowNo(kind, e.id, e.at), Amount: amount, Balance: balance,
			Trade: e.trade, Refund: e.refund, Withdrawal: e.withdrawal,
		})
	}
	if err := merge(ctx, b.movementSources(), func(e entry) error { return b.bookings(e, book) }); err != nil {
		return err
	}
	return end()
}

// bookings books what an entry does to the balance.
func (b *Bill) bookings(e entry, book func(entry, MovementKind, app.Money) error) error {
	kinds, amount := [2]MovementKind{MovePayment, MoveFee}, e.trade.Amount
	switch e.kind {
	case entryWithdrawal:
		return book(e, MoveWithdrawal, -e.withdrawal.Amount)
	case entryRefund:
		kinds, amount = [2]MovementKind{MoveRefund, MoveFeeBack}, -e.refund.Amount
	case entryReturn:
		kinds, amount = [2]MovementKind{MoveReturn, MoveFeeAgain}, e.refund.Amount
	}
	if err := book(e, kinds[0], amount); err != nil {
		return err
	}
	return book(e, kinds[1], -b.Merchant.FeeRate.Fee(amount))
}

// flowNo is the number of a booking: the same whenever the bill is read.
func flowNo(kind MovementKind, id string, at app.Millis) string {
	sum := sha256.Sum256([]byte(string(kind) + " " + id))
	return fmt.Sprintf("4300%s%016d", at.Time().In(app.Beijing).Format("20060102"), binary.BigEndian.Uint64(sum[:])%10_000_000_000_000_000)
}
