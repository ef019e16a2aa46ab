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
			return pages.PaymentsPage(paymentList(ctx, s, pages.PaymentFilters{}, 20))
		}},
		{"payments-filtered", func(ctx context.Context, s layout.Shell) templ.Component {
			f := pages.PaymentFilters{Status: "succeeded", Channel: "wechat", From: "2026-11-01", To: "2026-11-23", Min: "100"}
			v := paymentList(ctx, live(s), f, 6)
			v.Pager.Next = ""
			return pages.PaymentsPage(v)
		}},
		{"payments-no-match", func(ctx context.Context, s layout.Shell) templ.Component {
			f := pages.PaymentFilters{Query: "4200002341202611230000", Max: "abc", AmountError: word(ctx, "金额应为元，最多两位小数。", "Enter yuan with at most two decimals.")}
			v := paymentList(ctx, s, f, 0)
			v.Totals, v.Window = nil, ""
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

func paymentList(ctx context.Context, s layout.Shell, f pages.PaymentFilters, n int) pages.Payments {
	s.Nav = layout.NavPayments
	bar := f.Bar(ctx, s.Scope().Payments())
	return pages.Payments{
		Shell: s, Filters: bar, Any: true, Rows: paymentRows(ctx, n), Window: "2026-10-24 – 2026-11-23",
		Pager:  components.Pager{Path: bar.Path, Next: "pay_01KASJ", Shown: n},
		Totals: &pages.PaymentTotals{Count: 12_480, Succeeded: 11_973, Amount: 3_418_260_50, Refunded: 12_880_00},
	}
}
