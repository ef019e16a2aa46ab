package console_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// pause lets the proof of signing in grow old without ending the session.
func (h *house) pause() { h.clock.Advance(11 * time.Minute) }

// everything is a browser signed in as an owner who administers the platform.
func (h *house) everything() *browser {
	h.Helper()
	h.user("root@example.com", h.inShop(access.Owner), grantPlatform(access.PlatformAdmin))
	b := h.browser().signIn("root@example.com")
	b.send("/console/preferences", "language", "en")
	return b
}

func TestEveryFreshRouteAsksAgainAfterTenMinutes(t *testing.T) {
	h := open(t)
	b := h.everything()
	marked := 0
	for _, route := range console.Table() {
		if !route.Fresh {
			continue
		}
		marked++
		path := asked(h, route)
		if r := b.try(route.Method, path); strings.HasPrefix(r.location(), "/console/confirm") || r.status == http.StatusUnauthorized {
			t.Errorf("%s %s asks right after signing in: %d", route.Method, route.Path, r.status)
		}
	}
	if marked < 20 {
		t.Errorf("only %d routes ask for a fresh proof", marked)
	}
	for _, path := range []string{"/console/admin/settings", "/console/admin/users/:user/enable", "/console/admin/providers/:provider/enable", "/console/m/:merchant/:mode/refunds/:refund/resolve"} {
		if !slices.ContainsFunc(console.Table(), func(r console.Route) bool {
			return r.Method == http.MethodPost && r.Path == path && r.Fresh
		}) {
			t.Errorf("POST %s does not ask for a fresh proof", path)
		}
	}
	h.pause()
	// An account's name can be changed at any time, its apps and their secrets not,
	// and what was entered of these is not shown again.
	edit, form := h.accountForm("Counter")
	b.wants(b.send(edit, form...), http.StatusSeeOther)
	refused := b.send(edit, append(form, "app_secret", "CANARY-app-secret")...)
	b.wants(refused, http.StatusUnauthorized, `name="_password"`)
	if strings.Contains(refused.body, "CANARY") {
		t.Error("the confirmation shows an app's secret")
	}
	for _, route := range console.Table() {
		path := asked(h, route)
		if !route.Fresh {
			continue
		}
		if r := b.try(route.Method, path); route.Method == http.MethodGet {
			if want := "/console/confirm?next=" + url.QueryEscape(path); r.status != http.StatusSeeOther || r.location() != want {
				t.Errorf("GET %s: %d to %q, want %q", path, r.status, r.location(), want)
			}
		} else {
			b.wants(r, http.StatusUnauthorized, `name="_password"`, "Confirm it")
			if kept := strings.Contains(r.body, `name="confirm" value="nothing"`); kept == route.Secrets {
				t.Errorf("POST %s: its fields are kept %v, secrets %v", path, kept, route.Secrets)
			}
		}
	}
}

// accountForm is the form of the WeChat account with its apps as they are, and
// another name, and where it is sent to.
func (h *house) accountForm(name string) (path string, fields []string) {
	fields = []string{"name", name, "priority", "1"}
	for i, x := range h.shop.WeChat.AppIDs {
		fields = append(fields, "appid"+pages.AppSuffix(i), x.AppID, "appid_kind"+pages.AppSuffix(i), string(x.Kind))
	}
	return h.path("/accounts/" + h.shop.WeChat.ID + "/edit"), fields
}

func TestAHeldFormTakesEffectWithTheProof(t *testing.T) {
	h := open(t)
	b := h.everything()
	h.pause()
	held := b.send(h.path("/keys"), "name", "Held <key>", "scopes", "payments:read", "scopes", "payments:write", "allowed_ips", "192.0.2.1\n192.0.2.2")
	b.wants(held, http.StatusUnauthorized, `action="`+h.path("/keys")+`"`, `name="name" value="Held &lt;key&gt;"`,
		`name="scopes" value="payments:read"`, `name="scopes" value="payments:write"`, "192.0.2.1\n192.0.2.2")
	if keys := h.keys(); len(keys) != 0 {
		t.Fatalf("a key was made without the proof: %v", keys)
	}
	fields := []string{"name", "Held <key>", "scopes", "payments:read", "scopes", "payments:write", "allowed_ips", "192.0.2.1\n192.0.2.2"}
	b.wants(b.send(h.path("/keys"), append(fields, "_password", "not the password")...), http.StatusUnauthorized, "That password is wrong", "Held &lt;key&gt;")
	if len(h.keys()) != 0 {
		t.Fatal("a key was made with a wrong password")
	}
	old := b.csrf
	made := b.send(h.path("/keys"), append(fields, "_password", password)...)
	b.wants(made, http.StatusOK, "sk_test_")
	if strings.Contains(made.body, password) {
		t.Error("the page shows the password")
	}
	keys := h.keys()
	if len(keys) != 1 || keys[0].Name != "Held <key>" || len(keys[0].Scopes) != 2 || len(keys[0].AllowedIPs) != 2 {
		t.Errorf("made %+v", keys)
	}
	if c := sessionCookie(made); c == nil {
		t.Error("the session's token was not changed with the proof")
	}
	b.wants(b.send("/console/preferences", "theme", "dark"), http.StatusForbidden)
	b.get(h.path("/keys"))
	if b.csrf == old {
		t.Error("the forms' token did not follow the session's")
	}
	b.wants(b.send(h.path("/keys"), "name", "Another"), http.StatusOK, "sk_test_")
}

func (h *house) keys() []merchants.Key {
	h.Helper()
	list, err := h.shop.Merchants.Keys(h.system, merchants.KeyFilter{MerchantID: h.shop.Scope.MerchantID, Mode: h.shop.Scope.Mode, Limit: 10})
	if err != nil {
		h.Fatal(err)
	}
	return list
}

func TestTheDetourOfAPageLeadsBackToIt(t *testing.T) {
	h := open(t)
	b := h.everything()
	h.pause()
	r := b.get(h.path("/keys/new"))
	b.wants(b.get(r.location()), http.StatusOK, `name="next" value="`+h.path("/keys/new")+`"`)
	b.wants(b.send("/console/confirm", "next", h.path("/keys/new"), "_password", "wrong"), http.StatusUnauthorized, `name="next" value="`+h.path("/keys/new")+`"`)
	if r := b.send("/console/confirm", "next", h.path("/keys/new"), "_password", password); r.status != http.StatusSeeOther || r.location() != h.path("/keys/new") {
		t.Fatalf("confirmed: %d to %q", r.status, r.location())
	}
	b.wants(b.get(h.path("/keys/new")), http.StatusOK)
	b.wants(b.send("/console/confirm", "next", "//evil.example"), http.StatusUnprocessableEntity)
	if r := b.send("/console/confirm", "next", "//evil.example", "_password", password); r.location() != "/console" {
		t.Errorf("leads to %q", r.location())
	}
}

func TestHtmxIsLedToTheConfirmation(t *testing.T) {
	h := open(t)
	b := h.everything()
	h.pause()
	b.header.Set("HX-Request", "true")
	b.header.Set("HX-Current-URL", h.base+h.path("/keys"))
	r := b.do(http.MethodGet, h.path("/keys/new"), nil, "")
	if want := "/console/confirm?next=" + url.QueryEscape(h.path("/keys")); r.status != http.StatusUnauthorized || r.header.Get("HX-Redirect") != want {
		t.Errorf("GET: %d, HX-Redirect %q", r.status, r.header.Get("HX-Redirect"))
	}
	r = b.send(h.path("/keys"), "name", "K")
	b.wants(r, http.StatusUnauthorized, `name="name" value="K"`)
	if r.header.Get("HX-Retarget") != "body" {
		t.Error("the confirmation would be put into the form's own target")
	}
}

func TestGuessingAtTheConfirmationLocksLikeSigningIn(t *testing.T) {
	h := open(t)
	b := h.everything()
	h.pause()
	for range 9 {
		b.wants(b.send("/console/confirm", "_password", "wrong"), http.StatusUnauthorized)
	}
	b.wants(b.send("/console/confirm", "_password", "wrong"), http.StatusTooManyRequests)
	r := b.send("/console/confirm", "_password", password)
	b.wants(r, http.StatusTooManyRequests, "Too many attempts")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestALargeRefundAsksForAFreshProofAndASmallOneDoesNot(t *testing.T) {
	h := open(t)
	if _, err := h.shop.Merchants.UpdateSettings(h.system, h.shop.Scope.MerchantID, merchants.Settings{RefundApprovalAbove: 500}); err != nil {
		t.Fatal(err)
	}
	payment := paid(h, "FRESH-1")
	b := h.everything()
	h.pause()
	path := h.path("/payments/" + payment + "/refund")
	if r := b.send(path, "amount", "4.99", "reason", "r", "refund_no", "R1"); r.status != http.StatusSeeOther {
		t.Errorf("a small refund: %d\n%s", r.status, plain(r.body))
	}
	b.wants(b.send(path, "amount", "5.00", "reason", "r", "refund_no", "R2"), http.StatusUnauthorized, `name="refund_no" value="R2"`)
	if r := b.send(path, "amount", "5.00", "reason", "r", "refund_no", "R2", "_password", password); r.status != http.StatusSeeOther {
		t.Errorf("a large refund with the proof: %d\n%s", r.status, plain(r.body))
	}
}
