package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/sso"
)

// Whoever keeps an invitation's link can accept it in the invited person's place,
// and waits for them to come by the provider.
func TestWhoeverTookAnInvitationForSomebodyElseIsOutOnceTheyComeByTheProvider(t *testing.T) {
	h := open(t)
	owner := h.as(access.Owner)
	squatter := h.browser()
	link := regexpFind(owner.send(h.path("/members"), "email", "new@example.com", "role", "viewer").body, `(/console/invitations/[\w-]{43})`)[0]
	squatter.get(link)
	if r := squatter.send(link, "name", "Not Them", "password", password); r.status != http.StatusSeeOther {
		t.Fatalf("accept: %d %s", r.status, plain(r.body))
	}
	squatter.signIn("new@example.com")
	h.configured(func(p *sso.Provider) { p.LinkByEmail = true })
	h.person("1", "new@example.com")

	// A user with another way in than a password is nobody's by email alone.
	for name, more := range map[string]func() func(){
		"a passkey": func() func() {
			id := squatter.addPasskey(newDevice(t), "Theirs")
			return func() { squatter.send(myPasskeys + "/" + id + "/remove") }
		},
		"an account there": func() func() {
			h.person("666", "squatter@example.com")
			squatter.linked()
			h.person("1", "new@example.com")
			id := regexpFind(squatter.get("/console/security").body, `/identities/(\w+)/unlink`)[0]
			return func() { squatter.send("/console/security/identities/" + id + "/unlink") }
		},
	} {
		undo := more()
		if r := h.browser().bySSO(""); r.status != http.StatusForbidden || sessionCookie(r) != nil {
			t.Errorf("with %s: %d", name, r.status)
		}
		undo()
	}
	them := h.browser()
	if r := them.bySSO(""); r.status != http.StatusSeeOther {
		t.Fatalf("they come: %d %s", r.status, plain(r.body))
	}
	them.wants(them.get("/console/security"), http.StatusOK, "Corp")
	if r := squatter.get(h.path("/payments")); r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/sign-in") {
		t.Errorf("the squatter's session goes on: %d", r.status)
	}
	again := h.browser()
	again.get("/console/sign-in")
	again.wants(again.send("/console/sign-in", "email", "new@example.com", "password", password), http.StatusUnauthorized)
	if h.recorded("user.retire_password") != 1 {
		t.Error("the end of the password is not recorded")
	}
}

func TestAPasswordStaysWithWhoLinksTheirOwnAccount(t *testing.T) {
	h := open(t)
	h.configured(func(p *sso.Provider) { p.LinkByEmail = true })
	h.person("42", "owner@example.com")
	owner := h.as(access.Owner)
	owner.linked()
	h.browser().bySSO("")
	owner.wants(owner.get(h.path("/payments")), http.StatusOK)
	h.browser().signIn("owner@example.com")
}
