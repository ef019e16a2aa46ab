package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/i18n"
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
		post(scoped+"/refunds/:refund/resolve", InMerchant, access.Refunds, access.Approve, (*Console).resolveRefund),
	}
}

// refundsPage lists refunds. Its filters stand in the URL; what they do not
// understand is told beside them and left out.
func (c *Console) refundsPage(r *request) error {
	s, err := c.shell(r, layout.NavRefunds)
	if err != nil {
		return err
	}
	q := r.refundQuery()
	page, err := c.listRefunds(r, q)
	if app.Is(err, app.Invalid) {
		q.shown.TimeError, page, err = r.t("payments.span_error"), payments.RefundPage{}, nil
	}
	if err != nil {
		return err
	}
	view := pages.Refunds{
		Shell: s, Filters: q.shown.Bar(i18n.With(r.ctx, r.words), r.to().Refunds()), Rows: refundRows(page.Refunds),
		Pager: components.Pager{Path: r.OriginalURL(), Next: page.Next, Later: q.filter.Before != "", Shown: len(page.Refunds)},
		Any:   len(page.Refunds) > 0,
	}
	if !view.Any {
		if view.Any, err = c.Payments.AnyRefund(r.ctx, r.scope()); err != nil {
			return err
		}
	}
	if err := c.refundTotals(r, q, &view); err != nil {
		return err
	}
	return c.page(r, pages.RefundsPage(view))
}

// refundQuery is the filters as they stand in the URL, read and as shown.
type refundQuery struct {
	shown  pages.RefundFilters
	filter payments.RefundFilter
}

func (r *request) refundQuery() refundQuery {
	q := refundQuery{shown: pages.RefundFilters{
		Query: r.query("q"), From: r.query("from"), To: r.query("to"),
		Status: oneOf(r.query("status"), pages.RefundStatuses()), Channel: oneOf(r.query("channel"), []string{"wechat", "alipay"}),
		Source: oneOf(r.query("source"), pages.RefundSources()),
	}}
	q.filter = payments.RefundFilter{
		Status: payments.RefundStatus(q.shown.Status), Channel: app.Channel(q.shown.Channel), Source: payments.RefundSource(q.shown.Source), Limit: 25,
	}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixRefund, cursor) {
		q.filter.Before = cursor
	}
	from, okFrom := readDayOrHour(q.shown.From)
	to, okTo := readDayOrHour(q.shown.To)
	if !okFrom || !okTo {
		q.shown.TimeError = r.t("payments.day_error")
		from, to = time.Time{}, time.Time{}
	}
	q.filter.From, q.filter.To = app.ToMillis(from), app.ToMillis(rangeEnd(q.shown.To, to))
	return q
}

// listRefunds looks a number up where there is one, and lists otherwise. An
// order's number finds all its refunds.
func (c *Console) listRefunds(r *request, q refundQuery) (payments.RefundPage, error) {
	if q.shown.Query == "" {
		return c.Payments.ListRefunds(r.ctx, r.scope(), q.filter)
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

// refundTotals sums the filtered set, where it is more than a looked up number.
func (c *Console) refundTotals(r *request, q refundQuery, view *pages.Refunds) error {
	if q.shown.Query != "" || q.shown.TimeError != "" || !view.Any {
		return nil
	}
	view.Window = paymentQuery{filter: payments.Filter{From: q.filter.From, To: q.filter.To}}.window(c.Clock.Now())
	if q.filter.OfAnyAge() {
		view.Window = r.t("refunds.window_all")
	}
	f, err := c.Payments.RefundFigures(r.ctx, r.scope(), q.filter)
	if err != nil {
		return err
	}
	view.Totals = &pages.RefundTotals{Count: f.Count, Amount: f.Amount, Arrived: f.Succeeded, Capped: f.Capped}
	return nil
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
