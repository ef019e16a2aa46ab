// Package match compares a channel's bill with our books: two streams of any
// order, sorted outside of memory by number and merged once. It does no I/O but
// its own temporary files, and decides nothing about what is done with what it
// finds.
package match

import (
	"cmp"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Record is one attempt or refund as our books hold it. Amounts are in fen.
type Record struct {
	Kind channel.LineKind
	// Number is what the channel knows it by: an attempt's id, a refund's id, or
	// the channel console's own number of an adopted refund. It is "" for a refund
	// that was adopted before anything named it.
	Number          string
	ChannelNo       string // the channel's own number of the order or refund, "" while unknown
	AttemptID       string // of a refund too
	PaymentID       string
	RefundID        string // "" for a payment
	AccountID       string
	State           State
	Amount          app.Money
	Settlement      app.Money  // before fees; 0 when the channel did not say
	At              app.Millis // paid, or accepted, or at Alipay given back: what dates it in a bill
	DoneAt          app.Millis // when a refund's money arrived, 0 until then; of no meaning for payments
	ContractRate    app.Rate   // the account's; meaningless without HasContractRate
	HasContractRate bool
	// Reversed says of a payment in state Not that it was paid and undone by our
	// own reverse: a paid line and its reversal cancel out.
	Reversed bool
	// CarriedFrom is the day it was first looked for in a bill; "" for the day's own.
	CarriedFrom app.Day
	// MatchedOn is the other day in whose bill it was found already; "" when there
	// is none. A line of it in this bill is a second one.
	MatchedOn app.Day
	// Recovered says that reconciliation itself brought it to its state.
	Recovered bool
}

// State is how a record stands for the purposes of a bill.
type State string

// The states. Moved: the money moved by our books. Open: it may have. Not: by
// our books it did not.
const (
	Moved State = "moved"
	Open  State = "open"
	Not   State = "not"
)

// Class is what comparing a line with a record came to.
type Class string

// The classes. InTransit and Matched are no exceptions.
const (
	Matched          Class = "matched"
	MissingAtChannel Class = "missing_at_channel" // 渠道漏单: in our books, in no bill
	MissingHere      Class = "missing_here"       // 平台漏单: numbered by us, not in our books
	AmountDiffers    Class = "amount"             // 金额不符
	StateDiffers     Class = "state"              // 状态不符: paid there, not here, or the reverse
	FeeDiffers       Class = "fee"                // 手续费不符: not what was contracted, or not rate times amount
	Duplicate        Class = "duplicate"          // 重复: a second line for the same money
	Foreign          Class = "foreign"            // not ours by number
	InTransit        Class = "in_transit"         // 在途: to be expected in a bill of the next days
)

// Classes lists every class.
var Classes = []Class{Matched, MissingAtChannel, MissingHere, AmountDiffers, StateDiffers, FeeDiffers, Duplicate, Foreign, InTransit}

const classCount = 9

func classIndex(c Class) int {
	for i, of := range Classes {
		if of == c {
			return i
		}
	}
	return 0
}

// Exception reports whether a person must look at it.
func (c Class) Exception() bool { return c != Matched && c != InTransit }

// Line is what is kept of a bill's line.
type Line struct {
	Row             int
	Kind            channel.LineKind
	At              time.Time
	Number          string // the order's
	ChannelTradeNo  string
	RefundNumber    string
	ChannelRefundNo string
	RawState        string
	RefundState     channel.RefundState
	Amount          app.Money
	Settlement      app.Money
	Fee             app.Millifen
	Rate            app.Rate
	HasRate         bool
}

// Moved reports whether the line's money moved for good: a refund that the channel
// has closed by the time of its bill went out and comes back.
func (l *Line) Moved() bool {
	return l.Kind != channel.LineRefund || l.RefundState != channel.RefundClosed
}

// Reversal reports whether the line undoes a paid payment-code order (REVOKED):
// a refund of all of it that has no number of ours and goes by its order's.
func (l *Line) Reversal() bool {
	return l.Kind == channel.LineRefund && l.RefundNumber == "" && l.RawState == "REVOKED" && l.Number != ""
}

// Item is one object of a day with both its sides; either may be absent. Every
// line and every record of the day stands in exactly one item. An object with
// several differences is one Item whose Class is the gravest, in the order
// duplicate, amount, state, fee, and whose Also lists the others.
type Item struct {
	Class  Class
	Also   []Class
	Why    Why
	Line   *Line
	Record *Record
	// About is a record that the line concerns without being its line: what a
	// duplicate repeats, the order that an unknown refund is of, what bears the
	// line's channel number under another number, what a reversal undoes. That
	// record has its own item, here or on another day.
	About *Record
	// Repeat tells a further line of an object from its first: "#2", "#3"; with
	// the bill's day, "#2026-11-24", where the first stands in another day's bill.
	Repeat string
	// Fee is what the channel should have taken (or given back, for a refund) by
	// the contracted rate, or else by the rate in the bill; HasFee says whether
	// either is known.
	Fee    app.Millifen
	HasFee bool
	// Own says that Record is one of the day's own, not carried from an earlier
	// day and not looked up.
	Own bool
}

// Adoptable reports whether the item is a refund of a paid order of ours that our
// books do not hold: made in the channel's console, to be adopted.
func (i *Item) Adoptable() bool {
	return i.Line != nil && i.Line.Kind == channel.LineRefund && !i.Line.Reversal() && i.Record == nil &&
		i.Class == MissingHere && i.Why.Has(OrderKnown) && i.About != nil && i.About.State == Moved
}

// AccountID is whose item it is, "" for what no account of ours explains.
func (i *Item) AccountID() string {
	switch {
	case i.Record != nil:
		return i.Record.AccountID
	case i.About != nil:
		return i.About.AccountID
	}
	return ""
}

// Key names the object of an item across days and runs: kind, and our number or,
// for what is not ours, the channel's; then what tells repetitions apart.
func (i *Item) Key() string {
	if i.Record != nil && i.Record.Number != "" {
		return key(i.Record.Kind, i.Record.Number) + i.Repeat
	}
	if i.Line != nil {
		return i.Line.key() + i.Repeat
	}
	return key(i.Record.Kind, unnamed+i.Record.RefundID)
}

const (
	unnamed  = "?"         // before the id of a refund that has no number
	reversal = "/reversal" // after the order's number
)

func (l *Line) key() string {
	switch {
	case l.Reversal():
		return key(channel.LinePayment, l.Number) + reversal
	case l.Kind == channel.LineRefund:
		return key(l.Kind, l.refundName())
	}
	return key(l.Kind, l.orderName())
}

// orderName is what the line's order goes by.
func (l *Line) orderName() string { return cmp.Or(l.Number, l.ChannelTradeNo) }

// refundName is what the line's refund goes by. Alipay's console may leave it
// without any number: then order and time stand for it.
func (l *Line) refundName() string {
	if name := cmp.Or(l.RefundNumber, l.ChannelRefundNo); name != "" {
		return name
	}
	return l.orderName() + "@" + strconv.FormatInt(l.At.Unix(), 10)
}

func key(kind channel.LineKind, number string) string { return string(kind) + ":" + number }
