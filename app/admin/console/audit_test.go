package console_test

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func TestTheAuditLogShowsWhatChangedAndNoSecret(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	k, secret, err := h.shop.Merchants.CreateKey(h.system, h.shop.Scope.MerchantID, app.Test, merchants.KeyInput{Name: "Till key"})
	if err != nil {
		t.Fatal(err)
	}
	b.wants(b.send(h.path("/keys/"+k.ID+"/revoke"), "confirm", "Till key"), http.StatusSeeOther)
	r := b.get(h.path("/audit?q=" + k.ID + "&action=key.revoke"))
	b.wants(r, http.StatusOK, "Revoked an API key", "<code class=\"id-text id-full\">revoked_at</code>", "<ins>", "127.0.0.1", "Somebody", " open>")
	if strings.Contains(r.body, "Created an API key</td>") {
		t.Error("the filter let another action through")
	}
	all := b.get(h.path("/audit?q=" + k.ID))
	b.wants(all, http.StatusOK, "Created an API key", "Till key", "The program (test)")
	if strings.Contains(all.body, secret) || strings.Contains(all.body, strings.TrimPrefix(secret, k.Prefix)) {
		t.Error("the audit log shows the key")
	}
}

func TestAuditFiltersStandInTheURL(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	me := h.userID("owner@example.com")
	u := h.user("new@example.com", h.inShop(access.Finance))
	b.wants(b.send(h.path("/members/"+u.ID+"/grant"), "role", "viewer"), http.StatusSeeOther)
	rows := func(query string) int {
		t.Helper()
		r := b.get(h.path("/audit?" + query))
		b.wants(r, http.StatusOK)
		return strings.Count(r.body, `<td class="p11"`)
	}
	today := app.ToMillis(h.clock.Now()).Time().In(app.Beijing).Format("2006-01-02")
	everything := rows("")
	if everything < 2 {
		t.Fatalf("%d rows", everything)
	}
	for query, want := range map[string]int{
		"actor=" + me: 1, "actor=" + me + "&action=role.grant": 1, "actor=" + me + "&action=key.create": 0,
		"q=" + u.ID: 2, "from=" + today + "&to=" + today: everything, "to=2020-01-01": 0, "from=2099-01-01": 0,
		"actor=usr_01J0000000000000000000000A": 0, "action=nonsense": everything, "cursor=nonsense": everything,
	} {
		if got := rows(query); got != want {
			t.Errorf("?%s lists %d rows, want %d", query, got, want)
		}
	}
	b.wants(b.get(h.path("/audit?from=yesterday")), http.StatusOK, "Write dates as")
	b.wants(b.get(h.path("/audit?from=2026-02-01&to=2026-01-01")), http.StatusOK, "Choose the first day before the last.")
	b.wants(b.get(h.path("/audit?to=2020-01-01")), http.StatusOK, "Clear")
}

func TestTheAuditLogPagesByKeyset(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	u := h.user("jim@example.com", h.inShop(access.Viewer))
	for range 15 {
		if err := h.admin.Grant(h.system, u.ID, h.inShop(access.Finance)); err != nil {
			t.Fatal(err)
		}
		if err := h.admin.Revoke(h.system, u.ID, h.inShop(access.Finance)); err != nil {
			t.Fatal(err)
		}
	}
	next := regexp.MustCompile(`href="([^"]*cursor=[^"]*)"`)
	path, seen := h.path("/audit?q="+u.ID), 0
	for range 3 {
		r := b.get(path)
		b.wants(r, http.StatusOK)
		seen += strings.Count(r.body, `<td class="p11"`)
		found := next.FindStringSubmatch(r.body)
		if found == nil {
			break
		}
		path = strings.ReplaceAll(found[1], "&amp;", "&")
	}
	if seen != 31 {
		t.Errorf("%d rows on all pages, want 31", seen)
	}
}

func TestVerifyingSaysHowFarTheChainIsWhole(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	h.user("jim@example.com", h.inShop(access.Viewer))
	through := h.last(h.shop.Scope.MerchantID).Seq
	if through < 2 {
		t.Fatalf("the chain has %d rows", through)
	}
	b.get(h.path("/audit"))
	b.wants(b.get(h.path("/audit")), http.StatusOK, "has not been checked yet")
	if r := b.send(h.path("/audit/verify?action=role.grant")); r.status != http.StatusSeeOther || r.location() != h.path("/audit?action=role.grant") {
		t.Fatalf("check now: %d to %q", r.status, r.location())
	}
	b.wants(b.get(h.path("/audit?action=role.grant")), http.StatusOK, "The chain is whole, from row 1 through row "+strconv.FormatInt(through, 10),
		"Checked: the chain is whole", "Each of "+strconv.FormatInt(through, 10)+" rows", "by Somebody", h.last(h.shop.Scope.MerchantID).Hash, "Gave a role")
	if _, err := h.audit.CheckAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get(h.path("/audit")), http.StatusOK, "by the nightly job")

	if _, err := h.shop.DB.Exec(h.system, `UPDATE audit_rows SET action = 'key.create' WHERE chain = ? AND seq = 1`, h.shop.Scope.MerchantID); err != nil {
		t.Fatal(err)
	}
	checked := func(texts ...string) {
		t.Helper()
		b.wants(b.send(h.path("/audit/verify")), http.StatusSeeOther)
		r := b.get(h.path("/audit"))
		b.wants(r, http.StatusOK, append(texts, "The chain has been tampered with")...)
		if strings.Contains(r.body, "Checked: the chain is whole") {
			t.Error("a broken chain is announced as whole")
		}
	}
	checked("Row 1 is not what was recorded.")
	if _, err := h.shop.DB.Exec(h.system, `DELETE FROM audit_rows WHERE chain = ?`, h.shop.Scope.MerchantID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.shop.DB.Exec(h.system, `DELETE FROM audit_heads WHERE chain = ?`, h.shop.Scope.MerchantID); err != nil {
		t.Fatal(err)
	}
	// Members without a row that made them so: the chain is gone.
	checked()
}

func TestAMerchantsChainShowsThePlatformsLook(t *testing.T) {
	h := open(t)
	m, err := h.shop.Merchants.CreateMerchant(h.system, "Empty shop")
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(access.PlatformAuditor).lookInto(m.ID).english()
	at := "/console/m/" + m.ID + "/test/audit"
	b.wants(b.get(at), http.StatusOK, "Looked into the merchant as the platform", "support ticket 7")
	b.wants(b.send(at+"/verify"), http.StatusForbidden, "As the platform you look into this merchant")
}

func TestThePlatformsChainIsForPlatformRoles(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner)
	owner.wants(owner.get("/console/admin/audit"), http.StatusForbidden)
	b := h.as(access.PlatformAuditor).english()
	r := b.get("/console/admin/audit")
	b.wants(r, http.StatusOK, "Platform audit", "Signed in", "Added a user")
	if strings.Contains(r.body, "argon2") {
		t.Error("the log shows a password's hash")
	}
	through := h.last(audit.Platform).Seq
	b.wants(b.send("/console/admin/audit/verify"), http.StatusSeeOther)
	b.wants(b.get("/console/admin/audit"), http.StatusOK, "through row "+strconv.FormatInt(through, 10))
}

// Every act that the program records has its sentence, and stands in a filter.
func TestEveryRecordedActionHasItsSentenceAndFilter(t *testing.T) {
	h := open(t)
	b := h.as(access.PlatformAdmin)
	filters := b.get("/console/admin/audit").body + b.get(h.path("/audit")).body
	literal := regexp.MustCompile(`(Event\w+ += )?"((?:account|key|merchant|webhook_endpoint|webhook_delivery|role|user|session|sign_in|approval)\.[a-z_]+)"`)
	// The payments room uses the same words for its timeline and its events.
	recorded := regexp.MustCompile(`()(?:Action: |auditRefund\(ctx, tx, )"([a-z_.]+)"`)
	var actions []string
	for _, room := range []string{"admin", "approvals", "merchants", "payments", "webhooks"} {
		err := filepath.WalkDir("../../"+room, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "console") {
				return err
			}
			text, err := os.ReadFile(path)
			pattern := literal
			if room == "payments" {
				pattern = recorded
			}
			for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
				if m[1] == "" { // else it names an event
					actions = append(actions, m[2])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(actions)
	actions = slices.Compact(actions)
	if len(actions) < 35 {
		t.Fatalf("only %d actions were found: %v", len(actions), actions)
	}
	for _, a := range actions {
		if !h.says("en", pages.AuditActionKey(a)) || !h.says("zh-CN", pages.AuditActionKey(a)) {
			t.Errorf("%s has no sentence", a)
		}
		if !strings.Contains(filters, `<option value="`+a+`"`) {
			t.Errorf("%s cannot be filtered by", a)
		}
	}
}

func TestEveryFaultHasItsSentence(t *testing.T) {
	h := open(t)
	for _, f := range []audit.Fault{
		audit.Missing, audit.Edited, audit.Moved, audit.Truncated, audit.HeadGone, audit.HeadForge, audit.BeyondEnd, audit.Departed,
	} {
		if !h.says("en", "audit_fault."+string(f)) || !h.says("zh-CN", "audit_fault."+string(f)) {
			t.Errorf("%s has no sentence", f)
		}
	}
}
