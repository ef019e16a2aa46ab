// Package match compares a channel's bill with our books: two streams of any
// order, sorted outside of memory by number and merged once. It does no I/O but
// its own temporary files, and decides nothing about what is done with what it
// finds.
package match

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Record is one attempt or refund as our books hold it. Amounts are in fen.
type Record struct {
	Kind channel.LineKind
	// Number is what the channel knows it by: an attempt's id, a refund's id, or
	// the channel console's own number of an adopted refund.
	Number          string
	ChannelNo       string // the channel's own number of the order or refund, "" while unknown
	AttemptID       string // of a refund too
	PaymentID       string
	RefundID        string // "" for a payment
	AccountID       string
	State           State
	Amount          app.Money
	Settlement      app.Money  // before fees; 0 when the channel did not say
	At              app.Millis // paid, or accepted
	ContractRate    app.Rate   // the account's; meaningless without HasContractRate
	HasContractRate bool
	// CarriedFrom is the day it was first looked for in a bill; "" for the day's own.
	CarriedFrom app.Day
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

// Item is one object of a day with both its sides; either may be absent. An
// object with several differences is one Item whose Class is the gravest, in
// the order duplicate, amount, state, fee, and whose Also lists the others.
type Item struct {
	Class  Class
	Also   []Class
	Line   *Line
	Record *Record
}

// Key names the object of an item across days and runs: kind, and our number or,
// for what is not ours, the channel's. The n-th repetition of a line ends in #n.
func (i Item) Key() string {
	if i.Record != nil {
		return key(i.Record.Kind, i.Record.Number)
	}
	if i.Line.Kind == channel.LineRefund {
		return key(i.Line.Kind, firstOf(i.Line.RefundNumber, i.Line.ChannelRefundNo))
	}
	return key(i.Line.Kind, firstOf(i.Line.Number, i.Line.ChannelTradeNo))
}

func key(kind channel.LineKind, number string) string { return string(kind) + ":" + number }

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
