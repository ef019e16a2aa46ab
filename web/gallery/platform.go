package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// platformPages are the platform's own pages besides its lists of merchants and
// users.
func platformPages() []Page {
	return []Page{
		{"platform-view", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ViewPage(lookForm(ctx, s))
		}},
		{"platform-view-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := lookForm(ctx, s)
			v.Reason, v.Errors = "??", map[string]string{"reason": word(ctx, "请填写 8 至 300 个字符。", "Write 8 to 300 characters.")}
			return pages.ViewPage(v)
		}},
		{"platform-jobs", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.JobsPage(jobsSample(ctx, s))
		}},
		{"platform-job", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.JobPage(jobSample(ctx, s))
		}},
		{"platform-job-never", func(_ context.Context, s layout.Shell) templ.Component {
			v := pages.Job{Shell: at(platform(s), layout.NavJobs), Job: jobRows()[2]}
			v.Shell.Can.JobsRun = false
			return pages.JobPage(v)
		}},
		{"platform-job-asked", func(ctx context.Context, s layout.Shell) templ.Component {
			v := jobSample(ctx, s)
			v.Job.Asked, v.Errors = true, map[string]string{"": word(ctx, "该任务已在等待运行。", "This job waits to run already.")}
			return pages.JobPage(v)
		}},
		{"platform-channels", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ChannelsPage(channelsSample(ctx, s))
		}},
		{"platform-channels-empty", func(ctx context.Context, s layout.Shell) templ.Component {
			v := channelsSample(ctx, s)
			v.Rows = nil
			return pages.ChannelsPage(v)
		}},
		{"platform-system", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.SystemPage(systemSample(ctx, s))
		}},
		{"platform-system-young", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SystemPage(pages.System{Shell: at(platform(s), layout.NavSystem)})
		}},
		{"platform-settings", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PlatformSettingsPage(settingsSample(ctx, s))
		}},
		{"platform-settings-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := settingsSample(ctx, s)
			v.Form.RefundApproval = "12,3x"
			v.Errors = map[string]string{"refund_approval_above": word(ctx, "请以元为单位填写金额，例如 12.34。", "Write amounts in yuan, such as 12.34.")}
			return pages.PlatformSettingsPage(v)
		}},
		{"platform-settings-read", func(ctx context.Context, s layout.Shell) templ.Component {
			v := settingsSample(ctx, s)
			v.Shell.Can.SystemEdit = false
			return pages.PlatformSettingsPage(v)
		}},
		{"platform-bands", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PaymentsPage(pages.Payments{Shell: banded(ctx, at(live(s), layout.NavPayments))})
		}},
	}
}

func lookForm(ctx context.Context, s layout.Shell) pages.View {
	return pages.View{
		Shell: at(platform(s), layout.NavMerchants), MerchantID: merchantID, MerchantName: word(ctx, "晋祥茶行", "Jinxiang Tea"), Minutes: 60,
	}
}

// banded has every band at once.
func banded(ctx context.Context, s layout.Shell) layout.Shell {
	s.View = layout.View{Merchant: word(ctx, "晋祥茶行", "Jinxiang Tea"), Until: "15:04"}
	s.Suspended = word(ctx, "未按时补交资料", "Documents are missing")
	s.Notice = word(ctx, "今晚 23:00 至 23:30 升级，期间页面可能短暂不可用。", "We upgrade tonight from 23:00 to 23:30; pages may be away for moments.")
	s.Support = "support@platform.example"
	return s
}

const (
	serverOne = "srv_01KASJ3V6T8C0QW2N4R5X7YZA1"
	serverTwo = "srv_01KASJ3V6T8C0QW2N4R5X7YZA2"
)

func jobRows() []pages.JobRow {
	return []pages.JobRow{
		{Name: "payments.query", Schedule: "@every 1s", Result: "ok", Server: serverOne, StartedAt: noon, DurationMS: 12, NextAt: noon.Add(time.Second), SucceededAt: noon},
		{
			Name: "merchants.check_certificates", Schedule: "@hourly", Leased: true, Result: "error", Server: serverTwo, Holder: serverTwo, StartedAt: noon.Add(-time.Hour), DurationMS: 4210,
			NextAt: noon.Add(time.Hour), Failures: 3, FailedAt: noon.Add(-time.Hour), SucceededAt: noon.Add(-5 * time.Hour), Error: "fetch certificates of acct_01KASJ3V6T8C0QW2N4R5X7YZAB: the channel answered 500",
		},
		{Name: "audit.verify", Schedule: "@daily", Leased: true},
		{Name: "statements.export", Schedule: "@every 5s", Result: "ok", Server: serverTwo, StartedAt: noon, DurationMS: 3, RunningSince: noon, RunningServer: serverOne},
		{Name: "access.forget_sessions", Schedule: "@hourly", Leased: true, Result: "panic", Server: serverOne, StartedAt: noon, Failures: 1, Asked: true},
		{Name: "status.sweep", Schedule: "@every 1m", Leased: true, Result: "panic", Server: serverOne, StartedAt: noon, DurationMS: 2, Failures: 1},
	}
}

func serverRows() []pages.ServerRow {
	return []pages.ServerRow{
		{ID: serverOne, Host: "pay-1", Version: "1.4.0", Build: "6069625d86bf", State: "alive", StartedAt: noon.Add(-76 * time.Hour), SeenAt: noon, UptimeMS: (76 * time.Hour).Milliseconds(), PoolInUse: 2, PoolOpen: 8, SkewMS: 3, HeapBytes: 61 << 20, DiskFree: 212 << 30},
		{ID: serverTwo, Host: "pay-2", Version: "1.4.0", Build: "6069625d86bf", State: "gone", StartedAt: noon.Add(-5 * time.Hour), SeenAt: noon.Add(-time.Hour), UptimeMS: (4 * time.Hour).Milliseconds(), PoolOpen: 8, SkewMS: -2, HeapBytes: 58 << 20, DiskFree: 1 << 29},
		{ID: "srv_01KASJ3V6T8C0QW2N4R5X7YZA3", Host: "pay-2", Version: "1.3.2", Build: "0d1e2f3a4b5c", State: "stopped", StartedAt: noon.Add(-6 * time.Hour), SeenAt: noon.Add(-6 * time.Hour), UptimeMS: 720000, DiskFree: -1},
	}
}

func jobsSample(_ context.Context, s layout.Shell) pages.Jobs {
	return pages.Jobs{
		Shell: at(platform(s), layout.NavJobs), Rows: jobRows(), Servers: serverRows(),
		Queues: []pages.QueueRow{
			{Name: "events.unsequenced", Most: 1000}, {Name: "webhooks.due", Count: 1000, Most: 1000, Since: noon.Add(-time.Hour)},
			{Name: "payments.queries_due", Count: 4, Most: 1000, Since: noon}, {Name: "payments.refunds_due", Most: 1000}, {Name: "reconcile.runs_due", Most: 1000},
			{Name: "webhooks", Count: 12, Most: 1000},
		},
	}
}

func jobSample(ctx context.Context, s layout.Shell) pages.Job {
	return pages.Job{
		Shell: at(platform(s), layout.NavJobs), Job: jobRows()[1],
		Runs: []pages.JobRun{
			{ID: "jrn_6", State: "asked", ByPerson: true, AskedName: word(ctx, "平台管理员", "Platform admin"), AskedAt: noon},
			{ID: "jrn_5", State: "running", ByPerson: true, AskedName: word(ctx, "平台管理员", "Platform admin"), AskedAt: noon, StartedAt: noon, Server: serverOne},
			{ID: "jrn_4", State: "error", StartedAt: noon.Add(-time.Hour), EndedAt: noon.Add(-time.Hour), Server: serverTwo, Error: jobRows()[1].Error},
			{ID: "jrn_3", State: "lost", StartedAt: noon.Add(-2 * time.Hour), EndedAt: noon.Add(-time.Hour), Server: serverTwo},
			{ID: "jrn_2", State: "ok", StartedAt: noon.Add(-5 * time.Hour), EndedAt: noon.Add(-5*time.Hour + 3*time.Second), Server: serverOne},
		},
	}
}

func channelsSample(ctx context.Context, s layout.Shell) pages.Channels {
	row := pages.ChannelRow{
		AccountID: "acct_01KASJ3V6T8C0QW2N4R5X7YZAB", Name: word(ctx, "茶行微信", "Tea, WeChat"), MerchantID: merchantID, MerchantName: word(ctx, "晋祥茶行", "Jinxiang Tea"),
		Mode: app.Live, Channel: "wechat", Enabled: true, Orders: 200, Refused: 3, LastSuccessAt: noon, ExpiresAt: noon.Add(400 * 24 * time.Hour),
	}
	open, paused, trying, deaf, off := row, row, row, row, row
	open.Circuit, open.FailedAt, open.Failure, open.LastSuccessAt = "open", noon, "SYSTEM_ERROR", noon.Add(-time.Hour)
	paused.Circuit, paused.Channel, paused.Name = "paused", "alipay", word(ctx, "茶行支付宝", "Tea, Alipay")
	trying.Circuit, trying.ExpiresAt, trying.ExpiresSoon = "half_open", noon.Add(9*24*time.Hour), true
	deaf.DeafSince, deaf.Orders = noon, 0
	off.Enabled, off.ExpiresAt, off.LastSuccessAt = false, 0, 0
	return pages.Channels{
		Shell: at(platform(s), layout.NavChannels), Filters: pages.ChannelFilters(ctx, routes.AdminChannels, "live", ""),
		Rows: []pages.ChannelRow{row, open, paused, trying, deaf, off}, Pager: components.Pager{Path: routes.AdminChannels, Shown: 6},
	}
}

func systemSample(ctx context.Context, s layout.Shell) pages.System {
	return pages.System{
		Shell: at(platform(s), layout.NavSystem), Servers: serverRows(),
		Checks: []pages.SystemCheck{
			{Level: "good", Text: word(ctx, "数据库正常：mysql 10.11.6-MariaDB。", "The database answers: mysql 10.11.6-MariaDB.")},
			{Level: "info", Text: word(ctx, "2 台服务器正在运行。", "2 servers are running.")},
			{Level: "warning", Text: word(ctx, "后台任务失败：merchants.check_certificates，原因见各任务页面。", "Background jobs fail: merchants.check_certificates. Their pages show why.")},
			{Level: "bad", Text: word(ctx, "审计链 platform 在第 14 行损坏。", "The audit chain platform is broken at row 14.")},
		},
		Settings: []pages.EffectiveSetting{
			{Key: "server.listen", Text: "0.0.0.0:8080", Origin: "file", Detail: "/etc/piaohao/config.toml"},
			{Key: "database.url", Text: "mysql:piaohao:[secret]@tcp(db:3306)/piaohao", Origin: "environment", Detail: "PIAOHAO_DATABASE_URL"},
			{Key: "mail.password", Origin: "default"},
		},
	}
}

func settingsSample(ctx context.Context, s layout.Shell) pages.PlatformSettings {
	return pages.PlatformSettings{
		Shell: at(platform(s), layout.NavPlatformSettings), Version: 2,
		Form:    pages.PlatformSettingsForm{Notice: word(ctx, "今晚 23:00 升级。", "We upgrade tonight at 23:00."), Support: "support@platform.example", RefundApproval: "500.00"},
		History: []pages.SettingsVersion{{Number: 2, By: word(ctx, "平台管理员", "Platform admin"), At: noon}, {Number: 1, By: word(ctx, "平台管理员", "Platform admin"), At: noon.Add(-time.Hour)}},
	}
}
