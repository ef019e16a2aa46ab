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

func accountPages() []Page {
	return append(wizardPages(), []Page{
		{"accounts", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AccountsPage(pages.Accounts{Shell: at(s, layout.NavAccounts), Rows: accountRows(ctx), Drafts: draftRows(ctx)})
		}},
		{"accounts-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.AccountsPage(pages.Accounts{Shell: at(s, layout.NavAccounts)})
		}},
		{"account", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AccountPage(account(ctx, s))
		}},
		{"account-failing", func(ctx context.Context, s layout.Shell) templ.Component {
			v := account(ctx, s)
			v.Enabled, v.Health, v.DeafSince = false, "failing", noon.Add(-3*time.Hour)
			v.ProbeError, v.LastProbeAt = "unknown: SIGN_ERROR 错误的签名，验签失败", noon.Add(-20*time.Minute)
			v.Probe = components.Check{Code: "probe.wechat_sign", Status: "failed"}
			v.Checks[len(v.Checks)-1] = v.Probe
			v.FailedAt, v.Failure, v.FailureCheck = v.LastProbeAt, v.ProbeError, v.Probe
			v.Apps = nil
			return pages.AccountPage(v)
		}},
		{"account-edit", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AccountEditPage(pages.AccountEdit{
				Shell: at(s, layout.NavAccounts), ID: "acct_1", Name: word(ctx, "微信主账户", "WeChat main"), Channel: app.WeChat,
				Priority: "0", FeeRate: "12%", ConfirmByQuery: true,
				Apps:   []pages.AccountApp{{AppID: "wx8888888888888888", Kind: "official", HasSecret: true}, {Kind: "official"}},
				Errors: map[string]string{"fee_rate": word(ctx, "费率应为 0% 至 10%，如 0.60%。", "A rate is 0% to 10%, such as 0.60%.")},
			})
		}},
	}...)
}

// at is the shell with the current entry of the navigation.
func at(s layout.Shell, nav layout.Nav) layout.Shell {
	s.Nav = nav
	return s
}

func wechatFindings() []components.Check {
	return []components.Check{
		{Code: "wechat.mchid_ok", Field: "mchid", Status: "passed", Args: map[string]string{"mchid": "1900000001"}},
		{Code: "wechat.serial_ok", Field: "serial_no", Status: "passed", Args: map[string]string{"serial_no": "3775B6A45ACD588826D15E583A95F5DD"}},
		{Code: "wechat.api_v3_key_newline", Field: "api_v3_key", Status: "failed", Args: map[string]string{"length": "33"}},
		{Code: "wechat.key_mismatch", Field: "certificate", Status: "failed", Args: map[string]string{"serial_no": "3775B6A45ACD588826D15E583A95F5DD"}},
		{Code: "wechat.certificate_expiring", Field: "certificate", Status: "warning", Args: map[string]string{"expires_at": "2026-12-10T08:00:00Z"}},
		{Code: "wechat.public_key_id_prefix", Field: "public_key_id", Status: "failed", Args: map[string]string{"prefix": "PUB_KEY_ID_"}},
	}
}

func accountRows(ctx context.Context) []pages.AccountRow {
	day := 24 * time.Hour
	return []pages.AccountRow{
		{ID: "acct_1", Name: word(ctx, "微信主账户", "WeChat main"), Channel: app.WeChat, Identity: "1900000001", FeeRate: "0.60%", Apps: []string{"wx8888888888888888", "wx7777777777777777"}, Enabled: true, Health: "healthy", ExpiresAt: noon.Add(900 * day), LastSuccessAt: noon.Add(-3 * time.Minute)},
		{ID: "acct_2", Name: word(ctx, "支付宝门店", "Alipay stores"), Channel: app.Alipay, Identity: "2088000000000001", FeeRate: "0.38%", Apps: []string{"2021004100000001"}, Enabled: true, Health: "expiring", ExpiresAt: noon.Add(12 * day), LastSuccessAt: noon.Add(-41 * time.Minute)},
		{ID: "acct_3", Name: word(ctx, "微信小程序备用", "WeChat mini, standby"), Channel: app.WeChat, Identity: "1900000002", Apps: []string{"wx6666666666666666"}, Health: "unproven", ExpiresAt: noon.Add(400 * day)},
		{ID: "acct_5", Name: word(ctx, "挂靠收款", "Under the provider"), Channel: app.WeChat, Identity: "1900000109", SubIdentity: "1700000042", ProviderID: "prv_1", Provider: word(ctx, "平台微信服务商", "Platform at WeChat Pay"), Apps: []string{"wx5555555555555555"}, Enabled: true, Health: "circuit_open", ExpiresAt: noon.Add(800 * day), LastSuccessAt: noon.Add(-9 * time.Minute)},
		{ID: "acct_4", Name: word(ctx, "支付宝旧应用", "Alipay, former app"), Channel: app.Alipay, Identity: "2088000000000001", Apps: []string{"2021004100000000"}, Health: "disabled"},
	}
}

func account(ctx context.Context, s layout.Shell) pages.Account {
	return pages.Account{
		Shell: at(s, layout.NavAccounts), AccountRow: accountRows(ctx)[0],
		Apps: []pages.AccountApp{{AppID: "wx8888888888888888", Kind: "official", HasSecret: true}, {AppID: "wx7777777777777777", Kind: "mini"}},
		Facts: []pages.Pair{
			{Name: "mode", Value: word(ctx, "微信支付公钥", "WeChat Pay public key")}, {Name: "serial_no", Value: "3775B6A45ACD588826D15E583A95F5DD76FA1FFE"}, {Name: "public_key_id", Value: "PUB_KEY_ID_0119000000012026"},
		},
		CallbackURL: "https://pay.jinxiang.example/callbacks/wechat/acct_01KASJ3V6T8C0QW2N4R5X7YZAE",
		CreatedAt:   noon.Add(-90 * 24 * time.Hour), LastProbeAt: noon.Add(-20 * time.Minute),
		FailedAt: noon.Add(-50 * time.Hour), Failure: "unknown: 502 SYSTEM_ERROR", FailureCheck: components.Check{Code: "probe.channel_busy", Status: "failed"},
		Changes: accountChanges(ctx),
		Checks: []components.Check{
			{Code: "wechat.mchid_ok", Field: "mchid", Status: "passed", Args: map[string]string{"mchid": "1900000001"}},
			{Code: "wechat.certificate_ok", Field: "certificate", Status: "passed", Args: map[string]string{"expires_at": "2029-05-11T08:00:00Z", "serial_no": "3775B6A45ACD588826D15E583A95F5DD"}},
			{Code: "wechat.api_v3_key_ok", Field: "api_v3_key", Status: "passed"},
			{Code: "wechat.public_key_ok", Field: "public_key", Status: "passed"},
			{Code: "probe.passed", Status: "passed"},
		},
	}
}
