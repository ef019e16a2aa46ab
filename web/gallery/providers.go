package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func providerPages() []Page {
	return []Page{
		{"providers", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ProvidersPage(pages.Providers{Shell: at(platform(s), layout.NavProviders), Mode: app.Live, Rows: providerRows(ctx)})
		}},
		{"providers-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ProvidersPage(pages.Providers{Shell: at(platform(s), layout.NavProviders), Mode: app.Test})
		}},
		{"provider", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ProviderPage(provider(ctx, s))
		}},
		{"provider-disabled", func(ctx context.Context, s layout.Shell) templ.Component {
			v := provider(ctx, s)
			v.Enabled, v.Accounts = false, nil
			return pages.ProviderPage(v)
		}},
		{"provider-new-wechat", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.AccountFormPage(pages.AccountForm{
				Shell: at(platform(s), layout.NavProviders), Channel: app.WeChat, Held: pages.HeldProvider{Mode: app.Test}, SandboxURL: "/sandbox/merchants",
			})
		}},
		{"provider-credentials-alipay", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.AccountFormPage(pages.AccountForm{
				Shell: at(platform(s), layout.NavProviders), Channel: app.Alipay, Held: pages.HeldProvider{ID: "prv_1", Mode: app.Live},
				Values: map[string]string{"app_id": "2021004100000001", "seller_id": "2088000000000001"},
			})
		}},
		{"account-under", func(ctx context.Context, s layout.Shell) templ.Component {
			v := account(ctx, s)
			v.SubIdentity, v.ProviderID, v.Provider, v.Health = "1700000042", "prv_1", providerRows(ctx)[0].Name, "provider_disabled"
			v.Facts = []pages.Pair{{Name: "sub_mchid", Value: "1700000042"}, {Name: "sp_appid", Value: "wx8888888888888888"}}
			return pages.AccountPage(v)
		}},
		{"account-circuit", func(ctx context.Context, s layout.Shell) templ.Component {
			v := account(ctx, s)
			v.Health = "circuit_open"
			v.Circuit = &pages.Circuit{State: "open", Since: noon.Add(-4 * time.Minute), RetryAt: noon.Add(20 * time.Second), Reason: "unknown: 502 SYSTEM_ERROR"}
			v.Certificates = &pages.Certificates{
				Serials: []string{"5157F09EFDC096DE15EBE81A47057A7232F1B8E1", "6157F09EFDC096DE15EBE81A47057A7232F1B8E2"}, ExpiresAt: noon.Add(900 * 24 * time.Hour),
				FetchedAt: noon.Add(-27 * time.Hour), TriedAt: noon.Add(-10 * time.Minute), StaleSince: noon.Add(-4 * time.Hour), LastError: "unknown: 502 SYSTEM_ERROR", Refreshable: true,
			}
			return pages.AccountPage(v)
		}},
		{"account-paused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := account(ctx, s)
			v.Health = "paused"
			v.Circuit = &pages.Circuit{State: "paused", Since: noon.Add(-time.Minute), RetryAt: noon.Add(9 * time.Second), Reason: "429 FREQUENCY_LIMITED"}
			v.Certificates = &pages.Certificates{Refreshable: true}
			return pages.AccountPage(v)
		}},
		{"account-half-open", func(ctx context.Context, s layout.Shell) templ.Component {
			v := account(ctx, s)
			v.Health = "circuit_open"
			v.Circuit = &pages.Circuit{State: "half_open", Since: noon.Add(-4 * time.Minute), RetryAt: noon}
			return pages.AccountPage(v)
		}},
	}
}

func providerRows(ctx context.Context) []pages.ProviderRow {
	day := 24 * time.Hour
	return []pages.ProviderRow{
		{ID: "prv_1", Name: word(ctx, "平台微信服务商", "Platform at WeChat Pay"), Mode: app.Live, Channel: app.WeChat, Identity: "1900000109", Enabled: true, ExpiresAt: noon.Add(800 * day), CreatedAt: noon.Add(-90 * day)},
		{ID: "prv_2", Name: word(ctx, "平台支付宝服务商", "Platform at Alipay"), Mode: app.Live, Channel: app.Alipay, Identity: "2088000000000009", AppID: "2021004100000009", CreatedAt: noon.Add(-40 * day)},
	}
}

func provider(ctx context.Context, s layout.Shell) pages.Provider {
	return pages.Provider{
		Shell: at(platform(s), layout.NavProviders), ProviderRow: providerRows(ctx)[0], Pager: components.Pager{Path: "/console/admin/providers/prv_1", Shown: 2},
		Facts: []pages.Pair{{Name: "mchid", Value: "1900000109"}, {Name: "serial_no", Value: "3775B6A45ACD588826D15E583A95F5DD76FA1FFE"}},
		Accounts: []pages.AccountUnder{
			{Name: word(ctx, "挂靠收款", "Under the provider"), MerchantID: merchantID, Merchant: word(ctx, "晋祥茶行", "Jinxiang Tea"), Identity: "1700000042", Health: "healthy", LastSuccessAt: noon.Add(-3 * time.Minute)},
			{Name: word(ctx, "景区售票", "Park tickets"), MerchantID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAC", Merchant: word(ctx, "平遥文旅票务", "Pingyao Tickets"), Identity: "1700000043", Health: "unproven"},
		},
	}
}
