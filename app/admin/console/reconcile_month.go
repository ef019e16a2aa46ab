package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// reconcileMonth is a month's calendar. Without one it is the present month.
func (c *Console) reconcileMonth(r *request) error {
	view, err := c.monthView(r, r.query("month"))
	if err != nil {
		return err
	}
	if view.MonthError != "" {
		return c.refuse(r, pages.ReconcileMonthPage(view))
	}
	return c.page(r, pages.ReconcileMonthPage(view))
}

func (c *Console) monthView(r *request, month string) (pages.ReconcileMonth, error) {
	s, err := c.shell(r, layout.NavReconcile)
	if err != nil {
		return pages.ReconcileMonth{}, err
	}
	now := c.Clock.Now()
	present := app.DayOf(now).Month()
	view := pages.ReconcileMonth{Shell: s, Month: month, SeenAt: app.ToMillis(now)}
	if first, err := statements.ParseMonth(month); month == "" || err != nil || first < firstDay || month > present {
		if month != "" {
			view.MonthError = r.t("month.error")
		}
		view.Month = present
	}
	first, err := statements.ParseMonth(view.Month)
	if err != nil {
		return view, err
	}
	view.Previous = first.Add(-1).Month()
	if view.Month < present {
		view.Next = first.Add(31).Month()
	}
	m, err := c.Statements.Month(r.ctx, r.scope(), view.Month)
	if err != nil {
		return view, err
	}
	if err := c.fillMonth(r, &view, m); err != nil {
		return view, err
	}
	if s.Can.ReconcileExport {
		list, err := c.Statements.Exports(r.ctx, r.scope(), "")
		if err != nil {
			return view, err
		}
		for _, e := range exportRows(list) {
			if e.Kind == statements.ExportMonth && e.Period == view.Month {
				view.Exports = append(view.Exports, e)
			}
		}
	}
	accounts, err := c.accounts(r)
	view.NoAccounts = len(accounts) == 0 && len(m.Balances) == 0
	return view, err
}

// exceptionsOfMonth is the list of the month's differences that stand open, of all
// of them once none does.
func exceptionsOfMonth(r *request, m statements.Month) string {
	path := routes.With(routes.With(r.to().Exceptions(), "from", string(m.Days[0].Day)), "to", string(m.Days[len(m.Days)-1].Day))
	if m.Total.Exceptions.Open == 0 {
		return routes.With(path, "status", "filed")
	}
	return path
}

func (c *Console) fillMonth(r *request, view *pages.ReconcileMonth, m statements.Month) error {
	for _, d := range m.Days {
		view.Days = append(view.Days, monthDay(d, c.Clock.Now()))
	}
	view.Totals = pages.MonthTotals{Theirs: theirsOf(m.Total.Figures), Exceptions: m.Total.Exceptions.Total, Open: m.Total.Exceptions.Open}
	view.Carried = m.Carried
	if m.Total.Exceptions.Total > 0 {
		view.ExceptionsHref = exceptionsOfMonth(r, m)
	}
	for _, b := range m.Balances {
		view.Balances = append(view.Balances, monthBalance(b))
	}
	view.Lock = lockOf(r, m, view.ExceptionsHref)
	if m.Carried == 0 {
		return nil
	}
	for _, row := range lastRows(m) {
		if err := c.addTransit(r, row, &view.Transit, &view.TransitMore); err != nil {
			return err
		}
	}
	return nil
}

// lastRows are each settlement identity's last day of the month with a result.
func lastRows(m statements.Month) []statements.DayRow {
	var ids []string
	last := map[string]statements.DayRow{}
	for _, d := range m.Days {
		for _, row := range d.Rows {
			if !compared(row) {
				continue
			}
			if _, known := last[row.IdentityID]; !known {
				ids = append(ids, row.IdentityID)
			}
			last[row.IdentityID] = row
		}
	}
	var out []statements.DayRow
	for _, id := range ids {
		out = append(out, last[id])
	}
	return out
}

func monthDay(d statements.MonthDay, now time.Time) pages.MonthDay {
	out := pages.MonthDay{Day: d.Day, State: string(d.Status), Exceptions: d.Exceptions.Open, Partial: d.Partial}
	if d.Status == statements.Future {
		out.Future, out.State = d.Day > app.DayOf(now), ""
		return out
	}
	if d.Status == statements.Reconciled && d.Exceptions.Total > 0 {
		out.State = "settled"
	}
	for _, row := range d.Rows {
		if stateOf(row) == "working" && d.Status == statements.Waiting {
			out.State = "working"
		}
		out.HasNet = out.HasNet || len(row.Statements) > 0
	}
	out.Net = d.Theirs.Net()
	return out
}

func monthBalance(b statements.MonthBalance) pages.MonthBalance {
	out := pages.MonthBalance{
		Channel: b.Channel, Identity: b.Identity, SubIdentity: b.SubIdentity, Opening: b.Opening, Income: b.Income, Outgoing: b.Outgoing, Closing: b.Closing,
	}
	switch {
	case b.Days == 0:
		out.Check = "unknown"
	case b.Checked():
		out.Check = "holds"
	case len(b.Broken) > 0 || !b.Adds():
		out.Check, out.Days = "broken", b.Broken
	default:
		out.Check, out.Days = "incomplete", b.Incomplete
	}
	return out
}

// lockOf says whether the month is closed, or why it cannot be yet.
func lockOf(r *request, m statements.Month, exceptions string) pages.MonthLock {
	p := m.Period
	l := pages.MonthLock{
		State: string(p.Status), Ended: true, ApprovalID: p.ApprovalID, At: p.LockedAt, By: personOf(p.Checked).Name, AskedBy: personOf(p.Asked).Name, Note: p.Reason,
	}
	if l.State == "" {
		l.State = string(statements.PeriodOpen)
	}
	if p.ApprovalID != "" {
		l.At = p.AskedAt
	}
	at := map[string]int{}
	for _, b := range m.Blockers {
		if b.Code == statements.BlockNotEnded {
			l.Ended = false
			continue
		}
		i, known := at[b.Code]
		if !known {
			i = len(l.Reasons)
			at[b.Code] = i
			l.Reasons = append(l.Reasons, pages.LockStop{Why: b.Code})
		}
		stop := &l.Reasons[i]
		if len(stop.Days) == 0 || stop.Days[len(stop.Days)-1] != b.Day {
			stop.Days = append(stop.Days, b.Day)
			stop.Count++
		}
		if b.Code == statements.BlockExceptions {
			stop.Href = exceptions
		}
	}
	return l
}
