package pages

import (
	"context"
	"testing"

	"github.com/piaohao/piaohao/web/i18n"
)

func wordsIn(t *testing.T, lang i18n.Lang) context.Context {
	t.Helper()
	bundle, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return i18n.With(t.Context(), bundle.Localizer(lang))
}

func TestSchedulesAreSaidInWords(t *testing.T) {
	en, zh := wordsIn(t, i18n.EN), wordsIn(t, i18n.ZH)
	for _, c := range []struct{ spec, en, zh string }{
		{"@every 1s", "Every second", "每 1 秒"},
		{"@every 1m", "Every minute", "每 1 分钟"},
		{"@every 10m", "Every 10 minutes", "每 10 分钟"},
		{"@hourly", "Every hour", "每小时"},
		{"@daily", "Every day", "每天"},
		{"CRON_TZ=Asia/Shanghai 5 9 * * *", "Every day at 09:05, Beijing time", "每天 09:05（北京时间）"},
		{"CRON_TZ=Asia/Shanghai 30 9 * * 1-5", "CRON_TZ=Asia/Shanghai 30 9 * * 1-5", "CRON_TZ=Asia/Shanghai 30 9 * * 1-5"},
		{"@every soon", "@every soon", "@every soon"},
	} {
		if got := schedule(en, c.spec); got != c.en {
			t.Errorf("%s is %q in English, want %q", c.spec, got, c.en)
		}
		if got := schedule(zh, c.spec); got != c.zh {
			t.Errorf("%s is %q in Chinese, want %q", c.spec, got, c.zh)
		}
	}
}

func TestDurationsAreSaidInTheUnitThatMatters(t *testing.T) {
	en := wordsIn(t, i18n.EN)
	for ms, want := range map[int64]string{12: "12 ms", 4210: "4.2 s", 61_000: "1 min 1 s", 3_600_000: "1 h 0 min"} {
		if got := took(en, ms); got != want {
			t.Errorf("%d ms are %q, want %q", ms, got, want)
		}
	}
}

func TestAnApprovalOfAKeySaysInWordsWhatItMayDo(t *testing.T) {
	en := wordsIn(t, i18n.EN)
	facts := func(summary map[string]string) map[string]string {
		out := map[string]string{}
		for _, f := range (Approval{ApprovalRow: ApprovalRow{Kind: "key_create", Summary: summary}}).changeFacts(en) {
			out[f[0]] = f[1]
		}
		return out
	}
	some := facts(map[string]string{"name": "Shop", "scopes": "payments:read, refunds:write", "addresses": "203.0.113.7"})
	if some["Permissions"] != "Read payments; Create refunds" || some["Allowed addresses"] != "203.0.113.7" {
		t.Errorf("the approver reads %v", some)
	}
	all := facts(map[string]string{"name": "Shop"})
	if all["Permissions"] != "Everything" || all["Allowed addresses"] != "Any" {
		t.Errorf("of a key that may do everything, the approver reads %v", all)
	}
}
