package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
)

func TestAUserIsAddedWithARole(t *testing.T) {
	h := open(t)
	b := h.as(access.PlatformAdmin).english()
	b.wants(b.get("/console/admin/users/new"), http.StatusOK, `name="domain"`)
	first := b.handedOver(b.send("/console/admin/users", "email", "ops@example.com", "name", "Ops", "locale", "en", "role", "platform_operator"))
	second := b.handedOver(b.send("/console/admin/users", "email", "fin@example.com", "name", "Fin", "role", "finance", "domain", h.shop.Scope.MerchantID))
	b.handedOver(b.send("/console/admin/users", "email", "none@example.com", "name", "None"))
	if first == second {
		t.Error("two users have one password")
	}
	list := b.get("/console/admin/users")
	b.wants(list, http.StatusOK, "ops@example.com", "Operator", "fin@example.com")
	if strings.Contains(list.body, first) {
		t.Error("the list shows a password")
	}
	may, err := h.access.Allowed(h.system, h.userID("fin@example.com"), h.shop.Scope.MerchantID, access.Payments, access.Close)
	if err != nil || !may {
		t.Errorf("finance may close payments: %v %v", may, err)
	}
	for _, email := range []string{"ops@example.com", "fin@example.com"} {
		r := b.get("/console/admin/users?q=" + email)
		if got := strings.Count(r.body, `<td class="p21 wide">`); got != 1 {
			t.Errorf("%d users are called %s", got, email)
		}
	}
	b.wants(b.get("/console/admin/users?q=nobody@example.com"), http.StatusOK, "nobody@example.com", "Clear")
}

func TestUsersAreFoundByNameEmailRoleAndMerchant(t *testing.T) {
	onEngines(t, func(h *house) {
		b := h.as(access.PlatformAdmin).english()
		add := func(name, email string, grants ...admin.Grant) {
			h.Helper()
			if _, _, err := h.admin.CreateUser(h.system, admin.NewUser{Email: email, Name: name, Password: password, Grants: grants}); err != nil {
				h.Fatal(err)
			}
		}
		add("Tea Buyer", "buyer@shop.example", h.inShop(access.Viewer))
		add("tea seller", "t.seller@shop.example", h.inShop(access.Finance), h.inShop(access.Viewer))
		add("Nobody", "tea@alone.example")
		add("Watcher", "watcher@example.com", grantPlatform(access.PlatformAuditor))
		for i := range 30 {
			add(fmt.Sprintf("Zed %02d", i), fmt.Sprintf("zed%02d@example.com", i))
		}
		finds := func(query string, want ...string) string {
			h.Helper()
			r := b.get("/console/admin/users?" + query)
			b.wants(r, http.StatusOK)
			if got := regexpFind(r.body, `<td class="p21 wide">([^<]*)</td>`); !slices.Equal(got, want) {
				h.Errorf("%q finds %q, want %q", query, got, want)
			}
			return r.body
		}
		// By name in either case, then by email, each once.
		finds("q=tea", "buyer@shop.example", "t.seller@shop.example", "tea@alone.example")
		finds("q=Tea+B", "buyer@shop.example")
		finds("q=tea@alone", "tea@alone.example")
		finds("q=tea&role=none", "tea@alone.example")
		finds("q=tea&role=merchant", "buyer@shop.example", "t.seller@shop.example")
		finds("q=%25")
		finds("role=platform_auditor", "watcher@example.com")
		finds("role=platform_auditor&status=disabled")
		finds("role=merchant", "t.seller@shop.example", "buyer@shop.example")
		finds("q="+h.shop.Scope.MerchantID, "t.seller@shop.example", "buyer@shop.example")
		finds("q=" + h.shop.Scope.MerchantID + "&role=platform_admin")
		// A search goes on where its page ended, through names and then emails.
		var zeds []string
		for i := range 30 {
			zeds = append(zeds, fmt.Sprintf("zed%02d@example.com", i))
		}
		body := finds("q=zed", zeds[:25]...)
		finds("q=zed&cursor="+regexpFind(body, `cursor=(usr_[0-9A-Z]{26})`)[0], zeds[25:]...)
		slices.Reverse(zeds)
		body = finds("role=none", zeds[:25]...)
		finds("role=none&cursor="+regexpFind(body, `cursor=(usr_[0-9A-Z]{26})`)[0], append(zeds[25:], "tea@alone.example")...)
	})
}

func TestAUsersPageShowsHowTheySignInAndEndsOneSession(t *testing.T) {
	h := open(t)
	staff := h.as(access.Owner)
	staff.addPasskey(newDevice(t), "Laptop key")
	other := h.browser()
	other.get("/console/sign-in")
	other.send("/console/sign-in", "email", "owner@example.com", "password", password)
	b := h.as(access.PlatformAdmin).english()
	id := h.userID("owner@example.com")
	page := b.get("/console/admin/users/" + id)
	b.wants(page, http.StatusOK, "Laptop key", "Authenticator app", "1 registered", "10 left", "Last sign-in", "End session", "Test Shop", "Owner")
	sessions := regexpFind(page.body, `/sessions/(ses_[0-9A-Z]{26})/revoke`)
	if len(sessions) != 2 {
		t.Fatalf("%d sessions", len(sessions))
	}
	strange := "/console/admin/users/" + h.userID("platform_admin@example.com") + "/sessions/" + sessions[1] + "/revoke"
	b.wants(b.send(strange), http.StatusNotFound)
	b.wants(b.send("/console/admin/users/"+id+"/sessions/"+sessions[1]+"/revoke"), http.StatusSeeOther)
	if r := staff.get(h.path("/payments")); r.status != http.StatusSeeOther {
		t.Errorf("the ended session goes on: %d", r.status)
	}
	if left, err := h.access.Sessions(h.system, id); err != nil || len(left) != 1 {
		t.Errorf("%d sessions are left, %v", len(left), err)
	}
	if row := h.last(audit.Platform); row.Action != "session.revoke" || row.Target != id {
		t.Errorf("audited %+v", row)
	}
}

func TestAUsersFormSaysWhatIsWrong(t *testing.T) {
	h := open(t)
	b := h.as(access.PlatformAdmin).english()
	for _, c := range []struct{ email, name, role, domain, says string }{
		{"nonsense", "N", "", "", "not an email address"},
		{"platform_admin@example.com", "N", "", "", "Another user has this email."},
		{"n@example.com", "", "", "", "1 to 100 characters"},
		{"n@example.com", "N", "owner", "", "Name the merchant in which the role is held."},
		{"n@example.com", "N", "owner", "mch_01J0000000000000000000000A", "There is no merchant with this number."},
		{"n@example.com", "N", "owner", "platform", "There is no merchant with this number."},
		{"n@example.com", "N", "platform_auditor", h.shop.Scope.MerchantID, "A platform role is held on the platform."},
		{"n@example.com", "N", "emperor", "", "Choose one of the values."},
		{"n@example.com", "N", "", h.shop.Scope.MerchantID, "Required."},
	} {
		r := b.send("/console/admin/users", "email", c.email, "name", c.name, "role", c.role, "domain", c.domain)
		b.wants(r, http.StatusUnprocessableEntity, c.says, `value="`+c.email+`"`)
	}
	if _, err := h.access.UserByEmail(h.system, h.shop.DB, "n@example.com"); !app.Is(err, app.NotFound) {
		t.Errorf("a refused form added a user: %v", err)
	}
}

func TestAResetPasswordIsShownOnceAndEndsSessions(t *testing.T) {
	h := open(t)
	u := h.user("staff@example.com", h.inShop(access.Viewer))
	staff := h.browser().signIn("staff@example.com")
	b := h.as(access.PlatformAdmin).english()
	page := "/console/admin/users/" + u.ID
	b.wants(b.get(page), http.StatusOK, "127.0.0.1", "End all sessions")
	fresh := b.handedOver(b.send(page + "/reset-password"))
	if r := staff.get(h.path("/payments")); r.status != http.StatusSeeOther {
		t.Errorf("the session goes on: %d", r.status)
	}
	shown := b.get(page)
	b.wants(shown, http.StatusOK, "Must be changed at the next sign-in", "Not signed in anywhere.")
	if strings.Contains(shown.body, fresh) {
		t.Error("the password is shown again")
	}
	if row := h.last(audit.Platform); row.Action != "user.reset_password" || strings.Contains(row.Before+row.After, fresh) {
		t.Errorf("audited %+v", row)
	}
	back := h.browser()
	back.get("/console/sign-in")
	back.wants(back.send("/console/sign-in", "email", "staff@example.com", "password", password), http.StatusUnauthorized)
	back.wants(back.send("/console/sign-in", "email", "staff@example.com", "password", fresh), http.StatusSeeOther)
}

func TestAUserIsDisabledByTheirEmailTypedAndEnabledAgain(t *testing.T) {
	h := open(t)
	u := h.user("staff@example.com", h.inShop(access.Viewer))
	staff := h.browser().signIn("staff@example.com")
	b := h.as(access.PlatformAdmin).english()
	page := "/console/admin/users/" + u.ID
	b.wants(b.send(page+"/disable", "confirm", "staff"), http.StatusUnprocessableEntity, "The text typed to confirm differs")
	staff.wants(staff.get(h.path("/payments")), http.StatusOK)
	b.wants(b.send(page+"/disable", "confirm", "staff@example.com"), http.StatusSeeOther)
	b.wants(b.get(page), http.StatusOK, "Disabled", "User disabled; their sessions have ended")
	if r := staff.get(h.path("/payments")); r.status != http.StatusSeeOther {
		t.Errorf("a disabled user's session: %d", r.status)
	}
	b.wants(b.get("/console/admin/users?status=disabled"), http.StatusOK, "staff@example.com")
	b.wants(b.send(page+"/enable"), http.StatusSeeOther)
	h.browser().signIn("staff@example.com")
}

func TestTheLastOwnerIsNotDisabled(t *testing.T) {
	h := open(t)
	u := h.user("only@example.com", h.inShop(access.Owner))
	b := h.as(access.PlatformAdmin).english()
	b.wants(b.send("/console/admin/users/"+u.ID+"/disable", "confirm", "only@example.com"), http.StatusUnprocessableEntity, "Appoint another first.")
	h.browser().signIn("only@example.com")
}

func TestSessionsOfAUserAreEnded(t *testing.T) {
	h := open(t)
	u := h.user("staff@example.com", h.inShop(access.Viewer))
	staff := h.browser().signIn("staff@example.com")
	b := h.as(access.PlatformAdmin)
	b.wants(b.send("/console/admin/users/"+u.ID+"/end-sessions"), http.StatusSeeOther)
	if r := staff.get(h.path("/payments")); r.status != http.StatusSeeOther {
		t.Errorf("the session goes on: %d", r.status)
	}
	if row := h.last(audit.Platform); row.Action != "session.revoke_all" || row.Target != u.ID {
		t.Errorf("audited %+v", row)
	}
}

func TestAUsersRolesAreChangedOnThePlatform(t *testing.T) {
	h := open(t)
	u := h.user("staff@example.com")
	b := h.as(access.PlatformAdmin).english()
	page := "/console/admin/users/" + u.ID
	b.wants(b.send(page+"/grant"), http.StatusUnprocessableEntity, "Required.")
	b.wants(b.send(page+"/grant", "role", "viewer"), http.StatusUnprocessableEntity, "Name the merchant")
	b.wants(b.send(page+"/grant", "role", "viewer", "domain", h.shop.Scope.MerchantID), http.StatusSeeOther)
	b.wants(b.send(page+"/grant", "role", "platform_auditor"), http.StatusSeeOther)
	b.wants(b.send(page+"/grant", "role", "platform_auditor"), http.StatusUnprocessableEntity, "They have this role already.")
	b.wants(b.get(page), http.StatusOK, `name="domain" value="platform"`, `name="domain" value="`+h.shop.Scope.MerchantID+`"`)
	b.wants(b.send(page+"/revoke", "role", "platform_auditor", "domain", "platform"), http.StatusSeeOther)
	b.wants(b.send(page+"/revoke", "role", "viewer", "domain", "mch_01J0000000000000000000000A"), http.StatusNotFound)
	if held, err := h.access.Bindings(h.system, h.shop.DB, u.ID); err != nil || len(held) != 1 || held[0].Role != access.Viewer {
		t.Errorf("holds %v, %v", held, err)
	}
}

func TestAUsersProfileIsChanged(t *testing.T) {
	h := open(t)
	u := h.user("staff@example.com")
	b := h.as(access.PlatformAdmin).english()
	page := "/console/admin/users/" + u.ID
	b.wants(b.send(page+"/update", "email", "platform_admin@example.com", "name", "Jim"), http.StatusUnprocessableEntity, "Another user has this email.")
	b.wants(b.send(page+"/update", "email", "staff@example.com", "name", ""), http.StatusUnprocessableEntity, "1 to 100 characters")
	b.wants(b.send(page+"/update", "email", "SECOND.NAME@example.com", "name", "Second Name", "locale", "en"), http.StatusSeeOther)
	b.wants(b.get(page), http.StatusOK, "<h1>Second Name</h1>", "second.name@example.com", "User saved")
	if row := h.last(audit.Platform); row.Action != "user.update" || !strings.Contains(row.Before, "staff@example.com") || !strings.Contains(row.After, "second.name@example.com") {
		t.Errorf("audited %+v", row)
	}
}

func TestAnAdministratorDoesNotEndThemselves(t *testing.T) {
	h := open(t)
	b := h.as(access.PlatformAdmin).english()
	page := "/console/admin/users/" + h.userID("platform_admin@example.com")
	own := b.get(page)
	b.wants(own, http.StatusOK, "This is your own account.", "These are your own roles.")
	for _, form := range []string{"/disable", "/reset-password", "/grant", "/end-sessions"} {
		if strings.Contains(own.body, page+form) {
			t.Errorf("one is offered to %s oneself", form)
		}
	}
	b.wants(b.send(page+"/disable", "confirm", "platform_admin@example.com"), http.StatusConflict, "This is your own account.")
	b.wants(b.send(page+"/reset-password"), http.StatusConflict, "This is your own account.")
	b.wants(b.send(page+"/grant", "role", "platform_operator"), http.StatusUnprocessableEntity, "Someone else must give you a role.")
	b.wants(b.send(page+"/revoke", "role", "platform_admin", "domain", "platform"), http.StatusUnprocessableEntity, "Appoint another first.")
}

func TestAnAuditorSeesUsersAndChangesNone(t *testing.T) {
	h := open(t)
	u := h.user("staff@example.com", h.inShop(access.Viewer))
	b := h.as(access.PlatformAuditor)
	r := b.get("/console/admin/users/" + u.ID)
	b.wants(r, http.StatusOK, "staff@example.com")
	if got := strings.Count(r.body, `method="post"`); got > strings.Count(b.get("/console/admin/users").body, `method="post"`) {
		t.Error("an auditor is offered a change of a user")
	}
	b.wants(b.get("/console/admin/users/new"), http.StatusForbidden)
	b.wants(b.send("/console/admin/users/"+u.ID+"/reset-password"), http.StatusForbidden)
	b.wants(b.get("/console/admin/users/usr_01J0000000000000000000000A"), http.StatusNotFound)
}
