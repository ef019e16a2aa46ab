package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Refunds is the list of refunds.
type Refunds struct {
	Shell layout.Shell
	// Filters are made by RefundFilters.Bar.
	Filters  components.Filters
	Rows     []RefundRow
	Pager    components.Pager
	Views    components.Views
	Download components.Download
	// Totals, LaterTotals, PlainTotals, Sort and Reached are as in Payments.
	Totals                   *RefundTotals
	LaterTotals, PlainTotals string
	Sort                     string
	Reached                  app.Millis
	// Any tells "nothing yet" from "nothing matches".
	Any bool
}

// RefundRow is one refund of a list. Status and Source are as in the API.
type RefundRow struct {
	ID, RefundNo, OrderNo string
	Amount                app.Money
	Status, Source        string
	Channel               app.Channel
	RequestedBy           Person
	// ByPerson is the list of what the same person asked for; empty for none.
	ByPerson    string
	CreatedAt   app.Millis
	SucceededAt app.Millis // 0 until it arrived
}

// RefundTotals sums a filtered set.
type RefundTotals struct {
	Count   int64
	Amount  app.Money // without failed and rejected ones
	Arrived app.Money
	// Capped says that summing stopped at Count: there is more.
	Capped bool
	Failed bool // the sum could not be had now
}

func (t RefundTotals) count() string {
	s := components.Count(t.Count)
	if t.Capped {
		s += "+"
	}
	return s
}

// Person is who asked for something or decided it. Kind is user, key, system or
// channel; Name an e-mail address, a key's prefix, a rule or a channel.
type Person struct{ Kind, Name string }

func (p Person) word(ctx context.Context) string {
	switch p.Kind {
	case "key":
		return i18n.T(ctx, "approval.by_key", "prefix", p.Name)
	case "system":
		if key := "actor_system." + p.Name; i18n.Has(ctx, key) {
			return i18n.T(ctx, key)
		}
		return i18n.T(ctx, "actor.system")
	case "channel":
		return i18n.T(ctx, "channel."+p.Name)
	}
	return p.Name
}

// RefundFilters are the filters as they stand in the URL: q, status, channel,
// method, account, source, by (who asked), payment, from, to (dates in UTC+8), min,
// max (yuan), sort.
type RefundFilters struct {
	Query, Status, Channel, Method, Account, Source string
	By, Payment                                     string
	From, To                                        string
	Min, Max                                        string
	// The errors are translated; empty for none.
	TimeError, AmountError, PaymentError string
	Sort                                 string // "oldest", or empty
	Accounts                             []Choice
	Period                               *components.Period
}

// RefundStatuses and RefundSources are the choices of the filters, in order.
func RefundStatuses() []string {
	return []string{"awaiting_approval", "pending", "abnormal", "succeeded", "failed", "rejected"}
}

// RefundSources lists where refunds come from.
func RefundSources() []string { return []string{"api", "console", "policy", "channel"} }

// Bar makes the filter bar; see PaymentFilters.Bar.
func (f RefundFilters) Bar(ctx context.Context, path string) components.Filters {
	bar := components.Filters{
		Path: path, Search: i18n.T(ctx, "refunds.search"), Query: f.Query, Order: f.Sort, Period: f.Period,
		Selects: []components.Select{
			choose(ctx, "status", "payments.status", "refund_status.", f.Status, RefundStatuses()),
			choose(ctx, "channel", "payments.channel", "channel.", f.Channel, []string{"wechat", "alipay"}),
			choose(ctx, "method", "payments.method", "method.", f.Method, PaymentMethods()),
			choose(ctx, "source", "refunds.source", "refund_source.", f.Source, RefundSources()),
		},
		Texts: []components.Text{
			{Name: "by", Label: i18n.T(ctx, "refunds.by"), Value: f.By},
			{Name: "payment", Label: i18n.T(ctx, "refunds.payment"), Value: f.Payment, Error: f.PaymentError},
		},
		Ranges: []components.Range{
			{Label: i18n.T(ctx, "refunds.created"), Type: rangeType(f.From, f.To), From: "from", To: "to", FromText: f.From, ToText: f.To, Error: f.TimeError},
			{Label: i18n.T(ctx, "payments.amount"), Type: "text", From: "min", To: "max", FromText: f.Min, ToText: f.Max, Error: f.AmountError, Unit: "¥"},
		},
	}
	if len(f.Accounts) > 1 || f.Account != "" {
		bar.Selects = append(bar.Selects, chooseAccount(ctx, f.Account, f.Accounts))
	}
	return bar
}
