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

func approvalPages() []Page { return append(approvalLists(), approvalDetails()...) }

func approvalLists() []Page {
	return []Page{
		{"approvals", func(ctx context.Context, s layout.Shell) templ.Component {
			v := inbox(s)
			v.Rows = []pages.ApprovalRow{
				approvalRow(ctx, 1_299_00, cashier, "pending"), approvalRow(ctx, 880_00, backend, "pending"), approvalRow(ctx, 640_00, owner, "pending"),
			}
			v.Rows[1].OwnKey, v.Rows[2].Own = true, true
			v.Pager = components.Pager{Path: s.Scope().Approvals(), Shown: 3}
			return pages.ApprovalsPage(v)
		}},
		{"approvals-decided", func(ctx context.Context, s layout.Shell) templ.Component {
			v := inbox(s)
			v.Tab, v.Kinds = "decided", []string{"refund", "key_create"}
			for i, status := range []string{"approved", "rejected", "withdrawn"} {
				row := approvalRow(ctx, app.Money(i+1)*500_00, cashier, status)
				row.DecidedBy, row.DecidedAt = owner, noon
				v.Rows = append(v.Rows, row)
			}
			v.Pager = components.Pager{Path: s.Scope().Approvals(), Shown: 3, Next: approvalID}
			return pages.ApprovalsPage(v)
		}},
		{"approvals-mine", func(ctx context.Context, s layout.Shell) templ.Component {
			v := inbox(s)
			v.Tab, v.Several = "mine", true
			for _, kind := range []string{"key_create", "credentials", "role_grant", "settings"} {
				row := changeRow(ctx, kind, "pending")
				row.Own, row.RequestedBy = true, owner
				v.Rows = append(v.Rows, row)
			}
			v.Rows[1].Status, v.Rows[1].Expired = "withdrawn", true
			v.Pager = components.Pager{Path: s.Scope().Approvals(), Shown: len(v.Rows)}
			return pages.ApprovalsPage(v)
		}},
		{"approvals-mine-empty", func(_ context.Context, s layout.Shell) templ.Component {
			v := inbox(s)
			v.Tab = "mine"
			return pages.ApprovalsPage(v)
		}},
		{"approvals-no-match", func(_ context.Context, s layout.Shell) templ.Component {
			v := inbox(s)
			v.Tab, v.Kinds, v.Kind, v.Outcome = "decided", []string{"refund"}, "refund", "rejected"
			return pages.ApprovalsPage(v)
		}},
		{"approvals-empty", func(_ context.Context, s layout.Shell) templ.Component {
			v := inbox(s)
			v.Shell.Waiting, v.NoLimit = 0, true
			return pages.ApprovalsPage(v)
		}},
		{"inbox", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.InboxPage(pages.Inbox{Shell: s, Pager: components.Pager{Path: "/console/approvals", Shown: 2}, Rows: []pages.InboxRow{
				{ApprovalRow: approvalRow(ctx, 1_299_00, cashier, "pending"), MerchantID: merchantID, Merchant: s.Merchant.Name, Mode: "live"},
				{ApprovalRow: changeRow(ctx, "role_grant", "pending"), MerchantID: merchantID, Merchant: s.Merchant.Name, Mode: "live", Both: true},
			}})
		}},
		{"inbox-empty", func(_ context.Context, s layout.Shell) templ.Component { return pages.InboxPage(pages.Inbox{Shell: s}) }},
	}
}

func approvalDetails() []Page {
	return []Page{
		{"approval-key", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.ApprovalRow, v.ObjectHref, v.Decide = changeRow(ctx, "key_create", "pending"), "", true
			return pages.ApprovalPage(v)
		}},
		{"approval-key-open", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "approved")
			v.ApprovalRow, v.ObjectHref, v.Own, v.Open = changeRow(ctx, "key_create", "approved"), "", true, true
			v.RequestedBy, v.DecidedBy, v.DecidedAt = cashier, owner, noon
			return pages.ApprovalPage(v)
		}},
		{"approval-apps", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.ApprovalRow, v.ObjectHref, v.Decide = changeRow(ctx, "account_apps", "pending"), "", true
			return pages.ApprovalPage(v)
		}},
		{"approval-settings", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.ApprovalRow, v.ObjectHref, v.Decide = changeRow(ctx, "settings", "pending"), "", true
			return pages.ApprovalPage(v)
		}},
		{"approval", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.Decide = true
			return pages.ApprovalPage(v)
		}},
		{"approval-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.Decide = true
			v.Form.Errors = map[string]string{"note": word(ctx, "请说明拒绝的理由。", "Say why you reject it.")}
			return pages.ApprovalPage(v)
		}},
		{"approval-own", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.Own, v.Withdraw, v.RequestedBy = true, true, owner
			return pages.ApprovalPage(v)
		}},
		{"approval-own-key", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "pending")
			v.OwnKey, v.RequestedBy = true, backend
			return pages.ApprovalPage(v)
		}},
		{"approval-rejected", func(ctx context.Context, s layout.Shell) templ.Component {
			v := approval(ctx, s, "rejected")
			v.DecidedBy, v.DecidedAt, v.Note = owner, noon, word(ctx, "请先联系顾客换货", "Offer an exchange first")
			return pages.ApprovalPage(v)
		}},
	}
}

// changeRow is a request about keys, credentials, roles or settings.
func changeRow(ctx context.Context, kind, status string) pages.ApprovalRow {
	row := approvalRow(ctx, 0, cashier, status)
	row.Kind, row.ExpiresAt = kind, noon.Add(71*time.Hour)
	row.Summary = map[string]string{
		"name": word(ctx, "网店后台", "Shop backend"), "scopes": "payments:write, refunds:write", "identity": "1900012345", "apps": "wx4a1e1b6f5d8c7a90, wx7c3f0e2d9b8a6f51", "secrets": "wx7c3f0e2d9b8a6f51", "email": "clerk@jinxiang.example",
		"role_name": word(ctx, "开发", "Developer"), "limit_before": "500.00", "limit_after": "0.00", "two_people": "true",
	}
	return row
}

func inbox(s layout.Shell) pages.Approvals {
	s.Nav, s.Waiting = layout.NavApprovals, 3
	return pages.Approvals{Shell: s}
}

func approvalRow(ctx context.Context, amount app.Money, by pages.Person, status string) pages.ApprovalRow {
	return pages.ApprovalRow{
		ID: approvalID, Kind: "refund", Amount: amount, RequestedBy: by, RequestedAt: noon.Add(-20 * time.Minute), Status: status, Now: noon,
		Summary: map[string]string{
			"order_no": "JX20261123-084213", "payment_id": "pay_01KASJ3V6T8C0QW2N4R5X7YZAD", "refund_no": "TH20261123-008421",
			"reason": word(ctx, "礼盒破损，顾客要求全额退款", "The box was damaged; the customer wants it all back"), "channel": "wechat",
		},
	}
}

func approval(ctx context.Context, s layout.Shell, status string) pages.Approval {
	s.Nav, s.Waiting = layout.NavApprovals, 3
	return pages.Approval{Shell: s, ApprovalRow: approvalRow(ctx, 1_299_00, cashier, status), ObjectHref: s.Scope().Refund(refundID)}
}

func settingsPages() []Page {
	return []Page{
		{"settings", func(_ context.Context, s layout.Shell) templ.Component {
			s.Nav = layout.NavSettings
			return pages.SettingsPage(pages.Settings{Shell: s, Late: "keep", Duplicate: "refund", Above: "500.00", OneDecider: true, TwoPeople: true})
		}},
		{"settings-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			s.Nav = layout.NavSettings
			return pages.SettingsPage(pages.Settings{Shell: s, Late: "keep", Duplicate: "refund", Above: "a lot", Errors: map[string]string{
				"refund_approval_above": word(ctx, "请填写以元为单位的金额，如 500.00，或留空。", "Write the amount in yuan, such as 500.00, or leave it empty."),
			}})
		}},
		{"settings-read-only", func(_ context.Context, s layout.Shell) templ.Component {
			s.Nav = layout.NavSettings
			s.Can.SettingsEdit = false
			return pages.SettingsPage(pages.Settings{Shell: s, Late: "refund", Duplicate: "keep"})
		}},
	}
}
