package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/access"
)

func sessionCookie(r reply) *http.Cookie {
	res := http.Response{Header: r.header}
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, "piaohao_session") {
			return c
		}
	}
	return nil
}

func TestSigningInAndOut(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	b := h.browser()

	r := b.get(h.path("/payments?status=closed"))
	if want := "/console/sign-in?next=" + url.QueryEscape(h.path("/payments?status=closed")); r.status != http.StatusSeeOther || r.location() != want {
		t.Fatalf("signed out: %d to %q, want %q", r.status, r.location(), want)
	}
	b.get(r.location())
	next := h.path("/payments?status=closed")
	r = b.send("/console/sign-in", "email", "owner@example.com", "password", password, "next", next)
	if r.status != http.StatusSeeOther || r.location() != next {
		t.Fatalf("sign in: %d to %q", r.status, r.location())
	}
	c := sessionCookie(r)
	if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || c.Domain != "" {
		t.Errorf("session cookie %+v", c)
	}
	page := b.get(next)
	b.wants(page, http.StatusOK)
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	token := c.Value
	if r = b.send("/console/sign-out"); r.status != http.StatusSeeOther {
		t.Fatalf("sign out: %d", r.status)
	}
	again := h.browser()
	again.header.Set("Cookie", "piaohao_session="+token)
	if r = again.get("/console"); r.status != http.StatusSeeOther {
		t.Errorf("the ended session's token still opens: %d", r.status)
	}
}

func TestOverHTTPSTheCookieIsBoundToTheHost(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	cfg := h.config
	cfg.BaseURL = "https://pay.example.com"
	h.base = h.listen(cfg)
	b := h.browser()
	r := b.get("/console/sign-in")
	// The jar keeps no secure cookie of plain http, so it is carried by hand.
	form := (&http.Response{Header: r.header}).Cookies()
	if len(form) != 1 || form[0].Name != "__Host-piaohao_form" || !form[0].Secure {
		t.Fatalf("form cookie %+v", form)
	}
	b.header.Set("Cookie", form[0].Name+"="+form[0].Value)
	r = b.send("/console/sign-in", "email", "owner@example.com", "password", password)
	if c := sessionCookie(r); r.status != http.StatusSeeOther || c == nil || c.Name != "__Host-piaohao_session" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("%d, session cookie %+v", r.status, c)
	}
	if r.header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security over https")
	}
}

func TestAWrongPasswordAndAnUnknownEmailReadTheSame(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	var texts []string
	for _, email := range []string{"owner@example.com", "nobody@example.com"} {
		b := h.browser()
		b.get("/console/sign-in")
		r := b.send("/console/sign-in", "email", email, "password", "not the password")
		b.wants(r, http.StatusUnauthorized, email)
		if sessionCookie(r) != nil {
			t.Error("a refused sign-in sets a session cookie")
		}
		texts = append(texts, strings.ReplaceAll(plain(r.body), email, ""))
	}
	if texts[0] != texts[1] {
		t.Errorf("the pages differ:\n%s\n%s", texts[0], texts[1])
	}
}

func TestGuessingIsThrottledAndSaysUntilWhen(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	b := h.browser()
	b.get("/console/sign-in")
	for range 9 {
		b.wants(b.send("/console/sign-in", "email", "owner@example.com", "password", "not the password"), http.StatusUnauthorized)
	}
	b.wants(b.send("/console/sign-in", "email", "owner@example.com", "password", "not the password"), http.StatusTooManyRequests)
	r := b.send("/console/sign-in", "email", "owner@example.com", "password", password)
	b.wants(r, http.StatusTooManyRequests)
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.clock.Advance(2 * time.Minute)
	if r = b.send("/console/sign-in", "email", "owner@example.com", "password", password); r.status != http.StatusSeeOther {
		t.Errorf("after the lock: %d", r.status)
	}
}

func TestASessionPlantedBeforeSigningInIsWorthNothing(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	h.user("attacker@example.com", h.inShop(access.Viewer))
	attacker := h.browser()
	attacker.get("/console/sign-in")
	planted := sessionCookie(attacker.send("/console/sign-in", "email", "attacker@example.com", "password", password)).Value

	victim := h.browser()
	at, _ := url.Parse(h.base)
	victim.client.Jar.SetCookies(at, []*http.Cookie{{Name: "piaohao_session", Value: planted, Path: "/"}})
	victim.get("/console/password")
	r := victim.send("/console/sign-in", "email", "owner@example.com", "password", password)
	c := sessionCookie(r)
	if r.status != http.StatusSeeOther || c == nil || c.Value == planted {
		t.Fatalf("sign in over a planted session: %d %+v", r.status, c)
	}
	if r := attacker.get("/console"); r.status != http.StatusSeeOther {
		t.Errorf("the planted session goes on: %d", r.status)
	}
}

func TestAnEndedSessionLeadsHtmxByAHeader(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	h.clock.Advance(31 * time.Minute)
	b.header.Set("HX-Request", "true")
	b.header.Set("HX-Current-URL", h.base+h.path("/payments?q=1"))
	r := b.get(h.path("/payments"))
	want := "/console/sign-in?next=" + url.QueryEscape(h.path("/payments?q=1"))
	if r.status != http.StatusUnauthorized || r.header.Get("HX-Redirect") != want {
		t.Errorf("%d, HX-Redirect %q, want %q", r.status, r.header.Get("HX-Redirect"), want)
	}
	b.header.Set("HX-Current-URL", "https://evil.example/console")
	if to := b.get(h.path("/payments")).header.Get("HX-Redirect"); strings.Contains(to, "evil") {
		t.Errorf("HX-Redirect %q leads away", to)
	}
	b.header.Set("HX-History-Restore-Request", "true")
	if r := b.get(h.path("/payments")); r.status != http.StatusSeeOther {
		t.Errorf("going back: %d, want a redirect of the whole page", r.status)
	}
}

func TestSigningInNeverLeadsAway(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	for _, next := range []string{
		"https://evil.example", "//evil.example", "/\\evil.example", "/console//evil.example", "/console/\\evil", "javascript:alert(1)",
		"/console\r\nSet-Cookie: a=b", "/sandbox/wallet", "/consolex", "console",
	} {
		b := h.browser()
		b.get("/console/sign-in")
		if r := b.send("/console/sign-in", "email", "owner@example.com", "password", password, "next", next); r.location() != "/console" {
			t.Errorf("next %q leads to %q", next, r.location())
		}
	}
}

func TestAFirstPasswordMustBeChanged(t *testing.T) {
	h := open(t)
	u := h.user("new@example.com", h.inShop(access.Owner))
	first, err := h.admin.ResetPassword(h.system, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := h.browser()
	b.get("/console/sign-in")
	if r := b.send("/console/sign-in", "email", "new@example.com", "password", first, "next", h.path("/payments")); r.location() != "/console/password" {
		t.Fatalf("leads to %q", r.location())
	}
	for _, path := range []string{"/console", h.path("/payments"), "/console/sessions"} {
		if r := b.get(path); r.status != http.StatusSeeOther || r.location() != "/console/password" {
			t.Errorf("GET %s: %d to %q", path, r.status, r.location())
		}
	}
	b.wants(b.get("/console/password"), http.StatusOK)
	if r := b.send(h.path("/keys"), "name", "K"); r.location() != "/console/password" {
		t.Errorf("POST goes to %q", r.location())
	}
	old := b.csrf
	b.wants(b.send("/console/password", "current_password", first, "password", "another long one", "repeat", "not the same one"), http.StatusUnprocessableEntity, `id="error-repeat"`)
	b.wants(b.send("/console/password", "current_password", "wrong", "password", "another long one", "repeat", "another long one"), http.StatusUnprocessableEntity, `id="error-current_password"`)
	b.wants(b.send("/console/password", "current_password", first, "password", "short", "repeat", "short"), http.StatusUnprocessableEntity, `id="error-password"`)
	if r := b.send("/console/password", "current_password", first, "password", "another long one", "repeat", "another long one"); r.status != http.StatusSeeOther {
		t.Fatalf("change: %d", r.status)
	}
	b.wants(b.get(h.path("/payments")), http.StatusOK)
	if b.csrf == old {
		t.Error("the session was not rotated")
	}
}

func TestEndingAnotherOfOnesSessions(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	h.user("other@example.com", h.inShop(access.Owner))
	one, two := h.browser().signIn("owner@example.com"), h.browser().signIn("owner@example.com")
	stranger := h.browser().signIn("other@example.com")
	page := one.get("/console/sessions")
	one.wants(page, http.StatusOK)
	ids := regexpFind(page.body, `/console/sessions/(ses_\w+)/revoke`)
	if len(ids) != 1 {
		t.Fatalf("sessions that can be ended: %v", ids)
	}
	stranger.get("/console/sessions")
	stranger.wants(stranger.send("/console/sessions/"+ids[0]+"/revoke"), http.StatusNotFound)
	if r := two.get("/console/sessions"); r.status != http.StatusOK {
		t.Fatalf("a stranger ended it: %d", r.status)
	}
	if r := one.send("/console/sessions/" + ids[0] + "/revoke"); r.status != http.StatusSeeOther {
		t.Fatalf("end: %d", r.status)
	}
	if r := two.get("/console/sessions"); r.status != http.StatusSeeOther {
		t.Errorf("the ended session still opens pages: %d", r.status)
	}
}
