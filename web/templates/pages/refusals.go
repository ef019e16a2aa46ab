package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Refusals is the list of attempts that a channel refused for certain.
type Refusals struct {
	Shell   layout.Shell
	Filters components.Filters
	Rows    []RefusedRow
	Pager   components.Pager
	Count   int64
	// Known says that Count is of the whole filtered set.
	Known bool
	// Code is the channel's code that is filtered by; empty for none.
	Code string
	// Window says which days the list covers.
	Window string
}

// RefusedRow is one refused attempt.
type RefusedRow struct {
	AttemptID, PaymentID, OrderNo string
	Amount                        app.Money
	Status                        string // of the payment, as it is now
	Channel                       app.Channel
	Method                        string
	Code, Message                 string // the channel's own
	CreatedAt                     app.Millis
}

// RefusalFilters are what stands in the address.
type RefusalFilters struct {
	Channel, Code, From, To string
	// Codes are those that occurred in the days shown.
	Codes     []string
	TimeError string
}

// Bar makes the filter bar. path is the list's own.
func (f RefusalFilters) Bar(ctx context.Context, path string) components.Filters {
	codes := components.Select{Name: "code", Label: i18n.T(ctx, "refusals.code"), Options: []components.Option{{}}}
	for _, c := range f.Codes {
		codes.Options = append(codes.Options, components.Option{Value: c, Label: c, Selected: c == f.Code})
	}
	return components.Filters{
		Path: path,
		Selects: []components.Select{
			choose(ctx, "channel", "payments.channel", "channel.", f.Channel, []string{"wechat", "alipay"}), codes,
		},
		Ranges: []components.Range{{
			Label: i18n.T(ctx, "refusals.made"), Type: rangeType(f.From, f.To), From: "from", To: "to", FromText: f.From, ToText: f.To, Error: f.TimeError,
		}},
	}
}
