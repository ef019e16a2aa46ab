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

func TestAMerchantIsCreatedWithItsOwner(t *testing.T) {
	h := open(t)
	owner := h.user("owner@example.com")
	b := h.as(access.PlatformAdmin).english()
	b.wants(b.get("/console/admin/merchants"), http.StatusOK, "Create merchant")
	r := b.send("/console/admin/merchants", "name", "Jinxiang Tea", "owner_email", "Owner@example.com")
	b.wants(r, http.StatusSeeOther)
	page := b.get(r.location())
	b.wants(page, http.StatusOK, "Merchant created", "Jinxiang Tea", "owner@example.com", "Owner", "No account yet", "Test only")
	id := strings.TrimPrefix(r.location(), "/console/admin/merchants/")
	if ok, err := h.access.Allowed(h.system, owner.ID, id, access.Members, access.Write); err != nil || !ok {
		t.Errorf("the owner may not: %v %v", ok, err)
	}
	if row := h.last(id); row.Action != "role.grant" || row.ActorID != h.userID("platform_admin@example.com") {
		t.Errorf("audited %+v", row)
	}
	theirs := h.browser().signIn("owner@example.com")
	theirs.wants(theirs.get("/console/m/"+id+"/test/members"), http.StatusOK, "owner@example.com")
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
		{"Tea", "nobody@example.com", "Nobody has this email."},
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

func TestThePlatformAppointsAMerchantsPeople(t *testing.T) {
	h := open(t)
	known := h.user("known@example.com")
	b := h.stranger(access.PlatformAdmin)
	page := "/console/admin/merchants/" + h.shop.Scope.MerchantID
	b.wants(b.get(page), http.StatusOK, "Appoint")
	b.wants(b.send(page+"/appoint", "email", "not an address", "role", "viewer"), http.StatusUnprocessableEntity, "is-invalid")
	b.wants(b.send(page+"/appoint", "email", "known@example.com", "role", "emperor"), http.StatusUnprocessableEntity)
	b.wants(b.send(page+"/appoint", "email", "known@example.com", "role", "finance"), http.StatusSeeOther)
	if ok, err := h.access.Allowed(h.system, known.ID, h.shop.Scope.MerchantID, access.Refunds, access.Create); err != nil || !ok {
		t.Errorf("appointed, yet not allowed: %v", err)
	}
	b.wants(b.get(page), http.StatusOK, "known@example.com", "Take away")
	b.wants(b.send(page+"/dismiss", "user", known.ID, "role", "finance"), http.StatusSeeOther)
	if ok, _ := h.access.Allowed(h.system, known.ID, h.shop.Scope.MerchantID, access.Home, access.Read); ok {
		t.Error("dismissed, yet allowed")
	}
	h.pause()
	b.wants(b.send(page+"/appoint", "email", "known@example.com", "role", "owner"), http.StatusUnauthorized, `name="_password"`)
	b.wants(b.send(page+"/dismiss", "user", h.userID("known@example.com"), "role", "owner"), http.StatusUnauthorized, `name="_password"`)
}
