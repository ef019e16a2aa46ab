package console

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// rowsShown is how many rows a page of a list has.
const rowsShown = 25

// paymentsPage lists payments. Its filters stand in the URL; what they do not
// understand is told beside them and left out. Their totals come afterwards,
// unless a reader without script asked for them.
func (c *Console) paymentsPage(r *request) error {
	view, err := c.paymentsView(r, r.query, r.query("totals") != "")
	if err != nil {
		return err
	}
	return c.page(r, pages.PaymentsPage(view))
}

// paymentTotalsPart is the fragment that sums a filtered list.
func (c *Console) paymentTotalsPart(r *request) error {
	if !r.fragment() {
		view, err := c.paymentsView(r, r.query, true)
		if err != nil {
			return err
		}
		return c.page(r, pages.PaymentsPage(view))
	}
	q, err := c.paymentQuery(r, r.query)
	if err != nil {
		return err
	}
	return c.page(r, pages.PaymentTotalsLine(c.paymentTotals(r, q)))
}

func (c *Console) paymentsView(r *request, value values, totals bool) (pages.Payments, error) {
	s, err := c.shell(r, layout.NavPayments)
	if err != nil {
		return pages.Payments{}, err
	}
	q, err := c.paymentQuery(r, value)
	if err != nil {
		return pages.Payments{}, err
	}
	page, err := c.listPayments(r, &q)
	if err != nil {
		return pages.Payments{}, err
	}
	bar := q.shown.Bar(i18n.With(r.ctx, r.words), r.to().Payments())
	view := pages.Payments{
		Shell: s, Filters: bar, Rows: paymentRows(page.Payments), Any: len(page.Payments) > 0,
		Pager: components.Pager{Path: bar.Here(), Next: page.Next, Later: q.browse.Cursor != "", Shown: len(page.Payments), Oldest: q.browse.Oldest},
	}
	if !view.Any {
		if view.Any, err = c.Payments.Any(r.ctx, r.scope()); err != nil {
			return view, err
		}
	}
	if view.Views, err = c.viewsFor(r, s, listPayments, bar); err != nil {
		return view, err
	}
	if q.lookup() {
		return view, nil
	}
	view.Sort, view.Reached = oldestFirst(bar), reached(len(page.Payments), rowsShown, page.Next)
	if q.wrong() {
		return view, nil
	}
	if s.Can.PaymentExport {
		view.Download = c.download(r, listPayments, bar)
	}
	view.LaterTotals, view.PlainTotals = totalsOf(r.to().Totals(listPayments), bar)
	if totals {
		sum := c.paymentTotals(r, q)
		view.Totals = &sum
	}
	return view, nil
}

// totalsOf are the addresses of the fragment with the totals of a filtered list,
// and of the list with them.
func totalsOf(fragment string, bar components.Filters) (later, plain string) {
	if q := bar.Values().Encode(); q != "" {
		fragment += "?" + q
	}
	return fragment, routes.With(bar.Here(), "totals", "1")
}

// paymentQuery is the filters as they stand in the URL, read and as shown.
type paymentQuery struct {
	shown  pages.PaymentFilters
	browse payments.Browse
}

// lookup reports whether a number is looked up: then nothing else counts.
func (q paymentQuery) lookup() bool { return q.shown.Query != "" }

// wrong reports whether a filter could not be understood.
func (q paymentQuery) wrong() bool { return q.shown.TimeError != "" || q.shown.AmountError != "" }

func (c *Console) paymentQuery(r *request, value values) (paymentQuery, error) {
	q := paymentQuery{shown: pages.PaymentFilters{Query: value("q")}}
	list, err := c.accounts(r)
	if err != nil {
		return q, err
	}
	for _, a := range list {
		q.shown.Accounts = append(q.shown.Accounts, pages.Choice{ID: a.ID, Name: a.Name})
	}
	if q.lookup() { // a number is found whenever it was made: no other filter is shown, none counts
		return q, nil
	}
	for _, a := range list {
		if a.ID == value("account") {
			q.shown.Account = a.ID
		}
	}
	q.shown.From, q.shown.To, q.shown.Min, q.shown.Max = value("from"), value("to"), value("min"), value("max")
	q.shown.Status, q.shown.Channel = oneOf(value("status"), pages.PaymentStatuses()), oneOf(value("channel"), []string{"wechat", "alipay"})
	q.shown.Method, q.shown.Sort = oneOf(value("method"), pages.PaymentMethods()), oneOf(value("sort"), []string{"oldest"})
	q.browse = payments.Browse{
		Filter: payments.Filter{
			Status: payments.Status(q.shown.Status), Channel: app.Channel(q.shown.Channel), Method: channel.Method(q.shown.Method),
			AccountID: q.shown.Account, Limit: rowsShown,
		},
		Oldest: q.shown.Sort == "oldest", Cursor: cursorOf(value, app.PrefixPayment),
	}
	d := c.readDays(r, value)
	q.shown.Period, q.shown.TimeError, q.browse.From, q.browse.To = d.shown, d.wrong, d.from, d.to
	q.browse.Amounts, q.shown.AmountError = r.readAmounts(value)
	return q, nil
}

// readAmounts reads a range of amounts in yuan, and what is wrong with it.
func (r *request) readAmounts(value values) (payments.AmountRange, string) {
	least, okMin := readYuan(value("min"))
	most, okMax := readYuan(value("max"))
	if !okMin || !okMax {
		return payments.AmountRange{}, r.t("payments.amount_error")
	}
	return payments.AmountRange{Min: least, Max: most}, ""
}

// listPayments looks a number up where there is one, and lists otherwise. A span
// of time that is too long is told, and nothing listed.
func (c *Console) listPayments(r *request, q *paymentQuery) (payments.Page, error) {
	if q.lookup() {
		found, err := c.findPayments(r, q.shown.Query)
		return payments.Page{Payments: found}, err
	}
	page, err := c.Payments.Browse(r.ctx, r.scope(), q.browse)
	if app.Is(err, app.Invalid) {
		q.shown.TimeError = r.t("payments.span_error")
		return payments.Page{}, nil
	}
	return page, err
}

// findPayments looks up a payment's numbers, and those of its refunds.
func (c *Console) findPayments(r *request, number string) ([]payments.Payment, error) {
	found, err := c.find(r, number)
	if err != nil || len(found) > 0 {
		return found, err
	}
	refunds, err := c.findRefunds(r, number)
	if err != nil {
		return nil, err
	}
	for _, f := range refunds {
		if slices.ContainsFunc(found, func(p payments.Payment) bool { return p.ID == f.PaymentID }) {
			continue
		}
		p, err := c.Payments.Get(r.ctx, r.scope(), f.PaymentID)
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	return found, nil
}

// totalsPatience is how long a reader waits for totals.
const totalsPatience = 5 * time.Second

// paymentTotals sums the filtered set.
func (c *Console) paymentTotals(r *request, q paymentQuery) pages.PaymentTotals {
	ctx, cancel := context.WithTimeout(r.ctx, totalsPatience)
	defer cancel()
	f, err := c.sumPayments(ctx, r, q.browse)
	if err != nil {
		c.Logger.WarnContext(r.ctx, "totals failed", "list", listPayments, "error", err)
		return pages.PaymentTotals{Failed: true}
	}
	return pages.PaymentTotals{Count: f.Count, Succeeded: f.Succeeded, Amount: f.Amount, Refunded: f.Refunded, Capped: f.Capped}
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
