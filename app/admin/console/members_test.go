package console_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

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

var shownLink = regexp.MustCompile(`<pre tabindex="0"><code>[^<]*(/console/invitations/[\w-]{43})</code>`)

// invites asks somebody to join and returns the path of the link that the page shows.
func (b *browser) invites(email, role string) string {
	b.Helper()
	r := b.send(b.path("/members"), "email", email, "role", role)
	b.wants(r, http.StatusOK, "Copy it now")
	found := shownLink.FindStringSubmatch(r.body)
	if found == nil {
		b.Fatalf("no link on the page:\n%s", plain(r.body))
	}
	return found[1]
}

func TestSomebodyNewJoinsByALinkThatWorksOnce(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	b.wants(b.get(h.path("/members/new")), http.StatusOK, `name="email"`, "Reads payments, refunds and channel accounts.", "You get a link to hand over.")
	link := b.invites("May@Example.com", "finance")
	list := b.get(h.path("/members"))
	b.wants(list, http.StatusOK, "may@example.com", "Invited", "Finance")
	if strings.Contains(list.body, link) {
		t.Error("the list shows the link again")
	}
	if row := h.last(h.shop.Scope.MerchantID); row.Action != "invitation.create" || row.ActorID != h.userID("owner@example.com") || strings.Contains(row.After, link[len(link)-43:]) {
		t.Errorf("audited %+v", row)
	}

	may := h.browser()
	may.get("/console/sign-in")
	may.english()
	may.wants(may.get(link), http.StatusOK, "may@example.com", "Finance", `name="name"`, "Sign in to accept")
	may.wants(may.send(link, "name", "May Qiao", "password", "short"), http.StatusUnprocessableEntity, "At least 12 characters.", `value="May Qiao"`)
	r := may.send(link, "name", "May Qiao", "password", password)
	if r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/sign-in?next=") {
		t.Fatalf("accepted: %d to %q", r.status, r.location())
	}
	may.signIn("may@example.com")
	may.wants(may.get(h.path("/refunds")), http.StatusOK)
	b.wants(b.get(h.path("/members")), http.StatusOK, "May Qiao")
	other := h.browser()
	other.get("/console/sign-in")
	other.english()
	for _, used := range []string{link, "/console/invitations/" + strings.Repeat("x", 43), "/console/invitations/x"} {
		other.wants(other.get(used), http.StatusNotFound, "This link leads nowhere")
		other.wants(other.send(used, "name", "N", "password", password), http.StatusNotFound, "This link leads nowhere")
	}
}

func TestWhoHasAnAccountSignsInToAccept(t *testing.T) {
	h := open(t)
	h.user("known@example.com")
	h.user("stranger@example.com")
	b := h.as(access.Owner).english()
	link, unknown := b.invites("known@example.com", "developer"), b.invites("unknown@example.com", "developer")
	// Neither inviting nor the link's page tells who has an account.
	guest := h.browser()
	guest.get("/console/sign-in")
	guest.english()
	about := func(link, email string) string {
		return strings.ReplaceAll(same(guest.get(link).body, link[len(link)-43:]), email, "EMAIL")
	}
	if about(link, "known@example.com") != about(unknown, "unknown@example.com") {
		t.Error("the pages of a known and an unknown address differ")
	}
	guest.wants(guest.send(link, "name", "N", "password", password), http.StatusUnprocessableEntity, "Sign in with it to accept.")
	stranger := h.browser().signIn("stranger@example.com").english()
	stranger.wants(stranger.get(link), http.StatusOK, "You are signed in as stranger@example.com")
	stranger.wants(stranger.send(link), http.StatusUnprocessableEntity, "The invitation is for another address.")
	mine := h.browser().signIn("known@example.com").english()
	mine.wants(mine.get(link), http.StatusOK, "Accept the invitation")
	if r := mine.send(link); r.status != http.StatusSeeOther || r.location() != "/console?merchant="+h.shop.Scope.MerchantID {
		t.Fatalf("%d to %q", r.status, r.location())
	}
	mine.wants(mine.get(h.path("/keys")), http.StatusOK)
}

func TestAnInvitationsFormKeepsWhatWasWrittenAndSaysWhatIsWrong(t *testing.T) {
	h := open(t)
	h.user("known@example.com", h.inShop(access.Viewer))
	b := h.as(access.Owner).english()
	b.invites("waiting@example.com", "viewer")
	for _, c := range []struct {
		fields []string
		says   string
	}{
		{[]string{"email", "nonsense", "role", "viewer"}, "not an email address"},
		{[]string{"email", "known@example.com", "role", "viewer"}, "They have this role already."},
		{[]string{"email", "owner@example.com", "role", "viewer"}, "Someone else must give you a role."},
		{[]string{"email", "waiting@example.com", "role", "finance"}, "This address is invited already."},
		{[]string{"email", "new@example.com", "role", "platform_admin"}, "Choose one of the values."},
		{[]string{"email", "new@example.com"}, "Choose one of the values."},
	} {
		r := b.send(h.path("/members"), c.fields...)
		b.wants(r, http.StatusUnprocessableEntity, c.says, `value="`+c.fields[1]+`"`)
	}
	again := regexp.MustCompile(`/invitations/(inv_[0-9A-Z]+)/resend`).FindStringSubmatch(b.get(h.path("/members")).body)[1]
	b.wants(b.send(h.path("/invitations/"+again+"/resend")), http.StatusOK, "Invitation for waiting@example.com")
	b.wants(b.send(h.path("/invitations/"+again+"/revoke")), http.StatusSeeOther)
	b.wants(b.send(h.path("/invitations/"+again+"/resend")), http.StatusConflict)
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

// A link is made of the configured address: whoever could choose it by a header
// would have the token sent to a site of their own.
func TestALinkToJoinLeadsToTheConfiguredAddressWhateverTheHostHeaderSays(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	form := url.Values{"_csrf": {b.csrf}, "email": {"guest@example.com"}, "role": {"viewer"}}
	q, err := http.NewRequest(http.MethodPost, b.base+h.path("/members"), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(q.URL) { // the jar goes by the host that is claimed
		q.AddCookie(cookie)
	}
	q.Host = "evil.example"
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("X-Forwarded-Host", "evil.example")
	res, err := b.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), h.shop.Base+"/console/invitations/") || strings.Contains(string(body), "evil.example") {
		t.Errorf("%d %v %s", res.StatusCode, err, plain(string(body)))
	}
}
