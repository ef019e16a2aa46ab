package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

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
		{"audit-verified", func(ctx context.Context, s layout.Shell) templ.Component {
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{})
			v.Verified = &pages.Verification{At: noon, Through: 1204}
			return pages.AuditPage(v)
		}},
		{"audit-broken", func(ctx context.Context, s layout.Shell) templ.Component {
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{})
			v.Verified = &pages.Verification{At: noon, Through: 1204, More: true, Problems: []pages.AuditProblem{
				{Seq: 17, Fault: "missing"}, {Seq: 18, RowID: "aud_01KASJ3V6T8C0QW2N4R5X7YZAQ", Fault: "edited"},
			}}
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
			v := auditView(ctx, at(s, layout.NavAudit), pages.AuditFilters{Target: "key_01KASJ3V6T8C0QW2N4R5X7YZAB"})
			v.Rows = nil
			return pages.AuditPage(v)
		}},
		{"audit-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.AuditPage(pages.Audit{Shell: at(s, layout.NavAudit)})
		}},
		{"admin-audit", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AuditPage(auditView(ctx, at(platform(s), layout.NavPlatform), pages.AuditFilters{}))
		}},
	}
}

func auditView(ctx context.Context, s layout.Shell, f pages.AuditFilters) pages.Audit {
	f.Actors = []pages.Choice{{ID: "usr_1", Name: word(ctx, "商户负责人", "Merchant Owner")}, {ID: "usr_2", Name: word(ctx, "接入开发", "Developer")}}
	f.Actions = []string{"account.enable", "key.create", "webhook_endpoint.disable"}
	path := s.Scope().Audit()
	rows := auditRows(ctx)
	return pages.Audit{
		Shell: s, Filters: f.Bar(ctx, path), Rows: rows, Verify: s.Scope().VerifyAudit(), Pager: components.Pager{Path: path, Shown: len(rows)},
	}
}

func auditRows(ctx context.Context) []pages.AuditRow {
	text := func(s string) *string { return &s }
	owner, developer := word(ctx, "商户负责人", "Merchant Owner"), word(ctx, "接入开发", "Developer")
	return []pages.AuditRow{
		{
			ID: "aud_3", Seq: 1204, At: noon, ActorKind: "user", ActorName: owner, IP: "203.0.113.24", Action: "account.enable", Target: "acct_01KASJ3V6T8C0QW2N4R5X7YZAE",
			RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH", Changes: []pages.AuditChange{{Field: "enabled", Before: text("false"), After: text("true")}},
			ByActor: "/console?actor=usr_1", OnTarget: "/console?q=acct_01KASJ3V6T8C0QW2N4R5X7YZAE",
		},
		{
			ID: "aud_2", Seq: 1203, At: noon.Add(-time.Hour), ActorKind: "user", ActorName: developer, IP: "203.0.113.9", Action: "key.create", Target: "key_01KASJ3V6T8C0QW2N4R5X7YZAK",
			RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAJ", ByActor: "/console?actor=usr_2",
			Changes: []pages.AuditChange{{Field: "name", After: text("ERP")}, {Field: "scopes", After: text("payments:write, payments:read")}},
		},
		{ID: "aud_1", Seq: 1202, At: noon.Add(-25 * time.Hour), ActorKind: "system", ActorName: word(ctx, "系统", "The program"), Action: "webhook_endpoint.disable", Target: "whe_01KASJ3V6T8C0QW2N4R5X7YZAL"},
	}
}
