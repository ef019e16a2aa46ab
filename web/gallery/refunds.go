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

const (
	refundID   = "rfd_01KASJ3V6T8C0QW2N4R5X7YZAA"
	approvalID = "apr_01KASJ3V6T8C0QW2N4R5X7YZAA"
)

// The people of the gallery's shop.
var (
	cashier = pages.Person{Kind: "user", Name: "cashier@jinxiang.example"}
	owner   = pages.Person{Kind: "user", Name: "owner@jinxiang.example"}
	backend = pages.Person{Kind: "key", Name: "sk_test_4f9cQx"}
	policy  = pages.Person{Kind: "system", Name: "policy"}
)

func refundPages() []Page {
	return append(refundListPages(), oneRefundPages()...)
}

func refundListPages() []Page {
	return []Page{
		{"refunds", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refunds(ctx, s, pages.RefundFilters{Period: thirtyDays(ctx)})
			v.Rows = refundRows()
			v.Download = components.Download{Action: s.Scope().AskFile("refunds"), CSRF: s.CSRF, Filters: v.Filters.Hidden(), List: s.Scope().Files()}
			v.Rows[0].ByPerson, v.Sort = v.Filters.Path+"?by=cashier", v.Filters.Path+"?sort=oldest"
			v.Totals = &pages.RefundTotals{Count: 128, Amount: 21_460_50, Arrived: 19_032_00}
			v.Pager = components.Pager{Path: s.Scope().Refunds(), Next: refundID, Shown: len(v.Rows)}
			return pages.RefundsPage(v)
		}},
		{"refunds-filtered", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refunds(ctx, s, pages.RefundFilters{Status: "abnormal", Channel: "wechat", By: "cashier@jinxiang.example", Period: thirtyDays(ctx)})
			v.Rows = refundRows()[2:3]
			v.Totals = &pages.RefundTotals{Count: 1, Amount: 268_00}
			v.Pager = components.Pager{Path: s.Scope().Refunds(), Shown: 1}
			return pages.RefundsPage(v)
		}},
		{"refunds-no-match", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refunds(ctx, s, pages.RefundFilters{Query: "50300702842026112349371234567"})
			return pages.RefundsPage(v)
		}},
		{"refunds-empty", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refunds(ctx, s, pages.RefundFilters{})
			v.Any = false
			return pages.RefundsPage(v)
		}},
		{"refund-form", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.RefundFormPage(refundForm(ctx, s))
		}},
		{"refund-form-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refundForm(ctx, s)
			v.Limit, v.Amount, v.Reason = 100_00, "200", ""
			v.Rooms = append(v.Rooms, pages.RefundRoom{AttemptID: "att_2", Method: "alipay_qr", Amount: 128_00, Left: 128_00, Duplicate: true})
			v.Errors = map[string]string{
				"amount": word(ctx, "超出可退金额，目前可退 ¥98.00。", "More than can still be refunded: ¥98.00 is left."),
				"reason": word(ctx, "请填写原因。", "Say why."),
			}
			return pages.RefundFormPage(v)
		}},
		{"refund-form-nothing-left", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refundForm(ctx, s)
			v.Rooms[0].Left = 0
			return pages.RefundFormPage(v)
		}},
	}
}

func refunds(ctx context.Context, s layout.Shell, f pages.RefundFilters) pages.Refunds {
	s.Nav, s.Waiting = layout.NavRefunds, 2
	return pages.Refunds{Shell: s, Any: true, Filters: f.Bar(ctx, s.Scope().Refunds())}
}

func refundRows() []pages.RefundRow {
	people := []pages.Person{cashier, backend, backend, policy, cashier, {Kind: "channel", Name: "alipay"}, owner}
	sources := []string{"console", "api", "api", "policy", "console", "channel", "console"}
	statuses := []string{"awaiting_approval", "pending", "abnormal", "succeeded", "succeeded", "succeeded", "failed"}
	amounts := []app.Money{1_299_00, 36_50, 268_00, 128_00, 4_880_00, 12_00, 99_00}
	rows := make([]pages.RefundRow, len(people))
	for i := range rows {
		rows[i] = pages.RefundRow{
			ID: fmt.Sprintf("rfd_01KASJ3V6T8C0QW2N4R5X7Y%03d", i), RefundNo: fmt.Sprintf("TH20261123-%06d", 8421-i*7),
			OrderNo: fmt.Sprintf("JX20261123-%06d", 84213-i*7), Amount: amounts[i], Status: statuses[i], Source: sources[i],
			Channel: []app.Channel{app.WeChat, app.Alipay}[i%2], RequestedBy: people[i], CreatedAt: noon.Add(-time.Duration(i*i*37+i*11) * time.Minute),
		}
		if statuses[i] == "succeeded" {
			rows[i].SucceededAt = rows[i].CreatedAt.Add(2 * time.Second)
		}
	}
	return rows
}

func refundForm(ctx context.Context, s layout.Shell) pages.RefundForm {
	s.Nav = layout.NavPayments
	return pages.RefundForm{
		Shell: s, PaymentID: "pay_01KASJ3V6T8C0QW2N4R5X7YZAD", OrderNo: "JX20261123-084213",
		Subject: word(ctx, "祁门红茶 250 克 礼盒", "Keemun black tea, 250 g gift box"), Channel: app.WeChat, Paid: true,
		Rooms:     []pages.RefundRoom{{AttemptID: attemptID, Method: "wechat_native", Amount: 128_00, Left: 98_00}},
		AttemptID: attemptID, Amount: "98.00", RefundNo: "R01KASJ3V6T8C0QW2N4R5X7YZAB", Token: "R01KASJ3V6T8C0QW2N4R5X7YZAB",
	}
}

func oneRefundPages() []Page {
	return []Page{
		{"refund-succeeded", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refund(ctx, s, "succeeded")
			v.AcceptedAt, v.SucceededAt, v.ChannelRefundNo = noon.Add(-9*time.Minute), noon.Add(-8*time.Minute), "50300702842026112349371234567"
			v.Approval = &pages.RefundApproval{ID: approvalID, Status: "approved", By: owner, At: noon.Add(-9 * time.Minute), Note: word(ctx, "已与仓库核对", "Checked with the warehouse")}
			v.Timeline = refundStory(ctx)
			return pages.RefundPage(v)
		}},
		{"refund-pending", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refund(ctx, s, "pending")
			v.Stage, v.CanSync = "unknown", true
			v.ErrorCode, v.ErrorMessage = "SYSTEM_ERROR", "SYSTEM_ERROR"
			v.Timeline = refundStory(ctx)[:1]
			return pages.RefundPage(v)
		}},
		{"refund-awaiting", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refund(ctx, s, "awaiting_approval")
			v.Approval = &pages.RefundApproval{ID: approvalID, Status: "pending"}
			v.Timeline = refundStory(ctx)[:1]
			return pages.RefundPage(v)
		}},
		{"refund-abnormal", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refund(ctx, s, "abnormal")
			v.AcceptedAt, v.ErrorCode, v.ErrorMessage, v.CanSync = noon.Add(-9*time.Minute), "ABNORMAL", "ICBC 0403", true
			v.Timeline = append(refundStory(ctx)[:4], components.Entry{
				ID: "tml_6", At: noon, Kind: "state", Message: "refund.abnormal", Result: "ok", ActorKind: "channel", ActorName: "wechat",
				Args: map[string]string{"amount": "3000", "to": "abnormal"},
			})
			return pages.RefundPage(v)
		}},
		{"refund-abnormal-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refund(ctx, s, "abnormal")
			v.Resolve = pages.ResolveForm{Outcome: "succeeded", Errors: map[string]string{"reason": word(ctx, "请填写原因。", "Say why.")}}
			return pages.RefundPage(v)
		}},
		{"refund-failed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refund(ctx, live(s), "failed")
			v.ErrorCode, v.ErrorMessage, v.RequestedBy, v.Source = "NOT_ENOUGH", "余额不足", backend, "api"
			v.Timeline = refundStory(ctx)[:1]
			return pages.RefundPage(v)
		}},
		{"refund-by-policy", func(ctx context.Context, s layout.Shell) templ.Component {
			v := refund(ctx, s, "pending")
			v.Stage, v.RequestedBy, v.Source, v.Duplicate, v.RefundNo = "unsent", policy, "policy", true, v.ID
			return pages.RefundPage(v)
		}},
	}
}

func refund(ctx context.Context, s layout.Shell, status string) pages.Refund {
	s.Nav = layout.NavRefunds
	return pages.Refund{
		Shell: s, ID: refundID, PaymentID: "pay_01KASJ3V6T8C0QW2N4R5X7YZAD", OrderNo: "JX20261123-084213", RefundNo: "TH20261123-008421",
		Number: refundID, Status: status, Source: "console", Amount: 30_00, Left: 98_00, Reason: word(ctx, "礼盒破损", "The box was damaged"),
		RequestedBy: cashier, Channel: app.WeChat, AccountID: "acct_01KASJ3V6T8C0QW2N4R5X7YZAE", AccountName: word(ctx, "微信主账户", "WeChat main"),
		CreatedAt: noon.Add(-30 * time.Minute),
	}
}

// refundStory is a refund that a second person approved.
func refundStory(ctx context.Context) []components.Entry {
	facts := map[string]string{
		"refund": refundID, "refund_no": "TH20261123-008421", "amount": "3000",
		"reason": word(ctx, "礼盒破损", "The box was damaged"), "note": word(ctx, "已与仓库核对", "Checked with the warehouse"), "status": "awaiting_approval",
	}
	with := func(more map[string]string) map[string]string {
		for name, value := range facts {
			if more[name] == "" {
				more[name] = value
			}
		}
		return more
	}
	return []components.Entry{
		{
			ID: "tml_1", At: noon.Add(-30 * time.Minute), Kind: "person", Message: "refund.requested", Result: "ok", ActorKind: "user", ActorName: cashier.Name,
			Args: facts, RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAG",
		},
		{
			ID: "tml_2", At: noon.Add(-9 * time.Minute), Kind: "person", Message: "refund.approved", Result: "ok", ActorKind: "user", ActorName: owner.Name,
			Args: with(map[string]string{"note": word(ctx, "已与仓库核对", "Checked with the warehouse")}),
		},
		{
			ID: "tml_3", At: noon.Add(-9*time.Minute + 40*time.Millisecond), Kind: "channel_call", Message: "channel.refund", Result: "ok",
			ActorKind: "system", ActorName: "refund", Duration: 203 * time.Millisecond,
			Request:  "POST /v3/refund/domestic/refunds\n\n{\"out_trade_no\":\"" + attemptID + "\",\"out_refund_no\":\"" + refundID + "\"}",
			Response: "200 OK\n\n{\"status\":\"PROCESSING\"}",
		},
		{
			ID: "tml_4", At: noon.Add(-9*time.Minute + 250*time.Millisecond), Kind: "state", Message: "refund.accepted", Result: "ok",
			ActorKind: "system", ActorName: "refund", Args: with(map[string]string{"from": "pending", "to": "pending"}),
		},
		{
			ID: "tml_5", At: noon.Add(-8 * time.Minute), Kind: "state", Message: "refund.succeeded", Result: "ok",
			ActorKind: "channel", ActorName: "wechat", Args: with(map[string]string{"from": "pending", "to": "succeeded"}),
		},
	}
}
