package console_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
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
)

// exported makes a file of all the shop's payments or refunds.
func (h *house) exported(kind string) exports.Export {
	h.Helper()
	return h.exportedBy(exports.Scope(h.shop.Scope), kind)
}

func (h *house) exportedBy(scope exports.Scope, kind string) exports.Export {
	h.Helper()
	e, err := h.exports.Ask(h.system, exports.Request{
		Scope: scope, Kind: kind, Params: "{}", Format: exports.CSV, Locale: "en", Name: kind,
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
	h.failsInWords(b, e)
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

// failsInWords has a try of the export fail, and then all: the reader is told in
// their language, with the system's own text beside it.
func (h *house) failsInWords(b *browser, e exports.Export) {
	h.Helper()
	const wrong = "write a row: no space left on device"
	for status, said := range map[exports.Status]map[string]string{
		exports.Queued: {"zh-CN": "稍后自动重试", "en": "tried again shortly"},
		exports.Failed: {"zh-CN": "文件生成失败", "en": "The file could not be made."},
	} {
		if _, err := h.shop.DB.Exec(h.system, `UPDATE list_exports SET status = ?, error = ? WHERE id = ?`, status, wrong, e.ID); err != nil {
			h.Fatal(err)
		}
		for _, lang := range []string{"zh-CN", "en"} {
			b.send("/console/preferences", "language", lang)
			b.wants(b.get(h.path("/exports")), http.StatusOK, said[lang], "<code>"+wrong+"</code>")
		}
	}
	if _, err := h.shop.DB.Exec(h.system, `UPDATE list_exports SET status = ?, error = '' WHERE id = ?`, e.Status, e.ID); err != nil {
		h.Fatal(err)
	}
}
