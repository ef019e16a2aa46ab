package console

import (
	"slices"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func reconcileRoutes() []Route {
	const base = scoped + "/reconciliation"
	return []Route{
		get(base, InMerchant, access.Reconciliation, access.Read, (*Console).reconcileDay),
		post(base+"/run", InMerchant, access.Reconciliation, access.Run, (*Console).runDay),
		get(base+"/runs/:run", InMerchant, access.Reconciliation, access.Read, (*Console).reconcileRun),
		post(base+"/runs/:run/again", InMerchant, access.Reconciliation, access.Run, (*Console).runAgain),
		get(base+"/runs/:run/bill", InMerchant, access.Reconciliation, access.Read, (*Console).reconcileBill),
		get(base+"/runs/:run/files/:bill", InMerchant, access.Reconciliation, access.Export, (*Console).downloadBill),
		get(base+"/month", InMerchant, access.Reconciliation, access.Read, (*Console).reconcileMonth),
		get(base+"/statements/:statement/file", InMerchant, access.Reconciliation, access.Export, (*Console).statementFile),
		get(base+"/exports", InMerchant, access.Reconciliation, access.Export, (*Console).exportsPage),
		get(base+"/exports/:export/file", InMerchant, access.Reconciliation, access.Export, (*Console).exportFile),
		post(base+"/month/export", InMerchant, access.Reconciliation, access.Export, (*Console).askMonthFile),
		post(base+"/month/lock", InMerchant, access.Reconciliation, access.Lock, (*Console).askLock),
		post(base+"/month/reopen", InMerchant, access.Reconciliation, access.Lock, (*Console).askReopen),
	}
}

// published is how long after its end a day's last bill is there: WeChat's at
// 10:00 the next morning.
const published = 10 * time.Hour

// reconcileDay is what one day came to. Without a date it is the latest that has
// bills.
func (c *Console) reconcileDay(r *request) error {
	s, err := c.shell(r, layout.NavReconcile)
	if err != nil {
		return err
	}
	now := c.Clock.Now()
	today := app.DayOf(now)
	view := pages.ReconcileDay{Shell: s, SeenAt: app.ToMillis(now)}
	day, err := app.ParseDay(r.query("date"))
	switch {
	case r.query("date") == "":
		day, err = c.latestDay(r, now)
	case err != nil || day > today || day < firstDay:
		view.DateError = r.t("reconcile.day_error")
		day, err = c.latestDay(r, now)
	}
	if err != nil {
		return err
	}
	view.Day, view.Previous = day, day.Add(-1)
	if day < today {
		view.Next = day.Next()
	}
	if err := c.fillDay(r, &view, now); err != nil {
		return err
	}
	if view.DateError != "" {
		return c.refuse(r, pages.ReconcileDayPage(view))
	}
	return c.page(r, pages.ReconcileDayPage(view))
}

// firstDay is before anything that can be asked for.
const firstDay app.Day = "2000-01-01"

// latestDay is the last day that can have a bill: yesterday, from when its bills
// are published, or today where the sandbox gives bills of the running day.
func (c *Console) latestDay(r *request, now time.Time) (app.Day, error) {
	today, err := c.Statements.Day(r.ctx, r.scope(), app.DayOf(now))
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(today.Rows, func(row statements.DayRow) bool { return row.RunID != "" }) {
		return today.Day, nil
	}
	return app.DayOf(now.Add(-published)).Add(-1), nil
}

// fillDay fills in what the day came to.
func (c *Console) fillDay(r *request, view *pages.ReconcileDay, now time.Time) error {
	day, err := c.Statements.Day(r.ctx, r.scope(), view.Day)
	if err != nil {
		return err
	}
	view.Locked = day.Period.Closed()
	for _, row := range day.Rows {
		shown := c.dayRow(r, row)
		view.Rows = append(view.Rows, shown)
		view.Early = view.Early || !shown.Compared && now.Before(view.Day.End().Add(published))
		if row.RunID != "" {
			view.Files = append(view.Files, dayFile(row, day.Period.Closed()))
		}
		if err := c.addTransit(r, row, &view.Transit, &view.TransitMore); err != nil {
			return err
		}
	}
	if len(view.Rows) > 0 {
		// A day that goes on has bills only where the sandbox hands them out.
		unrun := slices.ContainsFunc(view.Rows, func(row pages.DayRow) bool { return row.RunID == "" })
		view.Runnable = unrun && !view.Locked && (!view.Early || r.mode == app.Test)
		return nil
	}
	accounts, err := c.accounts(r)
	view.NoAccounts = len(accounts) == 0
	return err
}

// dayRow shows a settlement identity's day.
func (c *Console) dayRow(r *request, row statements.DayRow) pages.DayRow {
	out := pages.DayRow{
		RunID: row.RunID, Channel: row.Channel, Identity: row.Identity, SubIdentity: row.SubIdentity, Account: accountNames(r, row.Accounts),
		Day: row.Day, Bill: string(row.Bill), State: stateOf(row), Compared: compared(row), Partial: row.Partial,
		Ours: oursOf(row.Figures), Theirs: theirsOf(row.Figures), Exceptions: row.Exceptions.Total, Difference: row.Exceptions.Amount,
		Handler: personOf(row.Handled), Reviewer: personOf(row.Checked),
	}
	if row.Exceptions.Total > 0 {
		out.ExceptionsHref = exceptionsOfRun(r, row.RunID)
	}
	if row.Problem != "" {
		out.Problem = &pages.RunProblem{Code: row.Problem}
	}
	return out
}

func accountNames(r *request, list []statements.Account) string {
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	return strings.Join(names, r.t("list.comma"))
}

// stateOf is a row's state in one word: its status, what the run is doing, and
// whether there was anything to settle.
func stateOf(row statements.DayRow) string {
	switch {
	case row.Status == statements.Reconciled && row.Exceptions.Total > 0:
		return "settled"
	case row.Status == statements.Waiting && working(row.RunStatus):
		return "working"
	}
	return string(row.Status)
}

func working(status string) bool { return reconcile.Status(status).Working() }

// compared reports whether the row has a result, be it of an earlier execution.
func compared(row statements.DayRow) bool {
	return len(row.Statements) > 0 || row.Status == statements.Reconciled || row.Status == statements.NoBill
}

func oursOf(f statements.Figures) pages.DaySide {
	return pages.DaySide{Payments: f.Ours.Payments, Refunds: f.Ours.Refunds, Gross: f.Ours.Gross, Refunded: f.Ours.Refunded}
}

func theirsOf(f statements.Figures) pages.DaySide {
	return pages.DaySide{
		Payments: f.Theirs.Payments, Refunds: f.Theirs.Refunds, Gross: f.Theirs.Gross, Refunded: f.Theirs.Refunded,
		Fee: f.Theirs.Fee, Net: f.Theirs.Net(),
	}
}

// exceptionsOfRun is the list of what a run's day counts as its differences,
// whatever became of them.
func exceptionsOfRun(r *request, run string) string {
	return routes.With(routes.With(r.to().Exceptions(), "run", run), "status", "filed")
}

// addTransit adds what a row's day carries over to the next ones.
func (c *Console) addTransit(r *request, row statements.DayRow, to *[]pages.TransitRow, more *bool) error {
	if row.Carried == 0 || row.RunID == "" {
		return nil
	}
	list, further, err := c.Reconcile.CarriedBy(r.ctx, r.scope(), row.RunID, shownObjects)
	if lost(err) {
		return nil // the run's own page tells of it
	}
	*to = append(*to, transitRows(row.Channel, list)...)
	*more = *more || further
	return err
}

// lost reports whether a result is not in the archive any more, or was altered
// there.
func lost(err error) bool { return app.Is(err, app.NotFound) || archive.Altered(err) }

func dayFile(row statements.DayRow, locked bool) pages.DayFile {
	f := pages.DayFile{
		RunID: row.RunID, Channel: row.Channel, Identity: row.Identity, SubIdentity: row.SubIdentity, Again: !locked && !working(row.RunStatus),
	}
	for _, b := range row.Bills {
		f.Bills = append(f.Bills, pages.BillFile{
			ID: b.ID, Kind: string(b.Kind), Name: b.Name, Format: string(b.Format), Size: b.Size, Lines: b.Lines,
			SHA256: b.Key, HashType: b.HashType, Hash: b.Hash, Check: hashCheck(b.Problem, b.Hash, row.Bill == statements.BillChecked),
		})
	}
	names := map[string]string{}
	for _, a := range row.Accounts {
		names[a.ID] = a.Name
	}
	for _, st := range row.Statements {
		f.Statements = append(f.Statements, pages.DayStatement{ID: st.ID, Account: names[st.AccountID]})
	}
	return f
}

// hashCheck says what is known of an original's bytes. Those with a hash were
// only kept once they matched it.
func hashCheck(problem, hash string, read bool) string {
	switch {
	case problem != "":
		return "refused"
	case hash != "":
		return "matched"
	case read:
		return "by_totals"
	}
	return "unread"
}
