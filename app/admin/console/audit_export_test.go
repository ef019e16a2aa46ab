package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"

func TestARowSaysFromWhereAndLeadsToEverythingOfItsRequestSessionAndTarget(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	b.header.Set("User-Agent", chrome)
	var ids []string
	for _, name := range []string{"Till key", "tillage", "Other"} {
		k, _, err := h.shop.Merchants.CreateKey(h.system, h.shop.Scope.MerchantID, app.Test, merchants.KeyInput{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, k.ID)
	}
	b.wants(b.send(h.path("/keys/"+ids[0]+"/revoke"), "confirm", "Till key"), http.StatusSeeOther)
	row := h.last(h.shop.Scope.MerchantID)
	if row.Action != "key.revoke" || row.Agent != chrome || !app.ValidID(app.PrefixSession, row.Session) || row.Name != "Till key" {
		t.Fatalf("row %+v", row)
	}
	for query, want := range map[string]int{
		"q=till": 3, "q=TILL+KEY": 2, "q=" + ids[0]: 2, "q=" + row.RequestID: 1, "q=" + row.Session: 1, "q=till&action=key.revoke": 1,
		"q=none": 0, "actor=program&q=till": 2,
	} {
		r := b.get(h.path("/audit?" + query))
		b.wants(r, http.StatusOK)
		if got := strings.Count(r.body, `<td class="p11"`); got != want {
			t.Errorf("?%s lists %d rows, want %d", query, got, want)
		}
	}
	b.wants(b.get(h.path("/audit?q="+row.RequestID)), http.StatusOK, "Chrome 149 · Windows", "127.0.0.1", "Till key", "Windows NT 10.0",
		h.path("/audit?q="+row.Session), h.path("/audit?q="+row.RequestID), h.path("/audit?q="+ids[0]))

	// The sign-in itself is the session's first act.
	root := h.as(access.PlatformAuditor).english()
	root.wants(root.get("/console/admin/audit?q="+row.Session), http.StatusOK, "Signed in")
}

func TestTheFilteredLogIsExportedWholeWithItsSecretsMaskedAndItselfRecorded(t *testing.T) {
	clock := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openOn(t, d, clock)
		b := h.as(access.Owner).english()
		danger := `=HYPERLINK("http://evil.example","open")`
		k, secret, err := h.shop.Merchants.CreateKey(h.system, h.shop.Scope.MerchantID, app.Test, merchants.KeyInput{Name: danger})
		if err != nil {
			t.Fatal(err)
		}
		const many = 620 // more than are read at once
		err = d.InTx(h.system, func(tx *db.Tx) error {
			for range many {
				if err := h.audit.Record(h.system, tx, audit.Entry{Chain: h.shop.Scope.MerchantID, Action: "key.update", Target: k.ID, After: map[string]string{"secret": "canary", "name": danger}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Second)
		b.wants(b.get(h.path("/audit?q="+k.ID)), http.StatusOK, h.path("/audit/exports"), `name="q" value="`+k.ID+`"`)
		e, text := b.download("audit", "format", "csv", "q", k.ID, "action", "key.update")
		rows := table(t, text)
		if len(rows) != many+1 || e.Rows != many || strings.Contains(text, "canary") || strings.Contains(text, secret) {
			t.Fatalf("%d rows, export %+v", len(rows), e)
		}
		if got := column(t, rows, "Target")[0]; got != "'"+danger {
			t.Errorf("a formula stands in the file: %q", got)
		}
		if got := column(t, rows, "Changes")[0]; !strings.Contains(got, "secret: ***") {
			t.Errorf("changes %q", got)
		}
		e, text = b.download("audit", "q", k.ID)
		sheet := spreadsheet(t, text)
		if len(sheet) != many+3 || column(t, sheet, "Action")[many] != "Created an API key" || sheet[many+2][0] != "621 rows" {
			t.Errorf("%d lines, last %v", len(sheet), sheet[len(sheet)-1])
		}
		b.wants(b.get(h.path("/exports")), http.StatusOK, "Audit log", "Ready", k.ID)
		b.wants(b.get(h.path("/audit?q="+e.ID)), http.StatusOK, "Requested an export", "Downloaded an export")
		b.wants(b.send(h.path("/audit/exports"), "from", "yesterday"), http.StatusUnprocessableEntity)

		// What is exported later of the same filter holds no row from after the asking.
		b.wants(b.send(h.path("/audit/exports"), "format", "csv"), http.StatusSeeOther)
		asked := h.newest("audit")
		b.wants(b.send(h.path("/audit/exports/"+asked.ID+"/cancel")), http.StatusSeeOther)
		b.wants(b.send(h.path("/audit/exports/"+asked.ID+"/retry")), http.StatusSeeOther)
		h.makeFiles()
		got := b.get(h.path("/audit/exports/" + asked.ID + "/file"))
		if strings.Contains(got.body, asked.ID) {
			t.Error("the export holds what happened after it was asked for")
		}
	}, dbtest.WithClock(clock))
}

func TestOnlyWhoReadsTheLogTakesItAway(t *testing.T) {
	h := open(t)
	mine := h.exported(trails.Kind)
	platform := h.exportedBy(exports.Scope{MerchantID: audit.Platform, Mode: app.Live}, trails.Kind)
	for _, role := range []access.Role{access.Viewer, access.Developer, access.Finance, access.PlatformAdmin} {
		b := h.as(role)
		b.wants(b.send(h.path("/audit/exports"), "format", "csv"), http.StatusForbidden)
		b.wants(b.get(h.path("/audit/exports/"+mine.ID+"/file")), http.StatusForbidden)
		if r := b.get(h.path("/audit")); strings.Contains(r.body, "/audit/exports") || strings.Contains(r.body, "/audit/verify") {
			t.Errorf("%s is offered what they may not", role)
		}
	}
	owner := h.as(access.Owner)
	owner.wants(owner.get(h.path("/audit/exports/"+platform.ID+"/file")), http.StatusNotFound)
	owner.wants(owner.get("/console/admin/audit/exports/"+platform.ID+"/file"), http.StatusForbidden)
	b := h.as(access.PlatformAuditor).english()
	b.wants(b.get("/console/admin/audit/exports/"+mine.ID+"/file"), http.StatusNotFound)
	b.wants(b.get("/console/admin/audit"), http.StatusOK, "/console/admin/audit/exports")
	if r := b.send("/console/admin/audit/exports", "format", "csv", "action", "session.open"); r.status != http.StatusSeeOther || r.location() != "/console/admin/audit/exports" {
		t.Fatalf("%d to %q", r.status, r.location())
	}
	b.wants(b.get("/console/admin/audit/exports"), http.StatusOK, "Audit exports", "Queued", "Signed in")
	h.makeFiles()
	list, err := h.exports.List(h.system, exports.Scope{MerchantID: audit.Platform, Mode: app.Live}, []string{trails.Kind}, "")
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	at := "/console/admin/audit/exports/" + list[0].ID
	r := b.get(at + "/file")
	b.wants(r, http.StatusOK, "Signed in")
	if strings.Contains(r.body, "Added a user") || !strings.Contains(r.header.Get("Content-Disposition"), "audit_platform_") {
		t.Errorf("the file holds more than was asked for, or has another name: %v", r.header)
	}
	b.wants(b.get("/console/admin/audit?q="+list[0].ID), http.StatusOK, "Requested an export", "Downloaded an export")
}
