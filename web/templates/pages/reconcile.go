package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// ReconcileDay is what one day came to: a row for each settlement identity.
type ReconcileDay struct {
	Shell layout.Shell
	Day   app.Day
	// Previous and Next are the neighbouring days; Next is "" after the last day
	// that can have a bill.
	Previous, Next app.Day
	DateError      string // what is wrong with the date that was asked for, translated
	Rows           []DayRow
	Files          []DayFile
	Transit        []TransitRow
	TransitMore    bool // there are more in transit than are shown
	// Early says that the bills of the day are not published yet.
	Early bool
	// NoAccounts says that the merchant has no channel account in this mode.
	NoAccounts bool
	Locked     bool       // the day's month is closed
	Runnable   bool       // a run is missing, and can be asked for
	SeenAt     app.Millis // stands on the printed sheet
}

// DayRow is one settlement identity's day. Bill and State are words of
// bill_state and reconcile_state.
type DayRow struct {
	RunID                 string
	Channel               app.Channel
	Identity, SubIdentity string
	Account               string // the names of its accounts
	Day                   app.Day
	Bill, State           string
	Ours, Theirs          DaySide
	Compared              bool // there is a result: figures and differences are known
	Partial               bool // the day had not ended
	Exceptions            int64
	Difference            app.Money
	ExceptionsHref        string // their list; "" for those who may not see it
	// Handler asked that the month be locked and Reviewer approved it; zero while
	// it is open.
	Handler, Reviewer Person
	Problem           *RunProblem // why there is no result
	NextAt            app.Millis  // when it is tried next
}

// DaySide is one side's counts and sums. Refunded is positive; Fee is what the
// channel keeps, net of what it gave back.
type DaySide struct {
	Payments, Refunds int64
	Gross, Refunded   app.Money
	Fee               app.Millifen
	Net               app.Money // what is left for the merchant; the channel's side only
}

func (s DaySide) plus(o DaySide) DaySide {
	return DaySide{s.Payments + o.Payments, s.Refunds + o.Refunds, s.Gross + o.Gross, s.Refunded + o.Refunded, s.Fee + o.Fee, s.Net + o.Net}
}

// dayTotals sums the rows of a day.
type dayTotals struct {
	ours, theirs DaySide
	exceptions   int64
	difference   app.Money
	compared     int
}

func (v ReconcileDay) totals() dayTotals {
	var t dayTotals
	for _, r := range v.Rows {
		if r.Compared {
			t.compared++
			t.ours = t.ours.plus(r.Ours)
			t.theirs = t.theirs.plus(r.Theirs)
			t.exceptions += r.Exceptions
			t.difference += r.Difference
		}
	}
	return t
}

// DayFile is what can be looked at and downloaded of one identity's day.
type DayFile struct {
	RunID                 string
	Channel               app.Channel
	Identity, SubIdentity string
	Bills                 []BillFile
	Statements            []DayStatement
	Again                 bool // the run can be executed again now
}

// DayStatement is one account's statement of the day.
// Account is "" for what belongs to none.
type DayStatement struct{ ID, Account string }

func (s DayStatement) word(ctx context.Context) string {
	account := s.Account
	if account == "" {
		account = i18n.T(ctx, "reconcile.statement_none")
	}
	return i18n.T(ctx, "reconcile.statement_of", "account", account)
}

// TransitRow is a payment or refund that is to be expected in another day's
// bill. Kind is payment or refund, Why a word of transit_why.
type TransitRow struct {
	Kind, Number, PaymentID, RefundID string
	Channel                           app.Channel
	Amount                            app.Money
	At                                app.Millis
	Why                               string
	From                              app.Day // the first bill in which it was looked for
	Last                              app.Day // missing in this bill too, it becomes an exception
}

func (r TransitRow) href(s layout.Shell) string {
	switch {
	case r.RefundID != "" && s.Can.Refunds:
		return s.Scope().Refund(r.RefundID)
	case r.PaymentID != "" && s.Can.Payments:
		return s.Scope().Payment(r.PaymentID)
	}
	return ""
}

// billTone is the tone of a bill's state.
func billTone(state string) components.Tone {
	switch state {
	case "checked":
		return components.Good
	case "waiting", "fetched":
		return components.Busy
	case "broken":
		return components.Bad
	}
	return components.Quiet
}

// reconcileTone is the tone of a day's state.
func reconcileTone(state string) components.Tone {
	switch state {
	case "reconciled", "settled":
		return components.Good
	case "waiting", "working":
		return components.Busy
	case "exceptions":
		return components.Attention
	case "failed":
		return components.Bad
	}
	return components.Quiet
}

// payee names whose bill it is: the merchant's number, and the sub-merchant's.
func payee(identity, sub string) string {
	if sub == "" {
		return identity
	}
	return identity + " / " + sub
}

// items writes how many payments or refunds there are.
func items(ctx context.Context, n int64) string {
	return i18n.N(ctx, "reconcile.items", int(n), "n", components.Count(n))
}

// signer is a person's name, "—" for nobody.
func signer(ctx context.Context, p Person) string {
	if p.Kind == "" {
		return "—"
	}
	return p.word(ctx)
}
