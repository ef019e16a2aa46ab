package console_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/console"
)

// phone is somebody's authenticator app, on the house's clock.
type phone struct {
	*house
	secret string
}

// code shows the code of a step that no code was shown of before.
func (p phone) code() string {
	p.Helper()
	p.clock.Advance(31 * time.Second)
	code, err := totp.GenerateCode(p.secret, p.clock.Now())
	if err != nil {
		p.Fatal(err)
	}
	return code
}

// enrol sets up an authenticator app on the security pages, and returns the
// recovery codes.
func (b *browser) enrol() (phone, []string) {
	b.Helper()
	page := b.get("/console/security/totp")
	b.wants(page, http.StatusOK, `aria-label="`)
	return b.enrolWith(page)
}

func (b *browser) enrolWith(page reply) (phone, []string) {
	b.Helper()
	p := phone{b.house, strings.ReplaceAll(regexpFind(page.body, `class="totp-seed">([^<]*)<`)[0], " ", "")}
	done := b.send("/console/security/totp", "seed", html.UnescapeString(regexpFind(page.body, `name="seed" value="([^"]*)"`)[0]), "code", p.code())
	b.wants(done, http.StatusOK)
	codes := regexpFind(done.body, `([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})`)
	if len(codes) < 10 {
		b.Fatalf("recovery codes %v in\n%s", codes, plain(done.body))
	}
	b.get("/console/security")
	return p, codes[:10]
}

// passwordOnly signs in as far as the password goes.
func (h *house) passwordOnly(email string) *browser {
	h.Helper()
	b := h.browser()
	b.get("/console/sign-in")
	r := b.send("/console/sign-in", "email", email, "password", password)
	if r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/second-factor") {
		h.Fatalf("after the password: %d to %q", r.status, r.location())
	}
	b.get("/console/second-factor")
	return b
}

func TestSigningInWithASecondFactor(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner)
	phone, codes := owner.enrol()
	elsewhere := h.browser()
	elsewhere.get("/console/sign-in")
	next := h.path("/payments?status=closed")
	r := elsewhere.send("/console/sign-in", "email", "owner@example.com", "password", password, "next", next)
	if want := "/console/second-factor?next=" + url.QueryEscape(next); r.location() != want {
		t.Fatalf("leads to %q, want %q", r.location(), want)
	}
	half := sessionCookie(r).Value
	elsewhere.wants(elsewhere.get(r.location()), http.StatusOK, `name="code"`, `name="next" value="`+next+`"`)
	elsewhere.wants(elsewhere.send("/console/second-factor", "code", "000000", "next", next), http.StatusUnauthorized)
	code := phone.code()
	r = elsewhere.send("/console/second-factor", "code", code, "next", next)
	if r.status != http.StatusSeeOther || r.location() != next {
		t.Fatalf("with the code: %d to %q", r.status, r.location())
	}
	if c := sessionCookie(r); c == nil || c.Value == half {
		t.Error("the session's token was not rotated with the second factor")
	}
	elsewhere.wants(elsewhere.get(next), http.StatusOK)
	if old := h.browser(); true {
		old.header.Set("Cookie", "piaohao_session="+half)
		if r := old.get("/console"); r.status != http.StatusSeeOther || r.location() != "/console/sign-in?next=%2Fconsole" {
			t.Errorf("the half session's token: %d to %q", r.status, r.location())
		}
	}
	again := h.passwordOnly("owner@example.com")
	again.wants(again.send("/console/second-factor", "code", code), http.StatusUnauthorized)
	if r := again.send("/console/second-factor", "code", strings.ToLower(codes[0])); r.status != http.StatusSeeOther {
		t.Errorf("a recovery code: %d", r.status)
	}
	third := h.passwordOnly("owner@example.com")
	third.wants(third.send("/console/second-factor", "code", codes[0]), http.StatusUnauthorized)
	owner.send("/console/preferences", "language", "en")
	owner.wants(owner.get("/console/security"), http.StatusOK, "9 codes left")
}

func TestTheSameCodeSentTwiceAtOnceOpensOneSession(t *testing.T) {
	h := open(t)
	phone, _ := h.as(access.Owner).enrol()
	browsers := []*browser{h.passwordOnly("owner@example.com"), h.passwordOnly("owner@example.com")}
	code := phone.code()
	opened := make([]bool, 2)
	var wg sync.WaitGroup
	for i, b := range browsers {
		wg.Go(func() { opened[i] = b.send("/console/second-factor", "code", code).status == http.StatusSeeOther })
	}
	wg.Wait()
	if opened[0] == opened[1] {
		t.Errorf("opened %v, want one", opened)
	}
}

// Whoever has only a password gets nothing but the second step and the way out.
func TestThePasswordAloneOpensNoRoute(t *testing.T) {
	h := open(t)
	root := h.everything()
	root.enrol()
	h.user("new@example.com", grantPlatform(access.PlatformAdmin))
	half := h.passwordOnly("root@example.com")

	strict := h.config
	strict.Access = access.New(strict.DB, h.clock, access.Config{Hash: h.cheap(), Sealer: plainSealer{}, Require: access.RequirePlatform})
	strict.Admin = admin.New(strict.DB, strict.Access, h.audit)
	enrolling := &browser{}
	*enrolling = *h.browser()
	enrolling.base = h.listen(strict)
	enrolling.house = &house{T: h.T, shop: h.shop, clock: h.clock, base: enrolling.base}
	enrolling.get("/console/sign-in")
	if r := enrolling.send("/console/sign-in", "email", "new@example.com", "password", password); r.status != http.StatusSeeOther {
		t.Fatalf("sign in: %d", r.status)
	}
	enrolling.get("/console/security/totp")

	for who, c := range map[string]struct {
		b     *browser
		to    string
		opens []console.Place
	}{
		"a factor to give":   {half, "/console/second-factor", []console.Place{console.Public, console.Joining, console.Leaving}},
		"a factor to set up": {enrolling, "/console/security/totp", []console.Place{console.Public, console.Enrolling, console.Leaving}},
	} {
		tried := 0
		for _, route := range console.Table() {
			if route.Path == "/console/sign-out" || contains(c.opens, route.Place) {
				continue
			}
			tried++
			r := c.b.try(route.Method, asked(h, route))
			if r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), c.to) {
				t.Errorf("with %s, %s %s: %d to %q", who, route.Method, route.Path, r.status, r.location())
			}
		}
		if tried < 80 {
			t.Errorf("with %s, only %d routes were tried", who, tried)
		}
		c.b.header.Set("HX-Request", "true")
		c.b.header.Set("HX-Current-URL", c.b.base+h.path("/payments"))
		if r := c.b.get(h.path("/payments")); r.status != http.StatusUnauthorized || !strings.HasPrefix(r.header.Get("HX-Redirect"), c.to) {
			t.Errorf("with %s, htmx: %d, %q", who, r.status, r.header.Get("HX-Redirect"))
		}
		c.b.header.Del("HX-Request")
		// What opens without a whole session says nothing of whose it is.
		c.b.send("/console/preferences", "language", "en")
		if u, err := h.access.UserByEmail(h.system, h.shop.DB, "new@example.com"); err != nil || u.Locale != "" {
			t.Errorf("with %s, the profile changed: %+v, %v", who, u, err)
		}
	}
	if r := half.send("/console/sign-out"); r.status != http.StatusSeeOther {
		t.Errorf("sign out: %d", r.status)
	}
	// Setting one up opens the rest.
	enrolling.enrolWith(enrolling.get("/console/security/totp"))
	enrolling.wants(enrolling.get("/console/admin/users"), http.StatusOK)
}

func contains(list []console.Place, p console.Place) bool {
	for _, x := range list {
		if x == p {
			return true
		}
	}
	return false
}

func TestGuessingCodesIsThrottled(t *testing.T) {
	h := open(t)
	phone, _ := h.as(access.Owner).enrol()
	b := h.passwordOnly("owner@example.com")
	b.send("/console/preferences", "language", "en")
	b.get("/console/second-factor")
	for range 9 {
		b.wants(b.send("/console/second-factor", "code", "000000"), http.StatusUnauthorized, "wrong or was used")
	}
	b.wants(b.send("/console/second-factor", "code", "000000"), http.StatusTooManyRequests)
	r := b.send("/console/second-factor", "code", phone.code())
	b.wants(r, http.StatusTooManyRequests, "Too many attempts")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	root := h.everything()
	root.wants(root.get("/console/admin/audit?action=sign_in.locked"), http.StatusOK, h.userID("owner@example.com"))
	h.clock.Advance(2 * time.Minute)
	if r := b.send("/console/second-factor", "code", phone.code()); r.status != http.StatusSeeOther {
		t.Errorf("after the lock: %d", r.status)
	}
}

func TestWhoHasAnAppConfirmsByItsCode(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	phone, codes := b.enrol()
	h.pause()
	r := b.send(h.path("/keys"), "name", "K")
	b.wants(r, http.StatusUnauthorized, `name="_code"`)
	if strings.Contains(r.body, `name="_password"`) {
		t.Error("the password would do")
	}
	b.wants(b.send(h.path("/keys"), "name", "K", "_password", password), http.StatusUnauthorized, `name="name" value="K"`)
	if len(h.keys()) != 0 {
		t.Fatal("the password sufficed")
	}
	b.wants(b.send(h.path("/keys"), "name", "K", "_code", phone.code()), http.StatusOK, "sk_test_")
	h.pause()
	b.get(h.path("/keys"))
	b.wants(b.send(h.path("/keys"), "name", "L", "_code", codes[1]), http.StatusOK, "sk_test_")
}

func TestReplacingAndRemovingTheApp(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	other := h.browser().signIn("owner@example.com")
	first, codes := b.enrol()
	if r := other.get("/console/sessions"); r.status != http.StatusSeeOther {
		t.Errorf("a session without the factor goes on: %d", r.status)
	}
	page := b.get("/console/security/totp")
	b.wants(page, http.StatusOK, "takes the place")
	b.wants(b.send("/console/security/totp", "seed", regexpFind(page.body, `name="seed" value="([^"]*)"`)[0], "code", "000000"), http.StatusUnprocessableEntity, `id="error-code"`)
	b.wants(b.send("/console/security/totp", "seed", "AAAA", "code", "000000"), http.StatusUnprocessableEntity, "too old")
	second := phone{h, strings.ReplaceAll(regexpFind(page.body, `class="totp-seed">([^<]*)<`)[0], " ", "")}
	if r := b.send("/console/security/totp", "seed", regexpFind(page.body, `name="seed" value="([^"]*)"`)[0], "code", second.code()); r.status != http.StatusSeeOther || r.location() != "/console/security" {
		t.Fatalf("replace: %d to %q", r.status, r.location())
	}
	b.get("/console/security/totp/remove")
	b.wants(b.send("/console/security/totp/remove", "code", first.code()), http.StatusUnprocessableEntity, `id="error-code"`)

	made := b.send("/console/security/recovery-codes")
	b.wants(made, http.StatusOK)
	fresh := regexpFind(made.body, `([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})`)
	half := h.passwordOnly("owner@example.com")
	half.wants(half.send("/console/second-factor", "code", codes[3]), http.StatusUnauthorized)
	if r := half.send("/console/second-factor", "code", fresh[3]); r.status != http.StatusSeeOther {
		t.Errorf("a new recovery code: %d", r.status)
	}
	b.get("/console/security/totp/remove")
	if r := b.send("/console/security/totp/remove", "code", second.code()); r.status != http.StatusSeeOther || r.location() != "/console/security" {
		t.Fatalf("remove: %d\n%s", r.status, plain(r.body))
	}
	b.wants(b.get("/console/security"), http.StatusOK, "Not set up", "You get these with a second factor")
	b.wants(b.send("/console/security/recovery-codes"), http.StatusConflict, "Recovery codes stand in")
	h.browser().signIn("owner@example.com")
}

func TestAMerchantMayRequireASecondFactor(t *testing.T) {
	h := open(t)
	owner, clerk := h.as(access.Owner), h.as(access.Finance)
	owner.send("/console/preferences", "language", "en")
	owner.enrol()
	clerk.wants(clerk.send(h.path("/settings/second-factor"), "required", "yes"), http.StatusForbidden)
	owner.wants(owner.get(h.path("/settings")), http.StatusOK, "Now: each person decides", `value="yes"`)
	owner.wants(owner.send(h.path("/settings/second-factor"), "required", "perhaps"), http.StatusUnprocessableEntity)
	if r := owner.send(h.path("/settings/second-factor"), "required", "yes"); r.status != http.StatusSeeOther {
		t.Fatalf("require: %d", r.status)
	}
	owner.wants(owner.get(h.path("/settings")), http.StatusOK, "Now: required of everyone", `value="no"`)
	if r := clerk.get(h.path("/payments")); r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/security/totp") {
		t.Errorf("a member without: %d to %q", r.status, r.location())
	}
	clerk.enrol()
	clerk.wants(clerk.get(h.path("/payments")), http.StatusOK)
	clerk.send("/console/preferences", "language", "en")
	clerk.get("/console/security/totp/remove")
	r := clerk.send("/console/security/totp/remove", "code", "000000")
	clerk.wants(r, http.StatusConflict, "Replace the app")
	owner.wants(owner.get(h.path("/audit?action=merchant.second_factor")), http.StatusOK, "false", "true")
}

func TestAnAdministratorResetsASecondFactor(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner)
	owner.enrol()
	root := h.everything()
	user := "/console/admin/users/" + h.userID("owner@example.com")
	root.wants(root.get(user), http.StatusOK, "They have an authenticator app.")
	root.wants(root.send("/console/admin/users/"+h.userID("root@example.com")+"/reset-factors"), http.StatusConflict, "own account")
	if r := root.send(user + "/reset-factors"); r.status != http.StatusSeeOther {
		t.Fatalf("reset: %d", r.status)
	}
	if r := owner.get("/console/security"); r.status != http.StatusSeeOther {
		t.Errorf("their session goes on: %d", r.status)
	}
	h.browser().signIn("owner@example.com")
	root.wants(root.get("/console/admin/audit?action=factor.reset"), http.StatusOK, "authenticator_app", h.userID("owner@example.com"))
	root.wants(root.get(user), http.StatusOK, "They have none.")
}

func TestHalfASignInAcceptsNoInvitation(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner).english()
	jim := h.user("jim@example.com", h.inShop(access.Viewer))
	h.browser().signIn("jim@example.com").enrol()
	link := owner.invites("jim@example.com", "finance")
	r := h.passwordOnly("jim@example.com").send(link)
	if r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/second-factor") {
		t.Errorf("accepted by password: %d to %q", r.status, r.location())
	}
	if held, err := h.access.Bindings(h.system, h.shop.DB, jim.ID); err != nil || len(held) != 1 {
		t.Errorf("holds %v, %v", held, err)
	}
}

func TestAnAdministratorKeepsTheirOwnLastFactor(t *testing.T) {
	h := open(t)
	b := h.everything()
	id := b.addPasskey(newDevice(t), "Phone")
	b.wants(b.send(h.path("/settings/second-factor"), "required", "yes"), http.StatusSeeOther)
	b.wants(b.send("/console/admin/users/"+h.userID("root@example.com")+"/passkeys/"+id+"/remove"), http.StatusConflict)
}
