package pages

import (
	"context"

	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
)

// Bar makes the filter bar. path is the list's own, without query; the words
// come from the translator in ctx.
func (f PaymentFilters) Bar(ctx context.Context, path string) components.Filters {
	bar := components.Filters{
		Path: path, Search: i18n.T(ctx, "payments.search"), Query: f.Query, Order: f.Sort, Period: f.Period,
		Selects: []components.Select{
			choose(ctx, "status", "payments.status", "payment_status.", f.Status, PaymentStatuses()),
			choose(ctx, "channel", "payments.channel", "channel.", f.Channel, []string{"wechat", "alipay"}),
			choose(ctx, "method", "payments.method", "method.", f.Method, PaymentMethods()),
		},
		Ranges: []components.Range{
			{Label: i18n.T(ctx, "payments.created"), Type: rangeType(f.From, f.To), From: "from", To: "to", FromText: f.From, ToText: f.To, Error: f.TimeError},
			{Label: i18n.T(ctx, "payments.amount"), Type: "text", From: "min", To: "max", FromText: f.Min, ToText: f.Max, Error: f.AmountError, Unit: "¥"},
		},
	}
	if len(f.Accounts) > 1 || f.Account != "" {
		bar.Selects = append(bar.Selects, f.accountSelect(ctx))
	}
	return bar
}

func (f PaymentFilters) accountSelect(ctx context.Context) components.Select {
	return chooseAccount(ctx, f.Account, f.Accounts)
}

func chooseAccount(ctx context.Context, current string, accounts []Choice) components.Select {
	s := components.Select{Name: "account", Label: i18n.T(ctx, "payments.account"), Options: []components.Option{{}}}
	for _, a := range accounts {
		s.Options = append(s.Options, components.Option{Value: a.ID, Label: a.Name, Selected: a.ID == current})
	}
	return s
}

// choose makes a filter whose words are the keys prefix+value. Its first option
// means any.
func choose(ctx context.Context, name, label, prefix, current string, values []string) components.Select {
	s := components.Select{Name: name, Label: i18n.T(ctx, label), Options: []components.Option{{}}}
	for _, v := range values {
		s.Options = append(s.Options, components.Option{Value: v, Label: i18n.T(ctx, prefix+v), Selected: v == current})
	}
	return s
}
