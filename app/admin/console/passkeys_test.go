package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys/passkeystest"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
)

// options asks as the script does.
func (b *browser) options(path string) []byte {
	b.Helper()
	r := b.send(path)
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
		b.Fatalf("%s: %d %s", path, r.status, plain(r.body))
	}
	return []byte(r.body)
}

const (
	myPasskeys     = "/console/security/passkeys"
	passkeyOptions = myPasskeys + "/options"
	signInOptions  = "/console/sign-in/passkey/options"
	passkeySignIn  = "/console/sign-in/passkey"
)

// addPasskey registers the device for whoever is signed in, and returns the
// passkey's id.
func (b *browser) addPasskey(d *passkeystest.Device, name string) string {
	b.Helper()
	// The first comes with recovery codes.
	if r := b.send(myPasskeys, "name", name, "credential", d.Create(b.options(passkeyOptions))); r.status != http.StatusSeeOther && r.status != http.StatusOK {
		b.Fatalf("register: %d %s", r.status, plain(r.body))
	}
	b.wants(b.get("/console/security"), http.StatusOK, name)
	ids := regexpFind(b.get("/console/security").body, `/passkeys/(pky_\w+)/remove`)
	return ids[len(ids)-1]
}

// trail is the platform's recorded acts, newest first.
func (h *house) trail() []audit.Row {
	h.Helper()
	page, err := h.audit.List(h.system, audit.Filter{Chain: audit.Platform, Limit: 100})
	if err != nil {
		h.Fatal(err)
	}
	return page.Rows
}

func (h *house) recorded(action string) int {
	n := 0
	for _, row := range h.trail() {
		if row.Action == action {
			n++
		}
	}
	return n
}

func TestAPasskeySignsIn(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner)
	device := newDevice(t)
	device.Count = 1
	owner.addPasskey(device, "Work laptop")

	b := h.browser()
	b.wants(b.get("/console/sign-in?next="+h.path("/payments")), http.StatusOK, `data-passkey="get"`, `data-passkey-options="`+signInOptions+`"`)
	answer := device.Get(b.options(signInOptions))
	for what, r := range map[string]reply{
		"nothing":              b.send(passkeySignIn, "credential", ""),
		"a tampered signature": b.send(passkeySignIn, "credential", device.Tampered(b.options(signInOptions))),
		"another browser's": func() reply {
			x := h.browser()
			x.get("/console/sign-in")
			return x.send(passkeySignIn, "credential", answer)
		}(),
		"without the page's token": func() reply { x := *b; x.csrf = ""; return x.send(passkeySignIn, "credential", answer) }(),
	} {
		if r.status != http.StatusUnauthorized && r.status != http.StatusForbidden || sessionCookie(r) != nil {
			t.Errorf("%s: %d", what, r.status)
		}
	}
	b.wants(b.send(passkeySignIn, "credential", "{}"), http.StatusUnauthorized, `name="password"`)
	b.get("/console/sign-in")
	r := b.send(passkeySignIn, "credential", device.Get(b.options(signInOptions)), "next", h.path("/payments"))
	if c := sessionCookie(r); r.status != http.StatusSeeOther || r.location() != h.path("/payments") || c == nil || !c.HttpOnly {
		t.Fatalf("sign in: %d to %q", r.status, r.location())
	}
	b.wants(b.get(h.path("/payments")), http.StatusOK)
	if row := h.trail()[0]; row.Action != "session.open" || !strings.Contains(row.After, `"methods":"key"`) {
		t.Errorf("recorded %+v", row)
	}
	other := h.browser()
	other.get("/console/sign-in")
	if r := other.send(passkeySignIn, "credential", device.Get(other.options(signInOptions)), "next", "https://evil.example"); r.location() != "/console" {
		t.Errorf("leads to %q", r.location())
	}
}

func TestACopiedPasskeyIsRefusedAndRecordedOnce(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner)
	device := newDevice(t)
	device.Count = 7
	owner.addPasskey(device, "Key")
	device.Count = 2
	for range 2 {
		b := h.browser()
		b.get("/console/sign-in")
		b.wants(b.send(passkeySignIn, "credential", device.Get(b.options(signInOptions))), http.StatusUnauthorized)
	}
	if n := h.recorded("passkey.cloned"); n != 1 {
		t.Errorf("recorded %d times", n)
	}
	owner.send("/console/preferences", "language", "en")
	owner.wants(owner.get("/console/security"), http.StatusOK, "Copied", "no longer accepted")
}

// A copied passkey is no second factor, so it lets nobody give up the last real
// one; nor does it make a password enough.
func TestACopiedPasskeyIsNoSecondFactorAndMakesNoPasswordEnough(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner)
	if r := owner.send(h.path("/settings/second-factor"), "required", "yes"); r.status != http.StatusSeeOther {
		t.Fatalf("rule: %d %s", r.status, plain(r.body))
	}
	device := newDevice(t)
	device.Count = 7
	page := owner.send(myPasskeys, "name", "Old", "credential", device.Create(owner.options(passkeyOptions)))
	codes := regexpFind(page.body, `([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})`)
	owner.get("/console/security")
	second := owner.addPasskey(newDevice(t), "New")
	device.Count = 2
	thief := h.browser()
	thief.get("/console/sign-in")
	thief.wants(thief.send(passkeySignIn, "credential", device.Get(thief.options(signInOptions))), http.StatusUnauthorized)

	f, err := h.access.Factors(t.Context(), h.shop.DB, h.userID("owner@example.com"))
	if err != nil || f.Passkeys != 1 || f.Copied != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
	owner.wants(owner.send(myPasskeys+"/"+second+"/remove"), http.StatusUnprocessableEntity)

	// An administrator takes the good one away: the copy is all there is.
	if err := h.logins.RemovePasskeyOf(h.system, h.userID("owner@example.com"), second); err != nil {
		t.Fatal(err)
	}
	f, err = h.access.Factors(t.Context(), h.shop.DB, h.userID("owner@example.com"))
	if err != nil || f.Second() || !f.Asked() || f.Recovery == 0 {
		t.Errorf("%+v, %v", f, err)
	}
	b := h.browser()
	b.get("/console/sign-in")
	if r := b.send("/console/sign-in", "email", "owner@example.com", "password", password); !strings.HasPrefix(r.location(), "/console/second-factor") {
		t.Errorf("the password leads to %q", r.location())
	}
	if r := b.get("/console/security/totp"); !strings.HasPrefix(r.location(), "/console/second-factor") {
		t.Errorf("the password alone sets up another factor: %d to %q", r.status, r.location())
	}
	b.wants(b.get("/console/second-factor"), http.StatusOK, `name="code"`)
	if r := b.send("/console/second-factor", "code", codes[0]); r.status != http.StatusSeeOther || b.get(h.path("/payments")).status != http.StatusOK {
		t.Errorf("a recovery code: %d to %q", r.status, r.location())
	}
}

func TestBeginningToSignInIsThrottledByAddress(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.get("/console/sign-in")
	b.header.Set("X-Test-IP", "192.0.2.9")
	refused := 0
	for range 64 {
		r := b.send(signInOptions)
		var said struct{ Problem string }
		if r.status == http.StatusTooManyRequests {
			if err := json.Unmarshal([]byte(r.body), &said); err != nil || said.Problem == "" || r.header.Get("Retry-After") == "" {
				t.Fatalf("%v %q", err, r.body)
			}
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d of 64 were refused", refused)
	}
	b.header.Set("X-Test-IP", "192.0.2.10")
	b.options(signInOptions)
}

func TestOnesPasskeysAreNamedAndRemovedAfterConfirming(t *testing.T) {
	h := open(t)
	owner, viewer := h.as(access.Owner), h.as(access.Viewer)
	device := newDevice(t)
	id := owner.addPasskey(device, "Old name")
	theirs := viewer.addPasskey(newDevice(t), "Theirs")
	one := myPasskeys + "/" + id

	owner.wants(owner.send(one+"/rename", "name", " "), http.StatusUnprocessableEntity, `id="error-name-`+id+`"`)
	if r := owner.send(one+"/rename", "name", "New name"); r.status != http.StatusSeeOther {
		t.Fatalf("rename: %d", r.status)
	}
	owner.wants(owner.get("/console/security"), http.StatusOK, "New name")
	owner.wants(owner.send(myPasskeys+"/"+theirs+"/rename", "name", "Mine"), http.StatusNotFound)
	owner.wants(owner.send(myPasskeys+"/"+theirs+"/rename", "name", ""), http.StatusNotFound)
	owner.wants(owner.send(myPasskeys+"/"+theirs+"/remove"), http.StatusNotFound)
	for _, bad := range [][]string{{"name", "", "credential", "{}"}, {"name", "X", "credential", "{}"}} {
		owner.wants(owner.send(myPasskeys, bad...), http.StatusUnprocessableEntity)
	}

	h.pause()
	// Whoever sits at a browser that has the password saved gets no further by it.
	refused := owner.send(one + "/remove")
	owner.wants(refused, http.StatusUnauthorized, `name="_code"`, `name="_passkey"`, `data-passkey-options="/console/confirm/passkey/options"`)
	if strings.Contains(refused.body, `name="_password"`) {
		t.Error("a password is asked for instead of a passkey")
	}
	owner.wants(owner.send(one+"/remove", "_password", password), http.StatusUnauthorized, `name="_code"`)
	if r := owner.get(myPasskeys + "/new"); r.status != http.StatusSeeOther {
		t.Errorf("a new passkey without confirming: %d", r.status)
	}
	if r := owner.send(passkeyOptions); r.status != http.StatusUnauthorized {
		t.Errorf("its options: %d", r.status)
	}
	if r := owner.send(one+"/remove", "_passkey", device.Get(owner.options("/console/confirm/passkey/options"))); r.status != http.StatusSeeOther {
		t.Fatalf("removing it by itself: %d %s", r.status, plain(r.body))
	}
	b := h.browser()
	b.get("/console/sign-in")
	b.wants(b.send(passkeySignIn, "credential", device.Get(b.options(signInOptions))), http.StatusUnauthorized)
	for _, action := range []string{"passkey.register", "passkey.rename", "passkey.remove", "session.confirm"} {
		if h.recorded(action) == 0 {
			t.Errorf("%s is not recorded", action)
		}
	}
}

func TestAConfirmationByPasskeyIsTheUsersOwn(t *testing.T) {
	h := open(t)
	owner, viewer := h.as(access.Owner), h.as(access.Viewer)
	mine, theirs := newDevice(t), newDevice(t)
	owner.addPasskey(mine, "Mine")
	viewer.addPasskey(theirs, "Theirs")
	h.pause()
	owner.send("/console/preferences", "language", "en")
	const options, confirm = "/console/confirm/passkey/options", "/console/confirm"
	next := h.path("/keys/new")
	owner.wants(owner.send(confirm, "next", next, "_passkey", theirs.Get(owner.options(options))), http.StatusUnauthorized, "was not accepted", `value="`+next+`"`)
	answer := mine.Get(owner.options(options))
	old := owner.csrf
	if r := owner.send(confirm, "next", next, "_passkey", answer); r.status != http.StatusSeeOther || r.location() != next {
		t.Fatalf("confirm: %d to %q %s", r.status, r.location(), plain(r.body))
	}
	owner.wants(owner.get(next), http.StatusOK)
	if owner.csrf == old {
		t.Error("the session kept its token")
	}
	owner.wants(owner.send(confirm, "next", next, "_passkey", answer), http.StatusUnauthorized)
}

func TestAnAddressOfNumbersSaysWhyThereAreNoPasskeys(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	cfg := h.config
	logins := *h.logins
	var err error
	if logins.Passkeys, err = passkeysAt(h, "http://127.0.0.1:8080"); err != nil {
		t.Fatal(err)
	}
	cfg.Logins = &logins
	h.base = h.listen(cfg)
	b = h.browser().signIn("owner@example.com")
	b.wants(b.get("/console/security"), http.StatusOK, "http://127.0.0.1:8080", "http://localhost:8080")
	b.wants(b.get(myPasskeys+"/new"), http.StatusOK, "http://localhost:8080")
	b.wants(b.send(passkeyOptions), http.StatusServiceUnavailable, `"problem":`)
	if page := h.browser().get("/console/sign-in"); strings.Contains(page.body, "data-passkey") {
		t.Error("a passkey is asked for where there can be none")
	}
}

func newDevice(t *testing.T) *passkeystest.Device { return passkeystest.New(t, passkeyOrigin) }

func TestAPasskeyIsTheSecondFactorAfterAPassword(t *testing.T) {
	h := open(t)
	owner, viewer := h.as(access.Owner), h.as(access.Viewer)
	mine, theirs := newDevice(t), newDevice(t)
	owner.addPasskey(mine, "Mine")
	viewer.addPasskey(theirs, "Theirs")
	const factor = "/console/second-factor/passkey"
	b := h.browser()
	b.get("/console/sign-in")
	r := b.send("/console/sign-in", "email", "owner@example.com", "password", password, "next", h.path("/payments"))
	if r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/second-factor?next=") {
		t.Fatalf("the password leads to %q", r.location())
	}
	b.wants(b.get(r.location()), http.StatusOK, `data-passkey-options="`+factor+`/options"`)
	for _, path := range []string{h.path("/payments"), "/console/security", "/console/security/passkeys/new"} {
		if r := b.get(path); r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/second-factor") {
			t.Errorf("half signed in, GET %s: %d to %q", path, r.status, r.location())
		}
	}
	b.wants(b.send(factor, "credential", theirs.Get(b.options(factor+"/options"))), http.StatusUnauthorized)
	b.wants(b.send(factor, "credential", mine.Tampered(b.options(factor+"/options"))), http.StatusUnauthorized)
	mine.Unverified = true
	b.wants(b.send(factor, "credential", mine.Get(b.options(factor+"/options"))), http.StatusUnauthorized)
	mine.Unverified = false
	if r := b.get(h.path("/payments")); r.status != http.StatusSeeOther {
		t.Fatalf("without the passkey: %d", r.status)
	}
	if r := b.send(factor, "credential", mine.Get(b.options(factor+"/options")), "next", h.path("/payments")); r.status != http.StatusSeeOther || r.location() != h.path("/payments") {
		t.Fatalf("with it: %d to %q", r.status, r.location())
	}
	b.wants(b.get(h.path("/payments")), http.StatusOK)
}

func TestWhoeverMustHaveASecondFactorMayTakeAPasskey(t *testing.T) {
	h := open(t)
	cfg := h.config
	strict := access.New(h.shop.DB, h.clock, access.Config{Hash: h.cheap(), Require: access.RequireEveryone, Sealer: plainSealer{}})
	cfg.Access, cfg.Admin = strict, admin.New(h.shop.DB, strict, h.audit)
	cfg.Logins = admin.NewLogins(cfg.Admin, h.logins.Passkeys, h.logins.SSO)
	h.base = h.listen(cfg)
	h.user("owner@example.com", h.inShop(access.Owner))
	b := h.browser()
	b.get("/console/sign-in")
	b.send("/console/sign-in", "email", "owner@example.com", "password", password)
	if r := b.get(h.path("/payments")); !strings.HasPrefix(r.location(), "/console/security/totp") {
		t.Fatalf("before: %d to %q", r.status, r.location())
	}
	b.wants(b.get("/console/security/totp?next="+h.path("/payments")), http.StatusOK, "/console/security/passkeys/new?next=")
	b.wants(b.get(myPasskeys+"/new"), http.StatusOK, `data-passkey="create"`, "/console/sign-out")
	device := newDevice(t)
	made := b.send(myPasskeys, "name", "Laptop", "credential", device.Create(b.options(passkeyOptions)), "next", h.path("/payments"))
	b.wants(made, http.StatusOK, `href="`+h.path("/payments")+`"`)
	b.wants(b.get(h.path("/payments")), http.StatusOK)

	id := regexpFind(b.get("/console/security").body, `/passkeys/(pky_\w+)/remove`)[0]
	b.wants(b.send(myPasskeys+"/"+id+"/remove"), http.StatusUnprocessableEntity)
	other := b.addPasskey(newDevice(t), "Another")
	if r := b.send(myPasskeys + "/" + other + "/remove"); r.status != http.StatusSeeOther {
		t.Errorf("one of two: %d", r.status)
	}
}
