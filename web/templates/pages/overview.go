package pages

import (
	"context"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
)

// The ranges of an overview.
const (
	RangeToday = "today"
	RangeWeek  = "7d"
	RangeMonth = "30d"
)

// Ranges lists them, the usual first.
func Ranges() []string { return []string{RangeToday, RangeWeek, RangeMonth} }

// Overview is the figures of a period beside those of the one before. Payments
// are counted by when they were created, refunds by when they were asked for.
type Overview struct {
	Range string
	// Path is the page's own, without its range.
	Path string
	// From and To are the days of the period, both within it.
	From, To string
	// Until is the hour at which the period before ends, to be as long as this one.
	Until app.Millis
	AsOf  app.Millis
	// Behind is how many events have yet to be counted, and Building says that the
	// figures of earlier payments are being put together.
	Behind      int64
	Building    bool
	Now, Before Figures
	Points      []FigurePoint
	Channels    []FigureRow
	Methods     []FigureRow
	Accounts    []FigureRow
	Refusals    []RefusalRow
	// Refunds says whether the reader sees refunds.
	Refunds bool
	// Payments and RefundList are the lists behind the figures, without filters; ""
	// where there is none.
	Payments, RefundList string
	// Parts is where the parts of the payments' figures stand, where there is no
	// list of all of them.
	Parts string
}

// Figures sum a period. Amounts are in fen.
type Figures struct {
	Created   int64
	Succeeded int64
	Amount    app.Money // of the succeeded ones
	Refunds   int64     // neither failed nor rejected
	Refunded  app.Money // of those
}

// rate is the share of created payments that succeeded, in hundredths of a
// percent, nil without any.
func (f Figures) rate() *int64 {
	if f.Created == 0 {
		return nil
	}
	r := f.Succeeded * 10_000 / f.Created
	return &r
}

func (f Figures) rateText() string {
	if r := f.rate(); r != nil {
		return components.Rate(*r)
	}
	return "—"
}

// FigurePoint is an hour or a day of the period, and the one it is compared with.
type FigurePoint struct {
	Label string // "09:00" or "11-23"
	// From and To are what the lists' filters say for it.
	From, To    string
	Ahead       bool // it has not begun
	Now, Before Figures
}

// FigureRow is a part of the period: a channel, a method, an account or a
// merchant.
type FigureRow struct {
	Name string // translated, or as people named it
	Href string // what is behind it
	Paid string // the payments that succeeded among that
	Figures
}

// Part is a row whose payments the filter name=value selects.
func (v Overview) Part(text, name, value string, f Figures) FigureRow {
	list := v.list(name, value)
	return FigureRow{Name: text, Href: list, Paid: succeededOf(list), Figures: f}
}

// RefusalRow is how often a channel refused with a code.
type RefusalRow struct {
	Channel app.Channel
	Code    string
	Count   int64
	Href    string
}

func (v Overview) quiet() bool { return v.Now.Created == 0 && v.Before.Created == 0 }

// busy reports whether there is anything to break down.
func (v Overview) busy() bool { return v.Now != (Figures{}) || len(v.Refusals) > 0 }

// rangeLink is the page with another range.
func (v Overview) rangeLink(r string) string {
	if r == RangeToday {
		r = ""
	}
	return routes.With(v.Path, "range", r)
}

// list is the payments of the period with one more filter; "" without a list.
func (v Overview) list(name, value string) string {
	return v.listOf(v.From, v.To, name, value)
}

func (v Overview) listOf(from, to, name, value string) string {
	if v.Payments == "" {
		return ""
	}
	return routes.With(within(v.Payments, from, to), name, value)
}

// tileList is the list behind one of the large figures: the payments, or else the
// parts that add up to it.
func (v Overview) tileList(name, value string) string {
	if v.Payments == "" && v.busy() {
		return v.Parts
	}
	return v.list(name, value)
}

func (v Overview) refundList(from, to string) string {
	if v.RefundList == "" {
		return ""
	}
	return within(v.RefundList, from, to)
}

func within(path, from, to string) string {
	return routes.With(routes.With(path, "from", from), "to", to)
}

// title is the period in words.
func (v Overview) title(ctx context.Context) string {
	return i18n.T(ctx, "overview."+v.Range, "from", v.From, "to", v.To)
}

// before says a figure of the period before.
func (v Overview) before(ctx context.Context, value string) string {
	return i18n.T(ctx, "overview.before_"+v.Range, "value", value, "time", components.Minute(v.Until)[11:])
}

func (v Overview) rowName(ctx context.Context) string {
	if v.Range == RangeToday {
		return i18n.T(ctx, "overview.hour")
	}
	return i18n.T(ctx, "overview.day")
}

// amountChart is the amount received of each hour or day.
func (v Overview) amountChart(ctx context.Context) components.Chart {
	c := v.chart(ctx, "amount", func(f Figures) *int64 { n := int64(f.Amount); return &n })
	c.Unit, c.Shape = "money", "bar"
	return c
}

// rateChart is the success rate of each hour or day.
func (v Overview) rateChart(ctx context.Context) components.Chart {
	c := v.chart(ctx, "rate", Figures.rate)
	c.Unit, c.Shape = "rate", "line"
	return c
}

func (v Overview) chart(ctx context.Context, what string, value func(Figures) *int64) components.Chart {
	c := components.Chart{
		Title: i18n.T(ctx, "overview.chart_"+what), CurrentName: i18n.T(ctx, "overview.now_"+v.Range), PreviousName: i18n.T(ctx, "overview.previous_"+v.Range),
		Label: i18n.T(ctx, "overview.label_"+what, "amount", v.Now.Amount.String(), "rate", v.Now.rateText(), "from", v.From, "to", v.To),
	}
	for _, p := range v.Points {
		c.Labels, c.Titles = append(c.Labels, p.Label), append(c.Titles, p.Label)
		now := value(p.Now)
		if p.Ahead {
			now = nil
		}
		c.Current, c.Previous = append(c.Current, now), append(c.Previous, value(p.Before))
	}
	return c
}

// most is the greatest of the rows' amounts, the whole of their bars.
func most(rows []FigureRow) int64 {
	var out app.Money
	for _, r := range rows {
		out = max(out, r.Amount)
	}
	return int64(out)
}

func mostRefused(rows []RefusalRow) int64 {
	var out int64
	for _, r := range rows {
		out = max(out, r.Count)
	}
	return out
}

// succeededOf narrows a list to what succeeded; "" stays "".
func succeededOf(list string) string {
	if list == "" {
		return ""
	}
	return routes.With(list, "status", "succeeded")
}

// rangeType is the kind of input that shows what a filter says: a date, or an
// hour, as the links of an overview name it.
func rangeType(from, to string) string {
	if strings.Contains(from+to, "T") {
		return "datetime-local"
	}
	return "date"
}
