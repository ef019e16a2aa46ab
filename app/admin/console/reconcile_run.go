package console

import (
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// shownObjects is how many payments and refunds a page lists of those in transit
// or recovered.
const shownObjects = 50

// reconcileRun is one run: how far it is, what it read and what it came to.
func (c *Console) reconcileRun(r *request) error {
	run, err := c.oneRun(r)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavReconcile)
	if err != nil {
		return err
	}
	s.Path = r.to().Run(run.ID)
	view := pages.ReconcileRun{
		Shell: s, ID: run.ID, Channel: run.Channel, Identity: run.Identity, SubIdentity: run.SubIdentity, Day: run.Day, Partial: run.Partial,
		State: c.runState(run), Steps: runSteps(run), Done: run.DoneLines, Expected: run.ExpectedLines, Problem: problemOf(run.Problem), NextAt: run.NextAt,
		Result: run.EndedAt != 0, Difference: run.Result.Difference, HasBalance: run.Result.HasBalance, Opening: run.Result.Opening, Closing: run.Result.Closing,
		FundsMissing: run.Result.FundsMissing, Repaired: run.Result.Repaired, Executions: run.Executions, Requested: personOf(run.Requested),
		StartedAt: run.StartedAt, EndedAt: run.EndedAt,
	}
	if err := c.runResult(r, run, &view); err != nil {
		return err
	}
	if err := c.runFiles(r, run, &view); err != nil {
		return err
	}
	if view.History, err = c.runHistory(r, run.ID); err != nil {
		return err
	}
	view.Again = !view.Working() && !view.Locked
	return c.page(r, pages.ReconcileRunPage(view))
}

func (c *Console) oneRun(r *request) (reconcile.Run, error) {
	id, err := r.id("run", app.PrefixRun)
	if err != nil {
		return reconcile.Run{}, err
	}
	return c.Reconcile.Run(r.ctx, r.scope(), id)
}

// runState is the run's state in one word of reconcile_state. What is due counts
// as working: a server takes it up at once.
func (c *Console) runState(run reconcile.Run) string {
	due := run.NextAt != 0 && run.NextAt <= app.ToMillis(c.Clock.Now())
	switch {
	case run.Status.Working() || due && run.Requested.Kind != "":
		return "working"
	case run.Status == reconcile.StatusDone:
		return string(statements.Reconciled)
	}
	return string(run.Status)
}

// runResult fills in what the newest execution that ended came to, with the
// exceptions as they stand now.
func (c *Console) runResult(r *request, run reconcile.Run, view *pages.ReconcileRun) error {
	day, err := c.Statements.Day(r.ctx, r.scope(), run.Day)
	if err != nil {
		return err
	}
	view.Locked = day.Period.Closed()
	i := slices.IndexFunc(day.Rows, func(row statements.DayRow) bool { return row.IdentityID == run.IdentityID })
	if i < 0 {
		return nil
	}
	row := day.Rows[i]
	for _, a := range row.Accounts {
		view.Accounts = append(view.Accounts, pages.Choice{ID: a.ID, Name: a.Name})
	}
	if !view.Result {
		return nil
	}
	if !view.Working() && run.Status.Ended() {
		view.State = stateOf(row)
	}
	view.Ours, view.Theirs = oursOf(row.Figures), theirsOf(row.Figures)
	if row.Exceptions.Total > 0 {
		view.ExceptionsHref = exceptionsOfRun(r, run.ID)
	}
	if view.Classes, err = c.runClasses(r, run, row, view.ExceptionsHref); err != nil {
		return err
	}
	return c.runObjects(r, run, view)
}

// runClasses counts the day's objects by what comparing them came to.
func (c *Console) runClasses(r *request, run reconcile.Run, row statements.DayRow, href string) ([]pages.RunClass, error) {
	sums, _, err := c.Exceptions.Day(r.ctx, c.DB, r.scope(), run.Day)
	if err != nil {
		return nil, err
	}
	out := []pages.RunClass{{Class: string(match.Matched), Count: row.Matched}}
	for _, t := range exceptions.Types {
		class := pages.RunClass{Class: string(t)}
		for _, sum := range sums {
			if sum.IdentityID == run.IdentityID && sum.Type == t && sum.Status != exceptions.Cleared {
				class.Count += sum.Count
				class.Amount += sum.Magnitude
			}
		}
		if class.Count > 0 {
			class.Href = routes.With(href, "type", string(t))
			out = append(out, class)
		}
	}
	return append(out, pages.RunClass{Class: string(match.InTransit), Count: row.Carried}), nil
}

// runObjects lists what is carried over, and what was recovered.
func (c *Console) runObjects(r *request, run reconcile.Run, view *pages.ReconcileRun) error {
	carried, more, err := c.Reconcile.CarriedBy(r.ctx, r.scope(), run.ID, shownObjects)
	if lost(err) {
		view.Problem = &pages.RunProblem{Code: "result_lost"}
		return nil
	}
	if err != nil {
		return err
	}
	view.Transit, view.TransitMore = transitRows(run.Channel, carried), more
	if run.Result.Repaired == 0 {
		return nil
	}
	recovered, err := c.Reconcile.RecoveredBy(r.ctx, r.scope(), run.ID, min(shownObjects, int(run.Result.Repaired)))
	for _, i := range recovered {
		view.Recovered = append(view.Recovered, pages.RecoveredRow{
			Number: i.Record.Number, PaymentID: i.Record.PaymentID, RefundID: i.Record.RefundID, Amount: i.Record.Amount, At: i.Record.At,
		})
	}
	return err
}

func transitRows(channel app.Channel, list []reconcile.CarriedItem) []pages.TransitRow {
	var out []pages.TransitRow
	for _, i := range list {
		out = append(out, pages.TransitRow{
			Kind: string(i.Record.Kind), Number: i.Record.Number, PaymentID: i.Record.PaymentID, RefundID: i.Record.RefundID,
			Channel: channel, Amount: i.Record.Amount, At: i.Record.At, Why: transitWhy(i.Why), From: i.From, Last: i.Last,
		})
	}
	return out
}

func transitWhy(w match.Why) string {
	switch {
	case w.Has(match.StillOpen):
		return "refund_pending"
	case w.Has(match.Midnight):
		return "midnight"
	}
	return "next_bill"
}

func (c *Console) runFiles(r *request, run reconcile.Run, view *pages.ReconcileRun) error {
	bills, err := c.Reconcile.Bills(r.ctx, r.scope(), run.ID)
	for _, b := range bills {
		view.Files = append(view.Files, billFile(b))
	}
	return err
}

func billFile(b reconcile.Bill) pages.BillFile {
	return pages.BillFile{
		ID: b.ID, Kind: string(b.Kind), Name: b.Name, Format: string(b.Format), Size: b.Size, Lines: b.Lines, SHA256: b.Key,
		HashType: b.HashType, Hash: b.Hash, Check: hashCheck(b.Problem.Code, b.Hash, b.Lines > 0), Problem: problemOf(b.Problem),
		FetchedAt: b.FetchedAt, Superseded: !b.Current,
	}
}

func problemOf(p reconcile.Problem) *pages.RunProblem {
	if p.Code == "" {
		return nil
	}
	return &pages.RunProblem{Code: p.Code, Kind: string(p.Kind), Line: p.Line, Detail: p.Detail}
}

// runSteps says what of a run is done: by its status, or by what stopped it.
func runSteps(run reconcile.Run) []pages.RunStep {
	names := []string{"published", "fetch", "check", "match", "repair", "commit"}
	at, state := len(names), "done"
	switch {
	case run.Status.Working():
		at, state = map[reconcile.Status]int{reconcile.StatusFetching: 1, reconcile.StatusMatching: 3, reconcile.StatusRepairing: 4}[run.Status], "current"
	case run.Status == reconcile.StatusWaiting:
		at, state = 0, "waiting"
	case run.Status == reconcile.StatusFailed:
		at, state = stoppedAt(run.Problem.Code), "failed"
	}
	var out []pages.RunStep
	for i, name := range names {
		step := pages.RunStep{Name: name, State: "done"}
		switch {
		case i == at:
			step.State = state
		case i > at:
			step.State = "waiting"
		case run.Status == reconcile.StatusNoBill && name == "check":
			step.State = "skipped"
		}
		out = append(out, step)
	}
	return out
}

// stoppedAt is the step that a problem stopped: that of checking the file for
// everything that can be wrong with one.
func stoppedAt(code string) int {
	switch code {
	case reconcile.ProblemNotReady:
		return 0
	case reconcile.ProblemNoAccount, reconcile.ProblemUnavailable, reconcile.ProblemRefused:
		return 1
	case reconcile.ProblemTooMany:
		return 3
	case reconcile.ProblemLocked, reconcile.ProblemInternal:
		return 5
	}
	return 2
}

// runHistory is who asked for the run, newest first.
func (c *Console) runHistory(r *request, runID string) ([]pages.RunExecution, error) {
	page, err := c.Audit.List(r.ctx, audit.Filter{Chain: r.merchant.ID, Action: "reconciliation.run", Target: runID, Limit: 10})
	var out []pages.RunExecution
	for _, row := range page.Rows {
		out = append(out, pages.RunExecution{At: row.CreatedAt, By: row.ActorName})
	}
	return out, err
}

// runAgain has the bills fetched and compared once more.
func (c *Console) runAgain(r *request) error {
	run, err := c.oneRun(r)
	if err != nil {
		return err
	}
	day, err := c.Statements.Period(r.ctx, r.scope(), run.Day.Month())
	if err != nil {
		return err
	}
	if day.Closed() {
		return app.Errorf(app.Conflict, "%s is locked: reopen it first", run.Day.Month()).WithReason("period_locked")
	}
	if _, err := c.Reconcile.Request(r.ctx, r.scope(), run.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Run(run.ID), "run_asked")
}

// runDay has a day's bills fetched and compared that has no run yet.
func (c *Console) runDay(r *request) error {
	day, err := app.ParseDay(r.field("date"))
	if err != nil {
		return app.InvalidField("date", "bad_value", "date must be a day such as 2026-11-24")
	}
	period, err := c.Statements.Period(r.ctx, r.scope(), day.Month())
	if err != nil {
		return err
	}
	if period.Closed() {
		return app.Errorf(app.Conflict, "%s is locked: reopen it first", day.Month()).WithReason("period_locked")
	}
	if _, err := c.Reconcile.RunNow(r.ctx, r.scope(), day); err != nil {
		return err
	}
	return c.done(r, r.to().ReconcileDay(day), "day_asked")
}

// safeName keeps what may stand in a header.
func safeName(name string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || strings.ContainsRune(`"\/;`, c) {
			return '_'
		}
		return c
	}, name)
}
