package console_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/web/i18n"
)

// english makes the browser's pages English and takes up the session's token.
func (b *browser) english() *browser {
	b.Helper()
	b.wants(b.send("/console/preferences", "language", "en"), http.StatusSeeOther)
	return b
}

// says reports whether there is a sentence of that key.
func (h *house) says(lang, key string) bool {
	return h.config.Words.Localizer(i18n.Lang(lang)).Has(key)
}

// last is the newest row of a chain.
func (h *house) last(chain string) audit.Row {
	h.Helper()
	page, err := h.audit.List(context.Background(), audit.Filter{Chain: chain, Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		h.Fatal("no audit row", err)
	}
	return page.Rows[0]
}

var shownPassword = regexp.MustCompile(`<pre tabindex="0"><code>([^<]+)</code>`)

// handedOver is the password that a page shows.
func (b *browser) handedOver(r reply) string {
	b.Helper()
	b.wants(r, http.StatusOK, "Shown only this once")
	found := shownPassword.FindStringSubmatch(r.body)
	if found == nil || len(found[1]) < 24 {
		b.Fatalf("no password on the page:\n%s", plain(r.body))
	}
	if r.header.Get("Cache-Control") != "no-store" {
		b.Errorf("a page with a password may be stored: %q", r.header.Get("Cache-Control"))
	}
	return found[1]
}

func TestANewMemberIsHandedAPasswordAndMustChangeIt(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	b.wants(b.get(h.path("/members/new")), http.StatusOK, `name="email"`, "Reads payments, refunds and channel accounts.")
	password := b.handedOver(b.send(h.path("/members"), "email", "May@Example.com", "name", "May Qiao", "role", "finance"))

	row := h.last(h.shop.Scope.MerchantID)
	if row.Action != "role.grant" || row.ActorID != h.userID("owner@example.com") || row.ActorIP != "127.0.0.1" || !app.ValidID(app.PrefixRequest, row.RequestID) {
		t.Errorf("audited %+v", row)
	}
	list := b.get(h.path("/members"))
	b.wants(list, http.StatusOK, "May Qiao", "may@example.com", "Finance")
	if strings.Contains(list.body, password) {
		t.Error("the list shows the password again")
	}

	may := h.browser()
	may.get("/console/sign-in")
	may.wants(may.send("/console/sign-in", "email", "may@example.com", "password", password), http.StatusSeeOther)
	if r := may.get(h.path("/payments")); r.status != http.StatusSeeOther || r.location() != "/console/password" {
		t.Errorf("before the password is changed: %d to %q", r.status, r.location())
	}
}

func TestSomebodyWhoSignsInAlreadyGetsNoPassword(t *testing.T) {
	h := open(t)
	known := h.user("known@example.com")
	b := h.as(access.Owner).english()
	r := b.send(h.path("/members"), "email", "known@example.com", "role", "developer")
	if r.status != http.StatusSeeOther || r.location() != h.path("/members/"+known.ID) {
		t.Fatalf("%d to %q", r.status, r.location())
	}
	b.wants(b.get(r.location()), http.StatusOK, "Somebody", "Developer", "Member added")
}

func TestAMembersFormKeepsWhatWasWrittenAndSaysWhatIsWrong(t *testing.T) {
	h := open(t)
	h.user("known@example.com", h.inShop(access.Viewer))
	b := h.as(access.Owner).english()
	for _, c := range []struct {
		fields []string
		says   string
	}{
		{[]string{"email", "nonsense", "name", "N", "role", "viewer"}, "not an email address"},
		{[]string{"email", "new@example.com", "name", "", "role", "viewer"}, "1 to 100 characters"},
		{[]string{"email", "known@example.com", "name", "N", "role", "viewer"}, "They have this role already."},
		{[]string{"email", "owner@example.com", "name", "N", "role", "viewer"}, "Someone else must give you a role."},
		{[]string{"email", "new@example.com", "name", "N", "role", "platform_admin"}, "This value cannot be used."},
		{[]string{"email", "new@example.com", "name", "N"}, "This value cannot be used."},
	} {
		r := b.send(h.path("/members"), c.fields...)
		b.wants(r, http.StatusUnprocessableEntity, c.says, `value="`+c.fields[1]+`"`)
	}
	if _, err := h.access.UserByEmail(h.system, h.shop.DB, "new@example.com"); !app.Is(err, app.NotFound) {
		t.Errorf("a refused form added a user: %v", err)
	}
}

func TestRolesAreGivenAndTakenOnAMembersPage(t *testing.T) {
	h := open(t)
	u := h.user("jim@example.com", h.inShop(access.Viewer))
	b := h.as(access.Owner).english()
	page := h.path("/members/" + u.ID)
	b.wants(b.send(page+"/grant", "role", "finance"), http.StatusSeeOther)
	b.wants(b.get(page), http.StatusOK, "Role given", `name="role" value="finance"`)
	b.wants(b.send(page+"/grant", "role", "finance"), http.StatusUnprocessableEntity, "They have this role already.")
	b.wants(b.send(page+"/grant", "role", "emperor"), http.StatusUnprocessableEntity, "Choose one of the values.")
	b.wants(b.send(page+"/grant"), http.StatusUnprocessableEntity, "Choose one of the values.")
	b.wants(b.send(page+"/revoke", "role", "finance"), http.StatusSeeOther)
	b.wants(b.send(page+"/revoke", "role", "finance"), http.StatusNotFound)

	r := b.send(page+"/revoke", "role", "viewer")
	if r.status != http.StatusSeeOther || r.location() != h.path("/members") {
		t.Fatalf("after the last role: %d to %q", r.status, r.location())
	}
	b.wants(b.get(r.location()), http.StatusOK, "no longer a member")
	b.wants(b.get(page), http.StatusNotFound)
	if row := h.last(h.shop.Scope.MerchantID); row.Action != "role.revoke" || row.Target != u.ID {
		t.Errorf("audited %+v", row)
	}
}

func TestTheLastOwnerStaysAndNobodyGivesThemselvesARole(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	own := h.path("/members/" + h.userID("owner@example.com"))
	page := b.get(own)
	b.wants(page, http.StatusOK, "These are your own roles.")
	if strings.Contains(page.body, own+"/grant") {
		t.Error("the page offers to give oneself a role")
	}
	b.wants(b.send(own+"/grant", "role", "finance"), http.StatusUnprocessableEntity, "Someone else must give you a role.")
	b.wants(b.send(own+"/revoke", "role", "owner"), http.StatusUnprocessableEntity, "Appoint another first.")
	h.user("second@example.com", h.inShop(access.Owner))
	if r := b.send(own+"/revoke", "role", "owner"); r.status != http.StatusSeeOther || r.location() != "/console" {
		t.Errorf("laying down one's role: %d to %q", r.status, r.location())
	}
	b.wants(b.get(h.path("/members")), http.StatusNotFound)
}

func TestPeopleWithoutARoleHereAreNotFound(t *testing.T) {
	h := open(t)
	other, err := h.shop.Merchants.CreateMerchant(h.system, "Another shop")
	if err != nil {
		t.Fatal(err)
	}
	stranger := h.user("stranger@example.com", grantIn(access.Viewer, other.ID))
	b := h.as(access.Owner)
	page := h.path("/members/" + stranger.ID)
	b.wants(b.get(page), http.StatusNotFound)
	b.wants(b.send(page+"/grant", "role", "owner"), http.StatusNotFound)
	b.wants(b.send(page+"/revoke", "role", "viewer"), http.StatusNotFound)
	if held, err := h.access.Bindings(h.system, h.shop.DB, stranger.ID); err != nil || len(held) != 1 {
		t.Errorf("holds %v, %v", held, err)
	}
}

func TestAnAuditorReadsMembersAndChangesNothing(t *testing.T) {
	h := open(t)
	u := h.user("jim@example.com", h.inShop(access.Viewer))
	b := h.as(access.PlatformAuditor)
	for _, path := range []string{"/members", "/members/" + u.ID, "/members/permissions"} {
		r := b.get(h.path(path))
		b.wants(r, http.StatusOK)
		if strings.Contains(r.body, "/members/new") || strings.Contains(r.body, "/revoke") || strings.Contains(r.body, "/grant") {
			t.Errorf("%s offers an auditor a change", path)
		}
	}
	b.wants(b.get(h.path("/members/new")), http.StatusForbidden)
	b.wants(b.send(h.path("/members/"+u.ID+"/revoke"), "role", "viewer"), http.StatusForbidden)
}

func TestThePermissionsPageSaysTheWholePolicyInSentences(t *testing.T) {
	h := open(t)
	b := h.as(access.PlatformAdmin).english()
	within, all := b.get(h.path("/members/permissions")), b.get("/console/admin/users/permissions")
	for _, row := range access.Matrix() {
		if row.Where == access.OnSelf {
			continue
		}
		key := "permission." + string(row.Where) + "_" + string(row.Object) + "_" + string(row.Action)
		for _, lang := range []string{"en", "zh-CN"} {
			if !h.says(lang, key) {
				t.Errorf("%s has no sentence in %s", key, lang)
			}
		}
	}
	b.wants(within, http.StatusOK, "Ask for a refund")
	b.wants(all, http.StatusOK, "Ask for a refund", "Run a background job now")
	if strings.Contains(within.body, "Run a background job now") {
		t.Error("a merchant's page tells of the platform's permissions")
	}
	// Asking for a refund is the owner's and finance's.
	line := regexp.MustCompile(`(?s)Ask for a refund</td>(.*?)</tr>`).FindStringSubmatch(within.body)[1]
	if got := strings.Count(line, "tone-good"); got != 2 {
		t.Errorf("%d roles may ask for a refund, want 2", got)
	}
}

func TestEveryRouteOfPeopleIsInTheTable(t *testing.T) {
	found := 0
	for _, r := range console.Table() {
		if r.Object == access.Members || r.Object == access.Users || r.Object == access.Merchants || r.Object == access.Audit {
			found++
			if r.Method == http.MethodPost && r.Action == access.Read && r.Object != access.Audit {
				t.Errorf("%s %s changes something for readers", r.Method, r.Path)
			}
		}
	}
	if found < 25 {
		t.Errorf("only %d routes", found)
	}
}
