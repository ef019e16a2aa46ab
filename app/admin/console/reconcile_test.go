package console_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
)

func TestADayBeforeItsBillsSaysWhenTheyCome(t *testing.T) {
	h := open(t)
	b := h.as(access.Finance)
	today := app.DayOf(h.clock.Now())
	for language, words := range map[string][]string{
		"en": {"The bills are expected after 10:00", "Not published", h.shop.WeChat.Identity, h.shop.Alipay.Identity, "Which day does a payment belong to?"},
		"zh": {"账单预计 10:00 后可取", "待出账", "一笔账属于哪一天"},
	} {
		b.send("/console/preferences", "language", map[string]string{"en": "en", "zh": "zh-CN"}[language])
		b.wants(b.get(h.path("/reconciliation?date="+string(today))), http.StatusOK, words...)
	}
}

func TestADayOpensOnTheLatestBill(t *testing.T) {
	h := open(t)
	b := h.as(access.Finance)
	latest := app.DayOf(h.clock.Now().Add(-10 * time.Hour)).Add(-1)
	b.wants(b.get(h.path("/reconciliation")), http.StatusOK, `value="`+string(latest)+`"`)
}

func TestADayThatCannotBeIsRefused(t *testing.T) {
	h := open(t)
	b := h.as(access.Finance)
	tomorrow := app.DayOf(h.clock.Now()).Next()
	for _, date := range []string{"2026-02-30", "yesterday", "1999-12-31", string(tomorrow)} {
		b.wants(b.get(h.path("/reconciliation?date="+date)), http.StatusUnprocessableEntity, `id="bill-day-error"`)
	}
	for _, month := range []string{"2026-13", "november", "1999-12", tomorrow.Add(31).Month()} {
		b.wants(b.get(h.path("/reconciliation/month?month="+month)), http.StatusUnprocessableEntity, `class="field-error"`)
	}
}

func TestAMonthThatRunsCannotBeLocked(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	r := b.get(h.path("/reconciliation/month"))
	b.wants(r, http.StatusOK, "The month is not over", app.DayOf(h.clock.Now()).Month())
}
