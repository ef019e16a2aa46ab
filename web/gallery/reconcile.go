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

var finance = pages.Person{Kind: "user", Name: "finance@jinxiang.example"}

const billDay app.Day = "2026-11-22"

const (
	wechatRun = "run_01KASJ3V6T8C0QW2N4R5X7YZRA"
	alipayRun = "run_01KASJ3V6T8C0QW2N4R5X7YZRB"
	sha256sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	sha1sum   = "79bb0da19ff6d4f8a3c3a3d6b1f4b2a6e7f0c1d2"
)

func reconcilePages() []Page {
	return append(reconcileDayPages(), reconcileRunPages()...)
}

func reconcileDayPages() []Page {
	return []Page{
		{"reconcile-day", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ReconcileDayPage(reconcileDay(ctx, s))
		}},
		{"reconcile-day-balanced", func(ctx context.Context, s layout.Shell) templ.Component {
			v := reconcileDay(ctx, live(s))
			for i := range v.Rows {
				v.Rows[i].State, v.Rows[i].Ours, v.Rows[i].Exceptions, v.Rows[i].Difference = "reconciled", v.Rows[i].Theirs, 0, 0
				v.Rows[i].Handler, v.Rows[i].Reviewer = finance, owner
			}
			v.Transit, v.TransitMore, v.Locked = nil, false, true
			return pages.ReconcileDayPage(v)
		}},
		{"reconcile-day-early", func(ctx context.Context, s layout.Shell) templ.Component {
			v := reconcileDay(ctx, s)
			v.Day, v.Previous, v.Next, v.Early, v.Transit, v.Files = "2026-11-23", billDay, "", true, nil, nil
			v.Runnable = true
			for i := range v.Rows {
				r := &v.Rows[i]
				r.RunID, r.Day, r.Bill, r.State, r.Compared = "", v.Day, "waiting", "waiting", false
			}
			return pages.ReconcileDayPage(v)
		}},
		{"reconcile-day-failed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := reconcileDay(ctx, s)
			r := &v.Rows[0]
			r.Bill, r.State, r.Compared, r.NextAt = "broken", "failed", false, noon.Add(30*time.Minute)
			r.Problem = &pages.RunProblem{Code: "not_ours", Kind: "trades", Line: 2, Detail: "1900000099"}
			v.Rows[1].Bill, v.Rows[1].State, v.Rows[1].Compared = "fetched", "working", false
			v.Files[0].Bills[0].Check = "refused"
			return pages.ReconcileDayPage(v)
		}},
		{"reconcile-day-nothing", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ReconcileDayPage(pages.ReconcileDay{Shell: at(s, layout.NavReconcile), Day: "2025-01-01", Previous: "2024-12-31", Next: "2025-01-02"})
		}},
		{"reconcile-day-no-account", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ReconcileDayPage(pages.ReconcileDay{Shell: at(s, layout.NavReconcile), Day: billDay, Previous: billDay.Add(-1), Next: billDay.Next(), NoAccounts: true})
		}},
		{"reconcile-month", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ReconcileMonthPage(reconcileMonth(ctx, s))
		}},
		{"reconcile-month-ready", func(ctx context.Context, s layout.Shell) templ.Component {
			v := octoberOf(reconcileMonth(ctx, s))
			return pages.ReconcileMonthPage(v)
		}},
		{"reconcile-month-locked", func(ctx context.Context, s layout.Shell) templ.Component {
			v := octoberOf(reconcileMonth(ctx, live(s)))
			v.Lock = pages.MonthLock{State: "locked", Ended: true, By: "owner@jinxiang.example", At: noon}
			return pages.ReconcileMonthPage(v)
		}},
		{"reconcile-month-asked", func(ctx context.Context, s layout.Shell) templ.Component {
			v := octoberOf(reconcileMonth(ctx, s))
			v.Lock = pages.MonthLock{State: "locking", Ended: true, AskedBy: "finance@jinxiang.example", At: noon, ApprovalID: approvalID}
			return pages.ReconcileMonthPage(v)
		}},
		{"reconcile-exports", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ExportsPage(pages.Exports{Shell: at(s, layout.NavReconcile), Rows: exportRows(), Pager: components.Pager{Path: s.Scope().Exports(), Shown: 4}})
		}},
		{"reconcile-exports-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ExportsPage(pages.Exports{Shell: at(s, layout.NavReconcile)})
		}},
	}
}

func reconcileDay(ctx context.Context, s layout.Shell) pages.ReconcileDay {
	s = at(s, layout.NavReconcile)
	return pages.ReconcileDay{
		Shell: s, Day: billDay, Previous: billDay.Add(-1), Next: billDay.Next(), SeenAt: noon,
		Rows: []pages.DayRow{
			{
				RunID: wechatRun, Channel: app.WeChat, Identity: "1900000001", Account: word(ctx, "微信主账户", "WeChat main"), Day: billDay, Bill: "checked", State: "exceptions",
				Ours:     pages.DaySide{Payments: 3_482, Refunds: 41, Gross: 812_460_50, Refunded: 9_320_00},
				Theirs:   pages.DaySide{Payments: 3_484, Refunds: 41, Gross: 812_768_50, Refunded: 9_320_00, Fee: 4_820_690_00, Net: 798627_81},
				Compared: true, Exceptions: 3, Difference: 308_01, ExceptionsHref: s.Scope().Base() + "/exceptions",
			},
			{
				RunID: alipayRun, Channel: app.Alipay, Identity: "2088000000000001", Account: word(ctx, "支付宝门店", "Alipay stores"), Day: billDay, Bill: "checked", State: "settled",
				Ours:     pages.DaySide{Payments: 1_207, Refunds: 12, Gross: 265_118_00, Refunded: 1_640_00},
				Theirs:   pages.DaySide{Payments: 1_206, Refunds: 12, Gross: 265_019_00, Refunded: 1_640_00, Fee: 1_580_270_00, Net: 261798_73},
				Compared: true, Exceptions: 1, Difference: 99_00, ExceptionsHref: s.Scope().Base() + "/exceptions",
			},
			{
				RunID: "run_01KASJ3V6T8C0QW2N4R5X7YZRC", Channel: app.WeChat, Identity: "1900000009", SubIdentity: "1900000109", Day: billDay, Bill: "none", State: "no_bill", Compared: true,
			},
		},
		Files: []pages.DayFile{
			{
				RunID: wechatRun, Channel: app.WeChat, Identity: "1900000001", Again: true, Bills: billFiles()[:2],
				Statements: []pages.DayStatement{{ID: "stm_01KASJ3V6T8C0QW2N4R5X7YZAA", Account: word(ctx, "微信主账户", "WeChat main")}, {ID: "stm_01KASJ3V6T8C0QW2N4R5X7YZAB", Account: word(ctx, "微信门店", "WeChat stores")}},
			},
			{
				RunID: alipayRun, Channel: app.Alipay, Identity: "2088000000000001", Again: true, Bills: alipayFiles(),
				Statements: []pages.DayStatement{{ID: "stm_01KASJ3V6T8C0QW2N4R5X7YZAC", Account: word(ctx, "支付宝门店", "Alipay stores")}},
			},
		},
		Transit: transitRows(), TransitMore: true,
	}
}

func transitRows() []pages.TransitRow {
	return []pages.TransitRow{
		{Kind: "payment", Number: "att_01KASJ3V6T8C0QW2N4R5X7YZAB", PaymentID: "pay_1", Channel: app.WeChat, Amount: 128_00, At: noon.Add(-38*time.Hour - 7*time.Minute), Why: "midnight", From: billDay, Last: billDay.Add(3)},
		{Kind: "refund", Number: "rfd_01KASJ3V6T8C0QW2N4R5X7YZAC", RefundID: "rfd_1", Channel: app.Alipay, Amount: 36_50, At: noon.Add(-41 * time.Hour), Why: "refund_pending", From: billDay, Last: billDay.Add(3)},
		{Kind: "payment", Number: "att_01KASJ3V6T8C0QW2N4R5X7YZAD", PaymentID: "pay_2", Channel: app.Alipay, Amount: 1_280_00, At: noon.Add(-45 * time.Hour), Why: "next_bill", From: billDay, Last: billDay.Add(3)},
	}
}

func billFiles() []pages.BillFile {
	return []pages.BillFile{
		{ID: "bil_1", Kind: "trades", Name: "wechat_1900000001_20261122_trades.csv.gz", Format: "csv.gz", Size: 182_204, Lines: 3_525, SHA256: sha256sum, HashType: "SHA1", Hash: sha1sum, Check: "matched", FetchedAt: noon.Add(-4 * time.Hour)},
		{ID: "bil_2", Kind: "funds", Name: "wechat_1900000001_20261122_funds.csv.gz", Format: "csv.gz", Size: 9_411, Lines: 7_051, SHA256: sha256sum, HashType: "SHA1", Hash: sha1sum, Check: "matched", FetchedAt: noon.Add(-4 * time.Hour)},
		{ID: "bil_3", Kind: "trades", Name: "wechat_1900000001_20261122_trades.csv.gz", Format: "csv.gz", Size: 181_870, Lines: 0, SHA256: sha256sum, HashType: "SHA1", Hash: sha1sum, Check: "refused", FetchedAt: noon.Add(-5 * time.Hour), Superseded: true,
			Problem: &pages.RunProblem{Code: "summary_missing", Kind: "trades", Line: 3_527}},
	}
}

func alipayFiles() []pages.BillFile {
	return []pages.BillFile{{ID: "bil_4", Kind: "trades", Name: "alipay_2088000000000001_20261122_trades.zip", Format: "zip", Size: 64_022, Lines: 1_218, SHA256: sha256sum, Check: "by_totals", FetchedAt: noon.Add(-4 * time.Hour)}}
}

func reconcileMonth(ctx context.Context, s layout.Shell) pages.ReconcileMonth {
	s = at(s, layout.NavReconcile)
	v := pages.ReconcileMonth{
		Shell: s, Month: "2026-11", SeenAt: noon, Previous: "2026-10", ExceptionsHref: s.Scope().Base() + "/exceptions",
		Totals:  pages.MonthTotals{Theirs: pages.DaySide{Payments: 98_114, Refunds: 1_022, Gross: 24_118_340_20, Refunded: 268_400_00, Fee: 143_099_640_00, Net: 23706840_56}, Exceptions: 14, Open: 3, OpenAmount: 308_01},
		Transit: transitRows(), Carried: 3, Exports: exportRows(),
		Balances: []pages.MonthBalance{
			{Channel: app.WeChat, Identity: "1900000001", Opening: 318_220_10, Income: 18_226_100_00, Outgoing: 18_120_680_00, Closing: 423_640_10, Check: "holds"},
			{Channel: app.Alipay, Identity: "2088000000000001", Opening: 88_400_00, Income: 5_892_240_20, Outgoing: 5_901_000_00, Closing: 79_650_20, Check: "broken", Days: []app.Day{"2026-11-09"}},
			{Channel: app.WeChat, Identity: "1900000009", SubIdentity: "1900000109", Check: "unknown"},
		},
		Lock: pages.MonthLock{State: "open", Reasons: []pages.LockStop{
			{Why: "exceptions", Count: 1, Href: s.Scope().Base() + "/exceptions"},
			{Why: "missing", Count: 2, Days: []app.Day{"2026-11-17", "2026-11-22"}},
		}},
	}
	for d := app.Day("2026-11-01"); d.Month() == "2026-11"; d = d.Next() {
		day := pages.MonthDay{Day: d, State: "reconciled", HasNet: true, Net: 782_311_20 + app.Money(len(v.Days))*1_320_44}
		switch {
		case d > "2026-11-23":
			day = pages.MonthDay{Day: d, Future: true}
		case d == "2026-11-23":
			day = pages.MonthDay{Day: d, State: "waiting"}
		case d == "2026-11-17":
			day.State, day.HasNet = "failed", false
		case d == "2026-11-22":
			day.State, day.HasNet = "working", false
		case d == "2026-11-20":
			day.State, day.Exceptions = "exceptions", 3
		case d == "2026-11-09":
			day.State = "settled"
		case d == "2026-11-01":
			day = pages.MonthDay{Day: d, State: "no_bill"}
		}
		v.Days = append(v.Days, day)
	}
	return v
}

// octoberOf is a month that is over and complete.
func octoberOf(v pages.ReconcileMonth) pages.ReconcileMonth {
	v.Month, v.Previous, v.Next, v.Days, v.Transit = "2026-10", "2026-09", "2026-11", nil, nil
	for d := app.Day("2026-10-01"); d.Month() == "2026-10"; d = d.Next() {
		v.Days = append(v.Days, pages.MonthDay{Day: d, State: "reconciled", HasNet: true, Net: 782_311_20 + app.Money(len(v.Days))*1_320_44})
	}
	v.Totals.Open, v.Totals.OpenAmount = 0, 0
	v.Balances = v.Balances[:1]
	v.Lock = pages.MonthLock{State: "open", Ended: true}
	return v
}

func exportRows() []pages.ExportRow {
	row := func(n int, period, status string) pages.ExportRow {
		return pages.ExportRow{ID: fmt.Sprintf("exp_01KASJ3V6T8C0QW2N4R5X7YZ%02d", n), Kind: "month", Period: period, Status: status, RequestedBy: finance, RequestedAt: noon.Add(-time.Duration(n) * time.Hour)}
	}
	working, ready, failed := row(1, "2026-11", "running"), row(2, "2026-10", "done"), row(3, "2026-09", "failed")
	working.Done, working.Total = 17, 44
	ready.Size, ready.SHA256, ready.ReadyAt = 48_211_904, sha256sum, noon.Add(-time.Hour)
	failed.Problem = "archive: no space left on device"
	one := row(4, "", "done")
	one.Kind, one.Name, one.Size, one.SHA256 = "statement", "statement_wechat_1900000001_20261122.xlsx", 212_480, sha256sum
	return []pages.ExportRow{working, ready, failed, one}
}
