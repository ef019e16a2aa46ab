package console_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
)

// mayBy reads the policy itself: whether the role has the route's permission
// where the route asks for it, for the shop's merchant.
func mayBy(r access.Role, route console.Route) bool {
	return slices.ContainsFunc(access.Policy(), func(p access.Permission) bool {
		if p.Role != r || p.Object != route.Object || !slices.Contains(p.Actions, route.Action) {
			return false
		}
		if route.Place == console.OnPlatform {
			return p.Where == access.OnPlatform
		}
		// Who looks into a merchant sends nothing but what helps.
		helps := route.Method == http.MethodGet || route.Action == access.Sync || route.Action == access.Resend
		return p.Where == access.InMerchant || p.Where == access.EveryMerchant && helps
	})
}

func every() []access.Role { return append(access.MerchantRoles(), access.PlatformRoles()...) }

// asked is the address under which a route is tried, and its form.
func asked(h *house, route console.Route) string {
	path := fill(h, route.Path)
	if route.Place == console.InQuery || route.Place == console.Start {
		path += "?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
	}
	return path
}

func TestEveryRouteObeysThePolicyForEveryRole(t *testing.T) {
	h := open(t)
	for _, role := range every() {
		b := h.as(role)
		for _, route := range console.Table() {
			if route.Object == "" {
				continue
			}
			r := b.try(route.Method, asked(h, route))
			allowed := route.Place == console.Own || mayBy(role, route)
			if (r.status == http.StatusForbidden) == allowed || r.status == http.StatusSeeOther && r.location() == "/console/sign-in" {
				t.Errorf("%s: %s %s needs %s:%s, allowed %v, answered %d", role, route.Method, route.Path, route.Object, route.Action, allowed, r.status)
			}
			if r.status >= http.StatusInternalServerError {
				t.Errorf("%s: %s %s answered %d", role, route.Method, route.Path, r.status)
			}
		}
	}
}

// try asks by the method with a genuine form that says nothing.
func (b *browser) try(method, path string) reply {
	b.Helper()
	if method == http.MethodPost {
		return b.send(path, "confirm", "nothing")
	}
	return b.do(method, path, nil, "")
}

func TestNothingOpensToAnyoneSignedOut(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.get("/console/sign-in")
	for _, route := range console.Table() {
		if route.Place == console.Public {
			continue
		}
		r := b.try(route.Method, asked(h, route))
		if r.status != http.StatusSeeOther || !strings.HasPrefix(r.location(), "/console/sign-in") {
			t.Errorf("%s %s: %d to %q", route.Method, route.Path, r.status, r.location())
		}
	}
}

func TestNoOtherMethodOrSpellingReachesARoute(t *testing.T) {
	h := open(t)
	h.user("root@example.com", h.inShop(access.Owner), grantPlatform(access.PlatformAdmin))
	b := h.browser().signIn("root@example.com")
	known := map[string]bool{}
	for _, route := range console.Table() {
		known[route.Method+" "+route.Path] = true
	}
	for _, route := range console.Table() {
		path := asked(h, route)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if known[method+" "+route.Path] || method == http.MethodGet && twin(known, route.Path) {
				continue
			}
			if r := b.try(method, path); r.status != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, route.Path, r.status)
			}
		}
		bare, query, _ := strings.Cut(path, "?")
		for _, spelled := range []string{
			strings.Replace(bare, "/console", "/CONSOLE", 1), strings.Replace(bare, "/console", "/Console", 1), bare + "/",
			strings.Replace(bare, "/console", "/console%2F", 1), bare + "%2F", bare + "%00", strings.Replace(bare, "/console", "/console/.", 1) + "/x",
		} {
			// The platform's pages refuse an owner before they look at an id.
			refused := route.Place == console.OnPlatform && regexp.MustCompile(`%(2F|00)$`).MatchString(spelled)
			if r := b.do(http.MethodGet, spelled+"?"+query, nil, ""); r.status != http.StatusNotFound && (!refused || r.status != http.StatusForbidden) {
				t.Errorf("GET %s: %d, want 404", spelled, r.status)
			}
		}
	}
}

// twin reports whether another route's pattern takes the same path, such as
// /keys/new beside /keys/:key.
func twin(known map[string]bool, path string) bool {
	for k := range known {
		pattern, ok := strings.CutPrefix(k, "GET ")
		if !ok {
			continue
		}
		if regexp.MustCompile("^" + regexp.MustCompile(`:\w+`).ReplaceAllString(pattern, "[^/]+") + "$").MatchString(path) {
			return true
		}
	}
	return false
}

func TestAMerchantOneHasNoPartInDoesNotExist(t *testing.T) {
	h := open(t)
	other, err := h.shop.Merchants.CreateMerchant(h.system, "Another shop")
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(access.Owner)
	for _, route := range console.Table() {
		if route.Place != console.InMerchant && route.Place != console.InQuery && route.Place != console.Start {
			continue
		}
		path := asked(h, route)
		theirs := b.try(route.Method, strings.ReplaceAll(path, h.shop.Scope.MerchantID, other.ID))
		nobodys := b.try(route.Method, strings.ReplaceAll(path, h.shop.Scope.MerchantID, "mch_01J0000000000000000000000A"))
		if theirs.status != http.StatusNotFound || nobodys.status != http.StatusNotFound {
			t.Errorf("%s %s: another's %d, nobody's %d", route.Method, route.Path, theirs.status, nobodys.status)
		}
		if same(theirs.body, other.ID) != same(nobodys.body, "mch_01J0000000000000000000000A") {
			t.Errorf("%s %s: another's page differs from a missing one", route.Method, route.Path)
		}
	}
}

var (
	requestIDs = regexp.MustCompile(`req_[0-9A-Z]{26}|req_[0-9A-Z]{6}…[0-9A-Z]{6}`)
	nextPaths  = regexp.MustCompile(`name="next" value="[^"]*"`)
)

// same leaves out what differs between any two answers.
func same(body, id string) string {
	body = nextPaths.ReplaceAllString(requestIDs.ReplaceAllString(body, "REQ"), "NEXT")
	return strings.ReplaceAll(body, id, "ID")
}

func TestEveryIDOfAnotherMerchantIsAsIfItDidNotExist(t *testing.T) {
	h := open(t)
	mine := h.belongings(t)
	payment := paid(h, "THEIRS-1")
	theirs := maps.Clone(mine)
	theirs[":payment"], theirs[":account"], theirs[":user"] = payment, h.shop.WeChat.ID, h.user("member@example.com", h.inShop(access.Viewer)).ID
	theirs[":refund"], theirs[":approval"] = h.awaitingRefund(payment)
	theirs[":file"], theirs[":sheet"], theirs[":view"] = mine[":file"], mine[":sheet"], h.viewed()
	everyIDIsSampled(t, theirs)
	other, err := h.shop.Merchants.CreateMerchant(h.system, "Another shop")
	if err != nil {
		t.Fatal(err)
	}
	u := h.user("stranger@example.com")
	if err := h.admin.Grant(h.system, u.ID, grantIn(access.Owner, other.ID)); err != nil {
		t.Fatal(err)
	}
	b := h.browser().signIn("stranger@example.com")
	tried := 0
	for _, route := range console.Table() {
		for place, id := range theirs {
			if route.Place != console.InMerchant || !strings.Contains(route.Path, place) {
				continue
			}
			tried++
			absent := id[:strings.IndexByte(id, '_')+1] + "01J0000000000000000000000B"
			at := func(id string) string {
				return fill(h, strings.NewReplacer(":merchant", other.ID, place, id).Replace(route.Path))
			}
			got, want := b.try(route.Method, at(id)), b.try(route.Method, at(absent))
			if got.status != http.StatusNotFound || want.status != http.StatusNotFound || same(got.body, id) != same(want.body, absent) {
				t.Errorf("%s %s: another merchant's %d, a missing one %d", route.Method, route.Path, got.status, want.status)
			}
			// Nor does an object of the other mode exist in this one.
			if place != ":delivery" && place != ":endpoint" {
				live := strings.Replace(at(id), "/test/", "/live/", 1)
				if r := b.try(route.Method, live); r.status != http.StatusNotFound {
					t.Errorf("%s %s in the other mode: %d", route.Method, route.Path, r.status)
				}
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d addresses were tried", tried)
	}
}

func TestModesDoNotMix(t *testing.T) {
	h := open(t)
	mine := h.belongings(t)
	mine[":payment"], mine[":account"] = paid(h, "MODE-1"), h.shop.Alipay.ID
	mine[":refund"], mine[":approval"] = h.awaitingRefund(mine[":payment"])
	b := h.as(access.Owner)
	for _, route := range console.Table() {
		for place := range mine {
			if slices.Contains(modeless, place) || route.Method != http.MethodGet || !strings.Contains(route.Path, place) {
				continue
			}
			test := fill(h, replaceAll(route.Path, mine))
			if r := b.get(test); r.status != http.StatusOK {
				t.Errorf("GET %s in its own mode: %d", route.Path, r.status)
			}
			if r := b.get(strings.Replace(test, "/test/", "/live/", 1)); r.status != http.StatusNotFound {
				t.Errorf("GET %s in the other mode: %d", route.Path, r.status)
			}
		}
	}
}

// replaceAll puts ids into a path, by the names they have in routes.
func replaceAll(path string, ids map[string]string) string {
	for place, id := range ids {
		path = strings.ReplaceAll(path, place, id)
	}
	return path
}

func TestADemotionCountsAtTheNextCall(t *testing.T) {
	h := open(t)
	u := h.user("dev@example.com", h.inShop(access.Viewer), h.inShop(access.Developer))
	b := h.browser().signIn("dev@example.com")
	b.wants(b.get(h.path("/keys")), http.StatusOK)
	if err := h.admin.Revoke(h.system, u.ID, h.inShop(access.Developer)); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get(h.path("/keys")), http.StatusForbidden)
	b.wants(b.send(h.path("/keys"), "name", "K"), http.StatusForbidden)
	b.wants(b.get(h.path("/payments")), http.StatusOK)
	if err := h.admin.Revoke(h.system, u.ID, h.inShop(access.Viewer)); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get(h.path("/payments")), http.StatusNotFound)
	if _, err := h.admin.DisableUser(h.system, u.ID); err != nil {
		t.Fatal(err)
	}
	if r := b.get("/console"); r.status != http.StatusSeeOther {
		t.Errorf("a disabled user's session: %d", r.status)
	}
}

func TestARefusalNamesTheRolesThatHelp(t *testing.T) {
	h := open(t)
	b := h.as(access.Viewer)
	b.send("/console/preferences", "language", "en")
	b.wants(b.get(h.path("/keys")), http.StatusForbidden, "Owner, Developer")
	b.wants(b.get("/console?merchant="+h.shop.Scope.MerchantID+"&mode=test"), http.StatusOK)
	nobody := h.user("nobody@example.com")
	n := h.browser().signIn(nobody.Email)
	n.wants(n.get("/console"), http.StatusForbidden)
	n.wants(n.send("/console/sign-out"), http.StatusSeeOther)
}

func TestAnInstallationWithoutTestModeShowsNone(t *testing.T) {
	h := open(t)
	h.user("owner@example.com", h.inShop(access.Owner))
	cfg := h.config
	cfg.LiveOnly = true
	h.base = h.listen(cfg)
	b := h.browser().signIn("owner@example.com")
	b.wants(b.get(h.path("/payments")), http.StatusNotFound)
	b.wants(b.get(strings.Replace(h.path("/payments"), "/test/", "/live/", 1)), http.StatusOK)
	if r := b.get("/console"); r.status != http.StatusOK {
		t.Errorf("the overview: %d", r.status)
	}
}
