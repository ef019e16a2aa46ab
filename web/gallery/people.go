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

func peoplePages() []Page {
	return []Page{
		{"members", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.MembersPage(pages.Members{Shell: at(s, layout.NavMembers), Rows: members(ctx)})
		}},
		{"members-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.MembersPage(pages.Members{Shell: at(s, layout.NavMembers)})
		}},
		{"sessions", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SessionsPage(pages.Sessions{Shell: at(s, layout.NavNone), Rows: []pages.SessionRow{
				{ID: "ses_1", IP: "203.0.113.24", UserAgent: "Chrome 149 · Windows", Current: true, CreatedAt: noon.Add(-2 * time.Hour), LastSeenAt: noon, ExpiresAt: noon.Add(10 * time.Hour)},
				{ID: "ses_2", IP: "198.51.100.7", UserAgent: "Safari 26 · iPhone", CreatedAt: noon.Add(-30 * time.Hour), LastSeenAt: noon.Add(-5 * time.Hour), ExpiresAt: noon.Add(2 * time.Hour)},
			}})
		}},
		{"audit", func(_ context.Context, s layout.Shell) templ.Component {
			rows := auditRows()
			return pages.AuditPage(pages.Audit{Shell: at(s, layout.NavAudit), Rows: rows, Pager: components.Pager{Path: s.Scope().Audit(), Shown: len(rows)}})
		}},
		{"audit-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.AuditPage(pages.Audit{Shell: at(s, layout.NavAudit)})
		}},
	}
}

func members(ctx context.Context) []pages.MemberRow {
	return []pages.MemberRow{
		{ID: "usr_1", Name: word(ctx, "陈立群", "Lena Chen"), Email: "lena@jinxiang.example", Roles: []string{"owner"}, Active: true, LastSignInAt: noon.Add(-2 * time.Hour)},
		{ID: "usr_2", Name: word(ctx, "武建国", "Jim Wu"), Email: "jim@jinxiang.example", Roles: []string{"developer", "viewer"}, Active: true, LastSignInAt: noon.Add(-26 * time.Hour)},
		{ID: "usr_3", Name: word(ctx, "乔晓梅", "May Qiao"), Email: "may.qiao@accounting.jinxiang.example", Roles: []string{"finance"}, Active: true},
		{ID: "usr_4", Name: word(ctx, "曹一平", "Ian Cao"), Email: "ian@jinxiang.example", Roles: []string{"viewer"}},
	}
}

func auditRows() []pages.AuditRow {
	return []pages.AuditRow{
		{ID: "aud_3", At: noon, ActorKind: "user", ActorName: "lena@jinxiang.example", IP: "203.0.113.24", Action: "account.enable", Target: "acct_01KASJ3V6T8C0QW2N4R5X7YZAE", RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH", Before: "{\"enabled\":false}", After: "{\"enabled\":true}"},
		{ID: "aud_2", At: noon.Add(-time.Hour), ActorKind: "user", ActorName: "jim@jinxiang.example", IP: "203.0.113.9", Action: "key.create", Target: "key_01KASJ3V6T8C0QW2N4R5X7YZAK", RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAJ", After: "{\"name\":\"ERP\",\"scopes\":[\"payments:write\"]}"},
		{ID: "aud_1", At: noon.Add(-25 * time.Hour), ActorKind: "system", ActorName: "expiry", Action: "endpoint.disable", Target: "whe_01KASJ3V6T8C0QW2N4R5X7YZAL"},
	}
}

func adminPages() []Page {
	return []Page{
		{"admin-merchants", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.MerchantsPage(pages.Merchants{
				Shell: at(platform(s), layout.NavMerchants), Pager: components.Pager{Path: "/console/admin/merchants", Shown: 3},
				Rows: []pages.MerchantRow{
					{ID: merchantID, Name: word(ctx, "晋祥茶行", "Jinxiang Tea"), Channels: []app.Channel{app.WeChat, app.Alipay}, LiveEnabled: true, Active: true, LastPaymentAt: noon, CreatedAt: noon.Add(-900 * time.Hour)},
					{ID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAC", Name: word(ctx, "平遥文旅票务", "Pingyao Tickets"), Channels: []app.Channel{app.WeChat}, Active: true, CreatedAt: noon.Add(-90 * time.Hour)},
					{ID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAD", Name: word(ctx, "旧商户", "Former merchant"), CreatedAt: noon.Add(-9000 * time.Hour)},
				},
				Name: word(ctx, "晋祥茶行", "Jinxiang Tea"), Errors: map[string]string{"name": word(ctx, "该名称已被使用", "This name is taken")},
			})
		}},
		{"admin-merchants-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.MerchantsPage(pages.Merchants{Shell: at(platform(s), layout.NavMerchants)})
		}},
		{"admin-users", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.Users{Shell: at(platform(s), layout.NavUsers), Pager: components.Pager{Path: "/console/admin/users", Shown: 4}}
			for i, m := range members(ctx) {
				row := pages.UserRow{MemberRow: m, Merchants: []string{word(ctx, "晋祥茶行", "Jinxiang Tea"), word(ctx, "平遥文旅票务", "Pingyao Tickets")}[:1+i%2], CreatedAt: noon}
				row.Roles = [][]string{{"platform_admin"}, nil, {"platform_operator", "platform_auditor"}, nil}[i]
				v.Rows = append(v.Rows, row)
			}
			return pages.UsersPage(v)
		}},
	}
}

// platform is the shell of the platform's own pages.
func platform(s layout.Shell) layout.Shell {
	s.Merchant, s.Mode, s.SandboxURL = layout.Merchant{}, "", ""
	s.Path = "/console/admin/merchants"
	return s
}

func failurePages() []Page {
	all := []Page{
		{"search-none", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SearchPage(pages.Search{Shell: s, Query: "4200002341202611230000"})
		}},
		{"search-several", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.SearchPage(pages.Search{Shell: live(s), Query: "JX2026", Rows: paymentRows(ctx, 3)})
		}},
		{"search-none-live", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SearchPage(pages.Search{Shell: live(s), Query: "4200002341202611230000"})
		}},
		{"error-signed-out", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.FailurePage(pages.Failure{Shell: signedOut(s), Kind: "not_found", RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH"})
		}},
	}
	for _, kind := range []string{"forbidden", "not_found", "conflict", "rate_limited", "unavailable", "internal", "csrf"} {
		all = append(all, Page{"error-" + kind, func(_ context.Context, s layout.Shell) templ.Component {
			return pages.FailurePage(pages.Failure{Shell: s, Kind: kind, RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH"})
		}})
	}
	return all
}
