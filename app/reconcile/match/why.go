package match

// Why says what was found about an item, beyond its class: a set of Reason.
type Why uint32

// Reason is one fact about an item.
type Reason uint32

// The reasons. Those marked "note" are no difference by themselves.
const (
	OrderAmount    Reason = 1 << iota // the order's or refund's amount differs
	SettledAmount                     // what is settled to the merchant differs
	OpenHere                          // it moved there, and is open here
	NotHere                           // it moved there, and by our books did not
	NotThere                          // it did not move there, and by our books did
	ChannelNumber                     // the channel's number differs under our number
	OrderNumber                       // the refund is of another order than ours
	Reversed                          // the order was undone at the channel
	OtherRate                         // the bill's rate is not the contracted one
	WrongFee                          // the fee is not rate times amount
	KnownByChannel                    // our books hold the channel's number under another number
	OrderKnown                        // note: the order of an unknown refund is in our books
	OtherDay                          // note: line and record are of different days
	FoundEarlier                      // its line stands in another day's bill
	Midnight                          // note: so close to midnight that another day's bill may hold it
	StillOpen                         // note: a refund that the channel has not finished
	FinishedLater                     // note: a refund accepted on this day and finished after it
	CarriedOver                       // note: first looked for on an earlier day
	CarriedTooLong                    // it was in none of the following days' bills either
	NothingMoved                      // note: neither side says that money moved
	lastReason
)

// reasonNames are stable: they are stored and have translated sentences.
var reasonNames = map[Reason]string{
	OrderAmount: "order_amount", SettledAmount: "settled_amount", OpenHere: "open_here", NotHere: "not_here", NotThere: "not_there",
	ChannelNumber: "channel_number", OrderNumber: "order_number", Reversed: "reversed", OtherRate: "other_rate", WrongFee: "wrong_fee",
	KnownByChannel: "known_by_channel_number", OrderKnown: "order_known", OtherDay: "other_day", FoundEarlier: "found_on_other_day",
	Midnight: "midnight", StillOpen: "still_open", FinishedLater: "finished_later", CarriedOver: "carried", CarriedTooLong: "carried_too_long",
	NothingMoved: "nothing_moved",
}

// String is the reason's stable name, such as "order_amount".
func (r Reason) String() string { return reasonNames[r] }

// Has reports whether r is among the reasons.
func (w Why) Has(r Reason) bool { return w&Why(r) != 0 }

// List returns the reasons in their order.
func (w Why) List() []Reason {
	var out []Reason
	for r := Reason(1); r < lastReason; r <<= 1 {
		if w.Has(r) {
			out = append(out, r)
		}
	}
	return out
}

func (w *Why) add(r Reason) { *w |= Why(r) }
