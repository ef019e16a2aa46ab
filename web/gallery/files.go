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

func filePages() []Page {
	return []Page{
		{"files", func(ctx context.Context, s layout.Shell) templ.Component {
			rows := fileRows(ctx)
			return pages.FilesPage(pages.Files{Shell: at(s, layout.NavFiles), Title: i18n.T(ctx, "nav.files"), Rows: rows, Pager: components.Pager{Path: s.Scope().Files(), Shown: len(rows)}})
		}},
		{"files-empty", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.FilesPage(pages.Files{Shell: at(s, layout.NavFiles), Title: i18n.T(ctx, "nav.files"), List: s.Scope().Payments()})
		}},
		{"files-forbidden", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.FilesPage(pages.Files{Shell: at(s, layout.NavFiles), Title: i18n.T(ctx, "nav.files"), Forbidden: true})
		}},
		{"views", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.SavedViewsPage(savedViews(ctx, s))
		}},
		{"views-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := savedViews(ctx, s)
			v.Wrong, v.Errors = v.Rows[0].ID, map[string]string{"name": word(ctx, "请填写 1 至 40 个字。", "Enter 1 to 40 characters.")}
			return pages.SavedViewsPage(v)
		}},
		{"views-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SavedViewsPage(pages.SavedViews{Shell: at(s, layout.NavRefunds), List: "refunds", Back: s.Scope().Refunds()})
		}},
	}
}

func fileRows(ctx context.Context) []pages.FileRow {
	chip := func(zh, en, zhValue, enValue string) components.Chip {
		return components.Chip{Label: word(ctx, zh, en), Value: word(ctx, zhValue, enValue)}
	}
	status, channel := chip("状态", "Status", "支付成功", "Succeeded"), chip("渠道", "Channel", "微信支付", "WeChat Pay")
	row := func(n int, status string) pages.FileRow {
		return pages.FileRow{
			ID: "exp_01KASJ3V6T8C0QW2N4R5X7YZA" + string(rune('A'+n)), List: "payments", Format: "xlsx", Period: "2026-10-25 – 2026-11-23", Href: "/console",
			Status: status, RequestedBy: owner, RequestedAt: noon.Add(-time.Duration(n*n) * time.Hour),
		}
	}
	rows := []pages.FileRow{row(0, "running"), row(1, "queued"), row(2, "done"), row(3, "done"), row(4, "failed"), row(5, "cancelled"), row(6, "expired")}
	rows[0].Rows, rows[0].Progress, rows[0].Working, rows[0].Filters = 312_000, 420, true, []components.Chip{status, channel}
	rows[1].Working, rows[1].Problem, rows[1].List = true, "read on after 2000 rows: the database is gone", "refunds"
	rows[2].Rows, rows[2].Size, rows[2].ExpiresAt, rows[2].Filters = 1_204_881, 118<<20, noon.Add(6*24*time.Hour), []components.Chip{status}
	rows[3].List, rows[3].Format, rows[3].Size, rows[3].ExpiresAt = "refunds", "csv", 612, noon.Add(5*24*time.Hour)
	rows[4].Problem, rows[4].Again = "write a row: no space left on device", true
	rows[5].Again, rows[6].Again, rows[6].Rows, rows[6].Size = true, true, 48_210, 5<<20
	return rows
}

func savedViews(ctx context.Context, s layout.Shell) pages.SavedViews {
	return pages.SavedViews{
		Shell: at(s, layout.NavPayments), List: "payments", Back: s.Scope().Payments(), MayShare: true,
		Rows: []pages.SavedView{
			{ID: "viw_1", Name: word(ctx, "昨日失败", "Failed yesterday"), Href: "/console", Mine: true, Filters: []components.Chip{
				{Label: word(ctx, "创建时间", "Created"), Value: word(ctx, "昨天", "Yesterday")}, {Label: word(ctx, "状态", "Status"), Value: word(ctx, "支付失败", "Failed")},
			}},
			{ID: "viw_2", Name: word(ctx, "大额微信", "Large WeChat"), Href: "/console", Shared: true, Filters: []components.Chip{
				{Label: word(ctx, "渠道", "Channel"), Value: word(ctx, "微信支付", "WeChat Pay")}, {Label: word(ctx, "金额", "Amount"), Value: "≥ 10000"},
			}},
		},
	}
}
