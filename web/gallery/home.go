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
		{"home-week", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, live(s))
			o := overviewOf(ctx, v.Shell, pages.RangeWeek)
			o.Behind = 14
			v.Overview = &o
			return pages.HomePage(v)
		}},
		{"home-month", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, live(s))
			o := overviewOf(ctx, v.Shell, pages.RangeMonth)
			o.Building = true
			v.Overview = &o
			return pages.HomePage(v)
		}},
		{"home-quiet-day", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, s)
			o := overviewOf(ctx, s, pages.RangeToday)
			o.Now, o.Channels, o.Methods, o.Accounts, o.Refusals = pages.Figures{}, nil, nil, nil, nil
			for i := range o.Points {
				o.Points[i].Now = pages.Figures{}
			}
			v.Overview = &o
			return pages.HomePage(v)
		}},
		{"home-new", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, s)
			quiet := overviewOf(ctx, s, pages.RangeToday)
			quiet.Now, quiet.Before, quiet.Points = pages.Figures{}, pages.Figures{}, nil
			quiet.Channels, quiet.Methods, quiet.Accounts, quiet.Refusals = nil, nil, nil, nil
			v.Overview, v.Latest = &quiet, nil
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
	o := overviewOf(ctx, s, pages.RangeToday)
	return pages.Home{Shell: s, Overview: &o, Latest: paymentRows(ctx, 8)}
}

// actionKinds are those that NeedsAction names.
func actionKinds() []string {
	return []string{
		"endpoint_failing", "endpoint_disabled", "deliveries_dead", "certificate_expiring", "certificate_expired",
		"account_failing", "account_deaf", "account_disabled", "account_circuit_open", "account_paused", "account_provider_disabled",
		"account_certificates_stale", "platform_certificate_expiring", "platform_certificate_expired", "notification_quarantined", "outcome_unknown",
		"refunds_abnormal", "refunds_unanswered", "approvals_pending", "reconcile_failed", "bills_missing", "exceptions_open",
	}
}
