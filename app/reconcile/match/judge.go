package match

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// carryDays is for how many days after its own a record is looked for before it
// is missing.
const carryDays = 3

// judge holds what the rules need to know of the day.
type judge struct {
	day        app.Day
	start, end app.Millis
	margin     time.Duration
}

func newJudge(day app.Day, margin time.Duration) judge {
	return judge{day: day, start: app.ToMillis(day.Start()), end: app.ToMillis(day.End()), margin: margin}
}

func (l *Line) isRefund() bool { return l.Kind == channel.LineRefund }

// pair compares a line with its record.
func (j *judge) pair(i *Item, reversed bool) {
	l, r := i.Line, i.Record
	if l.Amount != r.Amount {
		i.Why.add(OrderAmount)
	}
	if !l.isRefund() && r.Settlement != 0 && l.Settlement != r.Settlement {
		i.Why.add(SettledAmount)
	}
	j.numbers(i)
	if l.isRefund() {
		j.refundState(i)
	} else {
		j.paymentState(i, reversed)
	}
	judgeFee(i)
	if r.At < j.start || r.At >= j.end {
		i.Why.add(OtherDay)
	}
	if r.CarriedFrom != "" {
		i.Why.add(CarriedOver)
	}
	i.classify()
}

// numbers compares the other numbers that line and record carry. What either
// side does not know is no difference.
func (j *judge) numbers(i *Item) {
	l, r := i.Line, i.Record
	theirs := l.ChannelTradeNo
	if l.isRefund() {
		theirs = l.ChannelRefundNo
		if l.Number != "" && r.AttemptID != "" && l.Number != r.AttemptID {
			i.Why.add(OrderNumber)
		}
	}
	if theirs != "" && r.ChannelNo != "" && theirs != r.ChannelNo {
		i.Why.add(ChannelNumber)
	}
}

// paymentState: a payment's line says that it was paid.
func (j *judge) paymentState(i *Item, reversed bool) {
	switch i.Record.State {
	case Open:
		i.Why.add(OpenHere)
	case Not:
		switch near := app.ToMillis(i.Line.At) >= j.end.Add(-j.margin); {
		case reversed:
			i.Why.add(Reversed)
		case i.Record.Reversed && near: // the reversal is in the next day's bill
			i.Why |= Why(Reversed | Midnight)
		default:
			i.Why.add(NotHere)
		}
	}
}

// refundState: WeChat lists a refund when it is accepted and never updates what
// it said then; Alipay lists what has succeeded.
func (j *judge) refundState(i *Item) {
	there, here := i.Line.RefundState, i.Record.State
	switch {
	case there == channel.RefundClosed:
		if here != Not {
			i.Why.add(NotThere)
		} else {
			i.Why.add(NothingMoved)
		}
	case here == Not && there == channel.RefundPending && i.accepted():
		// Closed since the bill was made: its day stays as it was, whenever it is run.
		i.Record.State = Open
		i.Why.add(StillOpen)
	case here == Not:
		i.Why.add(NotHere)
	case here == Open && there == channel.RefundSucceeded:
		i.Why.add(OpenHere)
	case here == Open:
		i.Why.add(StillOpen)
	}
}

// accepted reports whether by our books too the channel took the refund.
func (i *Item) accepted() bool {
	return i.Line.ChannelRefundNo != "" && i.Line.ChannelRefundNo == i.Record.ChannelNo
}

// The reasons that make a class, gravest first.
var classReasons = [...]struct {
	class   Class
	reasons Why
}{
	{AmountDiffers, Why(OrderAmount | SettledAmount)},
	{StateDiffers, Why(OpenHere | NotHere | NotThere | ChannelNumber | OrderNumber)},
	{FeeDiffers, Why(OtherRate | WrongFee)},
}

func (i *Item) classify() {
	i.Class = Matched
	for _, c := range classReasons {
		switch {
		case i.Why&c.reasons == 0:
		case i.Class == Matched:
			i.Class = c.class
		default:
			i.Also = append(i.Also, c.class)
		}
	}
}

// absent judges a record that the bill has no line for.
func (j *judge) absent(i *Item) {
	r := i.Record
	i.expectFee()
	if !r.Counts() {
		i.Class = Matched
		i.Why.add(NothingMoved)
		return
	}
	refund := r.Kind == channel.LineRefund
	if refund && r.State == Open {
		i.Why.add(StillOpen)
	}
	if refund && r.DoneAt >= j.end {
		i.Why.add(FinishedLater)
	}
	if r.At < j.start.Add(j.margin) || r.At >= j.end.Add(-j.margin) {
		i.Why.add(Midnight)
	}
	i.Class = MissingAtChannel
	switch {
	case r.CarriedFrom != "" && j.carried(r) >= carryDays:
		i.Why.add(CarriedTooLong)
	case r.CarriedFrom != "":
		i.Why.add(CarriedOver)
		i.Class = InTransit
	case i.Why&Why(StillOpen|FinishedLater|Midnight) != 0:
		i.Class = InTransit
	}
}

// expectFee notes what the channel should take for a record without a line.
func (i *Item) expectFee() {
	if r := i.Record; r.HasContractRate && r.Counts() {
		i.Fee, i.HasFee = r.ContractRate.Fee(r.settlement()).Millifen(), true
	}
}

// carried is how many days after its own a record is looked for today.
func (j *judge) carried(r *Record) int {
	return int(j.day.Start().Sub(r.CarriedFrom.Start()).Hours()+12) / 24
}

// unknown judges a line that none of our records bears the number of.
func (j *judge) unknown(i *Item) {
	i.Class = Foreign
	if i.Line.ours() || i.Why.Has(OrderKnown) {
		i.Class = MissingHere
	}
}

// ours reports whether the line is numbered by us, or a refund of an order that
// is.
func (l *Line) ours() bool {
	return app.ValidID(app.PrefixAttempt, l.Number) || l.isRefund() && app.ValidID(app.PrefixRefund, l.RefundNumber)
}

// undone judges a reversal of an order of ours: by our books it must not be paid.
func (j *judge) undone(i *Item) {
	i.Class = Matched
	switch {
	case i.About.State != Not:
		i.Why.add(NotThere)
		i.Class = StateDiffers
	case i.About.Amount != i.Line.Amount:
		i.Why.add(OrderAmount)
		i.Class = AmountDiffers
	}
}
