package pages

import (
	"context"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// ReconcileRun is the reconciliation of one settlement identity's day: how far
// it is, what it read and what it came to.
type ReconcileRun struct {
	Shell                 layout.Shell
	ID                    string
	Channel               app.Channel
	Identity, SubIdentity string
	Accounts              []Choice
	Day                   app.Day
	State                 string // a word of reconcile_state
	Partial               bool   // the day had not ended
	Steps                 []RunStep
	Done, Expected        int64 // lines read by the execution under way; Expected 0 while unknown
	Problem               *RunProblem
	NextAt                app.Millis // when it is executed next; 0 for never by itself
	Files                 []BillFile
	// Result says that what follows stands; it does from the first end on.
	Result           bool
	Ours, Theirs     DaySide
	Classes          []RunClass
	Difference       app.Money
	HasBalance       bool
	Opening, Closing app.Money
	Moved            app.Money // by the bill of movements, between the two
	FundsMissing     string    // why there is no bill of movements, in the channel's words
	Repaired         int64
	Recovered        []RecoveredRow
	Transit          []TransitRow
	TransitMore      bool
	ExceptionsHref   string // the list of its differences; "" for none
	Executions       int64
	Requested        Person // who asked for the newest execution; zero for the calendar
	History          []RunExecution
	StartedAt        app.Millis
	EndedAt          app.Millis
	Again            bool // it can be executed again now
	Locked           bool // its month is closed
}

// RunStep is one step of a run. Name is a word of run_step, State one of
// run_step_state: done, current, waiting, failed, skipped. Detail is translated.
type RunStep struct{ Name, State, Detail string }

func (s RunStep) tone() components.Tone {
	switch s.State {
	case "done":
		return components.Good
	case "current":
		return components.Busy
	case "failed":
		return components.Bad
	}
	return components.Quiet
}

// RunClass is how many lines came to a class of match.Class.
type RunClass struct {
	Class  string
	Count  int64
	Amount app.Money
	Href   string // the list of these exceptions; "" for none
}

// RunExecution is one time that a person or the calendar had the day reconciled.
type RunExecution struct {
	At   app.Millis
	By   string // who asked; "" for the calendar
	Note string // translated
}

// RecoveredRow is a payment or refund that reconciliation brought to the state
// that the channel proves.
type RecoveredRow struct {
	Number, PaymentID, RefundID string
	Amount                      app.Money
	At                          app.Millis
}

func (r RecoveredRow) href(s layout.Shell) string {
	return TransitRow{PaymentID: r.PaymentID, RefundID: r.RefundID}.href(s)
}

// Working reports whether the run is being executed, so that the page follows it.
func (v ReconcileRun) Working() bool { return v.State == "working" }

// said reports whether what is wrong with a file is what stands above the page.
func (v ReconcileRun) said(f BillFile) bool {
	return !f.Superseded && v.Problem != nil && f.Problem != nil && *v.Problem == *f.Problem
}

// percent is how much has been read, from 0 to 100; -1 while unknown.
func (v ReconcileRun) percent() int64 {
	if v.Expected <= 0 {
		return -1
	}
	return min(v.Done*100/v.Expected, 100)
}

// BillFile is one original. Kind is trades or funds, Check a word of hash_check:
// matched, by_totals (the channel gives no hash, but the file's own totals agree
// with its rows), unread or refused.
type BillFile struct {
	ID, Kind, Name, Format string
	Size, Lines            int64
	SHA256                 string
	HashType, Hash         string // as the channel announced it
	Check                  string
	Problem                *RunProblem
	FetchedAt              app.Millis
	Superseded             bool // the channel has published another since
}

func (f BillFile) checkTone() components.Tone {
	switch f.Check {
	case "matched", "by_totals":
		return components.Good
	case "refused":
		return components.Bad
	}
	return components.Busy
}

// size is the size in bytes, or in units that people read.
func (f BillFile) size() string {
	switch {
	case f.Size < 10_000:
		return components.Count(f.Size) + " B"
	case f.Size < 1_000_000:
		return components.Count(f.Size/1000) + " kB"
	case f.Size < 10_000_000:
		return components.Count(f.Size/1_000_000) + "." + strconv.FormatInt(f.Size/100_000%10, 10) + " MB"
	}
	return components.Count(f.Size/1_000_000) + " MB"
}

// RunProblem is why there is no result. Code is a word of bill_problem.
type RunProblem struct {
	Code, Kind string // the bill's kind, or ""
	Line       int    // of the unpacked file; 0 for none
	Detail     string // what was found, or the channel's own words
}

// what says what is wrong. A code without a sentence is shown as it is, so a new
// one is never silent.
func (p RunProblem) what(ctx context.Context) string { return p.sentence(ctx, "bill_problem.") }

// do says what to do about it.
func (p RunProblem) do(ctx context.Context) string { return p.sentence(ctx, "bill_problem_do.") }

func (p RunProblem) sentence(ctx context.Context, prefix string) string {
	key := prefix + p.Code
	if !i18n.Has(ctx, key) {
		key = prefix + "unknown"
	}
	return i18n.T(ctx, key, "code", p.Code, "detail", p.Detail, "line", strconv.Itoa(p.Line), "file", p.file(ctx))
}

// file names the bill that it is about.
func (p RunProblem) file(ctx context.Context) string {
	if p.Kind == "" {
		return i18n.T(ctx, "bill_kind.any")
	}
	return i18n.T(ctx, "bill_kind."+p.Kind)
}

// problemRow is the line where a file is broken, 0 for none.
func problemRow(f BillFile) int {
	if f.Problem == nil {
		return 0
	}
	return f.Problem.Line
}

// classTone is the tone of a class of lines.
func classTone(class string) components.Tone {
	switch class {
	case "matched":
		return components.Good
	case "in_transit":
		return components.Busy
	}
	return components.Attention
}
