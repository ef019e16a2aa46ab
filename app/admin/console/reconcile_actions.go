package console

import (
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const (
	// overdue is how long after its end a day without a result needs somebody: two
	// hours after the last bill is published.
	overdue = published + 2*time.Hour
	// actionDays is how many days back the overview looks.
	actionDays = 7
)

// reconcileActions tells of the days whose bills are missing or whose runs failed.
// Exceptions have their own entry.
func (c *Console) reconcileActions(r *request) ([]pages.NeedsAction, error) {
	now := c.Clock.Now()
	last := app.DayOf(now.Add(-overdue)).Add(-1)
	var failed, missing []app.Day
	days, err := c.Statements.Days(r.ctx, r.scope(), last.Add(1-actionDays), last)
	if err != nil {
		return nil, err
	}
	for _, day := range days {
		switch {
		case hasRow(day, statements.Failed):
			failed = append(failed, day.Day)
		case hasRow(day, statements.Waiting):
			missing = append(missing, day.Day)
		}
	}
	var out []pages.NeedsAction
	for _, a := range []struct {
		kind string
		days []app.Day
	}{{"reconcile_failed", failed}, {"bills_missing", missing}} {
		if n := len(a.days); n > 0 {
			oldest := a.days[0]
			out = append(out, pages.NeedsAction{Kind: a.kind, Urgent: true, Count: n, At: app.ToMillis(oldest.Start()), Href: r.to().ReconcileDay(oldest)})
		}
	}
	return out, nil
}

// hasRow reports whether a settlement identity's day has the status.
func hasRow(d statements.Day, status statements.Status) bool {
	return slices.ContainsFunc(d.Rows, func(row statements.DayRow) bool { return row.Status == status })
}
