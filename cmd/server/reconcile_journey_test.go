package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
)

// TestFinanceReadsTheDay is finance's morning in both languages: the day with its
// differences, the run, a line of the original, the statement, the month.
func TestFinanceReadsTheDay(t *testing.T) {
	p := startProduct(t, "sqlite:"+filepath.Join(t.TempDir(), "piaohao.db"))
	day := app.DayOf(p.clock.Now())
	if left := time.Until(day.End()); left < time.Minute {
		time.Sleep(left)
		day = day.Next()
	}
	if err := p.server.tradeDemoDay(t.Context(), p.facts); err != nil {
		t.Fatal(err)
	}
	p.compared(payments.Scope{MerchantID: p.facts.Merchant, Mode: app.Test}, day, true)
	p.addChecker("checker@example.com")
	b := p.openBrowser()
	b.signInAs("checker@example.com", checkerPassword)
	for _, words := range []struct{ lang, differences, matches, result, statement, month, day string }{
		{"en", "Differences", "SHA1 matches", "Our books", "Statement:", "Balance check", "difference"},
		{"zh-CN", "有差异", "SHA1 校验一致", "平台账面", "对账单：", "余额核对", "差异"},
	} {
		if b.eval(`document.documentElement.lang`) != words.lang {
			b.do(chromedp.Click(`.user-menu > summary`), chromedp.Click(`button[name=language]`), chromedp.WaitVisible(`html[lang="`+words.lang+`"]`))
		}
		b.do(chromedp.Click(`a[href$="/reconciliation"]`), chromedp.WaitVisible(`.day-table`))
		b.shows(".day-table", words.differences)
		b.shows("main", words.matches)
		b.shows("main", words.statement)
		b.look("reconcile-day-" + words.lang)
		b.downloads(`a[href*="/statements/"][href$="xlsx"]`, "spreadsheetml")
		b.downloads(`a[href*="/files/"]`, "application/")

		b.do(chromedp.EmulateViewport(1440, 900), chromedp.Click(`.day-table .row-link`), chromedp.WaitVisible(`.run-steps`))
		b.shows("main", words.result)
		b.look("reconcile-run-" + words.lang)
		b.do(chromedp.EmulateViewport(1440, 900), chromedp.Click(`a[href*="/bill?kind=trades"]`), chromedp.WaitVisible(`.bill-table`))
		b.do(chromedp.SetValue(`#bill-row`, "3"), chromedp.Click(`.stepper button[type=submit]`), chromedp.WaitVisible(`#line-3.marked`))
		b.look("reconcile-bill-" + words.lang)
		b.goTo("/console/m/" + p.facts.Merchant + "/test/reconciliation/month")
		b.shows("main", words.month)
		b.shows(".month-table", words.day)
		b.look("reconcile-month-" + words.lang)
		b.do(chromedp.EmulateViewport(1440, 900))
	}
}

// downloads fetches what the first link leads to, as the browser would.
func (b *browser) downloads(sel, contentType string) {
	b.t.Helper()
	b.eval(`(window.got = "", fetch(document.querySelector('` + sel + `').href)
		.then(async r => { window.got = r.status + " " + r.headers.get("content-type") + " " + (await r.blob()).size; }), "asked")`)
	b.eventually("the file of "+sel, func() bool { return b.eval(`window.got`) != "" })
	if got := b.eval(`window.got`); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, contentType) || strings.HasSuffix(got, " 0") {
		b.t.Errorf("%s gave %q", sel, got)
	}
}
