package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/access/sso"
	"github.com/piaohao/piaohao/app/access/sso/ssotest"
)

func passkeysAt(h *house, base string) (*passkeys.Service, error) {
	return passkeys.New(h.shop.DB, h.access, h.clock, base)
}

// person is who is signed in at the provider.
func (h *house) person(sub, email string, groups ...string) {
	h.idp.Set(func(p *ssotest.Provider) {
		p.Person = map[string]any{"sub": sub, "email": email, "email_verified": true, "name": "Somebody There", "groups": groups, "auth_time": time.Now().Unix()}
	})
}

// configured serves the console with the provider as change makes it.
func (h *house) configured(change func(p *sso.Provider)) {
	h.Helper()
	p := h.provider
	change(&p)
	cfg, logins := h.config, *h.logins
	logins.SSO = sso.New(sso.Config{DB: h.shop.DB, Clock: h.clock, BaseURL: h.shop.Base, Providers: []sso.Provider{p}, Client: func(sso.Provider) *http.Client { return h.idp.Client() }})
	cfg.Logins = &logins
	h.base = h.listen(cfg)
}

// there follows the console's way to the provider and returns the callback's
// path as the provider has the browser ask for it.
func (b *browser) there(to string) string {
	b.Helper()
	res, err := b.client.Get(to)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || back.Path != "/console/sso/corp/callback" {
		b.Fatalf("the provider leads to %q, %v", res.Header.Get("Location"), err)
	}
	return back.RequestURI()
}

// bySSO signs in at the provider and returns the callback's answer.
func (b *browser) bySSO(next string) reply {
	b.Helper()
	r := b.get("/console/sso/corp?next=" + url.QueryEscape(next))
	if r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), b.idp.URL+"/authorize?") {
		b.Fatalf("start: %d to %q", r.status, r.location())
	}
	return b.get(b.there(r.location()))
}

// linked has the user link who they are at the provider.
func (b *browser) linked() {
	b.Helper()
	page := b.send("/console/security/identities/link/corp")
	href := regexpFind(page.body, `href="(http[^"]+/authorize[^"]+)"`)
	if page.status != http.StatusOK || len(href) != 1 {
		b.Fatalf("link: %d %v", page.status, href)
	}
	if r := b.get(b.there(strings.ReplaceAll(href[0], "&amp;", "&"))); r.status != http.StatusSeeOther || r.location() != "/console/security" {
		b.Fatalf("linked: %d to %q %s", r.status, r.location(), plain(r.body))
	}
}

func TestALinkedAccountSignsInWhateverItsEmailBecomes(t *testing.T) {
	h := open(t)
	h.person("42", "somebody@example.com")
	owner := h.as(access.Owner)
	owner.linked()
	owner.wants(owner.get("/console/security"), http.StatusOK, "Corp", "somebody@example.com")

	h.person("42", "renamed@example.com")
	b := h.browser()
	b.wants(b.get("/console/sign-in?next="+h.path("/keys")), http.StatusOK, `href="/console/sso/corp?next=`+url.QueryEscape(h.path("/keys"))+`"`, `name="password"`)
	r := b.bySSO(h.path("/keys"))
	if c := sessionCookie(r); r.status != http.StatusSeeOther || r.location() != h.path("/keys") || c == nil {
		t.Fatalf("sign in: %d to %q %s", r.status, r.location(), plain(r.body))
	}
	b.wants(b.get(h.path("/keys")), http.StatusOK)
	if row := h.trail()[0]; row.Action != "session.open" || !strings.Contains(row.After, `"methods":"sso"`) {
		t.Errorf("recorded %+v", row)
	}
	owner.wants(owner.get("/console/security"), http.StatusOK, "renamed@example.com")
	for _, next := range []string{"https://evil.example", "//evil.example", "/sandbox/wallet"} {
		if r := h.browser().bySSO(next); r.location() != "/console" {
			t.Errorf("next %q leads to %q", next, r.location())
		}
	}
	if _, err := h.admin.DisableUser(h.system, h.userID("owner@example.com")); err == nil {
		t.Fatal("the last owner was disabled")
	}
}

func TestStrangersAndDisabledUsersStayOutAlike(t *testing.T) {
	h := open(t)
	h.as(access.Owner)
	h.person("7", "viewer@example.com")
	viewer := h.as(access.Viewer)
	viewer.linked()
	if _, err := h.admin.DisableUser(h.system, h.userID("viewer@example.com")); err != nil {
		t.Fatal(err)
	}
	disabled := h.browser().bySSO("")
	h.person("8", "owner@example.com") // a user's email, but nobody's link
	stranger := h.browser().bySSO("")
	for name, r := range map[string]reply{"disabled": disabled, "stranger": stranger} {
		if r.status != http.StatusForbidden || sessionCookie(r) != nil || !strings.Contains(r.body, `name="password"`) {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if plain(disabled.body) != plain(stranger.body) {
		t.Errorf("the pages differ:\n%s\n%s", plain(disabled.body), plain(stranger.body))
	}
}

func TestAnEmailLinksOnlyWhereTheConfigurationSaysSo(t *testing.T) {
	h := open(t)
	u := h.user("new@example.com", h.inShop(access.Viewer))
	first, err := h.admin.ResetPassword(h.system, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.configured(func(p *sso.Provider) { p.LinkByEmail = true })
	h.person("1", "new@example.com")
	if r := h.browser().bySSO(""); r.status != http.StatusSeeOther || r.location() != "/console" {
		t.Fatalf("first time: %d to %q %s", r.status, r.location(), plain(r.body))
	}
	// The password that an administrator handed out is worth nothing now.
	b := h.browser()
	b.get("/console/sign-in")
	b.wants(b.send("/console/sign-in", "email", "new@example.com", "password", first), http.StatusUnauthorized)
	// Whoever gets the address at the provider later is somebody else.
	h.person("2", "new@example.com")
	if r := h.browser().bySSO(""); r.status != http.StatusForbidden {
		t.Errorf("another subject with the email: %d", r.status)
	}
	h.idp.Set(func(p *ssotest.Provider) { p.Person["email_verified"] = false })
	if r := h.browser().bySSO(""); r.status != http.StatusForbidden {
		t.Errorf("an email that is not verified: %d", r.status)
	}
	if h.recorded("identity.link") != 1 {
		t.Error("the link is not recorded")
	}
}

func TestAUserIsMadeOfWhoeverAGroupGivesARole(t *testing.T) {
	h := open(t)
	h.configured(func(p *sso.Provider) { p.AutoCreate = true })
	h.person("1", "fresh@example.com", "staff")
	if r := h.browser().bySSO(""); r.status != http.StatusForbidden {
		t.Errorf("without a group: %d", r.status)
	}
	if _, err := h.access.UserByEmail(h.system, h.shop.DB, "fresh@example.com"); !app.Is(err, app.NotFound) {
		t.Errorf("a user without a role was made: %v", err)
	}
	h.person("1", "fresh@example.com", "staff", "finance")
	b := h.browser()
	if r := b.bySSO(h.path("/refunds")); r.status != http.StatusSeeOther || r.location() != h.path("/refunds") {
		t.Fatalf("first time: %d %s", r.status, plain(r.body))
	}
	b.wants(b.get(h.path("/refunds")), http.StatusOK)
	b.wants(b.get(h.path("/keys")), http.StatusForbidden)
	h.person("1", "fresh@example.com")
	if r := h.browser().bySSO(""); r.status != http.StatusSeeOther {
		t.Errorf("later the group matters no more: %d", r.status)
	}
	h.user("taken@example.com", h.inShop(access.Viewer))
	h.person("2", "taken@example.com", "finance")
	if r := h.browser().bySSO(""); r.status != http.StatusForbidden {
		t.Errorf("a user's email made another user, or linked: %d", r.status)
	}
}

func TestALinkBelongsToWhoBeganIt(t *testing.T) {
	h := open(t)
	h.person("42", "somebody@example.com")
	owner, viewer := h.as(access.Owner), h.as(access.Viewer)
	page := owner.send("/console/security/identities/link/corp")
	to := strings.ReplaceAll(regexpFind(page.body, `href="(http[^"]+/authorize[^"]+)"`)[0], "&amp;", "&")
	callback := owner.there(to)
	if r := viewer.get(callback); r.status != http.StatusUnauthorized {
		t.Errorf("another browser ends it: %d", r.status)
	}
	// The same browser, where somebody else has signed in meanwhile.
	owner.send("/console/sign-out")
	owner.signIn("viewer@example.com")
	owner.wants(owner.get(callback), http.StatusUnauthorized)
	if h.recorded("identity.link") != 0 {
		t.Fatal("it was linked")
	}
	viewer.linked()
	owner = h.browser().signIn("owner@example.com")
	page = owner.send("/console/security/identities/link/corp")
	to = strings.ReplaceAll(regexpFind(page.body, `href="(http[^"]+/authorize[^"]+)"`)[0], "&amp;", "&")
	owner.wants(owner.get(owner.there(to)), http.StatusConflict)
}

func TestAConfirmationAtTheProvider(t *testing.T) {
	h := open(t)
	h.person("42", "somebody@example.com")
	owner := h.as(access.Owner)
	owner.linked()
	h.pause()
	next := h.path("/keys/new")
	owner.wants(owner.get("/console/confirm?next="+url.QueryEscape(next)), http.StatusOK, "/console/confirm/sso/corp?next="+url.QueryEscape(next))
	confirm := func() reply {
		r := owner.get("/console/confirm/sso/corp?next=" + url.QueryEscape(next))
		if q, err := url.Parse(r.location()); err != nil || q.Query().Get("prompt") != "login" {
			t.Fatalf("start: %d to %q", r.status, r.location())
		}
		return owner.get(owner.there(r.location()))
	}
	h.idp.Set(func(p *ssotest.Provider) { p.Person["auth_time"] = h.clock.Now().Add(-time.Hour).Unix() })
	owner.wants(confirm(), http.StatusUnauthorized, `name="_password"`)
	h.person("43", "other@example.com")
	h.idp.Set(func(p *ssotest.Provider) { p.Person["auth_time"] = h.clock.Now().Unix() })
	owner.wants(confirm(), http.StatusForbidden)
	h.idp.Set(func(p *ssotest.Provider) { p.Person["sub"] = "42" })
	if r := confirm(); r.status != http.StatusSeeOther || r.location() != next {
		t.Fatalf("confirm: %d to %q %s", r.status, r.location(), plain(r.body))
	}
	owner.wants(owner.get(next), http.StatusOK)
	owner.enrol()
	h.pause()
	h.idp.Set(func(p *ssotest.Provider) { p.Person["auth_time"] = h.clock.Now().Unix() })
	owner.wants(confirm(), http.StatusForbidden, `name="_code"`)
}

// A cookie at the provider is no proof: whoever signs out and in again by it, at
// a browser left open, is asked before anything dangerous.
func TestASignInIsAsFreshAsTheProvidersQuestion(t *testing.T) {
	h := open(t)
	h.person("42", "somebody@example.com")
	h.as(access.Owner).linked()
	for name, c := range map[string]struct {
		asked any
		fresh bool
	}{"just now": {h.clock.Now().Unix(), true}, "this morning": {h.clock.Now().Add(-time.Hour).Unix(), false}, "nobody knows when": {nil, false}} {
		h.idp.Set(func(p *ssotest.Provider) { p.Person["auth_time"] = c.asked })
		b := h.browser()
		if r := b.bySSO(""); r.status != http.StatusSeeOther || sessionCookie(r) == nil {
			t.Fatalf("%s: %d", name, r.status)
		}
		if r := b.get(h.path("/keys/new")); (r.status == http.StatusOK) != c.fresh {
			t.Errorf("asked %s: %d to %q", name, r.status, r.location())
		}
	}
}

func TestAProviderThatIsDownLeavesThePassword(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	h.idp.Set(func(p *ssotest.Provider) { p.Down = true })
	b := h.browser()
	b.wants(b.get("/console/sso/corp?next="+h.path("/keys")), http.StatusServiceUnavailable, `name="password"`, `name="next" value="`+h.path("/keys")+`"`)
	b.wants(b.get("/console/sso/none"), http.StatusNotFound)
	b.wants(b.get("/console/sso/corp/callback?state=x&code=y"), http.StatusUnauthorized, `name="password"`)
	b.signIn("owner@example.com")
	b.wants(b.get("/console/sso/corp"), http.StatusServiceUnavailable)
}

func TestAnAdministratorRemovesAUsersLogins(t *testing.T) {
	h := open(t)
	h.person("42", "somebody@example.com")
	owner := h.as(access.Owner)
	owner.linked()
	device := newDevice(t)
	owner.addPasskey(device, "Lost phone")
	auditor, root := h.as(access.PlatformAuditor), h.as(access.PlatformAdmin)
	page := "/console/admin/users/" + h.userID("owner@example.com")
	shown := auditor.get(page)
	auditor.wants(shown, http.StatusOK, "Lost phone", "somebody@example.com")
	if strings.Contains(shown.body, page+"/passkeys/") {
		t.Error("an auditor is offered to remove it")
	}
	shown = root.get(page)
	removes := append(regexpFind(shown.body, `action="(`+page+`/passkeys/pky_\w+/remove)"`), regexpFind(shown.body, `action="(`+page+`/identities/lnk_\w+/unlink)"`)...)
	tried := map[string]bool{}
	for _, action := range removes {
		if tried[action] {
			continue
		}
		tried[action] = true
		auditor.wants(auditor.send(action), http.StatusForbidden)
		root.wants(root.send(strings.Replace(action, page, "/console/admin/users/"+h.userID("platform_auditor@example.com"), 1)), http.StatusNotFound)
		if r := root.send(action); r.status != http.StatusSeeOther || r.location() != page {
			t.Errorf("%s: %d", action, r.status)
		}
	}
	if len(tried) != 2 {
		t.Fatalf("offered: %v", removes)
	}
	if r := h.browser().bySSO(""); r.status != http.StatusForbidden {
		t.Errorf("the link goes on: %d", r.status)
	}
	b := h.browser()
	b.get("/console/sign-in")
	b.wants(b.send(passkeySignIn, "credential", device.Get(b.options(signInOptions))), http.StatusUnauthorized)
}

func TestUnlinkingOnesOwnAccount(t *testing.T) {
	h := open(t)
	h.person("42", "somebody@example.com")
	owner := h.as(access.Owner)
	owner.linked()
	unlink := regexpFind(owner.get("/console/security").body, `action="(/console/security/identities/lnk_\w+/unlink)"`)[0]
	viewer := h.as(access.Viewer)
	viewer.wants(viewer.send(unlink), http.StatusNotFound)
	if r := owner.send(unlink); r.status != http.StatusSeeOther {
		t.Fatalf("unlink: %d", r.status)
	}
	if r := h.browser().bySSO(""); r.status != http.StatusForbidden {
		t.Errorf("it goes on: %d", r.status)
	}
}

func TestAProvidersWordIsTheFirstFactorUnlessItIsTrustedWithBoth(t *testing.T) {
	h := open(t)
	h.person("42", "somebody@example.com")
	owner := h.as(access.Owner)
	owner.linked()
	owner.addPasskey(newDevice(t), "Key")
	b := h.browser()
	if r := b.bySSO(h.path("/keys")); !strings.HasPrefix(r.location(), "/console/second-factor?next=") {
		t.Errorf("leads to %q", r.location())
	}
	if r := b.get(h.path("/keys")); r.status != http.StatusSeeOther {
		t.Errorf("half signed in: %d", r.status)
	}
	// Half a sign-in links and confirms nothing, although it is the same user.
	callback := owner.there(strings.ReplaceAll(regexpFind(owner.sendLink(), `href="(http[^"]+/authorize[^"]+)"`)[0], "&amp;", "&"))
	owner.send("/console/sign-out")
	owner.get("/console/sign-in")
	owner.send("/console/sign-in", "email", "owner@example.com", "password", password)
	h.person("43", "other@example.com")
	owner.wants(owner.get(callback), http.StatusUnauthorized)

	h.person("42", "somebody@example.com")
	h.idp.Set(func(p *ssotest.Provider) { p.Person["amr"] = []string{"mfa"} })
	if r := h.browser().bySSO(""); !strings.HasPrefix(r.location(), "/console/second-factor") {
		t.Errorf("a claim that nobody trusts leads to %q", r.location())
	}
	h.configured(func(p *sso.Provider) { p.TrustMFA = true })
	if r := h.browser().bySSO(h.path("/keys")); r.location() != h.path("/keys") {
		t.Errorf("both factors lead to %q", r.location())
	}
}

func (b *browser) sendLink() string {
	b.Helper()
	return b.send("/console/security/identities/link/corp").body
}
