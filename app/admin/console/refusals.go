package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// refusalsPage lists the attempts that channels refused, in the last thirty days
// unless asked otherwise.
func (c *Console) refusalsPage(r *request) error {
	s, err := c.shell(r, layout.NavPayments)
	if err != nil {
		return err
	}
	shown := pages.RefusalFilters{
		Channel: oneOf(r.query("channel"), []string{"wechat", "alipay"}), From: r.query("from"), To: r.query("to"),
	}
	if code := r.query("code"); app.PlainASCII(code, 64) {
		shown.Code = code
	}
	days := c.refusalDays(r, &shown)
	scope := figures.Scope(r.scope())
	found, err := c.Figures.Refusals(r.ctx, scope, days)
	if err != nil {
		return err
	}
	const limit = 25
	f := figures.RefusedFilter{Channel: app.Channel(shown.Channel), Code: shown.Code, From: days.From, To: days.To, Limit: limit + 1}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixAttempt, cursor) {
		f.Before = cursor
	}
	list, err := c.Figures.RefusedAttempts(r.ctx, scope, f)
	if err != nil {
		return err
	}
	view := pages.Refusals{Shell: s, Code: f.Code, Pager: components.Pager{Path: r.OriginalURL(), Later: f.Before != ""}, Known: true}
	if len(list) > limit {
		list = list[:limit]
		view.Pager.Next = list[limit-1].AttemptID
	}
	view.Pager.Shown = len(list)
	for _, a := range list {
		view.Rows = append(view.Rows, refusedRow(a))
	}
	for _, e := range found {
		if shown.Channel == "" || shown.Channel == string(e.Channel) {
			shown.Codes = append(shown.Codes, e.Code)
			if shown.Code == "" || shown.Code == e.Code {
				view.Count += e.Count
			}
		}
	}
	view.Filters = shown.Bar(i18n.With(r.ctx, r.words), r.to().Refusals())
	view.Window = daysShown(days)
	return c.page(r, pages.RefusalsPage(view))
}

func refusedRow(a figures.Refused) pages.RefusedRow {
	return pages.RefusedRow{
		AttemptID: a.AttemptID, PaymentID: a.PaymentID, OrderNo: a.OrderNo, Amount: a.Amount, Status: a.Status,
		Channel: a.Channel, Method: a.Method, Code: a.Code, Message: a.Message, CreatedAt: a.CreatedAt,
	}
}

// refusalDays reads the range of the list: whole days or hours, 92 days at most.
func (c *Console) refusalDays(r *request, shown *pages.RefusalFilters) figures.Range {
	now := c.Clock.Now().In(app.Beijing)
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, app.Beijing)
	last := rangeOf(tomorrow.AddDate(0, 0, -30), tomorrow)
	from, okFrom := readDayOrHour(shown.From)
	to, okTo := readDayOrHour(shown.To)
	if !okFrom || !okTo {
		shown.TimeError = r.t("payments.day_error")
		return last
	}
	end := tomorrow
	if !to.IsZero() {
		end = rangeEnd(shown.To, to)
	}
	if from.IsZero() {
		from = end.AddDate(0, 0, -30)
	}
	if from.After(end) || end.Sub(from) > 92*24*time.Hour {
		shown.TimeError = r.t("payments.span_error")
		return last
	}
	return rangeOf(from, end)
}

// daysShown says which days a range covers.
func daysShown(r figures.Range) string {
	return components.Day(r.From) + " – " + components.Day(r.To-1)
}
