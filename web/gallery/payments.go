package gallery

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// noon is the moment that all pages are seen at: 14:06 in Beijing.
var noon = app.ToMillis(time.Date(2026, 11, 23, 6, 6, 30, 412_000_000, time.UTC))

func paymentRows(ctx context.Context, n int) []pages.PaymentRow {
	subjects := []string{
		word(ctx, "祁门红茶 250 克 礼盒", "Keemun black tea, 250 g gift box"),
		word(ctx, "会员年卡（2026–2027）", "Annual membership 2026–2027"),
		word(ctx, "老白茶饼 2018 年 三饼装，含木盒与手提袋", "Aged white tea 2018, set of three, wooden box"),
		word(ctx, "门店茶席 4 人", "Tea table for four"),
	}
	statuses := []string{"succeeded", "succeeded", "pending", "succeeded", "closed", "succeeded", "created", "failed", "succeeded", "in_review"}
	methods := []string{"wechat_native", "alipay_qr", "wechat_jsapi", "wechat_native", "alipay_page"}
	amounts := []app.Money{128_00, 1_299_00, 36_50, 4_880_00, 1, 268_00, 12_600_00}
	rows := make([]pages.PaymentRow, n)
	for i := range rows {
		method := methods[i%len(methods)]
		rows[i] = pages.PaymentRow{
			ID:      fmt.Sprintf("pay_01KASJ3V6T8C0QW2N4R5X7Y%03d", i),
			OrderNo: fmt.Sprintf("JX20261123-%06d", 84213-i*7), Subject: subjects[i%len(subjects)],
			Amount: amounts[i%len(amounts)], Status: statuses[i%len(statuses)], Method: method,
			Channel: app.Channel(method[:6]), CreatedAt: noon.Add(-time.Duration(i*i*37+i*11) * time.Second),
			Late: i == 5,
		}
		if i == 3 {
			rows[i].Refunded = 880_00
		}
	}
	return rows
}

func paymentPages() []Page {
	return []Page{
		{"payments", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PaymentsPage(paymentList(ctx, s, pages.PaymentFilters{Period: thirtyDays(ctx)}, 20))
		}},
		{"payments-filtered", func(ctx context.Context, s layout.Shell) templ.Component {
			period := &components.Period{Label: word(ctx, "创建时间", "Created"), Days: "2026-11-01 – 2026-11-23", Choices: thirtyDays(ctx).Choices}
			f := pages.PaymentFilters{Status: "succeeded", Channel: "wechat", From: "2026-11-01", To: "2026-11-23", Min: "100", Sort: "oldest", Period: period}
			v := paymentList(ctx, live(s), f, 6)
			v.Pager.Next, v.Pager.Oldest, v.Pager.Later = "", true, true
			v.Views.Save, v.Views.Filters, v.Views.MayShare = v.Views.Manage, v.Filters.Hidden(), true
			v.Totals = &pages.PaymentTotals{Count: 100_000, Succeeded: 96_412, Amount: 27_418_260_50, Refunded: 112_880_00, Capped: true}
			return pages.PaymentsPage(v)
		}},
		{"payments-adding-up", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paymentList(ctx, s, pages.PaymentFilters{Period: thirtyDays(ctx)}, 4)
			v.Totals, v.LaterTotals, v.PlainTotals = nil, s.Scope().Totals("payments"), v.Filters.Path+"?totals=1"
			v.Views = components.Views{}
			return pages.PaymentsPage(v)
		}},
		{"payments-searched-so-far", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paymentList(ctx, s, pages.PaymentFilters{Min: "50000", Method: "alipay_page", Period: thirtyDays(ctx)}, 0)
			v.Reached, v.Totals = noon.Add(-31*time.Hour), &pages.PaymentTotals{Failed: true}
			return pages.PaymentsPage(v)
		}},
		{"payments-view-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paymentList(ctx, s, pages.PaymentFilters{Status: "failed", Period: thirtyDays(ctx)}, 3)
			v.Views.Save, v.Views.Filters, v.Views.MayShare = v.Views.Manage, v.Filters.Hidden(), true
			v.Views.Name, v.Views.Errors = word(ctx, "昨日失败", "Failed yesterday"), map[string]string{"name": word(ctx, "已有同名视图，请换一个名称。", "Another view has this name. Choose a different one.")}
			return pages.PaymentsPage(v)
		}},
		{"payments-no-match", func(ctx context.Context, s layout.Shell) templ.Component {
			f := pages.PaymentFilters{Query: "4200002341202611230000", Max: "abc", AmountError: word(ctx, "金额应为元，最多两位小数。", "Enter yuan with at most two decimals.")}
			v := paymentList(ctx, s, f, 0)
			v.Totals, v.Pager.Next, v.Download, v.Sort = nil, "", components.Download{}, ""
			return pages.PaymentsPage(v)
		}},
		{"payments-empty", func(ctx context.Context, s layout.Shell) templ.Component {
			s.Nav = layout.NavPayments
			return pages.PaymentsPage(pages.Payments{Shell: s})
		}},
		{"payments-forbidden", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PaymentsPage(pages.Payments{Shell: s, Forbidden: true})
		}},
	}
}

// thirtyDays is the period that nobody chose.
func thirtyDays(ctx context.Context) *components.Period {
	p := &components.Period{Label: word(ctx, "创建时间", "Created"), Days: "2026-10-25 – 2026-11-23", Name: word(ctx, "近 30 天", "Last 30 days"), Default: true}
	for _, c := range [][3]string{{"今天", "Today", "today"}, {"昨天", "Yesterday", "yesterday"}, {"近 7 天", "Last 7 days", "7d"}, {"近 30 天", "Last 30 days", ""}, {"近 90 天", "Last 90 days", "90d"}} {
		p.Choices = append(p.Choices, components.PeriodChoice{Name: word(ctx, c[0], c[1]), Value: c[2], Current: c[2] == ""})
	}
	return p
}

func paymentList(ctx context.Context, s layout.Shell, f pages.PaymentFilters, n int) pages.Payments {
	s.Nav = layout.NavPayments
	bar := f.Bar(ctx, s.Scope().Payments())
	return pages.Payments{
		Shell: s, Filters: bar, Any: true, Rows: paymentRows(ctx, n), Sort: bar.Path + "?sort=oldest",
		Views: savedTabs(ctx, s, bar.Path), Download: components.Download{Action: s.Scope().AskFile("payments"), CSRF: s.CSRF, Filters: bar.Hidden(), List: s.Scope().Files()},
		Pager:  components.Pager{Path: bar.Path, Next: "pay_01KASJ", Shown: n},
		Totals: &pages.PaymentTotals{Count: 12_480, Succeeded: 11_973, Amount: 3_418_260_50, Refunded: 12_880_00},
	}
}

func savedTabs(ctx context.Context, s layout.Shell, path string) components.Views {
	return components.Views{
		All: path, Manage: path + "/views", CSRF: s.CSRF,
		Tabs: []components.ViewTab{
			{Name: word(ctx, "昨日失败", "Failed yesterday"), Href: path + "?period=yesterday&status=failed"},
			{Name: word(ctx, "大额微信", "Large WeChat"), Href: path + "?channel=wechat&min=10000", Shared: true},
		},
	}
}
