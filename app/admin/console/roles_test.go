package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/console"
	routes "github.com/piaohao/piaohao/web/templates"
)

// ownRole makes a role of the shop's own.
func (h *house) ownRole(name string, rights ...access.Right) access.CustomRole {
	h.Helper()
	c, err := h.admin.CreateRole(h.system, h.shop.Scope.MerchantID, admin.RoleInput{Name: name, Rights: rights})
	if err != nil {
		h.Fatal(err)
	}
	return c
}

func TestAnOwnerMakesARoleAndItsHolderCanDoJustThat(t *testing.T) {
	onEngines(t, func(h *house) {
		b := h.as(access.Owner).english()
		b.wants(b.get(h.path("/roles")), http.StatusOK, "No roles of your own yet")
		form := b.get(h.path("/roles/new?base=finance"))
		b.wants(form, http.StatusOK, `value="refunds:create" checked`, "Approve a refund")
		if strings.Contains(form.body, "members:write") || strings.Contains(form.body, "roles:write") {
			h.Error("the form offers what no role can hold")
		}
		for _, c := range []struct {
			fields []string
			says   string
		}{
			{[]string{"name", "", "permissions", "refunds:read"}, "field-error"},
			{[]string{"name", "Clerk"}, "Choose at least one permission."},
			{[]string{"name", "财务", "permissions", "refunds:read"}, "A built-in role has this name."},
			{[]string{"name", "Owner", "permissions", "refunds:read"}, "A built-in role has this name."},
			{[]string{"name", "Climber", "permissions", "members:write"}, "One of these cannot be part of a role."},
		} {
			b.wants(b.send(h.path("/roles"), c.fields...), http.StatusUnprocessableEntity, c.says)
		}
		r := b.send(h.path("/roles"), "name", "Refund clerk", "permissions", "refunds:create")
		if r.status != http.StatusSeeOther {
			h.Fatalf("%d %s", r.status, plain(r.body))
		}
		page := r.location()
		b.wants(b.get(page), http.StatusOK, "Ask for a refund", "See payments and their story", "Nobody holds this role.")
		id := page[strings.LastIndexByte(page, '/')+1:]

		u := h.user("clerk@example.com", h.inShop(access.Viewer))
		member := h.path("/members/" + u.ID)
		b.wants(b.get(member), http.StatusOK, `value="`+id+`"`)
		b.wants(b.send(member+"/grant", "role", id), http.StatusSeeOther)
		b.wants(b.send(member+"/revoke", "role", "viewer"), http.StatusSeeOther)
		b.wants(b.get(member), http.StatusOK, "Refund clerk", "What they may do here", "Ask for a refund")
		b.wants(b.get(h.path("/members/permissions")), http.StatusOK, "Refund clerk")
		clerk := h.browser().signIn("clerk@example.com").english()
		clerk.wants(clerk.get(h.path("/refunds")), http.StatusOK)
		clerk.wants(clerk.get(h.path("/keys")), http.StatusForbidden)

		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(b.get(page + "/edit").body)[1]
		b.wants(b.send(page+"/edit", "name", "Key reader", "version", version, "permissions", "keys:read"), http.StatusSeeOther)
		clerk.wants(clerk.get(h.path("/refunds")), http.StatusForbidden)
		clerk.wants(clerk.get(h.path("/keys")), http.StatusOK)
		b.wants(b.send(page+"/edit", "name", "Late", "version", version, "permissions", "keys:read"), http.StatusUnprocessableEntity)

		b.wants(b.send(page+"/delete", "confirm", "Key"), http.StatusUnprocessableEntity)
		b.wants(b.send(page+"/delete", "confirm", "Key reader"), http.StatusUnprocessableEntity, "Choose what they get instead.")
		b.wants(b.send(page+"/delete", "confirm", "Key reader", "instead", "viewer"), http.StatusSeeOther)
		b.wants(b.get(page), http.StatusNotFound)
		clerk.wants(clerk.get(h.path("/keys")), http.StatusForbidden)
		clerk.wants(clerk.get(h.path("/payments")), http.StatusOK)
		b.wants(b.get(h.path("/audit?action=role.update")), http.StatusOK, "keys:read", "refunds:create")
	})
}

var (
	hrefs   = regexp.MustCompile(`(?:href|action)="(/console[^"#]*)"`)
	actions = regexp.MustCompile(`<form[^>]*method="post"[^>]*action="(/console[^"]*)"`)
)

// routeOf finds the route that an address leads to.
func routeOf(method, path string) (console.Route, bool) {
	path, _, _ = strings.Cut(path, "?")
	for _, r := range console.Table() {
		pattern := "^" + regexp.MustCompile(`:\w+`).ReplaceAllString(regexp.QuoteMeta(r.Path), "[^/]+") + "$"
		if r.Method == method && regexp.MustCompile(pattern).MatchString(path) {
			return r, true
		}
	}
	return console.Route{}, false
}

// A role with one page's permission alone must be able to work on that page: it
// renders, and leads nowhere that the role may not go.
func TestNarrowRolesWorkOnEveryPageTheyCanOpen(t *testing.T) {
	h := open(t)
	ids := h.belongings(t)
	ids[":payment"], ids[":account"], ids[":channel"] = paid(h, "NARROW-1"), h.shop.WeChat.ID, "wechat"
	ids[":refund"], ids[":approval"] = h.awaitingRefund(ids[":payment"])
	ids[":user"] = h.user("someone@example.com", h.inShop(access.Viewer)).ID
	ids[":role"] = h.ownRole("Reader", access.Right{Object: access.Payments, Action: access.Read}).ID
	rights := access.RoleRights()
	for _, right := range rights {
		if right.Object == access.Home {
			continue
		}
		role := h.ownRole("Only "+right.String(), right)
		email := strings.ReplaceAll(right.String(), ":", "-") + "@example.com"
		h.user(email, h.inShop(role.Role()))
		b := h.browser().signIn(email)
		for _, route := range console.Table() {
			may := route.Place == console.Start || route.Place == console.InMerchant && slices.Contains(role.Rights, access.Right{Object: route.Object, Action: route.Action})
			if route.Method != http.MethodGet || !may || isFile(route) || route.Path == routes.Switch { // which leads to another page
				continue
			}
			path := fill(h, replaceAll(route.Path, ids))
			if route.Place == console.Start {
				path += "?merchant=" + h.shop.Scope.MerchantID + "&mode=test"
			}
			r := b.get(path)
			// A request about refunds does not exist for who may see none.
			if strings.Contains(route.Path, ":approval") && !slices.Contains(role.Rights, access.Right{Object: access.Refunds, Action: access.Read}) {
				b.wants(r, http.StatusNotFound)
				continue
			}
			if r.status != http.StatusOK {
				t.Errorf("%s: GET %s: %d", right, route.Path, r.status)
			}
			for method, found := range map[string][][]string{http.MethodGet: hrefs.FindAllStringSubmatch(r.body, -1), http.MethodPost: actions.FindAllStringSubmatch(r.body, -1)} {
				for _, link := range found {
					to, ok := routeOf(method, link[1])
					if !ok || to.Object == "" || to.Place == console.Own || to.Place == console.Start {
						continue
					}
					if !slices.Contains(role.Rights, access.Right{Object: to.Object, Action: to.Action}) {
						t.Errorf("%s: %s leads to %s %s, which needs %s:%s", right, route.Path, method, to.Path, to.Object, to.Action)
					}
				}
			}
		}
	}
}
