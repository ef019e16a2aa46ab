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

func wizardPages() []Page {
	return append([]Page{
		{"wizard-start", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.WizardStartPage(pages.WizardStart{Wizard: pages.Wizard{Shell: at(s, layout.NavAccounts), Step: pages.StepChannel}})
		}},
		{"wizard-start-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardStart{Wizard: pages.Wizard{Shell: at(s, layout.NavAccounts), Step: pages.StepChannel}, LiveOnly: true}
			v.Shell.Mode = app.Live
			v.Errors = map[string]string{"channel": word(ctx, "请选择微信支付或支付宝。", "Choose WeChat Pay or Alipay.")}
			return pages.WizardStartPage(v)
		}},
		{"wizard-connection", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardConnection{Wizard: wizard(ctx, s, pages.StepConnection, app.WeChat), Providers: []pages.ProviderChoice{{ID: "prv_1", Name: providerRows(ctx)[0].Name, Identity: "1900000109"}}}
			v.Draft.Name, v.Draft.Ready, v.Draft.Tested = "", false, false
			return pages.WizardConnectionPage(v)
		}},
		{"wizard-connection-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardConnection{Wizard: wizard(ctx, s, pages.StepConnection, app.Alipay)}
			v.Draft.Name, v.Draft.Ready, v.Draft.Tested = "", false, false
			v.Errors = map[string]string{"name": word(ctx, "请填写。", "Fill this in.")}
			return pages.WizardConnectionPage(v)
		}},
		{"wizard-wechat-empty", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardCredentials{Wizard: wizard(ctx, s, pages.StepCredentials, app.WeChat), Values: map[string]string{}, SandboxURL: "/sandbox/merchants"}
			v.Draft.Ready, v.Draft.Tested = false, false
			return pages.WizardCredentialsPage(v)
		}},
		{"wizard-wechat-files", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.WizardCredentialsPage(wechatDropped(ctx, s))
		}},
		{"wizard-wechat-replace", func(ctx context.Context, s layout.Shell) templ.Component {
			v := wechatDropped(ctx, s)
			v.Draft.AccountID, v.Files, v.Checks, v.Draft.Ready = "acct_1", nil, nil, true
			return pages.WizardCredentialsPage(v)
		}},
		{"wizard-alipay-key", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.WizardCredentialsPage(alipayMade(ctx, s))
		}},
		{"wizard-alipay-files", func(ctx context.Context, s layout.Shell) templ.Component {
			v := alipayMade(ctx, s)
			v.MadeKey, v.Values = nil, map[string]string{"mode": "certificate", "app_id": "2021004100000001", "seller_id": "2088000000000001"}
			v.Files = alipayDropped()
			v.Errors = map[string]string{"files": word(ctx, "压缩包无法读取，请解压后拖入其中的文件。", "The zip cannot be read. Unpack it and drop its files.")}
			return pages.WizardCredentialsPage(v)
		}},
		{"wizard-under-wechat", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardCredentials{Wizard: wizard(ctx, s, pages.StepCredentials, app.WeChat), Values: map[string]string{"sub_mchid": "1700000042", "sub_appid": "wx6666666666666666"}}
			v.Draft.Provider = &pages.ProviderChoice{ID: "prv_1", Name: providerRows(ctx)[0].Name, Identity: "1900000109"}
			v.Checks = []components.Check{
				{Code: "wechat.sub_mchid_ok", Field: "sub_mchid", Status: "passed", Args: map[string]string{"sub_mchid": "1700000042"}},
				{Code: "wechat.sp_appid_missing", Field: "sp_appid", Status: "warning", Args: map[string]string{"sub_appid": "wx6666666666666666"}},
			}
			return pages.WizardCredentialsPage(v)
		}},
		{"wizard-under-alipay", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardCredentials{Wizard: wizard(ctx, s, pages.StepCredentials, app.Alipay), Values: map[string]string{"seller_id": "2088000000000042"}}
			v.Draft.Provider = &pages.ProviderChoice{ID: "prv_2", Name: providerRows(ctx)[1].Name, Identity: "2088000000000009"}
			v.Saved = map[string]pages.SavedKey{"app_auth_token": {Kind: "secret", Length: 40}}
			return pages.WizardCredentialsPage(v)
		}},
	}, wizardLastPages()...)
}

// wizardLastPages are the steps after the credentials.
func wizardLastPages() []Page {
	return []Page{
		{"wizard-checks", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardChecks{Wizard: wizard(ctx, s, pages.StepChecks, app.WeChat), Checks: wechatFindings()}
			v.Draft.Ready, v.Draft.Tested = false, false
			v.Checks = append(v.Checks, components.Check{Code: "draft.app_missing", Field: "appid", Status: "failed"})
			return pages.WizardChecksPage(v)
		}},
		{"wizard-checks-green", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.WizardChecksPage(pages.WizardChecks{Wizard: wizard(ctx, s, pages.StepChecks, app.WeChat), Checks: account(ctx, s).Checks[:4]})
		}},
		{"wizard-checks-none", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardChecks{Wizard: wizard(ctx, s, pages.StepChecks, app.Alipay)}
			v.Draft.Ready, v.Draft.Tested = false, false
			return pages.WizardChecksPage(v)
		}},
		{"wizard-test", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardTest{Wizard: wizard(ctx, s, pages.StepTest, app.Alipay)}
			v.Draft.Tested = false
			return pages.WizardTestPage(v)
		}},
		{"wizard-test-failed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardTest{Wizard: wizard(ctx, s, pages.StepTest, app.WeChat)}
			v.Draft.Tested = false
			v.Probe = &pages.LiveTest{At: noon.Add(-time.Minute), Status: 401, Code: "SIGN_ERROR", Message: "商户证书序列号有误。请使用签名私钥匹配的证书序列号", Check: components.Check{Code: "probe.wechat_serial", Status: "failed"}}
			return pages.WizardTestPage(v)
		}},
		{"wizard-test-passed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardTest{Wizard: wizard(ctx, s, pages.StepTest, app.WeChat), OrderApp: "wx8888888888888888", KeyUnproven: true}
			v.Probe = &pages.LiveTest{Passed: true, At: noon.Add(-time.Minute), Check: components.Check{Code: "probe.passed", Status: "passed"}}
			v.Order = &pages.LiveTest{At: noon, Status: 400, Code: "APPID_MCHID_NOT_MATCH", Message: "appid和mch_id不匹配", Number: "try_01KASJ3V6T8C0QW2N4R5X7YZAE", Check: components.Check{Code: "probe.wechat_app", Status: "failed"}}
			return pages.WizardTestPage(v)
		}},
		{"wizard-test-order", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardTest{Wizard: wizard(ctx, s, pages.StepTest, app.Alipay), OrderApp: "2021004100000001"}
			v.Probe = &pages.LiveTest{Passed: true, At: noon.Add(-time.Minute), Check: components.Check{Code: "probe.passed", Status: "passed"}}
			v.Order = &pages.LiveTest{Passed: true, At: noon, Number: "try_01KASJ3V6T8C0QW2N4R5X7YZAE", Check: components.Check{Code: "order.passed", Status: "passed", Args: map[string]string{"app": "2021004100000001"}}}
			return pages.WizardTestPage(v)
		}},
		{"wizard-test-not-ready", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardTest{Wizard: wizard(ctx, s, pages.StepTest, app.WeChat)}
			v.Draft.Ready, v.Draft.Tested = false, false
			return pages.WizardTestPage(v)
		}},
		{"wizard-enable", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardEnable{Wizard: wizard(ctx, s, pages.StepEnable, app.WeChat), Facts: account(ctx, s).Facts, Apps: account(ctx, s).Apps, TestedAt: noon}
			return pages.WizardEnablePage(v)
		}},
		{"wizard-switch", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.WizardEnable{Wizard: wizard(ctx, s, pages.StepEnable, app.Alipay), Facts: []pages.Pair{{Name: "app_id", Value: "2021004100000001"}, {Name: "seller_id", Value: "2088000000000001"}}, Approval: true}
			v.Draft.AccountID, v.Draft.Tested = "acct_2", false
			v.Errors = map[string]string{"": word(ctx, "有人同时修改了这份草稿，请重新查看。", "Someone changed this draft at the same moment. Look at it again.")}
			return pages.WizardEnablePage(v)
		}},
	}
}

func wizard(ctx context.Context, s layout.Shell, step string, c app.Channel) pages.Wizard {
	name := word(ctx, "门店收款", "Counter")
	return pages.Wizard{Shell: at(s, layout.NavAccounts), Step: step, Draft: pages.WizardDraft{ID: "drf_1", Name: name, Channel: c, Ready: true, Tested: true}}
}

func draftRows(ctx context.Context) []pages.WizardDraft {
	return []pages.WizardDraft{
		{ID: "drf_1", Name: word(ctx, "门店收款", "Counter"), Channel: app.WeChat, Step: pages.StepTest, Owner: word(ctx, "技术负责人", "Developer"), UpdatedAt: noon.Add(-2 * time.Hour), ExpiresAt: noon.Add(30 * 24 * time.Hour)},
		{ID: "drf_2", Channel: app.Alipay, Step: pages.StepConnection, Owner: word(ctx, "店主", "Owner"), UpdatedAt: noon.Add(-26 * time.Hour), ExpiresAt: noon.Add(29 * 24 * time.Hour)},
		{ID: "drf_3", Name: word(ctx, "支付宝门店", "Alipay stores"), Channel: app.Alipay, AccountID: "acct_2", Step: pages.StepEnable, Owner: word(ctx, "店主", "Owner"), UpdatedAt: noon.Add(-3 * time.Minute), ExpiresAt: noon.Add(30 * 24 * time.Hour)},
	}
}

func accountChanges(ctx context.Context) []pages.AuditRow {
	one, two := "1", "2"
	return []pages.AuditRow{
		{ID: "aud_2", Seq: 42, At: noon.Add(-20 * time.Minute), ActorKind: "user", ActorName: word(ctx, "店主", "Owner"), IP: "203.0.113.7", Action: "account.credentials", Target: "acct_1", RequestID: "req_1", Changes: []pages.AuditChange{{Field: "version", Before: &one, After: &two}}},
		{ID: "aud_1", Seq: 17, At: noon.Add(-90 * 24 * time.Hour), ActorKind: "user", ActorName: word(ctx, "店主", "Owner"), IP: "203.0.113.7", Action: "account.enable", Target: "acct_1", RequestID: "req_2"},
	}
}

func wechatDropped(ctx context.Context, s layout.Shell) pages.WizardCredentials {
	v := pages.WizardCredentials{
		Wizard: wizard(ctx, s, pages.StepCredentials, app.WeChat),
		Values: map[string]string{"mode": "public_key", "mchid": "1900000001", "serial_no": "3775B6A45ACD588826D15E583A95F5DD", "public_key_id": "3775B6A45ACD588826D15E583A95F5DD", "appid": "wx8888888888888888"},
		Saved: map[string]pages.SavedKey{
			"private_key": {Kind: "private_key", Fingerprint: "9f2c4a61d07be385", Bits: 2048},
			"certificate": {Kind: "certificate", Fingerprint: "5d1f09aa76b3c842", Bits: 2048, Name: "1900000001", ExpiresAt: noon.Add(900 * 24 * time.Hour)},
			"api_v3_key":  {Kind: "secret", Length: 33},
		},
		Checks: wechatFindings(),
		Files: []pages.FileFinding{
			{Name: "apiclient_key.pem", Code: "wechat.file_private_key", Field: "private_key", Args: map[string]string{"fingerprint": "9f2c4a61d07be385"}},
			{Name: "apiclient_cert.pem", Code: "wechat.file_certificate", Field: "certificate", Args: map[string]string{"mchid": "1900000001", "serial_no": "3775", "expires_at": "2029-05-11T08:00:00Z"}},
			{Name: "apiclient_cert.p12", Code: "file_p12"},
			{Name: "wechatpay_5157F09E.pem", Code: "wechat.file_platform_certificate", Args: map[string]string{"name": "Tenpay.com Sign", "serial_no": "5157F09E"}},
			{Name: "readme.txt", Code: "file_text"},
		},
		SandboxURL: "/sandbox/merchants",
	}
	v.Draft.Ready, v.Draft.Tested = false, false
	return v
}

func alipayMade(ctx context.Context, s layout.Shell) pages.WizardCredentials {
	v := pages.WizardCredentials{
		Wizard: wizard(ctx, s, pages.StepCredentials, app.Alipay), MakesKey: true,
		Values:  map[string]string{"mode": "public_key", "app_id": "2021004100000001"},
		Saved:   map[string]pages.SavedKey{"app_private_key": {Kind: "private_key", Fingerprint: "9f2c4a61d07be385", Bits: 2048}, "alipay_public_key": {Kind: "encrypted_key"}},
		MadeKey: &pages.MadeKey{Fingerprint: "9f2c4a61d07be385", Public: "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAt1J0bQm8vJp4cY0n2v9m1yFq7kq1Yd3cXo2b6Gf4v0m3n8Qe5c7Uu2h9s1Wz6a0Rk4Jt8Lx3Vp7Bq5Nd2Mf6Hy1Tg9Sc4Ew8Kz0Pa3Xv7Rb5Qn2Uj6Dh1Lm9Ff4Cy8Gt0Ok3Wi7Zs5Ee2Aa6Xx1Vv9Bb4Nn8Mm0QIDAQAB"},
		Checks: []components.Check{
			{Code: "alipay.private_key_ok", Field: "app_private_key", Status: "passed", Args: map[string]string{"form": "pkcs8"}},
			{Code: "alipay.public_key_is_own", Field: "alipay_public_key", Status: "failed"},
			{Code: "alipay.certificate_expiring", Field: "alipay_cert", Status: "warning", Args: map[string]string{"expires_at": "2026-12-05T23:00:00Z"}},
			{Code: "alipay.seller_id_missing", Field: "seller_id", Status: "failed"},
		},
	}
	v.Draft.Ready, v.Draft.Tested = false, false
	return v
}

func alipayDropped() []pages.FileFinding {
	day := map[string]string{"app_id": "2021004100000001", "expires_at": "2031-05-11T08:00:00Z", "fingerprint": "9f2c4a61d07be385", "bits": "1024"}
	return []pages.FileFinding{
		{Name: "appCertPublicKey_2021004100000001.crt", Code: "alipay.file_app_cert", Field: "app_cert", Args: day},
		{Name: "alipayCertPublicKey_RSA2.crt", Code: "alipay.file_alipay_cert", Field: "alipay_cert", Args: day},
		{Name: "alipayRootCert.crt", Code: "alipay.file_alipay_root_cert", Field: "alipay_root_cert"},
		{Name: "request.csr", Code: "file_request"},
		{Name: "publicKey.txt", Code: "alipay.file_own_public_key"},
		{Name: "old_private_key.txt", Code: "alipay.file_small_key", Args: day},
	}
}
