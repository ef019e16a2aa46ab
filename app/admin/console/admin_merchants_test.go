package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/components"
)

// opens creates a merchant and returns its page and its owner's link, which this
// answer alone shows.
func (b *browser) opens(name, owner string) (page, link string) {
	b.Helper()
	r := b.send("/console/admin/merchants", "name", name, "owner_email", owner)
	b.wants(r, http.StatusOK, strings.ToLower(owner), "Owner")
	return regexpFind(r.body, `href="(/console/admin/merchants/mch_[0-9A-Z]{26})"`)[0], regexpFind(r.body, `(/console/invitations/[\w-]{43})`)[0]
}

func TestAMerchantIsCreatedWithItsOwnerInvited(t *testing.T) {
	h := open(t)
	known := h.user("known@example.com")
	b := h.as(access.PlatformAdmin).english()
	b.wants(b.get("/console/admin/merchants"), http.StatusOK, "Create merchant")
	page, link := b.opens("Jinxiang Tea", "Known@example.com")
	id := strings.TrimPrefix(page, "/console/admin/merchants/")
	shown := b.get(page)
	b.wants(shown, http.StatusOK, "Jinxiang Tea", "known@example.com", "Invited", "Owner", "No account yet", "Test only")
	if strings.Contains(shown.body, link) {
		t.Error("the link is shown again")
	}
	owns := func(user string) bool {
		t.Helper()
		ok, err := h.access.Allowed(h.system, user, id, access.Members, access.Write)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if owns(known.ID) {
		t.Error("they are the owner before they accept")
	}
	theirs := h.browser().signIn("known@example.com").english()
	theirs.wants(theirs.get(link), http.StatusOK, "Jinxiang Tea")
	theirs.wants(theirs.send(link), http.StatusSeeOther)
	if !owns(known.ID) {
		t.Error("they accepted, and are no owner")
	}
	// Somebody without a user chooses their own password.
	page, link = b.opens("Pingyao Tea", "fresh@example.com")
	id = strings.TrimPrefix(page, "/console/admin/merchants/")
	fresh := h.browser()
	fresh.get(link)
	fresh.wants(fresh.send(link, "name", "Fresh", "password", password), http.StatusSeeOther)
	fresh.signIn("fresh@example.com")
	fresh.wants(fresh.get("/console/m/"+id+"/test/members"), http.StatusOK, "fresh@example.com")
	// Without an owner there is nothing to hand over.
	b.wants(b.send("/console/admin/merchants", "name", "Ownerless"), http.StatusSeeOther)
	h.pause()
	b.wants(b.send("/console/admin/merchants", "name", "Late", "owner_email", "late@example.com"), http.StatusUnauthorized, `name="_password"`)
}

func TestANewMerchantsOwnerIsInvitedByMailWhereThereIsAServer(t *testing.T) {
	h := open(t)
	box := h.withMail()
	b := h.as(access.PlatformAdmin).english()
	r := b.send("/console/admin/merchants", "name", "Jinxiang Tea", "owner_email", "owner@tea.example")
	b.wants(r, http.StatusSeeOther)
	if text := box.last(t, "owner@tea.example", "Jinxiang Tea"); len(regexpFind(text, `(`+h.shop.Base+`/console/invitations/[\w-]{43})\s`)) != 1 {
		t.Errorf("the mail says %s", text)
	}
	b.wants(b.get(r.location()), http.StatusOK, "Merchant created, and its owner invited", "owner@tea.example")
	box.down = true
	b.wants(b.send("/console/admin/merchants", "name", "Pingyao Tea", "owner_email", "owner@tea.example"), http.StatusOK, "/console/invitations/", "did not take the mail")
}

func TestAMerchantIsNotHalfCreated(t *testing.T) {
	h := open(t)
	b := h.as(access.PlatformAdmin).english()
	before, err := h.shop.Merchants.Merchants(h.system, merchants.MerchantFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, owner, says string }{
		{"", "", "Required."},
		{strings.Repeat("x", 200), "", "Too long."},
		{"Tea", "no address", "not an email address"},
		{"Tea", "platform_admin@example.com", "Someone else must give you a role."},
	} {
		b.wants(b.send("/console/admin/merchants", "name", c.name, "owner_email", c.owner), http.StatusUnprocessableEntity, c.says, `value="`+c.name+`"`, `value="`+c.owner+`"`)
	}
	after, err := h.shop.Merchants.Merchants(h.system, merchants.MerchantFilter{Limit: 100})
	if err != nil || len(after) != len(before) {
		t.Errorf("%d merchants, before %d: %v", len(after), len(before), err)
	}
}

func TestAMerchantIsSuspendedOnlyByItsNameTyped(t *testing.T) {
	h := open(t)
	id := h.shop.Scope.MerchantID
	m, err := h.shop.Merchants.Merchant(h.system, id)
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(access.PlatformAdmin).english()
	page := "/console/admin/merchants/" + id
	status := func() merchants.Status {
		t.Helper()
		now, err := h.shop.Merchants.Merchant(h.system, id)
		if err != nil {
			t.Fatal(err)
		}
		return now.Status
	}
	b.wants(b.send(page+"/suspend", "confirm", "another name"), http.StatusUnprocessableEntity, "The text typed to confirm differs")
	b.wants(b.send(page+"/suspend"), http.StatusUnprocessableEntity)
	if status() != merchants.Active {
		t.Fatal("suspended without its name")
	}
	b.wants(b.send(page+"/suspend", "confirm", m.Name), http.StatusUnprocessableEntity, "Say why.")
	if status() != merchants.Active {
		t.Fatal("suspended without a reason")
	}
	b.wants(b.send(page+"/suspend", "confirm", m.Name, "reason", "documents are missing"), http.StatusSeeOther)
	if row := h.last(id); row.Action != "merchant.suspend" || !strings.Contains(row.After, "documents are missing") {
		t.Errorf("the merchant's own log says %+v", row)
	}
	if row := h.last(audit.Platform); status() != merchants.Suspended || row.Action != "merchant.suspend" || row.Target != id {
		t.Errorf("%s, audited %+v", status(), row)
	}
	b.wants(b.get(page), http.StatusOK, "Merchant suspended", "Reactivate merchant")
	b.wants(b.get(h.path("/payments")), http.StatusOK, "This merchant is suspended", "documents are missing")
	b.wants(b.get("/console/admin/merchants?status=suspended"), http.StatusOK, m.Name)
	b.wants(b.get("/console/admin/merchants?status=active"), http.StatusOK, "Nothing matches these filters")
	b.wants(b.send(page+"/reactivate", "confirm", m.Name), http.StatusSeeOther)
	if status() != merchants.Active {
		t.Error("still suspended")
	}
}

func TestAMerchantIsRenamed(t *testing.T) {
	h := open(t)
	b := h.as(access.PlatformAdmin).english()
	page := "/console/admin/merchants/" + h.shop.Scope.MerchantID
	b.wants(b.send(page+"/rename", "name", ""), http.StatusUnprocessableEntity, "Required.")
	b.wants(b.send(page+"/rename", "name", "New name"), http.StatusSeeOther)
	b.wants(b.get(page), http.StatusOK, "<h1>New name</h1>", "Merchant renamed")
	b.wants(b.get("/console/admin/merchants/mch_01J0000000000000000000000A"), http.StatusNotFound)
}

func TestTheMerchantListPagesAndShowsChannels(t *testing.T) {
	h := open(t)
	for i := range 21 {
		if _, err := h.shop.Merchants.CreateMerchant(h.system, "Shop "+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := h.shop.Payments.Get(h.system, h.shop.Scope, paid(h, "LIST-1"))
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(access.PlatformAuditor).english()
	first := b.get("/console/admin/merchants")
	b.wants(first, http.StatusOK, "Shop 20", "cursor=")
	if strings.Contains(first.body, h.shop.Scope.MerchantID) || strings.Contains(first.body, `name="owner_email"`) {
		t.Error("the first page shows the oldest merchant, or an auditor the form")
	}
	cursor := regexpFind(first.body, `cursor=(mch_[0-9A-Z]{26})`)[0]
	second := b.get("/console/admin/merchants?cursor=" + cursor)
	b.wants(second, http.StatusOK, h.shop.Scope.MerchantID, `alt="WeChat Pay"`, `alt="Alipay"`, "2 rows", components.DateTime(p.CreatedAt))
	if strings.Contains(second.body, "Shop 20") {
		t.Error("the second page begins with the first")
	}
	one := b.get("/console/admin/merchants/" + h.shop.Scope.MerchantID)
	b.wants(one, http.StatusOK)
	for _, form := range []string{"/suspend", "/rename"} {
		if strings.Contains(one.body, form) {
			t.Errorf("an auditor is offered %s", form)
		}
	}
}

func TestMerchantsAreFoundByNameAndNumber(t *testing.T) {
	h := open(t)
	var ids []string
	for _, name := range []string{"Cedar one", "Cedar two", "Cedar three", "cedar lower", "Birch"} {
		m, err := h.shop.Merchants.CreateMerchant(h.system, name)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID)
	}
	b := h.as(access.PlatformAuditor).english()
	shown := func(query string, want ...string) {
		t.Helper()
		r := b.get("/console/admin/merchants?" + query)
		b.wants(r, http.StatusOK, want...)
		if got := strings.Count(r.body, `class="row-link"`); got != len(want) {
			t.Errorf("%q shows %d merchants, want %v", query, got, want)
		}
	}
	shown("q=Cedar", "Cedar one", "Cedar two", "Cedar three")
	shown("q=Cedar&cursor="+ids[0], "Cedar two", "Cedar three")
	shown("q="+ids[4], "Birch")
	shown("q=" + ids[4] + "&status=suspended")
	shown("q=mch_01J0000000000000000000000A")
	shown("q=%25")
}

func TestThePlatformInvitesAMerchantsPeople(t *testing.T) {
	h := open(t)
	known := h.user("known@example.com")
	b := h.stranger(access.PlatformAdmin)
	page := "/console/admin/merchants/" + h.shop.Scope.MerchantID
	b.wants(b.get(page), http.StatusOK, "Invite a member")
	b.wants(b.send(page+"/invite", "email", "not an address", "role", "viewer"), http.StatusUnprocessableEntity, "is-invalid")
	b.wants(b.send(page+"/invite", "email", "known@example.com", "role", "emperor"), http.StatusUnprocessableEntity)
	b.wants(b.send(page+"/invite", "email", "stranger@example.com", "role", "owner"), http.StatusUnprocessableEntity, "Someone else must give you a role.")
	first := b.send(page+"/invite", "email", "known@example.com", "role", "owner")
	b.wants(first, http.StatusOK, "/console/invitations/")
	b.wants(b.send(page+"/invite", "email", "known@example.com", "role", "viewer"), http.StatusUnprocessableEntity, "invited already")
	invitation := page + "/invitations/" + regexpFind(b.get(page).body, `/invitations/(inv_[0-9A-Z]{26})/resend`)[0]
	again := b.send(invitation + "/resend")
	links := [2]string{regexpFind(first.body, `(/console/invitations/[\w-]{43})`)[0], regexpFind(again.body, `(/console/invitations/[\w-]{43})`)[0]}
	theirs := h.browser().signIn("known@example.com")
	theirs.wants(theirs.get(links[0]), http.StatusNotFound)
	theirs.wants(theirs.get(links[1]), http.StatusOK)
	theirs.wants(theirs.send(links[1]), http.StatusSeeOther)
	if ok, err := h.access.Allowed(h.system, known.ID, h.shop.Scope.MerchantID, access.Members, access.Write); err != nil || !ok {
		t.Errorf("they accepted, yet are not allowed: %v", err)
	}
	b.wants(b.send(invitation+"/revoke"), http.StatusConflict)
	b.wants(b.send(page+"/invite", "email", "other@example.com", "role", "viewer"), http.StatusOK)
	other := regexpFind(b.get(page).body, `/invitations/(inv_[0-9A-Z]{26})/revoke`)[0]
	b.wants(b.send(page+"/invitations/"+other+"/revoke"), http.StatusSeeOther)
	b.wants(b.get(page), http.StatusOK, "known@example.com", "Take away")

	h.user("heir@example.com", h.inShop(access.Owner))
	b.wants(b.send(page+"/dismiss", "user", known.ID, "role", "owner"), http.StatusSeeOther)
	if ok, _ := h.access.Allowed(h.system, known.ID, h.shop.Scope.MerchantID, access.Home, access.Read); ok {
		t.Error("dismissed, yet allowed")
	}
	// Where the merchant wants two people, the platform alone is one.
	h.settings(func(s *merchants.Settings) { s.TwoPeople = true })
	b.wants(b.send(page+"/invite", "email", "friend@example.com", "role", "owner"), http.StatusUnprocessableEntity, "a second person to agree")
	h.pause()
	b.wants(b.send(page+"/invite", "email", "known@example.com", "role", "viewer"), http.StatusUnauthorized, `name="_password"`)
	b.wants(b.send(page+"/dismiss", "user", known.ID, "role", "owner"), http.StatusUnauthorized, `name="_password"`)
}
