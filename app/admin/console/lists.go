package console

import (
	"net/url"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
)

// listRoutes are what can be done with a filtered list besides reading it: sum it,
// keep its filters under a name, have it made a file. They stand before the routes
// of one payment or refund, whose ids would take the same place.
func listRoutes() []Route {
	out := []Route{
		get(scoped+"/payments/totals", InMerchant, access.Payments, access.Read, (*Console).paymentTotalsPart),
		get(scoped+"/refunds/totals", InMerchant, access.Refunds, access.Read, (*Console).refundTotalsPart),
		get(scoped+"/exports", InMerchant, access.Home, access.Read, (*Console).filesPage),
		post(scoped+"/payments/exports", InMerchant, access.Payments, access.Export, (*Console).askPaymentsFile),
		post(scoped+"/refunds/exports", InMerchant, access.Refunds, access.Export, (*Console).askRefundsFile),
	}
	for kind, object := range map[string]access.Object{files.Payments: access.Payments, files.Refunds: access.Refunds} {
		one := scoped + "/" + kind + "/exports/:" + fileParam(kind)
		out = append(out,
			get(one+"/file", InMerchant, object, access.Export, func(c *Console, r *request) error { return c.takeFile(r, kind) }),
			post(one+"/cancel", InMerchant, object, access.Export, func(c *Console, r *request) error { return c.cancelFile(r, kind) }),
			post(one+"/retry", InMerchant, object, access.Export, func(c *Console, r *request) error { return c.retryFile(r, kind) }),
		)
	}
	for list, object := range map[string]access.Object{listPayments: access.Payments, listRefunds: access.Refunds, listDeliveries: access.Deliveries} {
		at := scoped + "/" + list + "/views"
		out = append(out,
			get(at, InMerchant, object, access.Read, func(c *Console, r *request) error { return c.viewsPage(r, list) }),
			post(at, InMerchant, object, access.Read, func(c *Console, r *request) error { return c.saveView(r, list) }),
			post(at+"/:view/change", InMerchant, object, access.Read, func(c *Console, r *request) error { return c.changeView(r, list) }),
			post(at+"/:view/delete", InMerchant, object, access.Read, func(c *Console, r *request) error { return c.deleteView(r, list) }),
		)
	}
	return out
}

// fileParam names an export in an address, by its kind.
func fileParam(kind string) string {
	switch kind {
	case files.Refunds:
		return "sheet"
	case trails.Kind:
		return "log"
	}
	return "file"
}

// The lists whose filters can be kept.
const (
	listPayments   = "payments"
	listRefunds    = "refunds"
	listDeliveries = "deliveries"
)

// listAt is the address of a list.
func (r *request) listAt(list string) string { return r.to().Base() + "/" + list }

// values reads filters from a form or from a query that was kept.
type values func(name string) string

func keptValues(query string) values {
	q, err := url.ParseQuery(query)
	if err != nil {
		return func(string) string { return "" }
	}
	return q.Get
}

// defaultDays is how far lists reach back, today included.
const defaultDays = 30

// days are those that a list covers, half-open.
type days struct {
	from, to app.Millis
	shown    *components.Period
	wrong    string // translated; empty for none
}

// readDays reads the days of a list's filters: two dates, a named period, or the
// last thirty days.
func (c *Console) readDays(r *request, value values) days {
	now := c.Clock.Now().In(app.Beijing)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, app.Beijing)
	period := oneOf(value("period"), periodNames())
	from, okFrom := readDayOrHour(value("from"))
	to, okTo := readDayOrHour(value("to"))
	var d days
	end := rangeEnd(value("to"), to) // the day or hour itself is part of the range
	if !okFrom || !okTo {
		d.wrong, from, to, end = r.t("payments.day_error"), time.Time{}, time.Time{}, time.Time{}
	}
	chosen := !from.IsZero() || !to.IsZero()
	if chosen {
		period = ""
	}
	switch {
	case !chosen:
		from, to = periodDays(period, today)
		end = rangeEnd("", to)
	case from.IsZero():
		from = end.AddDate(0, 0, -defaultDays)
	}
	d.from, d.to = app.ToMillis(from), app.ToMillis(end)
	last := end
	if end.IsZero() {
		last = today.AddDate(0, 0, 1)
	}
	d.shown = &components.Period{Label: r.t("payments.created"), Days: span(from, last), Value: period, Default: !chosen && period == ""}
	for _, name := range append([]string{""}, periodNames()...) {
		choice := components.PeriodChoice{Name: r.t("period." + periodKey(name)), Value: name, Current: !chosen && name == period}
		if choice.Current {
			d.shown.Name = choice.Name
		}
		d.shown.Choices = append(d.shown.Choices, choice)
	}
	slices.SortStableFunc(d.shown.Choices, func(a, b components.PeriodChoice) int { return periodRank(a.Value) - periodRank(b.Value) })
	return d
}

// span writes the days from the first until the end, or the hours where it does
// not begin and end at midnight.
func span(first, end time.Time) string {
	if first.Hour() != 0 || end.Hour() != 0 {
		return first.Format("2006-01-02 15:04") + " – " + end.Format("2006-01-02 15:04")
	}
	last := end.AddDate(0, 0, -1)
	if !last.After(first) {
		return first.Format(time.DateOnly)
	}
	return first.Format(time.DateOnly) + " – " + last.Format(time.DateOnly)
}

// ofAnyAge shows that the list covers everything, because of another filter.
func (d *days) ofAnyAge(r *request) {
	d.from, d.to = 0, 0
	d.shown.Days, d.shown.Name = "", r.t("period.any")
}

// periodNames are the named periods besides the default.
func periodNames() []string {
	return []string{"today", "yesterday", "7d", "90d", "month", "last_month"}
}

func periodKey(name string) string {
	if name == "" {
		return "30d"
	}
	return name
}

// periodRank orders the choices from short to long.
func periodRank(name string) int {
	return slices.Index([]string{"today", "yesterday", "7d", "", "90d", "month", "last_month"}, name)
}

// periodDays are the first and the last day of a period; a zero last day means
// that it goes on.
func periodDays(name string, today time.Time) (from, to time.Time) {
	month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, app.Beijing)
	switch name {
	case "today":
		return today, time.Time{}
	case "yesterday":
		return today.AddDate(0, 0, -1), today.AddDate(0, 0, -1)
	case "7d":
		return today.AddDate(0, 0, -6), time.Time{}
	case "90d":
		return today.AddDate(0, 0, -89), time.Time{}
	case "month":
		return month, time.Time{}
	case "last_month":
		return month.AddDate(0, -1, 0), month.AddDate(0, 0, -1)
	}
	return today.AddDate(0, 0, 1-defaultDays), time.Time{}
}

// oldestFirst turns the list of a filter bar round.
func oldestFirst(bar components.Filters) string {
	if bar.Order == "oldest" {
		return routes.With(bar.Here(), "sort", "")
	}
	return routes.With(bar.Here(), "sort", "oldest")
}

// cursorOf is the cursor in a query, which the prefix must fit.
func cursorOf(value values, prefix string) string {
	if cursor := value("cursor"); app.ValidID(prefix, cursor) {
		return cursor
	}
	return ""
}

// reached is how far a list was looked through whose page is not full.
func reached(shown, limit int, next string) app.Millis {
	if shown >= limit || next == "" {
		return 0
	}
	made, _ := app.IDTime(next)
	return app.ToMillis(made)
}

// bar makes a list's filter bar of kept or posted filters.
func (c *Console) bar(r *request, list string, value values) (components.Filters, error) {
	ctx := i18n.With(r.ctx, r.words)
	switch list {
	case listPayments:
		q, err := c.paymentQuery(r, value)
		return q.shown.Bar(ctx, r.listAt(list)), err
	case listRefunds:
		q, err := c.refundQuery(r, value)
		return q.shown.Bar(ctx, r.listAt(list)), err
	case trails.Kind:
		return c.auditBar(r, value)
	}
	q, err := c.deliveryQuery(r, value)
	return q.shown.Bar(ctx, r.listAt(list)), err
}
