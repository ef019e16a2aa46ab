package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/report"
	"github.com/piaohao/piaohao/web/templates/components"
)

// worksException takes an exception of the type from the queue and proposes how it
// ends; somebody else, who signs in beside, decides it on a phone.
func (r reader) worksException(kind string, second reader) {
	r.t.Helper()
	r.presses(`#sidebar a[href$="/exceptions"]`)
	r.studies("exceptions")
	r.chooses("type", kind)
	r.eventually("the queue shows the type alone", func() bool {
		return r.eval(`location.search`) == "?type="+kind && r.text("#list .row-link") == r.word("exception_type."+kind)
	})
	r.presses(`#list .row-link`)
	page := r.eval(`location.pathname`)
	r.says(".object-title", "exception_status.open")
	r.shows(".blamed", r.word("exception_fact."+map[string]string{"amount": "amount", "fee": "amount"}[kind]))
	r.says("main", "exception.resolve_line")
	r.studies("exception")

	r.do(chromedp.Click(`input[name=resolution][value=accept_channel]`))
	r.types("why", "  ")
	r.presses(`form[action$="/propose"] button[type=submit]`)
	if r.text(`#error-why`) == "" {
		r.t.Errorf("a proposal without a reason is taken: %s", r.page())
	}
	r.types("why", "The channel showed us its record")
	r.presses(`form[action$="/propose"] button[type=submit]`)
	r.isTold("flash.exception_proposed")
	r.says(".object-title", "exception_status.proposed")
	r.presses(`.page-actions a`)
	r.says("main", "approval.own_line")
	if r.has(`button[value=approve]`) {
		r.t.Error("who proposes is offered the decision")
	}
	r.studies("exception-own-approval")

	second.approves("exception-approval", "agreed")
	r.goTo(page)
	r.says(".object-title", "exception_status.resolved")
	r.says("main .facts", "exception_resolution.accept_channel")
	for _, who := range []string{"Demo Finance", "Demo Owner"} {
		r.shows("main table .p21", who)
	}
	var status string
	if err := r.server.db.Get(r.t.Context(), &status, `SELECT status FROM exceptions WHERE id = ?`, page[strings.LastIndex(page, "/")+1:]); err != nil || status != "resolved" {
		r.t.Errorf("the database says %s, %v", status, err)
	}
}

// sharesOut takes on several exceptions of a filter, whose number stands beside
// them, and without script gives them back: the filter stays in both.
func (r reader) sharesOut(channel app.Channel) {
	r.t.Helper()
	filter := "?channel=" + string(channel)
	r.goTo(r.base() + "/exceptions" + filter)
	counts := func(of string) string {
		return r.eval("String(document.querySelectorAll(`#list tbody " + of + "`).length)")
	}
	all, _ := strconv.Atoi(counts("tr"))
	if all < 2 || r.eval(`String(document.querySelector(".bulk-bar button").disabled)`) != "true" {
		r.t.Fatalf("there is nothing to choose from, or nothing must be chosen: %s", r.page())
	}
	r.do(chromedp.Click(`[data-check-all]`))
	r.says(".bulk-count", "exceptions.chosen", "count", all)
	r.do(chromedp.Click(`#list tbody tr:first-child [name=id]`))
	r.says(".bulk-count", "exceptions.chosen", "count", all-1)
	if got := r.eval(`String(document.querySelector("[data-check-all]").indeterminate)`); got != "true" {
		r.t.Errorf("the box of all says %s of some", got)
	}
	r.presses(`.bulk-bar button`)
	r.isTold("flash.exceptions_assigned", "count", all-1)
	if at, mine := r.eval(`location.search`), counts(".owner:not(:has(.none))"); at != filter || mine != strconv.Itoa(all-1) {
		r.t.Errorf("%s shows %s taken on, want %s and %d", at, mine, filter, all-1)
	}

	r.scripts(false)
	r.goTo(r.base() + "/exceptions" + filter)
	if r.eval(`String(document.querySelector("[data-check-all]").checkVisibility())`) == "true" {
		r.t.Error("a box that does nothing is shown")
	}
	r.eval(`(document.querySelector(".bulk-bar [name=owner]").value = "nobody")`)
	r.eval(`(document.querySelectorAll("#list tbody [name=id]").forEach((box) => { box.checked = true; }), "")`)
	r.presses(`.bulk-bar button`)
	r.says("#toasts", "flash.exceptions_assigned", "count", all-1)
	if at, mine := r.eval(`location.search`), counts(".owner:not(:has(.none))"); at != filter || mine != "0" {
		r.t.Errorf("without script %s shows %s taken on, want %s and none", at, mine, filter)
	}
	r.scripts(true)
}

// scripts lets pages run scripts, or not.
func (b *browser) scripts(run bool) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run}); err != nil {
		b.t.Fatal(err)
	}
}

// chooses takes a filter's option, as a mouse does: the list follows by itself.
func (b *browser) chooses(name, option string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`(() => { const s = document.querySelector("#filter-%s"); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return ""; })()`, name, option))
}

// summed is what a set of payments comes to.
type summed struct {
	Count     int       `db:"n"`
	Succeeded int       `db:"succeeded"`
	Received  app.Money `db:"received"`
	Refunded  app.Money `db:"refunded"`
}

// booked sums, without the product's help, what the database has of a channel's
// payments of at least an amount.
func (p *product) booked(channel app.Channel, least app.Money) (f summed, orders []string) {
	p.t.Helper()
	const of = ` FROM payments WHERE merchant_id = ? AND mode = 'test' AND channel = ? AND amount >= ?`
	err := p.server.db.Get(p.t.Context(), &f, `SELECT COUNT(*) AS n, SUM(CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END) AS succeeded,
 SUM(CASE WHEN status = 'succeeded' THEN amount ELSE 0 END) AS received, SUM(amount_refunded) AS refunded`+of, p.facts.Merchant, channel, least)
	if err == nil {
		err = p.server.db.Select(p.t.Context(), &orders, `SELECT order_no`+of, p.facts.Merchant, channel, least)
	}
	if err != nil || f.Count < 2 {
		p.t.Fatalf("%+v: %v", f, err)
	}
	return f, orders
}

// totals wants the page above its list to say what the set comes to.
func (r reader) totals(want summed) {
	r.t.Helper()
	r.says(".totals", "payments.total_amount")
	got := strings.Fields(strings.ReplaceAll(r.text(".totals .total-value"), "\n", " "))
	if say := []string{components.Count(int64(want.Count)), components.Count(int64(want.Succeeded)), want.Received.String(), want.Refunded.String()}; !slices.Equal(got, say) {
		r.t.Errorf("the page's totals are %v, the database's %v", got, say)
	}
}

// keepsFilter filters the payments, saves that as a view, and opens it again.
func (r reader) keepsFilter(channel app.Channel, least app.Money) {
	r.t.Helper()
	want, orders := r.booked(channel, least)
	r.presses(`#sidebar a[href$="/payments"]`)
	r.studies("payments-all")
	r.chooses("channel", string(channel))
	r.eventually("the list is of the channel alone", func() bool { return strings.Contains(r.eval(`location.search`), "channel="+string(channel)) })
	r.eval(fmt.Sprintf(`(() => { const f = document.querySelector("form.filters [name=min]"); f.value = %q; f.dispatchEvent(new Event("change", {bubbles: true})); return ""; })()`, least.Yuan()))
	r.eventually("the list has what is filtered", func() bool { return len(strings.Fields(r.text("#list .row-link"))) == want.Count })
	r.totals(want)
	filtered := r.eval(`location.search`)

	name := r.word("channel."+string(channel)) + " ≥ " + least.String()
	r.do(chromedp.Click(`.save-view summary`), chromedp.WaitVisible(`.save-view [name=view_name]`))
	r.types("view_name", name)
	r.presses(`.save-view button`)
	r.isTold("flash.view_saved")
	r.goTo(r.base() + "/payments")
	r.shows(".view-links", name)
	r.takesPhone()
	r.presses(`.view-links a:last-child`)
	r.fits()
	r.sitsDown()
	if got := r.eval(`location.search`); !sameQuery(got, filtered) {
		r.t.Errorf("the view opens %s, saved was %s", got, filtered)
	}
	got := strings.Fields(r.text("#list .row-link"))
	slices.Sort(got)
	if slices.Sort(orders); !slices.Equal(got, orders) {
		r.t.Errorf("the view shows %v, want %v", got, orders)
	}
	r.totals(want)
	r.studies("payments-view")
}

func sameQuery(a, b string) bool {
	split := func(q string) []string {
		parts := strings.Split(strings.TrimPrefix(q, "?"), "&")
		slices.Sort(parts)
		return parts
	}
	return slices.Equal(split(a), split(b))
}

// exports has the list on the page made a file in the background, waits for it
// where it is announced, and finds in it what the page and the database say.
func (r reader) exports(channel app.Channel, least app.Money) {
	r.t.Helper()
	want, orders := r.booked(channel, least)
	r.do(chromedp.Click(`.export-menu summary`), chromedp.WaitVisible(`.export-menu button`))
	r.presses(`.export-menu button`)
	r.isTold("flash.file_asked")
	r.says("#list tbody tr:first-child", "file_status.done")
	r.shows("#list tbody tr:first-child", r.word("channel."+string(channel)))
	r.studies("files")

	rows := r.sheet(`#list tbody tr:first-child a[download]`)
	lines, total := rows[1:len(rows)-1], rows[len(rows)-1]
	var got []string
	var received, refunded app.Money
	for _, line := range lines {
		got = append(got, line[0])
		received += r.cell(line[12])
		refunded += r.cell(line[15])
	}
	slices.Sort(got)
	slices.Sort(orders)
	if !slices.Equal(got, orders) || received != want.Received || refunded != want.Refunded {
		r.t.Errorf("the file has %v with %s received, %s refunded; the database %v with %s and %s", got, received, refunded, orders, want.Received, want.Refunded)
	}
	if total[0] != map[string]string{"en": fmt.Sprintf("Total %d", want.Count), "zh-CN": fmt.Sprintf("合计 %d 笔", want.Count)}[string(r.Lang())] ||
		r.cell(total[12]) != want.Received || r.cell(total[15]) != want.Refunded {
		r.t.Errorf("the file's last row is %v, want %+v", total, want)
	}
	if head := rows[0][0]; head != r.word("payments.order_no") {
		r.t.Errorf("the first column is called %q", head)
	}
}

// sheet downloads the spreadsheet of the first link as the browser does, and reads
// its first sheet.
func (b *browser) sheet(sel string) [][]string {
	b.t.Helper()
	b.eval("(window.got = '', fetch(document.querySelector(`" + sel + "`).href)" + `
		.then(async r => { const bytes = new Uint8Array(await r.arrayBuffer()); window.got = r.status + " " + btoa(Array.from(bytes, (c) => String.fromCharCode(c)).join("")); }), "asked")`)
	b.eventually("the file of "+sel, func() bool { return b.eval(`window.got`) != "" })
	status, text, _ := strings.Cut(b.eval(`window.got`), " ")
	body, err := base64.StdEncoding.DecodeString(text)
	if status != "200" || err != nil {
		b.t.Fatalf("%s is answered %s, %v", sel, status, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{RawCellValue: true})
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetList()[0])
	if err != nil || len(rows) < 3 {
		b.t.Fatalf("%s has %v, %v", sel, rows, err)
	}
	return rows
}

// cell reads an amount of a spreadsheet; an empty one is nothing.
func (b *browser) cell(text string) app.Money {
	b.t.Helper()
	if text == "" {
		return 0
	}
	m, err := report.ParseMoneyCell(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}
