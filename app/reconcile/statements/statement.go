// Package statements keeps what reconciliation came to, for the people who
// close the books: a statement per account and day, the day and the month they
// add up to, the lock of a month, and the files that finance downloads.
package statements

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// Status is how a day stands, for one statement, one settlement identity or all
// of a merchant's.
type Status string

// The statuses, the gravest first. Locked is a flag beside them: a month is
// locked only when all of its days are NoBill or Reconciled.
const (
	Failed     Status = "failed"     // the run failed and is tried again
	Exceptions Status = "exceptions" // differences stand open
	Waiting    Status = "waiting"    // the channel has not published the bill, or the run has not ended
	Reconciled Status = "reconciled"
	NoBill     Status = "no_bill" // the channel has nothing of the day, nor have our books
	Future     Status = "future"  // the day has not ended; in the calendar only
)

// Statuses lists the statuses of statements and days.
var Statuses = []Status{Failed, Exceptions, Waiting, Reconciled, NoBill, Future}

// rank orders statuses: of several the gravest is the day's.
func (s Status) rank() int {
	for i, x := range Statuses {
		if x == s {
			return i
		}
	}
	return len(Statuses)
}

// gravest returns the graver of two statuses; "" is none.
func gravest(a, b Status) Status {
	if a == "" || (b != "" && b.rank() < a.rank()) {
		return b
	}
	return a
}

// settled reports whether a day of the status may be locked.
func (s Status) settled() bool { return s == Reconciled || s == NoBill }

// Statement is one account's day. Amounts are in fen.
type Statement struct {
	ID         string // stm_…
	MerchantID string
	Mode       app.Mode
	// AccountID is "" for what a bill shared by several accounts holds of none of
	// them: lines that are not ours by number.
	AccountID   string
	IdentityID  string // sid_…
	Channel     app.Channel
	Identity    string // mchid or PID
	SubIdentity string // sub_mchid, or ""
	Day         app.Day
	RunID       string
	Status      Status
	// Partial says that the result is of a day that had not ended.
	Partial bool
	Figures
	Exceptions  Open
	Adjustments Adjusted
	// Balance is that of the settlement identity, nil when no funds bill told it.
	Balance   *Balance
	LockedAt  app.Millis // 0 while its month is open
	CreatedAt app.Millis
	UpdatedAt app.Millis
	Version   int64 // grows with every change of the figures
}

// Figures are what two sides come to. They add up.
type Figures struct {
	Ours      Sums   // by our books
	Theirs    Billed // by the channel's bill
	Matched   int64  // objects on which both agree
	InTransit int64  // carried over to the next days' bills
	// Differences are the exceptions' classes as the run found them, resolved or
	// not, in the order of match.Classes.
	Differences []Difference
}

// Sums are counts and sums by our books, in fen. Refunds are positive.
type Sums struct {
	Payments int64
	Refunds  int64
	Gross    app.Money
	Refunded app.Money
}

// Billed are counts and sums by the channel's bill, in fen. Refunds are
// positive. Settlement is what counts for the merchant before fees: less than
// the gross where the channel does not settle coupons.
type Billed struct {
	Payments           int64
	Refunds            int64
	Gross              app.Money
	Settlement         app.Money
	Refunded           app.Money
	RefundedSettlement app.Money
	Fee                app.Millifen // taken, less what was given back with refunds
}

// Net is what the channel owes for the lines: settlements less refunds and fees.
func (b Billed) Net() app.Money {
	return (b.Settlement.Millifen() - b.RefundedSettlement.Millifen() - b.Fee).Round()
}

// Difference is how many objects of a class a run found, and by how much both
// sides differ: the sum of the differences without sign.
type Difference struct {
	Class  match.Class `json:"class"`
	Count  int64       `json:"count"`
	Amount app.Money   `json:"amount"`
}

// Open counts exceptions. Amounts are differences without sign.
type Open struct {
	Open       int64 // without a resolution, proposed ones included
	Total      int64 // cleared ones not included
	OpenAmount app.Money
	Amount     app.Money
}

func (o Open) plus(p Open) Open {
	return Open{o.Open + p.Open, o.Total + p.Total, o.OpenAmount + p.OpenAmount, o.Amount + p.Amount}
}

// Adjusted are the adjustments that resolutions booked for the day, signed.
type Adjusted struct {
	Count  int64
	Amount app.Money
}

func (a Adjusted) plus(b Adjusted) Adjusted { return Adjusted{a.Count + b.Count, a.Amount + b.Amount} }

// Balance is a settlement identity's day by its funds bill: Opening + Income −
// Outgoing = Closing.
type Balance struct {
	Opening  app.Money
	Income   app.Money
	Outgoing app.Money // positive
	Closing  app.Money
}

// Adds reports whether the movements lead from the opening to the closing balance.
func (b Balance) Adds() bool { return b.Opening+b.Income-b.Outgoing == b.Closing }

// plus adds up two accounts', identities' or days' figures.
func (f Figures) plus(g Figures) Figures {
	f.Ours = Sums{f.Ours.Payments + g.Ours.Payments, f.Ours.Refunds + g.Ours.Refunds, f.Ours.Gross + g.Ours.Gross, f.Ours.Refunded + g.Ours.Refunded}
	f.Theirs = Billed{
		Payments: f.Theirs.Payments + g.Theirs.Payments, Refunds: f.Theirs.Refunds + g.Theirs.Refunds,
		Gross: f.Theirs.Gross + g.Theirs.Gross, Settlement: f.Theirs.Settlement + g.Theirs.Settlement,
		Refunded: f.Theirs.Refunded + g.Theirs.Refunded, RefundedSettlement: f.Theirs.RefundedSettlement + g.Theirs.RefundedSettlement,
		Fee: f.Theirs.Fee + g.Theirs.Fee,
	}
	f.Matched += g.Matched
	f.InTransit += g.InTransit
	f.Differences = addDifferences(f.Differences, g.Differences)
	return f
}

// addDifferences adds up by class, in the order of match.Classes.
func addDifferences(a, b []Difference) []Difference {
	var out []Difference
	for _, class := range match.Classes {
		sum := Difference{Class: class}
		for _, list := range [][]Difference{a, b} {
			for _, d := range list {
				if d.Class == class {
					sum.Count += d.Count
					sum.Amount += d.Amount
				}
			}
		}
		if sum.Count > 0 && class.Exception() {
			out = append(out, sum)
		}
	}
	return out
}

// Differing adds up all classes.
func (f Figures) Differing() (count int64, amount app.Money) {
	for _, d := range f.Differences {
		count += d.Count
		amount += d.Amount
	}
	return count, amount
}
