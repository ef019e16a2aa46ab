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

func casePages() []Page {
	return []Page{
		{"cases", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.CasesPage(pages.Cases{Shell: at(s, layout.NavCases), Rows: caseRows(), Pager: components.Pager{Path: s.Scope().Cases(), Next: "ntf_1", Shown: 5}})
		}},
		{"cases-resolved", func(ctx context.Context, s layout.Shell) templ.Component {
			rows := caseRows()
			for i := range rows {
				rows[i].Outcome = []string{"confirmed", "returned", "kept", "ignored", "confirmed"}[i]
				rows[i].ResolvedBy, rows[i].ResolvedAt = "finance@jinxiang.example", noon
			}
			return pages.CasesPage(pages.Cases{Shell: at(s, layout.NavCases), Resolved: true, Rows: rows, Pager: components.Pager{Path: s.Scope().Cases(), Shown: 5}})
		}},
		{"cases-empty", func(_ context.Context, s layout.Shell) templ.Component {
			s.OpenCases = 0
			return pages.CasesPage(pages.Cases{Shell: at(s, layout.NavCases)})
		}},
		{"case", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.CasePage(oneCase(ctx, s))
		}},
		{"case-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneCase(ctx, s)
			v.Form.Outcome = "kept"
			v.Errors = map[string]string{
				"":     word(ctx, "已向渠道查单，结果仍与账面不符；未作任何变更。", "The channel was asked, and still contradicts our books. Nothing was changed."),
				"note": word(ctx, "请写明核实情况，审计日志将予保存。", "Say what you found; the audit log keeps it."),
			}
			return pages.CasePage(v)
		}},
		{"case-unknown-order", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneCase(ctx, s)
			v.CaseRow = caseRows()[1]
			v.Recheckable, v.Known, v.OrderNo = false, false, ""
			v.Evidence = []pages.EvidenceRow{
				{Name: "number", Told: "KIOSK-20261123-0042", Blamed: true}, {Name: "amount", Told: "¥18.00"}, {Name: "currency", Told: "CNY"},
				{Name: "trade_no", Told: v.ChannelTradeNo}, {Name: "app_id", Told: "2021004100000001"}, {Name: "identity", Told: "2088000000000001"},
				{Name: "state", Told: "TRADE_SUCCESS"},
			}
			return pages.CasePage(v)
		}},
		{"case-resolved", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneCase(ctx, s)
			v.Outcome, v.ResolvedBy, v.ResolvedAt = "returned", "finance@jinxiang.example", noon
			v.Note = word(ctx, "收银员误扫旧码，已在商户平台退回 12.35 元。", "The cashier scanned an old code; 12.35 was given back at the merchant platform.")
			return pages.CasePage(v)
		}},
	}
}

func caseRows() []pages.CaseRow {
	const hour = time.Hour
	row := func(n, reason string, c app.Channel, payment, trade string, amount app.Money, ago time.Duration) pages.CaseRow {
		return pages.CaseRow{
			ID: "ntf_01KASJ3V6T8C0QW2N4R5X7YZ" + n, Reason: reason, Channel: c, PaymentID: payment, ChannelTradeNo: trade, Amount: amount,
			ReceivedAt: noon.Add(-ago), Until: noon,
		}
	}
	return []pages.CaseRow{
		row("A1", "amount", app.WeChat, "pay_01KASJ3V6T8C0QW2N4R5X7YZAB", "4200002341202611231234567890", 12_35, 25*time.Minute),
		row("A2", "unknown_number", app.Alipay, "", "2026112322001400001000000042", 18_00, 5*hour),
		row("A3", "refund_exceeds", app.WeChat, "pay_01KASJ3V6T8C0QW2N4R5X7YZAC", "4200002341202611220000000017", 300_00, 30*hour),
		row("A4", "refund_unexplained", app.Alipay, "pay_01KASJ3V6T8C0QW2N4R5X7YZAD", "2026111922001400001000000007", 1_280_00, 101*hour),
		row("A5", "unhandled_type", app.WeChat, "", "", 0, 200*hour),
	}
}

func oneCase(ctx context.Context, s layout.Shell) pages.Case {
	return pages.Case{
		Shell: at(s, layout.NavCases), CaseRow: caseRows()[0], NoticeID: "8b33f79f-8869-5ae5-b41b-3c0b59f957d0",
		AccountID: "acct_1", AccountName: word(ctx, "微信主账户", "WeChat main"), OrderNo: "T20261123-0017", PaymentStatus: "pending",
		Recheckable: true, Known: true,
		Plain: `{"appid":"wx8888888888888888","mchid":"1900000001","out_trade_no":"att_01KASJ3V6T8C0QW2N4R5X7YZAB","transaction_id":"4200002341202611231234567890","trade_state":"SUCCESS","amount":{"total":1235,"payer_total":1235,"currency":"CNY"},"payer":{"openid":"oUpF8u****8jDo"}}`,
		Evidence: []pages.EvidenceRow{
			{Name: "number", Ours: "att_01KASJ3V6T8C0QW2N4R5X7YZAB", Told: "att_01KASJ3V6T8C0QW2N4R5X7YZAB"},
			{Name: "amount", Ours: "¥12.34", Told: "¥12.35", Blamed: true}, {Name: "currency", Ours: "CNY", Told: "CNY"},
			{Name: "trade_no", Told: "4200002341202611231234567890"}, {Name: "app_id", Ours: "wx8888888888888888", Told: "wx8888888888888888"},
			{Name: "identity", Ours: "1900000001", Told: "1900000001"}, {Name: "state", Ours: "pending", Told: "SUCCESS", Word: true},
		},
	}
}
