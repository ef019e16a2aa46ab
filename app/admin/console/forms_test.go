package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
)

func regexpFind(text, pattern string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// fill puts ids that could be into a route's path.
func fill(h *house, path string) string {
	const id = "01J0000000000000000000000A"
	return strings.NewReplacer(
		":merchant", h.shop.Scope.MerchantID, ":mode", "test", ":payment", "pay_"+id, ":account", "acct_"+id, ":draft", "drf_"+id, ":channel", "wechat",
		":key", "key_"+id, ":endpoint", "whe_"+id, ":delivery", "dlv_"+id, ":session", "ses_"+id, ":user", "usr_"+id, ":target", "mch_"+id,
		":refund", "rfd_"+id, ":log", "exp_"+id, ":copy", "exp_"+id, ":approval", "apr_"+id,
		":run", "run_"+id, ":bill", "bil_"+id, ":statement", "stm_"+id, ":export", "exp_"+id,
		":case", "ntf_"+id, ":exception", "exc_"+id, ":batch", "exb_"+id, ":provider", "prv_"+id, ":passkey", "pky_"+id, ":link", "lnk_"+id, ":idp", "corp",
		":role", "rol_"+id, ":invitation", "inv_"+id, ":token", strings.Repeat("x", 43),
		":application", "apl_"+id, ":proof", strings.Repeat("x", 43),
	).Replace(path)
}

func TestEveryFormNeedsItsSessionsToken(t *testing.T) {
	h := open(t)
	h.user("root@example.com", h.inShop(access.Owner))
	if err := h.admin.Grant(h.system, h.userID("root@example.com"), grantPlatform(access.PlatformAdmin)); err != nil {
		t.Fatal(err)
	}
	b := h.browser().signIn("root@example.com")
	other := h.browser().signIn("root@example.com")
	own := b.csrf
	posts := 0
	for _, route := range console.Table() {
		if route.Method != http.MethodPost || route.Path == "/console/sign-in" {
			continue
		}
		posts++
		for name, token := range map[string]string{"no": "", "another session's": other.csrf, "a made up": "AAAA"} {
			b.csrf = token
			if r := b.send(fill(h, route.Path), "name", "x"); r.status != http.StatusForbidden {
				t.Errorf("POST %s with %s token: %d, want 403", route.Path, name, r.status)
			}
		}
		if route.Path == "/console/sign-out" {
			continue
		}
		// A token in the query is one that a link could carry.
		b.csrf = ""
		if r := b.send(fill(h, route.Path)+"?_csrf="+own, "name", "x"); r.status != http.StatusForbidden {
			t.Errorf("POST %s with its token in the query: %d, want 403", route.Path, r.status)
		}
	}
	if posts < 20 {
		t.Errorf("only %d forms were tried", posts)
	}
	b.csrf = ""
	b.header.Set("X-CSRF-Token", own)
	if r := b.send("/console/preferences", "theme", "dark"); r.status != http.StatusSeeOther {
		t.Errorf("the token in the header: %d", r.status)
	}
}

func TestTheSignInFormNeedsItsCookie(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	b := h.browser()
	b.get("/console/sign-in")
	stranger := h.browser()
	stranger.csrf = b.csrf
	stranger.wants(stranger.send("/console/sign-in", "email", "owner@example.com", "password", password), http.StatusForbidden)
	b.csrf = ""
	b.wants(b.send("/console/sign-in", "email", "owner@example.com", "password", password), http.StatusForbidden)
}

func TestALargeFormIsRefused(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.wants(b.send(h.path("/keys"), "name", strings.Repeat("x", 300<<10)), http.StatusUnprocessableEntity)
}

func TestLanguageAndThemeAreKept(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.header.Set("Accept-Language", "en")
	b.wants(b.get("/console/sign-in"), http.StatusOK, `<html lang="en"`, `data-bs-theme="light"`)
	b.header.Set("Accept-Language", "fr")
	b.wants(b.get("/console/sign-in"), http.StatusOK, `<html lang="zh-CN"`)
	if r := b.send("/console/preferences", "language", "en", "theme", "dark", "next", "/console/sign-in?next=%2Fconsole"); r.location() != "/console/sign-in?next=%2Fconsole" {
		t.Fatalf("goes to %q", r.location())
	}
	b.wants(b.get("/console/sign-in"), http.StatusOK, `<html lang="en"`, `data-bs-theme="dark"`)

	// What a user chose goes with them to another browser.
	u := h.as(access.Owner)
	u.send("/console/preferences", "language", "en")
	elsewhere := h.browser()
	elsewhere.header.Set("Accept-Language", "zh-CN")
	elsewhere.signIn("owner@example.com").wants(elsewhere.get(h.path("/payments")), http.StatusOK, `<html lang="en"`)
}

func TestStaticFilesAreKeptByTheirHash(t *testing.T) {
	h := open(t)
	b := h.browser()
	page := b.get("/console/sign-in")
	found := regexpFind(page.body, `(/static/seal\.svg\?v=\w+)`)
	if len(found) == 0 {
		t.Fatal("the page names no seal.svg with its hash")
	}
	r := b.get(found[0])
	if r.status != http.StatusOK || !strings.Contains(r.header.Get("Cache-Control"), "immutable") || r.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r := b.get("/static/nothing.js"); r.status != http.StatusNotFound {
		t.Errorf("an unknown file: %d", r.status)
	}
	if r := b.get("/"); r.status != http.StatusSeeOther || r.location() != "/console" {
		t.Errorf("/ leads to %d %q", r.status, r.location())
	}
}
