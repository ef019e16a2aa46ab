package console_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/reconciletest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/web/templates/pages"
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

// lastMonth is the month before this one, whatever the day.
func (h *house) lastMonth() string {
	return app.Day(app.DayOf(h.clock.Now()).Month() + "-01").Add(-1).Month()
}

func TestAMonthIsLockedAndReopenedByTwoPeople(t *testing.T) {
	h := open(t)
	asks, decides := h.as(access.Finance).english(), h.as(access.Owner).english()
	month := h.lastMonth()
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

func TestFinanceFollowsADifferenceToItsLine(t *testing.T) {
	h := open(t)
	id := paid(h, "LINE-1")
	number := h.shop.Get(id).PaidAttemptID
	h.world.Plan(app.WeChat, trade.WrongAmount)
	run := h.reconciled("LINE-2")
	day := string(reconciletest.Today())
	b := h.as(access.Finance)
	for lang, words := range map[string][]string{
		"zh-CN": {"有差异", "SHA1 校验一致", "平台账面", "金额不符", "交易账单"},
		"en":    {"Differences", "SHA1 matches", "Our books", "Amount differs", "Trade bill"},
	} {
		b.send("/console/preferences", "language", lang)
		b.wants(b.get(h.path("/reconciliation")), http.StatusOK, words[0], words[1], `value="`+day+`"`, `href="`+h.path("/reconciliation/runs/"+run.ID)+`"`)
		b.wants(b.get(h.path("/reconciliation/month?month="+run.Day.Month())), http.StatusOK, run.Identity)
		page := b.get(h.path("/reconciliation/runs/" + run.ID))
		b.wants(page, http.StatusOK, words[1], words[2], words[3], words[4])
		h.leadsToItsExceptions(b, page, run)
		if strings.Contains(page.body, "hx-trigger=\"every 2s\"") {
			t.Error("a run that ended is still followed")
		}
		bill := b.get(h.path("/reconciliation/runs/" + run.ID + "/bill?kind=trades&row=2"))
		b.wants(bill, http.StatusOK, "商户订单号", "微信订单号", number, `id="line-2" class="marked"`, `aria-current="true"`)
	}
	b.english()
	b.wants(b.get(h.path("/reconciliation/runs/"+run.ID+"/bill?kind=funds")), http.StatusOK, "资金流水单号")
	h.noPayerIsNamed(b, run)
	b.wants(b.get(h.path("/reconciliation/runs/"+run.ID+"/bill?row=999")), http.StatusOK, "The file has no line 999.")
	b.wants(b.get(h.path("/reconciliation/runs/"+run.ID+"/bill?row=x&from=-1&kind=%27")), http.StatusOK, number)
}

// leadsToItsExceptions wants every count of differences on the run's page to lead
// to as many of them, whatever became of them.
func (h *house) leadsToItsExceptions(b *browser, page reply, run reconcile.Run) {
	h.Helper()
	links := regexp.MustCompile(`<a class="num textlink" href="([^"]*/exceptions[^"]*)">(\d+)</a>`).FindAllStringSubmatch(page.body, -1)
	if len(links) == 0 {
		h.Error("no count of differences is a link")
	}
	for _, link := range links {
		list := b.get(html.UnescapeString(link[1]))
		b.wants(list, http.StatusOK, pages.RunName(run.Day, run.Identity, run.SubIdentity))
		if n := strconv.Itoa(strings.Count(list.body, `name="id" value="exc_`)); n != link[2] {
			h.Errorf("%s counts %s and lists %s", link[1], link[2], n)
		}
	}
}

// noPayerIsNamed compares the page of a bill with its bytes, which name the payer.
func (h *house) noPayerIsNamed(b *browser, run reconcile.Run) {
	h.Helper()
	bills, err := h.world.Reconcile.Bills(h.system, h.shop.Scope, run.ID)
	if err != nil {
		h.Fatal(err)
	}
	packed, err := gzip.NewReader(strings.NewReader(b.get(h.path("/reconciliation/runs/" + run.ID + "/files/" + bills[0].ID)).body))
	if err != nil {
		h.Fatal(err)
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		h.Fatal(err)
	}
	rows := strings.Split(string(text), "\r\n")
	at := slices.Index(strings.Split(rows[0], ","), "用户标识")
	payer := strings.Split(rows[1], ",`")[at]
	if len(payer) < 12 || strings.Contains(b.get(h.path("/reconciliation/runs/"+run.ID+"/bill?kind=trades")).body, payer) {
		h.Errorf("the page names the payer %q", payer)
	}
}

func TestADayWithoutARunIsRunByAPerson(t *testing.T) {
	h := open(t)
	paid(h, "NOW-1")
	day := string(reconciletest.Today())
	b := h.as(access.Finance).english()
	b.wants(b.get(h.path("/reconciliation?date="+day)), http.StatusOK, "Reconcile now")
	for _, date := range []string{"", "x", string(reconciletest.Today().Add(2)), "2020-01-01"} {
		if r := b.send(h.path("/reconciliation/run"), "date", date); r.status < 400 || r.status >= 500 {
			t.Errorf("%q: %d", date, r.status)
		}
	}
	b.wants(b.send(h.path("/reconciliation/run"), "date", day), http.StatusSeeOther)
	for h.world.RunDue() > 0 {
	}
	b.wants(b.get(h.path("/reconciliation?date="+day)), http.StatusOK, "Balanced", "Reconciliation has begun.")
}

func TestAnOriginalIsHandedOutAsItCame(t *testing.T) {
	h := open(t)
	run := h.reconciled("ORIGINAL-1")
	bills, err := h.world.Reconcile.Bills(h.system, h.shop.Scope, run.ID)
	if err != nil || len(bills) != 2 {
		t.Fatalf("%d bills, %v", len(bills), err)
	}
	b := h.as(access.Owner).english()
	for _, bill := range bills {
		r := b.get(h.path("/reconciliation/runs/" + run.ID + "/files/" + bill.ID))
		sum := sha256.Sum256([]byte(r.body))
		if r.status != http.StatusOK || hex.EncodeToString(sum[:]) != bill.Key || r.header.Get("Content-Type") != "application/gzip" ||
			r.header.Get("Content-Disposition") != `attachment; filename="`+bill.Name+`"` || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %x %v", bill.Name, r.status, sum, r.header)
		}
		b.wants(b.get(h.path("/audit?action=reconciliation.download&q="+bill.ID)), http.StatusOK, bill.Name)
	}
	// A bill of another run is none of this one's.
	other := h.world.Run(app.Alipay, run.Day)
	b.wants(b.get(h.path("/reconciliation/runs/"+other.ID+"/files/"+bills[0].ID)), http.StatusNotFound)
}

func TestADayIsRunAgainByAPerson(t *testing.T) {
	h := open(t)
	run := h.reconciled("AGAIN-1")
	page := h.path("/reconciliation/runs/" + run.ID)
	b := h.as(access.Finance).english()
	b.wants(b.get(page), http.StatusOK, "Run again", "Balanced")
	paid(h, "AGAIN-2")
	if r := b.send(page + "/again"); r.status != http.StatusSeeOther || r.location() != page {
		t.Fatalf("again: %d %s", r.status, r.location())
	}
	b.wants(b.get(page), http.StatusOK, "It is being run again", `hx-trigger="every 2s"`, "Reload")
	for h.world.RunDue() > 0 {
	}
	b.wants(b.get(page), http.StatusOK, "2 items", "finance@example.com")
	owner := h.as(access.Owner).english()
	owner.wants(owner.get(h.path("/audit?action=reconciliation.run")), http.StatusOK, "Day run again", run.ID)
}

func TestARefusedFileSaysWhereAndWhatToDo(t *testing.T) {
	h := open(t)
	h.world.Plan(app.WeChat, trade.WrongAccount)
	run := h.reconciled("BROKEN-1")
	b := h.as(access.Finance).english()
	b.wants(b.get(h.path("/reconciliation")), http.StatusOK, "Failed", "Refused", "The bill belongs to another merchant number.")
	page := b.get(h.path("/reconciliation/runs/" + run.ID))
	b.wants(page, http.StatusOK, "The bill belongs to another merchant number.", "Check the account’s merchant number", "Check failed", "line ")
	if n := strings.Count(page.body, "The bill belongs to another merchant number."); n != 1 {
		t.Errorf("the page says %d times what is wrong", n)
	}
	b.wants(b.get(h.path("/reconciliation/runs/"+run.ID+"/bill")), http.StatusOK, "商户订单号")
}

func TestFinanceDownloadsTheStatementAndTheMonth(t *testing.T) {
	h := open(t)
	run := h.reconciled("FILES-1")
	b := h.as(access.Finance).english()
	day := b.get(h.path("/reconciliation"))
	link := regexp.MustCompile(`href="([^"]*/statements/stm_[^"]*format=csv)"`).FindStringSubmatch(day.body)
	if link == nil {
		t.Fatal("the day offers no statement")
	}
	csv := b.get(html.UnescapeString(link[1]))
	b.wants(csv, http.StatusOK, "\ufeff", h.shop.Get(h.orderID("FILES-1")).PaidAttemptID, "12.34")
	xlsx := b.get(html.UnescapeString(strings.Replace(link[1], "csv", "xlsx", 1)))
	if xlsx.status != http.StatusOK || !strings.HasPrefix(xlsx.body, "PK") {
		t.Errorf("xlsx: %d", xlsx.status)
	}
	b.wants(b.get(h.path("/reconciliation/statements/stm_01J0000000000000000000000A/file")), http.StatusNotFound)

	month := run.Day.Month()
	b.wants(b.send(h.path("/reconciliation/month/export"), "month", "2001-01"), http.StatusUnprocessableEntity, "Nothing of this month has been reconciled yet.")
	b.wants(b.send(h.path("/reconciliation/month/export"), "month", month), http.StatusSeeOther)
	b.wants(b.get(h.path("/reconciliation/exports")), http.StatusOK, "It is being made", "Queued", `hx-trigger="every 3s"`)
	if _, err := h.world.Statements.ExportDue(h.system); err != nil {
		t.Fatal(err)
	}
	page := b.get(h.path("/reconciliation/month?month=" + month))
	file := regexp.MustCompile(`href="([^"]*/exports/exp_[^"]*/file)"`).FindStringSubmatch(page.body)
	if file == nil {
		t.Fatalf("the month offers no file: %s", plain(page.body))
	}
	if r := b.get(file[1]); r.status != http.StatusOK || r.header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(r.body, "PK") {
		t.Errorf("the month's file: %d %v", r.status, r.header)
	}
	owner := h.as(access.Owner).english()
	owner.wants(owner.get(h.path("/audit?action=statement.download")), http.StatusOK, "Statement downloaded")
	h.failsAndIsMadeAgain(b, month)
}

// failsAndIsMadeAgain lets the month's zip and a statement's file fail, has that
// said in the reader's language, and asks for both again from where it stands.
func (h *house) failsAndIsMadeAgain(b *browser, month string) {
	h.Helper()
	const wrong = "archive: no space left on device"
	if _, err := h.shop.DB.Exec(h.system, `UPDATE exports SET status = 'failed', error = ?`, wrong); err != nil {
		h.Fatal(err)
	}
	// In the language of the files last: those of the other are others.
	for _, says := range [][2]string{{"zh-CN", "文件生成失败"}, {"en", "The file could not be made."}} {
		b.send("/console/preferences", "language", says[0])
		b.wants(b.get(h.path("/reconciliation/exports")), http.StatusOK, says[1], "<code>"+wrong+"</code>", `name="month" value="`+month+`"`)
	}
	again := regexp.MustCompile(`href="([^"]*/statements/stm_[^"]*format=csv)"`).FindStringSubmatch(b.get(h.path("/reconciliation/exports")).body)
	if again == nil {
		h.Fatal("the statement's file is not offered again")
	}
	b.wants(b.get(html.UnescapeString(again[1])), http.StatusOK, "\ufeff")
	b.wants(b.send(h.path("/reconciliation/month/export"), "month", month), http.StatusSeeOther)
	if _, err := h.world.Statements.ExportDue(h.system); err != nil {
		h.Fatal(err)
	}
	if page := b.get(h.path("/reconciliation/month?month=" + month)); strings.Contains(page.body, wrong) {
		h.Error("the month still says what was wrong")
	}
}

// orderID finds a payment by its order.
func (h *house) orderID(orderNo string) string {
	h.Helper()
	found, err := h.shop.Payments.Find(h.system, h.shop.Scope, orderNo, nil)
	if err != nil || len(found) != 1 {
		h.Fatalf("%d payments, %v", len(found), err)
	}
	return found[0].ID
}

func TestARefundTellsOfItsBill(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("STORY-3", channel.AlipayQR)
	refund := h.shop.Refund(p.ID, paymentstest.RefundInput("STORY-BACK", 100))
	page := h.path("/refunds/" + refund.ID)
	finance, viewer := h.as(access.Finance).english(), h.as(access.Viewer).english()
	finance.wants(finance.get(page), http.StatusOK, "Refund: the bill of "+string(reconciletest.Today())+" is expected after 10:00")
	h.reconciled("STORY-4")
	finance.wants(finance.get(page), http.StatusOK, "of the bill of "+string(reconciletest.Today()))
	if strings.Contains(viewer.get(page).body, "of the bill of") {
		t.Error("a viewer is told of the bill")
	}
}

func TestAPaymentTellsOfItsBill(t *testing.T) {
	h := open(t)
	id := paid(h, "STORY-1")
	page := h.path("/payments/" + id)
	finance, viewer := h.as(access.Finance).english(), h.as(access.Viewer).english()
	finance.wants(finance.get(page), http.StatusOK, "Payment: the bill of "+string(reconciletest.Today())+" is expected after 10:00")
	finance.send("/console/preferences", "language", "zh-CN")
	finance.wants(finance.get(page), http.StatusOK, "账单预计 10:00 后可取")
	finance.english()

	run := h.reconciled("STORY-2")
	at := html.EscapeString(h.path("/reconciliation/runs/" + run.ID + "/bill?kind=trades&row=2"))
	finance.wants(finance.get(page), http.StatusOK, "matches line 2 of the bill of", "channel’s amount ¥12.34, fee ¥0.07, net ¥12.27", "Channel’s fee", "0.60%", `href="`+at)
	for _, words := range []string{"of the bill of", "Channel’s fee"} {
		if strings.Contains(viewer.get(page).body, words) {
			t.Errorf("a viewer is told %q", words)
		}
	}

	h.world.Plan(app.WeChat, trade.WrongAmount)
	h.world.Again(run)
	finance.wants(finance.get(page), http.StatusOK, "differs from line 2", "Amount differs", "Differs", `/exceptions?q=`)
}
