package console

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func refundRoutes() []Route {
	return []Route{
		get(scoped+"/payments/:payment/refund", InMerchant, access.Refunds, access.Create, (*Console).refundForm),
		post(scoped+"/payments/:payment/refund", InMerchant, access.Refunds, access.Create, (*Console).createRefund),
		get(scoped+"/refunds", InMerchant, access.Refunds, access.Read, (*Console).refundsPage),
		get(scoped+"/refunds/:refund", InMerchant, access.Refunds, access.Read, (*Console).refundPage),
		post(scoped+"/refunds/:refund/sync", InMerchant, access.Payments, access.Sync, (*Console).syncRefund),
		fresh(post(scoped+"/refunds/:refund/resolve", InMerchant, access.Refunds, access.Approve, (*Console).resolveRefund)),
	}
}

// refundsPage lists refunds; see paymentsPage.
func (c *Console) refundsPage(r *request) error {
	view, err := c.refundsView(r, r.query, r.query("totals") != "")
	if err != nil {
		return err
	}
	return c.page(r, pages.RefundsPage(view))
}

// refundTotalsPart is the fragment that sums a filtered list.
func (c *Console) refundTotalsPart(r *request) error {
	if !r.fragment() {
		view, err := c.refundsView(r, r.query, true)
		if err != nil {
			return err
		}
		return c.page(r, pages.RefundsPage(view))
	}
	q, err := c.refundQuery(r, r.query)
	if err != nil {
		return err
	}
	return c.page(r, pages.RefundTotalsLine(c.refundTotals(r, q)))
}

func (c *Console) refundsView(r *request, value values, totals bool) (pages.Refunds, error) {
	s, err := c.shell(r, layout.NavRefunds)
	if err != nil {
		return pages.Refunds{}, err
	}
	q, err := c.refundQuery(r, value)
	if err != nil {
		return pages.Refunds{}, err
	}
	page, err := c.listRefunds(r, &q)
	if err != nil {
		return pages.Refunds{}, err
	}
	bar := q.shown.Bar(i18n.With(r.ctx, r.words), r.to().Refunds())
	view := pages.Refunds{
		Shell: s, Filters: bar, Rows: refundRows(page.Refunds), Any: len(page.Refunds) > 0,
		Pager: components.Pager{Path: bar.Here(), Next: page.Next, Later: q.browse.Cursor != "", Shown: len(page.Refunds), Oldest: q.browse.Oldest},
	}
	for i, row := range view.Rows {
		if row.RequestedBy.Name != "" && (row.RequestedBy.Kind == "user" || row.RequestedBy.Kind == "key") {
			view.Rows[i].ByPerson = routes.With(bar.Here(), "by", row.RequestedBy.Name)
		}
	}
	if !view.Any {
		if view.Any, err = c.Payments.AnyRefund(r.ctx, r.scope()); err != nil {
			return view, err
		}
	}
	if view.Views, err = c.viewsFor(r, s, listRefunds, bar); err != nil {
		return view, err
	}
	if q.lookup() {
		return view, nil
	}
	view.Sort, view.Reached = oldestFirst(bar), reached(len(page.Refunds), rowsShown, page.Next)
	if q.wrong() {
		return view, nil
	}
	if s.Can.RefundExport {
		view.Download = c.download(r, listRefunds, bar)
	}
	view.LaterTotals, view.PlainTotals = totalsOf(r.to().Totals(listRefunds), bar)
	if totals {
		sum := c.refundTotals(r, q)
		view.Totals = &sum
	}
	return view, nil
}

// refundQuery is the filters as they stand in the URL, read and as shown.
type refundQuery struct {
	shown  pages.RefundFilters
	browse payments.RefundBrowse
}

// lookup reports whether a number is looked up: then nothing else counts.
func (q refundQuery) lookup() bool { return q.shown.Query != "" }

// wrong reports whether a filter could not be understood.
func (q refundQuery) wrong() bool {
	return q.shown.TimeError != "" || q.shown.AmountError != "" || q.shown.PaymentError != ""
}

func (c *Console) refundQuery(r *request, value values) (refundQuery, error) {
	q := refundQuery{shown: pages.RefundFilters{Query: value("q")}}
	list, err := c.accounts(r)
	if err != nil {
		return q, err
	}
	for _, a := range list {
		q.shown.Accounts = append(q.shown.Accounts, pages.Choice{ID: a.ID, Name: a.Name})
	}
	if q.lookup() {
		return q, nil
	}
	for _, a := range list {
		if a.ID == value("account") {
			q.shown.Account = a.ID
		}
	}
	q.readShown(value)
	q.browse = payments.RefundBrowse{
		RefundFilter: payments.RefundFilter{
			Status: payments.RefundStatus(q.shown.Status), Channel: app.Channel(q.shown.Channel), Source: payments.RefundSource(q.shown.Source), Limit: rowsShown,
		},
		Method: channel.Method(q.shown.Method), AccountID: q.shown.Account, RequestedBy: q.shown.By,
		Oldest: q.shown.Sort == "oldest", Cursor: cursorOf(value, app.PrefixRefund),
	}
	d := c.readDays(r, value)
	if q.shown.Payment != "" {
		if err := c.refundsOfPayment(r, &q); err != nil {
			return q, err
		}
	}
	if d.shown.Default && (q.browse.PaymentID != "" || q.browse.OfAnyAge()) {
		d.ofAnyAge(r)
	}
	q.shown.Period, q.shown.TimeError, q.browse.From, q.browse.To = d.shown, d.wrong, d.from, d.to
	q.browse.Amounts, q.shown.AmountError = r.readAmounts(value)
	return q, nil
}

func (q *refundQuery) readShown(value values) {
	q.shown.From, q.shown.To, q.shown.Min, q.shown.Max = value("from"), value("to"), value("min"), value("max")
	q.shown.By, q.shown.Payment = value("by"), value("payment")
	q.shown.Status, q.shown.Channel = oneOf(value("status"), pages.RefundStatuses()), oneOf(value("channel"), []string{"wechat", "alipay"})
	q.shown.Method, q.shown.Source = oneOf(value("method"), pages.PaymentMethods()), oneOf(value("source"), pages.RefundSources())
	q.shown.Sort = oneOf(value("sort"), []string{"oldest"})
}

// refundsOfPayment narrows the filter to the payment that a number stands for.
func (c *Console) refundsOfPayment(r *request, q *refundQuery) error {
	found, err := c.find(r, q.shown.Payment)
	if err != nil {
		return err
	}
	if len(found) != 1 {
		q.shown.PaymentError = r.t("refunds.payment_error")
		return nil
	}
	q.browse.PaymentID = found[0].ID
	return nil
}

// listRefunds looks a number up where there is one, and lists otherwise. An
// order's number finds all its refunds.
func (c *Console) listRefunds(r *request, q *refundQuery) (payments.RefundPage, error) {
	if !q.lookup() {
		page, err := c.Payments.BrowseRefunds(r.ctx, r.scope(), q.browse)
		if app.Is(err, app.Invalid) {
			q.shown.TimeError = r.t("payments.span_error")
			return payments.RefundPage{}, nil
		}
		return page, err
	}
	found, err := c.Payments.FindRefunds(r.ctx, r.scope(), q.shown.Query)
	if err != nil || len(found) > 0 {
		return payments.RefundPage{Refunds: found}, err
	}
	orders, err := c.find(r, q.shown.Query)
	if err != nil {
		return payments.RefundPage{}, err
	}
	for _, p := range orders {
		of, err := c.Payments.RefundsOf(r.ctx, r.scope(), p.ID)
		if err != nil {
			return payments.RefundPage{}, err
		}
		found = append(found, of...)
	}
	return payments.RefundPage{Refunds: found}, nil
}

// refundTotals sums the filtered set.
func (c *Console) refundTotals(r *request, q refundQuery) pages.RefundTotals {
	ctx, cancel := context.WithTimeout(r.ctx, totalsPatience)
	defer cancel()
	f, err := c.sumRefunds(ctx, r, q.browse)
	if err != nil {
		c.Logger.WarnContext(r.ctx, "totals failed", "list", listRefunds, "error", err)
		return pages.RefundTotals{Failed: true}
	}
	return pages.RefundTotals{Count: f.Count, Amount: f.Amount, Arrived: f.Succeeded, Capped: f.Capped}
}

func refundRows(list []payments.Refund) []pages.RefundRow {
	var rows []pages.RefundRow
	for _, r := range list {
		rows = append(rows, pages.RefundRow{
			ID: r.ID, RefundNo: r.RefundNo, OrderNo: r.OrderNo, Amount: r.Amount, Status: string(r.Status), Source: string(r.Source),
			Channel: r.Channel, RequestedBy: refundPerson(r), CreatedAt: r.CreatedAt, SucceededAt: r.SucceededAt,
		})
	}
	return rows
}

// refundPerson is who asked for a refund. The channel's own console has no name
// but the channel's.
func refundPerson(r payments.Refund) pages.Person {
	if r.RequestedKind == "channel" {
		return pages.Person{Kind: r.RequestedKind, Name: string(r.Channel)}
	}
	return pages.Person{Kind: r.RequestedKind, Name: r.RequestedName}
}
