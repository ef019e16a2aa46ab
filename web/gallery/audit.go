package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func auditPages() []Page {
	return []Page{
		{"audit", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AuditPage(auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{}))
		}},
		{"audit-filtered", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AuditPage(auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{Actor: "usr_1", Action: "account.enable", From: "2026-11-01"}))
		}},
		{"audit-unchecked", func(ctx context.Context, s layout.Shell) templ.Component {
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{})
			v.Check = nil
			return pages.AuditPage(v)
		}},
		{"audit-checked-by-hand", func(ctx context.Context, s layout.Shell) templ.Component {
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{Text: "till"})
			v.Check.Job, v.Check.Person, v.Check.Name, v.MoreNamed = false, true, word(ctx, "商户负责人", "Merchant Owner"), true
			return pages.AuditPage(v)
		}},
		{"audit-broken", func(ctx context.Context, s layout.Shell) templ.Component {
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{})
			v.Check.Job, v.Check.Name, v.Check.Rows, v.Check.More = false, "command line", 1203, true
			v.Check.Problems = []pages.AuditProblem{
				{Seq: 17, Fault: "missing"}, {Seq: 18, RowID: "aud_01KASJ3V6T8C0QW2N4R5X7YZAQ", Fault: "edited"}, {Seq: 1190, Fault: "departed"},
			}
			return pages.AuditPage(v)
		}},
		{"audit-open", func(ctx context.Context, s layout.Shell) templ.Component {
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{})
			for i := range v.Rows {
				v.Rows[i].Open = true
			}
			return pages.AuditPage(v)
		}},
		{"audit-none-match", func(ctx context.Context, s layout.Shell) templ.Component {
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{Text: "key_01KASJ3V6T8C0QW2N4R5X7YZAB"})
			v.Rows = nil
			return pages.AuditPage(v)
		}},
		{"audit-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.AuditPage(pages.Audit{Shell: at(s, layout.NavAudit)})
		}},
		{"admin-audit", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AuditPage(auditView(ctx, at(platform(s), layout.NavPlatform), pages.AuditFilters{}))
		}},
		{"admin-audit-files", func(ctx context.Context, s layout.Shell) templ.Component {
			rows := fileRows(ctx)[2:4]
			for i := range rows {
				rows[i].List, rows[i].Period = "audit", ""
			}
			rows[0].Filters = []components.Chip{{Label: i18n.T(ctx, "audit.action"), Value: i18n.T(ctx, "audit_action.session_open")}}
			return pages.FilesPage(pages.Files{Shell: at(platform(s), layout.NavPlatform), Title: i18n.T(ctx, "audit.exports"), Rows: rows, Pager: components.Pager{Shown: 2}})
		}},
		{"admin-audit-files-empty", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.FilesPage(pages.Files{Shell: at(platform(s), layout.NavPlatform), Title: i18n.T(ctx, "audit.exports"), List: "/console"})
		}},
	}
}

func auditView(ctx context.Context, s layout.Shell, f pages.AuditFilters) pages.Audit {
	f.Actors = []pages.Choice{{ID: pages.AuditProgram, Name: i18n.T(ctx, "audit.program")}, {ID: "usr_1", Name: word(ctx, "商户负责人", "Merchant Owner")}, {ID: "usr_2", Name: word(ctx, "接入开发", "Developer")}}
	f.Actions = []string{"account.enable", "key.create", "webhook_endpoint.disable"}
	path := s.Scope().Audit()
	rows := auditRows(ctx)
	bar := f.Bar(ctx, path)
	return pages.Audit{
		Shell: s, Filters: bar, Rows: rows, Verify: s.Scope().VerifyAudit(), Pager: components.Pager{Path: path, Shown: len(rows)},
		Check:    &pages.ChainCheck{At: noon.Add(-8 * time.Hour), Through: 1204, Rows: 1204, Head: "9f3ac0e1d5b7428660aa17e4c2f9b1d03e58f6a7c4d2910be8735f6a01c4d2e1", Job: true, Name: "audit.verify"},
		Download: components.Download{Action: path + "/exports", CSRF: s.CSRF, Filters: bar.Hidden(), List: s.Scope().Files()},
	}
}

func auditRows(ctx context.Context) []pages.AuditRow {
	text := func(s string) *string { return &s }
	owner, developer := word(ctx, "商户负责人", "Merchant Owner"), word(ctx, "接入开发", "Developer")
	return []pages.AuditRow{
		{
			ID: "aud_3", Seq: 1204, At: noon, ActorKind: "user", ActorName: owner, IP: "203.0.113.24", Action: "account.enable", Target: "acct_01KASJ3V6T8C0QW2N4R5X7YZAE", Name: word(ctx, "门店微信支付", "Shop WeChat Pay"),
			Device: "Chrome 149 · Windows", Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36",
			Session: "ses_01KASJ3V6T8C0QW2N4R5X7YZAS", InSession: "/console?q=ses", InRequest: "/console?q=req",
			RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH", Changes: []pages.AuditChange{{Field: "enabled", Before: text("false"), After: text("true")}},
			ByActor: "/console?actor=usr_1", OnTarget: "/console?q=acct_01KASJ3V6T8C0QW2N4R5X7YZAE",
		},
		{
			ID: "aud_2", Seq: 1203, At: noon.Add(-time.Hour), ActorKind: "user", ActorName: developer, IP: "203.0.113.9", Action: "key.create", Target: "key_01KASJ3V6T8C0QW2N4R5X7YZAK", Name: "ERP",
			Device: "Safari 18 · iPhone", OnTarget: "/console?q=key", InRequest: "/console?q=req",
			RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAJ", ByActor: "/console?actor=usr_2",
			Changes: []pages.AuditChange{{Field: "name", After: text("ERP")}, {Field: "scopes", After: text("payments:write, payments:read")}},
		},
		{
			ID: "aud_4", Seq: 1203, At: noon.Add(-2 * time.Hour), ActorKind: "key", ActorName: i18n.T(ctx, "audit.key_name", "prefix", "sk_live_7Kd2"), Key: "key_01KASJ3V6T8C0QW2N4R5X7YZAK", IP: "198.51.100.40", Device: "okhttp 4",
			Action: "webhook_endpoint.update", Target: "whe_01KASJ3V6T8C0QW2N4R5X7YZAL", Name: "https://erp.example.com/piaohao", ByActor: "/console?actor=key", OnTarget: "/console?q=whe",
			Changes: []pages.AuditChange{{Field: "event_types", Before: text("*"), After: text("payment.succeeded, refund.succeeded")}},
		},
		{ID: "aud_1", Seq: 1202, At: noon.Add(-25 * time.Hour), ActorKind: "system", ActorName: word(ctx, "系统", "The program"), Action: "webhook_endpoint.disable", Target: "whe_01KASJ3V6T8C0QW2N4R5X7YZAL", OnTarget: "/console?q=whe"},
	}
}
