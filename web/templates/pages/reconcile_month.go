package pages

import (
	"context"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// ReconcileMonth is the calendar of a month and what it came to.
type ReconcileMonth struct {
	Shell          layout.Shell
	Month          string     // 2026-11
	SeenAt         app.Millis // stands on the printed sheet
	Previous, Next string     // the neighbouring months; Next is "" after the present one
	MonthError     string     // translated
	Days           []MonthDay
	Balances       []MonthBalance
	Totals         MonthTotals
	Transit        []TransitRow
	TransitMore    bool
	Carried        int64 // how many objects are in transit beyond the last reconciled day
	ExceptionsHref string
	Lock           MonthLock
	Exports        []ExportRow
	NoAccounts     bool
	Errors         map[string]string
}

// MonthDay is one day of the calendar. State is a word of reconcile_state, or
// "" for a day without anything to reconcile or one still to come.
type MonthDay struct {
	Day        app.Day
	State      string
	Future     bool
	Exceptions int64 // still open
	Partial    bool  // compared before it was over
	Net        app.Money
	HasNet     bool
}

func (d MonthDay) number() string { return string(d.Day[len(d.Day)-2:]) }

func (d MonthDay) weekday(ctx context.Context) string {
	return i18n.T(ctx, "weekday."+weekdays[weekdayOf(d.Day)])
}

var weekdays = [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// weekdayOf is 0 for a Monday.
func weekdayOf(d app.Day) int { return (int(d.Start().Weekday()) + 6) % 7 }

// weeks are the rows of the calendar; a zero MonthDay is outside of the month.
func (v ReconcileMonth) weeks() [][]MonthDay {
	var out [][]MonthDay
	for _, d := range v.Days {
		place := weekdayOf(d.Day)
		if place == 0 || len(out) == 0 {
			out = append(out, make([]MonthDay, 7))
		}
		out[len(out)-1][place] = d
	}
	return out
}

// MonthBalance is one settlement identity's balance over the month, by the
// channel's own records.
type MonthBalance struct {
	Channel               app.Channel
	Identity, SubIdentity string
	Opening, Closing      app.Money
	Income, Outgoing      app.Money // both positive
	// Check is a word of balance_check: holds, broken, incomplete or unknown; Days
	// are those to blame.
	Check string
	Days  []app.Day
}

func (b MonthBalance) known() bool { return b.Check != "unknown" }

func (b MonthBalance) tone() components.Tone {
	switch b.Check {
	case "holds":
		return components.Good
	case "broken":
		return components.Bad
	case "incomplete":
		return components.Attention
	}
	return components.Quiet
}

// MonthTotals sums the month by the channel's bills.
type MonthTotals struct {
	Theirs     DaySide
	Exceptions int64 // filed
	Open       int64 // still waiting
	OpenAmount app.Money
}

// MonthLock is whether the month can still change. State is a word of
// month_state: open, locking, locked, reopening.
type MonthLock struct {
	State       string
	Ended       bool       // the month is over and could be locked
	Reasons     []LockStop // why it cannot be locked
	ApprovalID  string     // that waits for a decision
	By, AskedBy string
	At          app.Millis
	Note        string
}

// LockStop is a reason why a month cannot be locked yet; Why is a word of
// lock_stop.
type LockStop struct {
	Why   string
	Count int
	Days  []app.Day
	Href  string
}

// ExportRow is a file made in the background. Status is a word of
// export_status: queued, running, done, failed.
type ExportRow struct {
	ID, Kind, Status     string
	Period               string // the month, or the statement's id
	Format               string
	Done, Total          int64
	Size                 int64
	Name, SHA256         string
	RequestedBy          Person
	RequestedAt, ReadyAt app.Millis
	Problem              string // the system's own text
}

func (r ExportRow) tone() components.Tone {
	switch r.Status {
	case "done":
		return components.Good
	case "queued", "running":
		return components.Busy
	case "failed":
		return components.Bad
	}
	return components.Quiet
}

// what names the contents: a month's zip, or a statement's file by its name.
func (r ExportRow) what(ctx context.Context) string {
	return i18n.T(ctx, "export_kind."+r.Kind, "period", r.Period, "name", r.Name)
}

func (r ExportRow) size() string { return BillFile{Size: r.Size}.size() }

// title is the month as people write it.
func (v ReconcileMonth) title(ctx context.Context) string { return monthWord(ctx, v.Month) }

func monthWord(ctx context.Context, month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return i18n.T(ctx, "month.title", "year", t.Format("2006"), "month", t.Format("01"), "plain", t.Format("1"))
}

// Exports is the list of files that were made in the background.
type Exports struct {
	Shell layout.Shell
	Rows  []ExportRow
	Pager components.Pager
}

func exportsWorking(rows []ExportRow) bool {
	return slices.ContainsFunc(rows, func(r ExportRow) bool { return r.Status == "queued" || r.Status == "running" })
}

// word is the state in the calendar: differences come with their number.
func (d MonthDay) word(ctx context.Context) string {
	if d.State == "exceptions" {
		return i18n.N(ctx, "month.differences", int(d.Exceptions))
	}
	return i18n.T(ctx, "reconcile_state."+d.State)
}

// monthTone is the tone of a month's state.
func monthTone(state string) components.Tone {
	switch state {
	case "locked":
		return components.Good
	case "locking", "reopening":
		return components.Attention
	}
	return components.Quiet
}

// line says how the month stands.
func (l MonthLock) line(ctx context.Context) string {
	key := "month_line." + l.State
	switch {
	case l.State == "open" && !l.Ended:
		key = "month_line.running"
	case l.State == "open" && len(l.Reasons) > 0:
		key = "month_line.stopped"
	}
	return i18n.T(ctx, key, "time", components.Minute(l.At), "who", l.By, "asked", l.AskedBy)
}

// can reports whether the lock's state can be asked to change now.
func (l MonthLock) can() bool {
	return l.State == "locked" || l.State == "open" && l.Ended && len(l.Reasons) == 0
}

// do is the key of what can be asked for.
func (l MonthLock) do() string {
	if l.State == "locked" {
		return "month.reopen"
	}
	return "month.lock"
}

func (l MonthLock) action() string {
	if l.State == "locked" {
		return "reopen"
	}
	return "lock"
}

func (r LockStop) what(ctx context.Context) string {
	return i18n.N(ctx, "lock_stop."+r.Why, r.Count)
}
