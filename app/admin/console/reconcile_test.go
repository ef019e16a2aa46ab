package console_test

import (
	"net/http"
	"regexp"
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

func TestAMonthIsLockedAndReopenedByTwoPeople(t *testing.T) {
	h := open(t)
	asks, decides := h.as(access.Finance).english(), h.as(access.Owner).english()
	month := app.DayOf(h.clock.Now()).Start().AddDate(0, -1, 0).Format("2006-01")
	page := h.path("/reconciliation/month?month=" + month)
	asks.wants(asks.get(page), http.StatusOK, "The month is complete and can be locked")

	// What is typed must be the month, and the month must be one.
	for _, form := range [][]string{{"month", month}, {"month", month, "confirm", "2000-01"}, {"month", "2026-13", "confirm", "2026-13"}, {}} {
		asks.wants(asks.send(h.path("/reconciliation/month/lock"), form...), http.StatusUnprocessableEntity, "form-error")
	}
	asks.wants(asks.send(h.path("/reconciliation/month/reopen"), "month", month, "confirm", month, "note", "x"), http.StatusUnprocessableEntity, "The month is not locked.")

	asks.wants(asks.send(h.path("/reconciliation/month/lock"), "month", month, "confirm", month), http.StatusSeeOther)
	asks.wants(asks.get(page), http.StatusOK, "Lock asked for", "Lock awaits approval")
	asks.wants(asks.send(h.path("/reconciliation/month/lock"), "month", month, "confirm", month), http.StatusUnprocessableEntity, "already awaited")
	decides.approve(page)
	decides.wants(decides.get(page), http.StatusOK, "owner@example.com approved the lock")

	asks.wants(asks.send(h.path("/reconciliation/month/reopen"), "month", month, "confirm", month), http.StatusUnprocessableEntity, `id="error-lock-note"`)
	asks.wants(asks.send(h.path("/reconciliation/month/reopen"), "month", month, "confirm", month, "note", "A late bill"), http.StatusSeeOther)
	decides.approve(page)
	decides.wants(decides.get(page), http.StatusOK, "can be locked")
}

var approvalLink = regexp.MustCompile(`href="([^"]*/approvals/apr_[^"]*)"`)

// approve follows a page's link to the approval it waits for, and gives it.
func (b *browser) approve(page string) {
	b.Helper()
	found := approvalLink.FindStringSubmatch(b.get(page).body)
	if found == nil {
		b.Fatalf("%s waits for no approval", page)
	}
	b.wants(b.get(found[1]), http.StatusOK)
	b.wants(b.send(found[1]+"/decide", "decision", "approve"), http.StatusSeeOther)
}

func TestTheOverviewTellsOfMissingBills(t *testing.T) {
	h := open(t)
	paid(h, "HOME-1")
	b := h.as(access.Finance).english()
	if r := b.get("/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"); regexp.MustCompile("bills of").MatchString(r.body) {
		t.Error("bills of days before the accounts are missed")
	}
	h.clock.Advance(3 * 24 * time.Hour)
	b = h.browser().signIn("finance@example.com").english()
	b.wants(b.get("/console?merchant="+h.shop.Scope.MerchantID+"&mode=test"), http.StatusOK, "are missing")
	viewer := h.as(access.Viewer).english()
	if r := viewer.get("/console?merchant=" + h.shop.Scope.MerchantID + "&mode=test"); regexp.MustCompile("are missing").MatchString(r.body) {
		t.Error("a viewer is told about bills")
	}
}
