package console_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	listfiles "github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/views"
)

// exported makes a file of all the shop's payments or refunds.
func (h *house) exported(kind string) exports.Export {
	h.Helper()
	e, err := h.exports.Ask(h.system, exports.Request{
		Scope: exports.Scope(h.shop.Scope), Kind: kind, Params: "{}", Format: exports.CSV, Locale: "en", Name: kind,
		By: approvals.Person{Kind: approvals.ByUser, ID: "usr_1", Name: "owner@example.com"},
	})
	if err != nil {
		h.Fatal(err)
	}
	h.makeFiles()
	return e
}

func (h *house) makeFiles() {
	h.Helper()
	if _, err := h.exports.RunDue(h.system); err != nil {
		h.Fatal(err)
	}
}

// newest is the newest export of the kind.
func (h *house) newest(kind string) exports.Export {
	h.Helper()
	list, err := h.exports.List(h.system, exports.Scope(h.shop.Scope), []string{kind}, "")
	if err != nil || len(list) == 0 {
		h.Fatalf("exports %v, %v", list, err)
	}
	return list[0]
}

// download asks for a list's file by the console, has it made, and returns it.
func (b *browser) download(list string, fields ...string) (exports.Export, string) {
	b.Helper()
	r := b.send(b.path("/"+list+"/exports"), fields...)
	if r.status != http.StatusSeeOther || r.location() != b.path("/exports") {
		b.Fatalf("ask: %d to %q\n%s", r.status, r.location(), plain(r.body))
	}
	b.makeFiles()
	e := b.newest(list)
	got := b.get(b.path("/" + list + "/exports/" + e.ID + "/file"))
	if got.status != http.StatusOK || !strings.Contains(got.header.Get("Content-Disposition"), e.FileName()) {
		b.Fatalf("download: %d %v\n%s", got.status, got.header, plain(got.body))
	}
	return e, got.body
}

func table(t *testing.T, text string) [][]string {
	t.Helper()
	rest, ok := strings.CutPrefix(text, "\ufeff")
	if !ok || !strings.Contains(text, "\r\n") {
		t.Errorf("the CSV has no byte order mark or no CRLF: %q", text[:20])
	}
	rows, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// column returns a column's cells below its head.
func column(t *testing.T, rows [][]string, name string) []string {
	t.Helper()
	for i, head := range rows[0] {
		if head == name {
			var out []string
			for _, r := range rows[1:] {
				if i < len(r) {
					out = append(out, r[i])
				} else {
					out = append(out, "")
				}
			}
			return out
		}
	}
	t.Fatalf("no column %q in %v", name, rows[0])
	return nil
}

func addUp(t *testing.T, cells []string) app.Money {
	t.Helper()
	var sum app.Money
	for _, c := range cells {
		if c == "" {
			continue
		}
		m, err := app.ParseYuan(strings.ReplaceAll(c, ",", ""))
		if err != nil {
			t.Fatalf("%q: %v", c, err)
		}
		sum += m
	}
	return sum
}

func TestAFilteredListIsExportedWholeAndSumsToWhatTheScreenSays(t *testing.T) {
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openOn(t, d, clock)
		paid(h, "EXP-1")
		refunded := h.shop.Paid("EXP-2", channel.AlipayQR)
		h.shop.WaitRefund(h.shop.Refund(refunded.ID, paymentstest.RefundInput("BACK-1", 234)).ID, payments.RefundSucceeded)
		danger := order("EXP-3")
		danger.Subject = `=HYPERLINK("http://evil.example","open")`
		h.shop.Create(danger)
		b := h.as(access.Finance).english()

		b.header.Set("HX-Request", "true")
		screen := b.get(h.path("/payments/totals"))
		b.wants(screen, http.StatusOK, "¥24.68", "¥2.34")
		b.header.Del("HX-Request")
		if strings.Contains(screen.body, "<html") {
			h.Error("the fragment is a whole page")
		}
		b.wants(b.get(h.path("/payments?totals=1")), http.StatusOK, "¥24.68", "¥2.34")
		if later := b.get(h.path("/payments")); strings.Contains(later.body, "¥24.68") || !strings.Contains(later.body, h.path("/payments/totals")) {
			h.Error("the list does not come before its totals")
		}

		e, text := b.download("payments", "format", "csv")
		rows := table(t, text)
		if len(rows) != 4 || e.Rows != 3 {
			h.Fatalf("%d rows, %+v", len(rows), e)
		}
		if sum := addUp(t, column(t, rows, "Amount received")); sum != 2468 {
			h.Errorf("received %s", sum)
		}
		if sum := addUp(t, column(t, rows, "Refunded")); sum != 234 {
			h.Errorf("refunded %s", sum)
		}
		if said := strings.Join(column(t, rows, "Refund numbers"), ""); said != "BACK-1" {
			h.Errorf("refunds %q", said)
		}
		if subjects := strings.Join(column(t, rows, "Subject"), "|"); !strings.Contains(subjects, `'=HYPERLINK(`) || strings.Contains(subjects, "|=") || strings.HasPrefix(subjects, "=") {
			h.Errorf("a formula stands in the CSV: %s", subjects)
		}
		if created := column(t, rows, "Created")[0]; !strings.HasSuffix(created, " +08:00") {
			h.Errorf("created %q", created)
		}

		e, text = b.download("payments", "status", "succeeded", "period", "today")
		if !strings.Contains(e.Query, "status=succeeded") || !strings.Contains(e.Query, "from=") || strings.Contains(e.Query, "period") {
			h.Errorf("the export keeps %q", e.Query)
		}
		sheet := spreadsheet(t, text)
		if len(sheet) != 4 || sheet[3][0] != "Total 2" || sheet[3][8] != "2 succeeded" {
			h.Fatalf("%v", sheet)
		}
		if got := column(t, sheet, "Amount received"); got[2] != "24.68" {
			h.Errorf("the total row says %v", got)
		}
		b.wants(b.get(h.path("/exports")), http.StatusOK, "Ready", "Succeeded", "Until ", "finance@example.com", ">csv<", ">xlsx<")

		// What is made after the asking is left out, and refunds have a file of their own.
		b.wants(b.send(h.path("/refunds/exports"), "format", "csv"), http.StatusSeeOther)
		h.clock.Advance(time.Second)
		h.shop.Refund(refunded.ID, paymentstest.RefundInput("BACK-2", 100))
		h.makeFiles()
		later := b.get(h.path("/refunds/exports/" + h.newest("refunds").ID + "/file"))
		rows = table(t, later.body)
		if got := column(t, rows, "Refund number"); len(got) != 1 || got[0] != "BACK-1" {
			h.Errorf("refunds %v", got)
		}
		if got := column(t, rows, "Method"); got[0] != "Alipay QR code" {
			h.Errorf("the refund's method is %q", got[0])
		}

		// An empty set is still a file with its header.
		e, text = b.download("payments", "status", "closed", "format", "csv")
		if rows := table(t, text); len(rows) != 1 || e.Rows != 0 {
			h.Errorf("an empty export: %v", rows)
		}
		b.wants(b.get(h.path("/exports")), http.StatusOK, "No rows matched")
		owner := h.as(access.Owner).english()
		owner.wants(owner.get(h.path("/audit?q="+e.ID)), http.StatusOK, "Requested an export", "Downloaded an export", "status=closed")
	}, dbtest.WithClock(clock))
}

func spreadsheet(t *testing.T, text string) [][]string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestExportsBelongToThoseWhoMayExport(t *testing.T) {
	h := open(t)
	paid(h, "WHO-1")
	mine := h.exported(listfiles.Payments)
	viewer := h.as(access.Viewer).english()
	viewer.wants(viewer.get(h.path("/exports")), http.StatusOK, "You don’t have access")
	if r := viewer.get(h.path("/payments")); strings.Contains(r.body, h.path("/payments/exports")) {
		t.Error("a viewer is offered to export")
	}
	for _, role := range []access.Role{access.Viewer, access.Developer, access.PlatformAdmin} {
		b := viewer
		if role != access.Viewer {
			b = h.as(role)
		}
		b.wants(b.send(h.path("/payments/exports"), "format", "csv"), http.StatusForbidden)
		b.wants(b.send(h.path("/refunds/exports"), "format", "csv"), http.StatusForbidden)
		b.wants(b.get(h.path("/payments/exports/"+mine.ID+"/file")), http.StatusForbidden)
	}
	finance := h.as(access.Finance)
	finance.wants(finance.get(h.path("/payments/exports/"+mine.ID+"/file")), http.StatusOK)
	finance.wants(finance.get(h.path("/refunds/exports/"+mine.ID+"/file")), http.StatusNotFound)
	finance.wants(finance.get(strings.Replace(h.path("/payments/exports/"+mine.ID+"/file"), "/test/", "/live/", 1)), http.StatusNotFound)
	finance.wants(finance.send(h.path("/payments/exports"), "format", "exe"), http.StatusUnprocessableEntity)
	finance.wants(finance.send(h.path("/payments/exports"), "from", "yesterday"), http.StatusUnprocessableEntity)
	finance.wants(finance.send(h.path("/payments/exports"), "q", "WHO-1"), http.StatusUnprocessableEntity)
	finance.wants(finance.send(h.path("/payments/exports"), "from", "2001-01-01"), http.StatusUnprocessableEntity)
}

func TestAnExportIsCancelledMadeAgainAndExpires(t *testing.T) {
	h := open(t)
	paid(h, "LIFE-1")
	b := h.as(access.Owner).english()
	b.wants(b.send(h.path("/payments/exports"), "format", "csv"), http.StatusSeeOther)
	e := h.newest("payments")
	at := h.path("/payments/exports/" + e.ID)
	b.wants(b.get(h.path("/exports")), http.StatusOK, "Queued", `hx-trigger="every 2s"`, at+"/cancel")
	b.wants(b.get(at+"/file"), http.StatusConflict, "not ready yet")
	b.wants(b.send(at+"/cancel"), http.StatusSeeOther)
	h.makeFiles()
	b.wants(b.get(h.path("/exports")), http.StatusOK, "Cancelled", at+"/retry")
	b.wants(b.send(at+"/retry"), http.StatusSeeOther)
	h.makeFiles()
	b.wants(b.get(at+"/file"), http.StatusOK)
	h.clock.Advance(exports.Kept + time.Second)
	if n, err := h.exports.ExpireDue(h.system); err != nil || n != 1 {
		t.Fatalf("%d expired, %v", n, err)
	}
	b = h.browser().signIn("owner@example.com").english()
	b.wants(b.get(h.path("/exports")), http.StatusOK, "Expired", at+"/retry")
	b.wants(b.get(at+"/file"), http.StatusConflict, "has expired")
	b.wants(b.send(at+"/retry"), http.StatusSeeOther)
	h.makeFiles()
	b.wants(b.get(at+"/file"), http.StatusOK, "LIFE-1")
	for i := range exports.Waiting {
		b.wants(b.send(h.path("/payments/exports"), "format", "csv", "min", strings.Repeat("1", i+1)), http.StatusSeeOther)
	}
	b.wants(b.send(h.path("/payments/exports"), "format", "csv", "max", "1"), http.StatusConflict, "still being made")
	b.wants(b.send(h.path("/payments/exports"), "format", "csv", "min", "1"), http.StatusSeeOther) // the same again is the same
}

func TestSavedViewsAreTheListsOwnFilters(t *testing.T) {
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openOn(t, d, clock)
		paid(h, "VIEW-1")
		owner, finance := h.as(access.Owner).english(), h.as(access.Finance).english()
		at := h.path("/payments/views")
		if r := owner.get(h.path("/payments")); strings.Contains(r.body, ">Save view<") {
			h.Error("a list without filters is offered as a view")
		}
		owner.wants(owner.get(h.path("/payments?status=failed&period=yesterday")), http.StatusOK, ">Save view<", `name="status" value="failed"`)
		saved := owner.send(at, "view_name", " Failed  yesterday ", "status", "failed", "period", "yesterday", "nonsense", "x", "method", "gold")
		if saved.status != http.StatusSeeOther || saved.location() != h.path("/payments?period=yesterday&status=failed") {
			h.Fatalf("%d to %q", saved.status, saved.location())
		}
		list := owner.get(saved.location())
		owner.wants(list, http.StatusOK, "Failed yesterday", `aria-current="page"`, "View saved.")
		if strings.Contains(list.body, ">Save view<") {
			h.Error("a view can be saved twice")
		}
		owner.wants(owner.send(at, "view_name", "Failed yesterday", "status", "closed"), http.StatusUnprocessableEntity, "Another view has this name", `value="Failed yesterday"`)
		owner.wants(owner.send(at, "view_name", "  ", "status", "closed"), http.StatusUnprocessableEntity, "1 to 40 characters")
		owner.wants(owner.send(at, "view_name", "Nothing"), http.StatusUnprocessableEntity, "there is nothing to save")
		finance.wants(finance.send(at, "view_name", "Mine", "status", "failed", "shared", "1"), http.StatusForbidden)

		// A view of one's own is nobody else's; a shared one is everybody's.
		id := viewID(owner.get(at).body)
		if strings.Contains(finance.get(h.path("/payments")).body, "Failed yesterday") {
			h.Error("another's view is seen")
		}
		for _, do := range []string{"/change", "/delete"} {
			finance.wants(finance.send(at+"/"+id+do, "view_name", "Stolen"), http.StatusNotFound)
			owner.wants(owner.send(h.path("/refunds/views/"+id+do), "view_name", "Elsewhere"), http.StatusNotFound)
			owner.wants(owner.send(strings.Replace(at+"/"+id+do, "/test/", "/live/", 1), "view_name", "Elsewhere"), http.StatusNotFound)
		}
		owner.wants(owner.send(at+"/"+id+"/change", "view_name", ""), http.StatusUnprocessableEntity, "1 to 40 characters")
		owner.wants(owner.send(at+"/"+id+"/change", "view_name", "Failed <b>", "shared", "1"), http.StatusSeeOther)
		finance.wants(finance.get(h.path("/payments")), http.StatusOK, "Failed &lt;b&gt;", "Shared")
		finance.wants(finance.get(at), http.StatusOK, "Failed &lt;b&gt;")
		finance.wants(finance.send(at+"/"+id+"/delete"), http.StatusNotFound)

		// An owner may take away what a member has shared, and nobody keeps too many.
		owner.wants(owner.send(at+"/"+id+"/delete"), http.StatusSeeOther)
		owner.wants(owner.get(at), http.StatusOK, "No saved views")
		for i := range 20 {
			finance.wants(finance.send(at, "view_name", "V"+strings.Repeat("i", i+1), "min", strings.Repeat("1", i+1)), http.StatusSeeOther)
		}
		finance.wants(finance.send(at, "view_name", "One more", "status", "failed"), http.StatusUnprocessableEntity, "20 views already")
	}, dbtest.WithClock(clock))
}

func viewID(body string) string {
	_, rest, _ := strings.Cut(body, "/views/viw_")
	id, _, _ := strings.Cut(rest, "/")
	return "viw_" + id
}

func TestTheDaysOfAListAreAlwaysShown(t *testing.T) {
	h := open(t)
	paid(h, "DAYS-1")
	b := h.as(access.Viewer).english()
	b.wants(b.get(h.path("/payments")), http.StatusOK, "Last 30 days", "period=yesterday")
	b.wants(b.get(h.path("/payments?period=yesterday")), http.StatusOK, "Yesterday", "Nothing matches these filters", `name="period" value="yesterday"`)
	b.wants(b.get(h.path("/payments?period=90d&sort=oldest")), http.StatusOK, "Last 90 days", `aria-sort="ascending"`, "DAYS-1", `name="sort" value="oldest"`)
	b.wants(b.get(h.path("/payments?from=2001-01-01&to=2001-01-31&period=today")), http.StatusOK, "2001-01-01 – 2001-01-31", "Clear filters")
	b.wants(b.get(h.path("/refunds?status=abnormal")), http.StatusOK)
	// A number is found whatever the days say, and no other filter is pretended.
	found := b.get(h.path("/payments?q=" + url.QueryEscape("\u00a0'DAYS-1\"\t") + "&status=failed&period=yesterday"))
	b.wants(found, http.StatusOK, `title="DAYS-1"`)
	if strings.Contains(found.body, `value="failed" selected`) || strings.Contains(found.body, "Yesterday") {
		t.Error("filters are shown that do not count")
	}
}

func TestOldestFirstPagesForward(t *testing.T) {
	h := open(t)
	p := h.shop.Paid("LINE-1", channel.AlipayQR)
	for range 27 {
		h.shop.Clock.Advance(time.Millisecond)
		h.shop.Refund(p.ID, paymentstest.RefundInput(app.NewID("R", time.Now()), 1))
	}
	b := h.as(access.Viewer).english()
	path, seen := h.path("/refunds?sort=oldest&payment=LINE-1&by="), 0
	for range 3 {
		r := b.get(path)
		b.wants(r, http.StatusOK)
		seen += strings.Count(r.body, `<td class="p11 clip"`)
		next := regexp.MustCompile(`href="([^"]*cursor=[^"]*)"`).FindStringSubmatch(r.body)
		if next == nil {
			break
		}
		b.wants(r, http.StatusOK, "Newer")
		path = strings.ReplaceAll(next[1], "&amp;", "&")
	}
	if seen != 27 {
		t.Errorf("%d refunds on all pages", seen)
	}
}

// viewed keeps a shared view of the shop's payments and returns its id.
func (h *house) viewed() string {
	h.Helper()
	v, err := h.config.Views.Save(h.system, views.Place{MerchantID: h.shop.Scope.MerchantID, Mode: h.shop.Scope.Mode, List: "payments", UserID: "usr_1"}, "Theirs", "status=failed", true)
	if err != nil {
		h.Fatal(err)
	}
	return v.ID
}
