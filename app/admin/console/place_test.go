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
	"github.com/piaohao/piaohao/app/admin/console"
	routes "github.com/piaohao/piaohao/web/templates"
)

// opened is another merchant in which the user of that email has the role.
func (h *house) opened(name, email string, r access.Role) string {
	h.Helper()
	m, err := h.shop.Merchants.CreateMerchant(h.system, name)
	if err != nil {
		h.Fatal(err)
	}
	if err := h.admin.Grant(h.system, h.userID(email), admin.Grant{Role: r, Domain: m.ID}); err != nil {
		h.Fatal(err)
	}
	return m.ID
}

func TestSwitchingMerchantsKeepsTheListAndNothingElseOfTheOther(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	other := h.opened("Other Shop", "owner@example.com", access.Viewer)
	page := b.get(h.path("/payments/" + paid(h, "SWITCH-1")))
	href := strings.ReplaceAll(regexpFind(page.body, `href="(/console/switch\?[^"]*`+other+`[^"]*)"`)[0], "&amp;", "&")
	if want := "/console/switch?list=payments&merchant=" + other + "&mode=test"; href != want {
		t.Errorf("the page of a payment switches by %s", href)
	}
	for from, to := range map[string]string{
		"payments":           "/console/m/" + other + "/test/payments",
		"refunds":            "/console/m/" + other + "/test/refunds",
		"keys":               "/console?merchant=" + other + "&mode=test", // a viewer sees no keys
		"members":            "/console?merchant=" + other + "&mode=test",
		"":                   "/console?merchant=" + other + "&mode=test",
		"payments/pay_1":     "/console?merchant=" + other + "&mode=test",
		"../../../evil":      "/console?merchant=" + other + "&mode=test",
		"accounts/:account":  "/console?merchant=" + other + "&mode=test",
		"payments?status=x&": "/console?merchant=" + other + "&mode=test",
	} {
		r := b.get(routes.SwitchTo(other, app.Test, from))
		if r.status != http.StatusSeeOther || r.location() != to {
			t.Errorf("from %q: %d to %q, want %q", from, r.status, r.location(), to)
		}
	}
	foreign, err := h.shop.Merchants.CreateMerchant(h.system, "Foreign")
	if err != nil {
		t.Fatal(err)
	}
	b.wants(b.get(routes.SwitchTo(foreign.ID, app.Test, "payments")), http.StatusNotFound)
	b.wants(b.get(routes.SwitchTo(other, "moon", "payments")), http.StatusNotFound)
}

// Wherever one is in a merchant, switching leads to a page that there is.
func TestEveryPageOfAMerchantBelongsToAListThatCanBeOpened(t *testing.T) {
	var lists []string
	for _, route := range console.Table() {
		if list, ok := strings.CutPrefix(route.Path, "/console/m/:merchant/:mode/"); ok && route.Method == http.MethodGet && !strings.Contains(list, "/") {
			lists = append(lists, list)
		}
	}
	for _, route := range console.Table() {
		if route.Method != http.MethodGet || route.Place != console.InMerchant || isFile(route) {
			continue
		}
		if list := routes.ListOf(route.Path); !slices.Contains(lists, list) {
			t.Errorf("%s is on the list %q, which is no page", route.Path, list)
		}
	}
}

func TestTheLastMerchantAndModeOpenAfterTheNextSignIn(t *testing.T) {
	onEngines(t, func(h *house) {
		first := h.as(access.Owner).english()
		other := h.opened("Other Shop", "owner@example.com", access.Owner)
		startsIn := func(name, mode string) {
			h.Helper()
			b := h.browser().signIn("owner@example.com").english()
			page := b.get("/console")
			b.wants(page, http.StatusOK, `name="mode" value="`+mode+`"`)
			if got := regexpFind(page.body, `<span class="merchant-name">\s*([^<]*?)\s*</span>`); len(got) == 0 || got[0] != name {
				h.Errorf("a sign-in starts in %q, want %s", got, name)
			}
		}
		first.wants(first.get("/console/m/"+other+"/live/payments"), http.StatusOK)
		startsIn("Other Shop", "live")
		first.wants(first.get(h.path("/refunds")), http.StatusOK)
		startsIn("Test Shop", "test")
		// What is asked for wins; a merchant that is no longer theirs is forgotten.
		first.wants(first.get("/console?merchant="+other), http.StatusOK, "Other Shop")
		startsIn("Other Shop", "test")
		successor := h.user("successor@example.com", admin.Grant{Role: access.Owner, Domain: other})
		if err := h.admin.Revoke(h.system, h.userID("owner@example.com"), admin.Grant{Role: access.Owner, Domain: other}); err != nil || successor.ID == "" {
			h.Fatal(err)
		}
		startsIn("Test Shop", "test")
		// Parts of pages, and what the platform only looks at, are no place to be.
		root := h.as(access.PlatformAdmin)
		root.wants(root.get(h.path("/payments")), http.StatusOK)
		p, err := h.access.Place(h.system, h.userID("platform_admin@example.com"))
		if err != nil || p != (access.Place{}) {
			h.Errorf("the platform is remembered in %+v, %v", p, err)
		}
	})
}

func TestOfManyMerchantsOneIsFoundByNameOrID(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner).english()
	few := b.get(h.path("/payments"))
	if strings.Contains(few.body, `id="merchant-q"`) {
		t.Error("a search for one merchant")
	}
	var ids []string
	for i := range 60 {
		ids = append(ids, h.opened(fmt.Sprintf("Branch %02d", i), "owner@example.com", access.Viewer))
	}
	foreign, err := h.shop.Merchants.CreateMerchant(h.system, "Branch of another")
	if err != nil {
		t.Fatal(err)
	}
	page := b.get(h.path("/payments"))
	b.wants(page, http.StatusOK, `id="merchant-q"`, `action="/console/merchants"`, `hx-get="/console/merchants?menu=1"`, `name="list" value="payments"`, "All 61 merchants")
	if strings.Contains(page.body, "Branch 07") {
		t.Error("the menu lists all of many")
	}
	all := b.get("/console/merchants?at=live&list=payments")
	b.wants(all, http.StatusOK, "Branch 00", "Branch 49", "Viewer", "cursor="+ids[49], `href="/console/switch?list=payments&amp;merchant=`+ids[7]+`&amp;mode=live"`)
	if strings.Contains(all.body, "Branch 50") || strings.Contains(all.body, foreign.ID) {
		t.Error("the first page goes too far, or shows another's merchant")
	}
	b.wants(b.get("/console/merchants?cursor="+ids[49]), http.StatusOK, "Branch 50", "Test Shop")
	shown := func(query string, want int) {
		t.Helper()
		r := b.get("/console/merchants?q=" + query)
		b.wants(r, http.StatusOK)
		if got := strings.Count(r.body, `class="row-link"`); got != want {
			t.Errorf("%q finds %d, want %d", query, got, want)
		}
	}
	shown("branch+3", 10)
	shown(ids[5], 1)
	shown(foreign.ID, 0)
	shown("of+another", 0)
	b.header.Set("HX-Request", "true")
	part := b.get("/console/merchants?menu=1&at=test&list=refunds&q=branch")
	if part.status != http.StatusOK || strings.Contains(part.body, "<html") || strings.Count(part.body, "menu-item") != 8 || !strings.Contains(part.body, "list=refunds") {
		t.Errorf("the menu's part: %d %s", part.status, part.body)
	}
	b.wants(b.get("/console/merchants?menu=1&q=nowhere"), http.StatusOK, "Nothing found")
}
