package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const deliveriesShown = 25

// deliveriesPage lists deliveries across endpoints.
func (c *Console) deliveriesPage(r *request) error {
	view, err := c.deliveriesView(r, r.query)
	if err != nil {
		return err
	}
	return c.page(r, pages.DeliveriesPage(view))
}

func (c *Console) deliveriesView(r *request, value values) (pages.Deliveries, error) {
	s, err := c.shell(r, layout.NavDeliveries)
	if err != nil {
		return pages.Deliveries{}, err
	}
	q, err := c.deliveryQuery(r, value)
	if err != nil {
		return pages.Deliveries{}, err
	}
	list, next, err := c.listDeliveries(r, q)
	if err != nil {
		return pages.Deliveries{}, err
	}
	bar := q.shown.Bar(i18n.With(r.ctx, r.words), r.to().Deliveries())
	view := pages.Deliveries{
		Shell: s, Filters: bar, Rows: deliveryRows(list, q.urls),
		Pager: components.Pager{Path: bar.Here(), Next: next, Later: q.filter.Before != "", Shown: len(list)}, Any: len(list) > 0,
	}
	if !view.Any {
		n, err := c.countDeliveries(r, webhooks.Filter{})
		if err != nil {
			return view, err
		}
		view.Any = n > 0
	}
	if view.Views, err = c.viewsFor(r, s, listDeliveries, bar); err != nil {
		return view, err
	}
	if s.Can.DeliveryResend && len(list) > 0 && q.narrowed() && !q.wrong() {
		if view.Resend, err = c.resendable(r, q, bar); err != nil {
			return view, err
		}
	}
	return view, nil
}

// deliveryQuery is the filters as they stand in the URL, read and as shown.
type deliveryQuery struct {
	shown    pages.DeliveryFilters
	filter   webhooks.Filter
	retrying bool // pending, and tried before
	urls     map[string]string
}

// deliveryQuery reads the filters from the URL, or from the form that repeats
// them.
func (c *Console) deliveryQuery(r *request, value values) (deliveryQuery, error) {
	q := deliveryQuery{shown: pages.DeliveryFilters{
		Query: value("q"), Status: oneOf(value("status"), pages.DeliveryStatuses()), Type: oneOf(value("type"), deliveryTypes()),
		Code: value("code"), From: value("from"), To: value("to"),
	}}
	list, err := c.endpoints(r)
	if err != nil {
		return q, err
	}
	q.urls = map[string]string{}
	for _, e := range list {
		q.urls[e.ID] = e.URL
		q.shown.Endpoints = append(q.shown.Endpoints, pages.Choice{ID: e.ID, Name: e.URL})
		if e.ID == value("endpoint") {
			q.shown.Endpoint = e.ID
		}
	}
	q.filter = webhooks.Filter{
		MerchantID: r.merchant.ID, Mode: r.mode, EndpointID: q.shown.Endpoint, EventType: q.shown.Type, Limit: deliveriesShown + 1,
		Status: webhooks.DeliveryStatus(q.shown.Status),
	}
	if q.shown.Status == "retrying" {
		q.filter.Status, q.retrying = webhooks.Pending, true
	}
	q.readCode(r)
	q.readDays(r)
	switch number := q.shown.Query; {
	case strings.HasPrefix(number, app.PrefixEvent):
		q.filter.EventID = visible(number)
	case number != "":
		q.filter.ObjectID = visible(number)
	}
	if cursor := value("cursor"); app.ValidID(app.PrefixDelivery, cursor) {
		q.filter.Before = cursor
	}
	return q, nil
}

// readCode reads the HTTP status of the last answer; 0 is none at all.
func (q *deliveryQuery) readCode(r *request) {
	if q.shown.Code == "" {
		return
	}
	code, err := strconv.Atoi(q.shown.Code)
	if err != nil || code != 0 && (code < 100 || code > 599) {
		q.shown.CodeError = r.t("deliveries.code_error")
		return
	}
	q.filter.Code = &code
}

func (q *deliveryQuery) readDays(r *request) {
	from, okFrom := readDay(q.shown.From)
	to, okTo := readDay(q.shown.To)
	if !okFrom || !okTo {
		q.shown.TimeError = r.t("payments.day_error")
		return
	}
	q.filter.From, q.filter.To = app.ToMillis(from), endOfDay(to)
}

// wrong reports whether a filter could not be understood: then nobody may act on
// what it seems to select.
func (q deliveryQuery) wrong() bool { return q.shown.CodeError != "" || q.shown.TimeError != "" }

// visible keeps what an id could be; what it cannot be finds nothing.
func visible(number string) string {
	if app.PlainASCII(number, 64) {
		return number
	}
	return "-"
}

func deliveryTypes() []string {
	return append(slices.DeleteFunc(pages.EventTypes(), func(t string) bool { return strings.Contains(t, "*") }), webhooks.EventTest)
}

// narrowed reports whether the filters say what to send again.
func (q deliveryQuery) narrowed() bool {
	return q.shown.Query != "" || q.shown.Status != "" || q.shown.Endpoint != "" || q.shown.Type != "" ||
		q.shown.Code != "" || q.shown.From != "" || q.shown.To != ""
}

// listDeliveries returns one page. Those being retried are found among the
// pending ones, of which it reads so many at most.
func (c *Console) listDeliveries(r *request, q deliveryQuery) (list []webhooks.Delivery, next string, err error) {
	const batches = 10
	for range batches {
		page, err := c.Webhooks.Deliveries(r.ctx, q.filter)
		if err != nil {
			return nil, "", err
		}
		for _, d := range page {
			if len(list) == deliveriesShown {
				return list, list[deliveriesShown-1].ID, nil
			}
			if !q.retrying || d.Attempts > 0 {
				list = append(list, d)
			}
		}
		if len(page) < q.filter.Limit {
			return list, "", nil
		}
		q.filter.Before = page[len(page)-1].ID
		q.filter.Limit = 200
	}
	return list, q.filter.Before, nil
}

func deliveryRows(list []webhooks.Delivery, urls map[string]string) []pages.DeliveryRow {
	var rows []pages.DeliveryRow
	for _, d := range list {
		rows = append(rows, deliveryRow(d, urls[d.EndpointID]))
	}
	return rows
}

func deliveryRow(d webhooks.Delivery, url string) pages.DeliveryRow {
	if url == "" {
		url = d.EndpointID // deleted since
	}
	row := pages.DeliveryRow{
		ID: d.ID, EventID: d.EventID, EventType: d.EventType, ObjectID: d.ObjectID, EndpointID: d.EndpointID, URL: url,
		Status: string(d.Status), Attempts: int(d.Attempts), LastCode: int(d.LastCode), CreatedAt: d.CreatedAt,
	}
	if d.Status == webhooks.Pending && d.Attempts > 0 {
		row.Status, row.NextAt = "retrying", d.NextAt
	}
	return row
}

// resendable counts what the filters select, up to a hundred, and repeats the
// filters for the form.
func (c *Console) resendable(r *request, q deliveryQuery, bar components.Filters) (pages.Resend, error) {
	f := q.filter
	f.Before = ""
	n, err := c.countDeliveries(r, f)
	out := pages.Resend{Count: n, Capped: n == countAtMost}
	for _, h := range bar.Hidden() {
		out.Filters = append(out.Filters, pages.Pair{Name: h.Name, Value: h.Value})
	}
	return out, err
}

// resendAll sends every delivery that the filters select again.
func (c *Console) resendAll(r *request) error {
	q, err := c.deliveryQuery(r, r.field)
	if err != nil {
		return err
	}
	if !q.narrowed() || q.wrong() {
		return app.Errorf(app.Invalid, "nothing says which deliveries").WithReason("window_needed")
	}
	n, err := c.Webhooks.RedeliverAll(r.ctx, q.filter)
	if err != nil {
		return err
	}
	return c.done(r, r.to().Deliveries(), "deliveries_resent:"+strconv.Itoa(n))
}
