package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
)

// tradedDay is a product whose first day has been traded and compared.
func tradedDay(t *testing.T) *product {
	t.Helper()
	p := startProduct(t, dbtest.SQLiteURL(t))
	day := app.DayOf(p.clock.Now())
	if left := time.Until(day.End()); left < time.Minute {
		time.Sleep(left)
		day = day.Next()
	}
	if err := p.server.tradeDemoDay(t.Context(), p.facts); err != nil {
		t.Fatal(err)
	}
	p.compared(payments.Scope{MerchantID: p.facts.Merchant, Mode: app.Test}, day, true)
	return p
}

// TestFinanceReadsTheDayAndWorksIt is finance's morning in both languages: the day
// with its differences, the run, a line of the original, the statement, the month;
// an exception that two people end; the payments of a filter that is kept, and
// their file.
func TestFinanceReadsTheDayAndWorksIt(t *testing.T) {
	takeStage(t)
	p := tradedDay(t)
	b, second := p.openBrowser(), p.openBrowser()
	exceptions, channels := []string{"amount", "fee"}, []app.Channel{app.WeChat, app.Alipay}
	inEachLanguage(t, b, func(r reader) {
		owner := reader{second, r.Localizer}
		r.signsIn(r.facts.FinanceEmail, r.facts.FinancePassword)
		r.readsDay()
		r.sharesOut(channels[0])
		owner.takesPhone()
		owner.signsIn(r.facts.Email, r.facts.Password)
		r.worksException(exceptions[0], owner)
		owner.signOut()
		r.keepsFilter(channels[0], 5000)
		r.exports(channels[0], 5000)
		r.signOut()
		exceptions, channels = exceptions[1:], channels[1:]
	})
}

// readsDay goes from the day to what its figures are made of, and takes its files.
func (r reader) readsDay() {
	r.t.Helper()
	r.presses(`#sidebar a[href$="/reconciliation"]`)
	r.says(".day-table", "reconcile_state.exceptions")
	r.says("main", "hash_check.matched", "type", "SHA1")
	r.shows("main", r.around("reconcile.statement_of", "account"))
	r.studies("reconcile-day")
	if lines := r.sheet(`a[href*="/statements/"][href$="xlsx"]`); len(lines) < 4 {
		r.t.Errorf("the day's statement has %v", lines)
	}
	r.presses(`.day-table .row-link`)
	r.says("main", "run.ours")
	r.do(chromedp.WaitVisible(`.run-steps`))
	r.studies("reconcile-run")
	r.presses(`a[href*="/bill?kind=trades"]`)
	r.do(chromedp.SetValue(`#bill-row`, "3"))
	r.presses(`.stepper button[type=submit]`)
	r.do(chromedp.WaitVisible(`#line-3.marked`))
	r.studies("reconcile-bill")
	r.goTo(r.base() + "/reconciliation/month")
	r.says("main", "month.balances")
	r.shows(".month-table", strings.Trim(r.N("month.differences", 9, "count", 9), "9"))
	r.studies("reconcile-month")
}
