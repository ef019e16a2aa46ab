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

func exceptionPages() []Page {
	return []Page{
		{"exceptions", func(ctx context.Context, s layout.Shell) templ.Component { return pages.ExceptionsPage(queue(ctx, s)) }},
		{"exceptions-reader", func(ctx context.Context, s layout.Shell) templ.Component {
			v := queue(ctx, s)
			v.Owners, v.Import, v.Export = nil, false, ""
			return pages.ExceptionsPage(v)
		}},
		{"exceptions-explained", func(ctx context.Context, s layout.Shell) templ.Component {
			v := queue(ctx, s)
			v.Rows, v.Filters = nil, pages.ExceptionFilters{}.Bar(ctx, s.Scope().Exceptions(), v.Owners, nil)
			return pages.ExceptionsPage(v)
		}},
		{"exceptions-none", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ExceptionsPage(pages.Exceptions{Shell: at(s, layout.NavExceptions), Import: true})
		}},
		{"exception", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ExceptionPage(oneException(ctx, s))
		}},
		{"exception-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneException(ctx, s)
			v.Form = pages.ResolutionForm{Resolution: "write_off", Amount: "99"}
			v.Errors = map[string]string{
				"amount": word(ctx, "应在 0.01 元与差额之间。", "Between ¥0.01 and the difference."),
				"why":    word(ctx, "请写明依据，供复核人判断。", "Say why; who decides reads it."),
			}
			return pages.ExceptionPage(v)
		}},
		{"exception-proposed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneException(ctx, s)
			v.Offers, v.Status, v.Resolution, v.Amount = nil, "proposed", "refund", 34
			v.Reason = word(ctx, "付款人两次确认，多收 0.34 元。", "The payer confirmed twice; ¥0.34 too much came in.")
			v.ProposedBy, v.ProposedAt, v.ApprovalID = pages.Person{Kind: "user", Name: "finance@jinxiang.example"}, noon, "apr_01KASJ3V6T8C0QW2N4R5X7YZAB"
			v.BatchID = "exb_01KASJ3V6T8C0QW2N4R5X7YZAB"
			return pages.ExceptionPage(v)
		}},
		{"exception-resolved", func(ctx context.Context, s layout.Shell) templ.Component {
			v := foreignException(ctx, s)
			return pages.ExceptionPage(v)
		}},
		{"approval-exception", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.Kind, v.Amount, v.Decide, v.ObjectHref = "exception", 34, true, s.Scope().Exception("exc_01KASJ3V6T8C0QW2N4R5X7YZA1")
			v.Summary = map[string]string{
				"type": "amount", "day": "2026-11-22", "order_no": "T20261122-0010", "channel": "wechat", "ours": "12.34", "theirs": "12.68", "difference": "-0.34",
				"resolution": "refund", "reason": word(ctx, "付款人两次确认，多收 0.34 元。", "The payer confirmed twice; ¥0.34 too much came in."),
			}
			return pages.ApprovalPage(v)
		}},
		{"approval-exceptions", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.Kind, v.Amount, v.Decide, v.ObjectHref = "exception_batch", 1_422_35, true, s.Scope().ExceptionBatch("exb_01KASJ3V6T8C0QW2N4R5X7YZA1")
			v.Summary = map[string]string{"file": word(ctx, "差错-2026-11-23.xlsx", "exceptions-2026-11-23.xlsx"), "proposals": "4"}
			return pages.ApprovalPage(v)
		}},
		{"exception-import", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ExceptionImportPage(pages.ExceptionImport{Shell: at(s, layout.NavExceptions), Batches: batches(ctx)})
		}},
		{"exception-import-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ExceptionImportPage(pages.ExceptionImport{Shell: at(s, layout.NavExceptions), Errors: map[string]string{
				"file": word(ctx, "有单元格为公式，请只填数值与文字。", "A cell is a formula. Enter values only."),
			}})
		}},
		{"exception-batch", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ExceptionBatchPage(preview(ctx, s))
		}},
		{"exception-batch-applied", func(ctx context.Context, s layout.Shell) templ.Component {
			v := preview(ctx, s)
			v.Apply, v.Status, v.ApprovalID = false, "applied", "apr_01KASJ3V6T8C0QW2N4R5X7YZAB"
			for i, result := range []string{"", "", "resolved", "failed", "done", "missed", "reopened"} {
				v.Rows[i].Result = result
			}
			v.Rows[3].Detail = "refund_exceeds_remainder"
			return pages.ExceptionBatchPage(v)
		}},
	}
}

func exceptionOwners() []pages.Owner {
	return []pages.Owner{{ID: "usr_1", Name: "finance@jinxiang.example"}, {ID: "usr_2", Name: "owner@jinxiang.example"}}
}

func queue(ctx context.Context, s layout.Shell) pages.Exceptions {
	f := pages.ExceptionFilters{Status: "all"}
	return pages.Exceptions{
		Shell: at(s, layout.NavExceptions), Rows: exceptionRows(ctx), Owners: exceptionOwners(), Import: true, Any: true,
		Export: s.Scope().ExceptionExport(), Filters: f.Bar(ctx, s.Scope().Exceptions(), exceptionOwners(), []pages.Owner{{ID: "acct_1", Name: word(ctx, "微信主账户", "WeChat main")}}),
		Pager: components.Pager{Path: s.Scope().Exceptions(), Next: "2026-11-15_exc_1", Shown: 10},
	}
}

func exceptionRows(ctx context.Context) []pages.ExceptionRow {
	day := app.DayOf(noon.Time()).Add(-1)
	row := func(n, kind, status string, c app.Channel, back int, ours, theirs, difference app.Money, owner string) pages.ExceptionRow {
		return pages.ExceptionRow{
			ID: "exc_01KASJ3V6T8C0QW2N4R5X7YZ" + n, Type: kind, Status: status, Channel: c, Day: day.Add(-back), AgeDays: back,
			Number: "att_01KASJ3V6T8C0QW2N4R5X7YZ" + n, OrderNo: "T20261122-00" + n[1:], ChannelNo: "42000023412026112212345678" + n[1:],
			Ours: ours, Theirs: theirs, Difference: difference, OwnerName: owner,
		}
	}
	rows := []pages.ExceptionRow{
		row("A10", "amount", "open", app.WeChat, 0, 12_34, 12_68, -34, "finance@jinxiang.example"),
		row("A11", "missing_at_channel", "open", app.WeChat, 3, 1_280_00, 0, 1_280_00, ""),
		row("A12", "missing_here", "proposed", app.Alipay, 0, 0, 88_00, -88_00, "owner@jinxiang.example"),
		row("A13", "state", "open", app.Alipay, 1, 45_00, 45_00, -45_00, ""),
		row("A14", "fee", "open", app.WeChat, 1, 7, 8, 1, ""),
		row("A15", "duplicate", "resolved", app.WeChat, 2, 20_00, 40_00, -20_00, "finance@jinxiang.example"),
		row("A16", "foreign", "open", app.WeChat, 8, 0, 18_00, -18_00, ""),
		row("A17", "summary", "cleared", app.WeChat, 2, 0, 0, 0, ""),
		row("A18", "funds", "open", app.Alipay, 5, 0, 0, 100_00, ""),
		row("A19", "balance", "open", app.Alipay, 5, 0, 0, -1, ""),
	}
	rows[6].Number, rows[6].OrderNo = word(ctx, "门店补录-0042", "KIOSK-20261114-0042"), ""
	rows[1].Ours, rows[1].Difference = largest, largest
	rows[1].Note = word(ctx, "已向渠道提交工单，等待补单。", "Ticket filed at the channel; waiting for the entry.")
	for i := 7; i < len(rows); i++ {
		rows[i].Number, rows[i].OrderNo, rows[i].ChannelNo = "", "", ""
	}
	return rows
}

func oneException(ctx context.Context, s layout.Shell) pages.Exception {
	more := func(key string, args map[string]string) pages.Consequence {
		return pages.Consequence{Key: key, Args: args}
	}
	day, approval := string(app.DayOf(noon.Time()).Add(-1)), pages.Consequence{Key: "approval"}
	by := map[string]string{"amount": "¥0.34", "day": day, "order_no": "T20261122-0010"}
	finance := pages.Person{Kind: "user", Name: "finance@jinxiang.example"}
	system := pages.Person{Kind: "system", Name: "reconciliation"}
	return pages.Exception{
		Shell: at(s, layout.NavExceptions), ExceptionRow: exceptionRows(ctx)[0], AccountID: "acct_1", AccountName: word(ctx, "微信主账户", "WeChat main"),
		PaymentID: "pay_01KASJ3V6T8C0QW2N4R5X7YZAB", RunID: "run_01KASJ3V6T8C0QW2N4R5X7YZAB", FileRow: 1042, LineKind: "payment", Version: 3,
		OpenedAt: noon.Add(-2 * time.Hour), Owners: exceptionOwners(), OwnerID: "usr_1",
		Evidence: []pages.ExceptionFact{
			{Name: "amount", Ours: "¥12.34", Theirs: "¥12.68", Differs: true},
			{Name: "number", Ours: "att_01KASJ3V6T8C0QW2N4R5X7YZA1", Theirs: "att_01KASJ3V6T8C0QW2N4R5X7YZA1", Number: true},
			{Name: "channel_no", Ours: "4200002341202611221234567810", Theirs: "4200002341202611221234567810", Number: true},
			{Name: "state", Ours: "moved", Theirs: "SUCCESS"}, {Name: "at", Ours: "2026-11-22 18:30:05", Theirs: "2026-11-22 18:30:05"},
			{Name: "fee", Theirs: "¥0.08"}, {Name: "rate", Ours: "0.60%", Theirs: "0.60%"},
		},
		Why: []string{"order_amount", "carried"},
		Offers: []pages.ResolutionOffer{
			{Resolution: "accept_channel", Consequences: []pages.Consequence{more("books_more", by), approval}},
			{Resolution: "accept_ours", Consequences: []pages.Consequence{more("claim_less", by), approval}},
			{Resolution: "refund", Consequences: []pages.Consequence{more("refund_more", by), more("refund", by), approval}},
			{Resolution: "write_off", Consequences: []pages.Consequence{more("write_off_more", by), approval}},
			{Resolution: "link", Refused: word(ctx, "所属月份已锁定。", "The month is locked.")},
			{Resolution: "ignore", Consequences: []pages.Consequence{more("ignored", by), approval}},
		},
		History: []pages.ExceptionEvent{
			{At: noon.Add(-2 * time.Hour), Event: "filed", By: system},
			{At: noon.Add(-100 * time.Minute), Event: "seen", By: system},
			{At: noon.Add(-90 * time.Minute), Event: "assigned", Args: map[string]string{"to": finance.Name}, By: finance},
			{At: noon.Add(-80 * time.Minute), Event: "commented", By: finance, Note: word(ctx, "已向渠道提交工单。", "Asked the channel.")},
			{At: noon.Add(-70 * time.Minute), Event: "proposed", Args: map[string]string{"resolution": "accept_ours"}, By: finance, Note: word(ctx, "等渠道更正", "The channel will correct it")},
			{At: noon.Add(-60 * time.Minute), Event: "rejected", Args: map[string]string{"resolution": "accept_ours"}, By: pages.Person{Kind: "user", Name: "owner@jinxiang.example"}, Note: word(ctx, "请附工单号", "Which ticket?")},
		},
	}
}

// foreignException is money that a payment explains.
func foreignException(ctx context.Context, s layout.Shell) pages.Exception {
	v := oneException(ctx, s)
	v.ExceptionRow = exceptionRows(ctx)[6]
	v.Status, v.Resolution, v.PaymentID, v.Offers, v.ClosedAt = "resolved", "link", "", nil, noon
	v.Why = []string{"not_here"}
	v.LinkedID, v.LinkedNo = "pay_01KASJ3V6T8C0QW2N4R5X7YZAC", "T20261114-0007"
	v.Reason, v.ProposedBy = word(ctx, "收银机断网时收的款，事后补单。", "Taken while the till was offline, entered afterwards."), pages.Person{Kind: "user", Name: "finance@jinxiang.example"}
	v.Evidence = []pages.ExceptionFact{
		{Name: "amount", Theirs: "¥18.00", Differs: true}, {Name: "number", Theirs: v.Number, Number: true},
		{Name: "channel_no", Theirs: v.ChannelNo, Number: true}, {Name: "state", Theirs: "SUCCESS"}, {Name: "at", Theirs: "2026-11-14 18:30:05"},
	}
	v.History = append(v.History[:1], pages.ExceptionEvent{At: noon, Event: "applied", Args: map[string]string{"resolution": "link"}, By: pages.Person{Kind: "user", Name: "owner@jinxiang.example"}})
	return v
}

func batches(ctx context.Context) []pages.ExceptionBatchRow {
	var out []pages.ExceptionBatchRow
	for i, status := range []string{"previewed", "proposed", "applied", "rejected", "withdrawn"} {
		out = append(out, pages.ExceptionBatchRow{
			ID: "exb_01KASJ3V6T8C0QW2N4R5X7YZA" + string(rune('1'+i)), Status: status, FileName: word(ctx, "差错-2026-11-23.xlsx", "exceptions-2026-11-23.xlsx"),
			By: pages.Person{Kind: "user", Name: "finance@jinxiang.example"}, CreatedAt: noon.Add(-time.Duration(i) * time.Hour),
			Changes: 5 + i, Proposals: 4, Unchanged: 12, Stale: 1, Errors: 1, Amount: 1_422_35,
		})
	}
	return out
}

func preview(ctx context.Context, s layout.Shell) pages.ExceptionBatch {
	id := "exc_01KASJ3V6T8C0QW2N4R5X7YZA"
	return pages.ExceptionBatch{
		Shell: at(s, layout.NavExceptions), ExceptionBatchRow: batches(ctx)[0], Apply: true,
		SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Next: s.Scope().ExceptionBatch("exb_1"),
		Rows: []pages.ExceptionChange{
			{Row: 2, ExceptionID: id + "1", Outcome: "error", Problems: []pages.CellProblem{{Cell: "O2", Code: "not_offered", Detail: "refund"}, {Cell: "Q2", Code: "amount", Detail: "1,5"}}},
			{Row: 3, ExceptionID: id + "2", Outcome: "stale"},
			{Row: 4, ExceptionID: id + "3", Outcome: "change", Resolution: "accept_ours", Note: word(ctx, "渠道确认补单", "The channel will enter it")},
			{Row: 5, ExceptionID: id + "4", Outcome: "change", Resolution: "refund", Amount: 1_00, Note: word(ctx, "重复付款", "Paid twice")},
			{Row: 6, ExceptionID: id + "5", Outcome: "change", OwnerSet: true, Owner: "owner@jinxiang.example"},
			{Row: 7, ExceptionID: id + "6", Outcome: "change", Resolution: "ignore", Note: word(ctx, "尾差", "A cent")},
			{Row: 8, ExceptionID: id + "7", Outcome: "change", Resolution: "write_off", Amount: 2, Note: word(ctx, "尾差", "A cent")},
			{Row: 9, ExceptionID: id + "8", Outcome: "unchanged"},
		},
	}
}
