package gallery

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/layout"
)

const merchantID = "mch_01KASJ3V6T8C0QW2N4R5X7YZAB"

// word chooses between the invented Chinese and English texts of a page.
func word(ctx context.Context, zh, en string) string {
	if i18n.From(ctx).Lang() == i18n.ZH {
		return zh
	}
	return en
}

// shell is that of an owner in test mode.
func shell(ctx context.Context, v Variant, asset func(string) string) layout.Shell {
	return layout.Shell{
		Lang: v.Lang, Theme: v.Theme, Asset: asset, CSRF: "c3JmLXRva2Vu",
		Path: "/console/m/" + merchantID + "/test/payments",
		User: layout.User{ID: "usr_01", Name: word(ctx, "商户负责人", "Merchant Owner"), Email: "owner@jinxiang.example"},
		Merchants: []layout.Merchant{
			{ID: merchantID, Name: word(ctx, "晋祥茶行", "Jinxiang Tea")},
			{ID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAC", Name: word(ctx, "平遥文旅票务", "Pingyao Tickets")},
		},
		Merchant: layout.Merchant{ID: merchantID, Name: word(ctx, "晋祥茶行", "Jinxiang Tea")},
		Mode:     app.Test,
		Can: layout.Permissions{
			Payments: true, PaymentExport: true, RefundExport: true, AuditExport: true, PaymentSync: true, PaymentClose: true, Refunds: true, RefundCreate: true, RefundApprove: true,
			Approvals: true, ApprovalDecide: true, Settings: true, SettingsEdit: true, Cases: true, CasesResolve: true, Reconcile: true, ReconcileRun: true, ReconcileExport: true, ReconcileLock: true, Accounts: true, AccountsEdit: true,
			Keys: true, KeysEdit: true, Webhooks: true, WebhooksEdit: true, Deliveries: true, DeliveryResend: true, Members: true, MembersEdit: true, Roles: true, RolesEdit: true, Audit: true,
			Merchants: true, MerchantsEdit: true, Providers: true, ProvidersEdit: true, Users: true, UsersEdit: true, PlatformAudit: true, Jobs: true, JobsRun: true, System: true, SystemEdit: true,
		},
		OpenCases:  5,
		SandboxURL: "/sandbox/wallet",
	}
}

// live is the same shell in live mode, for a user without platform rights.
func live(s layout.Shell) layout.Shell {
	s.Mode = app.Live
	s.SandboxURL = ""
	s.Can.Merchants, s.Can.MerchantsEdit, s.Can.Users, s.Can.UsersEdit, s.Can.PlatformAudit = false, false, false, false, false
	s.Can.Providers, s.Can.ProvidersEdit = false, false
	s.Can.Jobs, s.Can.JobsRun, s.Can.System, s.Can.SystemEdit = false, false, false, false
	return s
}
