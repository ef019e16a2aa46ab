package pages

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Payments is the list of payments.
type Payments struct {
	Shell layout.Shell
	// Filters are made by PaymentFilters.Bar.
	Filters  components.Filters
	Rows     []PaymentRow
	Pager    components.Pager
	Views    components.Views
	Download components.Download
	// Totals are of the whole filtered set; nil while they are not known.
	Totals *PaymentTotals
	// LaterTotals is the fragment with the totals, PlainTotals the list with them;
	// empty where nothing is to be summed, as when a number was looked up.
	LaterTotals, PlainTotals string
	// Sort is the same list in the other order; empty for a list without one.
	Sort string
	// Reached is how far the filters were looked for so far; 0 when everything was.
	Reached app.Millis
	// Any says that the merchant has payments in this mode at all, which tells
	// "nothing yet" from "nothing matches".
	Any bool
	// Forbidden says that the user may not see payments here.
	Forbidden bool
}

// PaymentRow is one payment of a list.
type PaymentRow struct {
	ID, OrderNo, Subject string
	Amount, Refunded     app.Money
	Status               string // as in the API
	Channel              app.Channel
	Method               string // as in the API
	Late                 bool   // paid after it was closed
	CreatedAt            app.Millis
}

// PaymentTotals sums a filtered set.
type PaymentTotals struct {
	Count     int64
	Succeeded int64
	Amount    app.Money // of the succeeded ones
	Refunded  app.Money
	// Capped says that summing stopped at Count: there is more.
	Capped bool
	Failed bool // the sum could not be had now
}

// sum is an amount of a set that may go on.
func sum(m app.Money, capped bool) string {
	if capped {
		return "≥ " + m.String()
	}
	return m.String()
}

func (t PaymentTotals) count() string {
	s := components.Count(t.Count)
	if t.Capped {
		s += "+"
	}
	return s
}

func (t PaymentTotals) succeeded() string {
	s := components.Count(t.Succeeded)
	if t.Capped {
		s += "+"
	}
	return s
}

// PaymentFilters are the filters as they stand in the URL: q, status, channel,
// method, account, from, to (dates in UTC+8), min, max (yuan).
type PaymentFilters struct {
	Query, Status, Channel, Method, Account string
	From, To                                string
	Min, Max                                string
	// Sort is "oldest" for the oldest first, or empty.
	Sort   string
	Period *components.Period
	// TimeError and AmountError are translated; empty for none.
	TimeError, AmountError string
	// Accounts are the choices of the account filter, by id.
	Accounts []Choice
}

// Choice is one choice of a filter: an account or an endpoint.
type Choice struct{ ID, Name string }

// PaymentStatuses and PaymentMethods are the choices of the filters, in order.
func PaymentStatuses() []string {
	return []string{"in_review", "created", "pending", "succeeded", "closed", "failed"}
}

// PaymentMethods lists every method of the API, in the order of the filter.
func PaymentMethods() []string {
	return []string{
		"wechat_native", "wechat_jsapi", "wechat_mini", "wechat_h5", "wechat_app", "wechat_code",
		"alipay_qr", "alipay_page", "alipay_wap", "alipay_app", "alipay_jsapi", "alipay_code", "cashier",
	}
}

// searching is the pager of a list whose filters were looked for only so far;
// reached is 0 where they were looked for everywhere.
func searching(p components.Pager, reached app.Millis) components.Pager {
	p.Searching = reached != 0
	return p
}
