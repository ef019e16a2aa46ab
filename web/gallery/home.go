package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func homePages() []Page {
	return []Page{
		{"home", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, s)
			account := word(ctx, "微信主账户", "WeChat main")
			v.Actions = []pages.NeedsAction{
				{Kind: "certificate_expired", Urgent: true, Name: account, At: noon.Add(-26 * time.Hour), Href: s.Scope().Accounts()},
				{Kind: "endpoint_failing", Urgent: true, Count: 14, Name: "https://erp.jinxiang.example/hooks/piaohao", At: noon.Add(-3 * time.Hour), Href: s.Scope().Webhooks()},
				{Kind: "refunds_abnormal", Urgent: true, Count: 1, At: noon.Add(-5 * time.Hour), Href: s.Scope().Refunds()},
				{Kind: "approvals_pending", Count: 2, Href: s.Scope().Approvals()},
				{Kind: "notification_quarantined", Count: 1, Href: s.Scope().Payments()},
				{Kind: "certificate_expiring", Name: word(ctx, "支付宝门店", "Alipay stores"), At: noon.Add(12 * 24 * time.Hour), Href: s.Scope().Accounts()},
			}
			return pages.HomePage(v)
		}},
		{"home-quiet", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.HomePage(home(ctx, live(s)))
		}},
		{"home-every-action", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, s)
			for _, kind := range actionKinds() {
				v.Actions = append(v.Actions, pages.NeedsAction{Kind: kind, Count: 2, Name: "W-1", At: noon, Href: s.Scope().Payments()})
			}
			return pages.HomePage(v)
		}},
		{"home-new", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, s)
			v.Today, v.Before, v.Latest = pages.DayFigures{}, pages.DayFigures{}, nil
			v.Steps = []pages.SetupStep{
				{Kind: "account", Done: true}, {Kind: "key", Href: s.Scope().NewKey()},
				{Kind: "webhook", Href: s.Scope().NewWebhook()}, {Kind: "payment", Href: "/docs"},
			}
			return pages.HomePage(v)
		}},
	}
}

func home(ctx context.Context, s layout.Shell) pages.Home {
	s.Nav = layout.NavHome
	return pages.Home{
		Shell: s, Date: "2026-11-23", AsOf: noon, Latest: paymentRows(ctx, 8),
		Today:   pages.DayFigures{Amount: 86_420_50, Count: 412, Succeeded: 396},
		Before:  pages.DayFigures{Amount: 79_108_00, Count: 388, Succeeded: 371},
		Refunds: pages.DayRefunds{Amount: 1_464_50}, RefundsBefore: pages.DayRefunds{Amount: 980_00},
	}
}

// actionKinds are those that NeedsAction names.
func actionKinds() []string {
	return []string{
		"endpoint_failing", "endpoint_disabled", "deliveries_dead", "certificate_expiring", "certificate_expired",
		"account_failing", "account_deaf", "account_disabled", "account_circuit_open", "account_paused", "account_provider_disabled",
		"account_certificates_stale", "platform_certificate_expiring", "platform_certificate_expired", "notification_quarantined", "outcome_unknown",
	}
}
