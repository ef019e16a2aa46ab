package console

import (
	"slices"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// paymentsPage lists payments. Its filters stand in the URL; what they do not
// understand is told beside them and left out.
func (c *Console) paymentsPage(r *request) error {
	s, err := c.shell(r, layout.NavPayments)
	if err != nil {
		return err
	}
	q, err := c.paymentQuery(r)
	if err != nil {
		return err
	}
	page, err := c.listPayments(r, q)
	if app.Is(err, app.Invalid) {
		q.shown.TimeError, page, err = r.t("payments.span_error"), payments.Page{}, nil
	}
	if err != nil {
		return err
	}
	view := pages.Payments{
		Shell: s, Filters: q.shown.Bar(i18n.With(r.ctx, r.words), r.to().Payments()), Rows: paymentRows(page.Payments),
		Pager: components.Pager{Path: r.OriginalURL(), Next: page.Next, Later: q.filter.Before != "", Shown: len(page.Payments)},
		Any:   len(page.Payments) > 0,
	}
	if !view.Any {
		if view.Any, err = c.Payments.Any(r.ctx, r.scope()); err != nil {
			return err
		}
	}
	if err := c.paymentTotals(r, q, &view); err != nil {
		return err
	}
	return c.page(r, pages.PaymentsPage(view))
}

// paymentQuery is the filters as they stand in the URL, read and as shown.
type paymentQuery struct {
	shown   pages.PaymentFilters
	filter  payments.Filter
	amounts payments.AmountRange
}

func (c *Console) paymentQuery(r *request) (paymentQuery, error) {
	q := paymentQuery{shown: pages.PaymentFilters{
		Query: r.query("q"), From: r.query("from"), To: r.query("to"), Min: r.query("min"), Max: r.query("max"),
		Status: oneOf(r.query("status"), pages.PaymentStatuses()), Channel: oneOf(r.query("channel"), []string{"wechat", "alipay"}),
		Method: oneOf(r.query("method"), pages.PaymentMethods()),
	}}
	list, err := c.accounts(r)
	if err != nil {
		return q, err
	}
	for _, a := range list {
		q.shown.Accounts = append(q.shown.Accounts, pages.Choice{ID: a.ID, Name: a.Name})
		if a.ID == r.query("account") {
			q.shown.Account = a.ID
		}
	}
	q.filter = payments.Filter{
		Status: payments.Status(q.shown.Status), Channel: app.Channel(q.shown.Channel), Method: channel.Method(q.shown.Method),
		AccountID: q.shown.Account, Limit: 25,
	}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixPayment, cursor) {
		q.filter.Before = cursor
	}
	q.readRanges(r)
	return q, nil
}

func (q *paymentQuery) readRanges(r *request) {
	from, okFrom := readDayOrHour(q.shown.From)
	to, okTo := readDayOrHour(q.shown.To)
	if !okFrom || !okTo {
		q.shown.TimeError = r.t("payments.day_error")
		from, to = time.Time{}, time.Time{}
	}
	q.filter.From = app.ToMillis(from)
	q.filter.To = app.ToMillis(rangeEnd(q.shown.To, to)) // the day or hour itself is part of the range
	var okMin, okMax bool
	q.amounts.Min, okMin = readYuan(q.shown.Min)
	q.amounts.Max, okMax = readYuan(q.shown.Max)
	if !okMin || !okMax {
		q.shown.AmountError = r.t("payments.amount_error")
		q.amounts = payments.AmountRange{}
	}
}

// listPayments looks a number up where there is one, and lists otherwise.
func (c *Console) listPayments(r *request, q paymentQuery) (payments.Page, error) {
	switch {
	case q.shown.Query != "":
		found, err := c.find(r, q.shown.Query)
		return payments.Page{Payments: found}, err
	case q.amounts != payments.AmountRange{}:
		return c.Payments.ListByAmount(r.ctx, r.scope(), q.filter, q.amounts)
	}
	return c.Payments.List(r.ctx, r.scope(), q.filter)
}

// paymentTotals sums the filtered set, where it is more than a looked up number.
func (c *Console) paymentTotals(r *request, q paymentQuery, view *pages.Payments) error {
	if q.shown.Query != "" || q.shown.TimeError != "" {
		return nil
	}
	view.Window = q.window(c.Clock.Now())
	if (q.amounts != payments.AmountRange{}) {
		return nil
	}
	f, err := c.Payments.Figures(r.ctx, r.scope(), q.filter)
	if err != nil {
		return err
	}
	view.Totals = &pages.PaymentTotals{Count: f.Count, Succeeded: f.Succeeded, Amount: f.Amount, Refunded: f.Refunded, Capped: f.Capped}
	return nil
}

// window says which days the list covers: the last thirty unless asked otherwise.
func (q paymentQuery) window(now time.Time) string {
	end := now.In(app.Beijing)
	if q.filter.To != 0 {
		end = q.filter.To.Time().In(app.Beijing).Add(-time.Millisecond)
	}
	begin := end.AddDate(0, 0, -30)
	if q.filter.From != 0 {
		begin = q.filter.From.Time().In(app.Beijing)
	}
	return begin.Format(time.DateOnly) + " – " + end.Format(time.DateOnly)
}

func oneOf(value string, choices []string) string {
	if slices.Contains(choices, value) {
		return value
	}
	return ""
}

// pasted is what an amount brings along that was copied from a page.
var pasted = strings.NewReplacer("¥", "", "￥", "", ",", "", "，", "", " ", "")

func readYuan(s string) (app.Money, bool) {
	if s == "" {
		return 0, true
	}
	m, err := app.ParseYuan(pasted.Replace(s))
	return m, err == nil && m >= 0
}

func paymentRows(list []payments.Payment) []pages.PaymentRow {
	var rows []pages.PaymentRow
	for _, p := range list {
		rows = append(rows, pages.PaymentRow{
			ID: p.ID, OrderNo: p.OrderNo, Subject: p.Subject, Amount: p.Amount, Refunded: p.AmountRefunded,
			Status: string(p.Status), Channel: p.Channel, Method: string(p.Method), Late: p.Late, CreatedAt: p.CreatedAt,
		})
	}
	return rows
}
