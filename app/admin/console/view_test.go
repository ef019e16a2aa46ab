package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// stranger is a platform role that has not said why it looks anywhere.
func (h *house) stranger(r access.Role) *browser {
	h.Helper()
	h.user("stranger@example.com", grantPlatform(r))
	return h.browser().signIn("stranger@example.com").english()
}

func TestThePlatformSaysWhyBeforeItLooksIntoAMerchant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openOn(t, d, &paymentstest.Clock{})
		id := paid(h, "VIEW-1")
		b := h.stranger(access.PlatformAdmin)
		page := h.path("/payments/" + id)
		r := b.get(page)
		b.wants(r, http.StatusForbidden, "Look into Test Shop", "The merchant reads your reason", `name="next" value="`+page+`"`)
		if strings.Contains(r.body, "VIEW-1") {
			t.Error("the page shows the payment before a reason was given")
		}
		start := "/console/admin/merchants/" + h.shop.Scope.MerchantID + "/view"
		b.wants(b.get(start), http.StatusOK, "Look into Test Shop")
		for _, reason := range []string{"", "   ", "short", strings.Repeat("长", 301)} {
			b.wants(b.send(start, "reason", reason), http.StatusUnprocessableEntity, "is-invalid")
		}
		b.wants(b.get(page), http.StatusForbidden)

		r = b.send(start, "reason", "ticket 4711", "next", page)
		if r.status != http.StatusSeeOther || r.location() != page {
			t.Fatalf("starting leads to %d %q", r.status, r.location())
		}
		const band = "You are looking at Test Shop as the platform, read-only, until"
		b.wants(b.get(page), http.StatusOK, "VIEW-1", band)
		b.wants(b.get("/console/admin/users"), http.StatusOK, band)
		for _, chain := range []string{h.shop.Scope.MerchantID, audit.Platform} {
			row := h.last(chain)
			if row.Action != "merchant.view" || row.Target != h.shop.Scope.MerchantID || row.ActorID != h.userID("stranger@example.com") || !strings.Contains(row.After, "ticket 4711") {
				t.Errorf("chain %s: %+v", chain, row)
			}
		}

		r = b.send("/console/admin/view/leave")
		b.wants(r, http.StatusSeeOther)
		b.wants(b.get(r.location()), http.StatusOK, "You have left the merchant.")
		b.wants(b.get(page), http.StatusForbidden, "Look into Test Shop")
		for _, chain := range []string{h.shop.Scope.MerchantID, audit.Platform} {
			if row := h.last(chain); row.Action != "merchant.leave" || !strings.Contains(row.Before, "ticket 4711") {
				t.Errorf("chain %s: %+v", chain, row)
			}
		}
		b.wants(b.send("/console/admin/view/leave"), http.StatusSeeOther)
	})
}

func TestALookEndsAfterAnHourAndIsIntoOneMerchant(t *testing.T) {
	h := open(t)
	other, err := h.shop.Merchants.CreateMerchant(h.system, "Another shop")
	if err != nil {
		t.Fatal(err)
	}
	b := h.stranger(access.PlatformAuditor).lookInto(h.shop.Scope.MerchantID)
	elsewhere := "/console/m/" + other.ID + "/test/payments"
	b.wants(b.get(h.path("/payments")), http.StatusOK)
	b.wants(b.get(elsewhere), http.StatusForbidden, "Look into Another shop")
	b.lookInto(other.ID)
	b.wants(b.get(elsewhere), http.StatusOK)
	b.wants(b.get(h.path("/payments")), http.StatusForbidden, "Look into Test Shop")
	if row := h.last(h.shop.Scope.MerchantID); row.Action != "merchant.leave" {
		t.Errorf("entering another merchant left %+v", row)
	}
	for range 3 { // in use, or the session ends of idleness
		h.clock.Advance(20*time.Minute - time.Second)
		b.wants(b.get(elsewhere), http.StatusOK)
	}
	h.clock.Advance(4 * time.Second)
	b.wants(b.get(elsewhere), http.StatusForbidden, "Look into Another shop")
}

func TestALookIsTheSessionsAndEndsWithItsRole(t *testing.T) {
	h := open(t)
	b := h.stranger(access.PlatformOperator).lookInto(h.shop.Scope.MerchantID)
	second := h.browser().signIn("stranger@example.com")
	second.wants(second.get(h.path("/payments")), http.StatusForbidden)
	b.wants(b.get(h.path("/payments")), http.StatusOK)
	if err := h.admin.Revoke(h.system, h.userID("stranger@example.com"), grantPlatform(access.PlatformOperator)); err == nil {
		b.wants(b.get(h.path("/payments")), http.StatusNotFound)
	} else {
		t.Fatal(err)
	}
}

// What the operator may send in a merchant is what helps, and it is recorded.
func TestLookingChangesNothingButWhatHelps(t *testing.T) {
	h := open(t)
	ids := h.belongings(t)
	ids[":payment"], ids[":account"] = paid(h, "VIEW-2"), h.shop.WeChat.ID
	for _, role := range access.PlatformRoles() {
		b := h.as(role)
		for _, route := range console.Table() {
			if route.Method != http.MethodPost || route.Place != console.InMerchant {
				continue
			}
			r := b.try(route.Method, fill(h, replaceAll(route.Path, ids)))
			helps := role == access.PlatformOperator && (route.Action == access.Sync || route.Action == access.Resend) && mayBy(role, route)
			if (r.status == http.StatusForbidden) == helps {
				t.Errorf("%s: POST %s answered %d", role, route.Path, r.status)
			}
		}
	}
	rows, err := h.audit.List(h.system, audit.Filter{Chain: h.shop.Scope.MerchantID, ActorID: h.userID("platform_operator@example.com"), Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, row := range rows.Rows {
		acts = append(acts, row.Action)
	}
	for _, want := range []string{"merchant.view", "payment.sync", "webhook_delivery.redeliver"} {
		if !strings.Contains(strings.Join(acts, " "), want) {
			t.Errorf("%s is not recorded: %v", want, acts)
		}
	}
}

func TestALookLeftOnOneServerIsOverOnTheOther(t *testing.T) {
	h := open(t)
	one := h.base
	cfg := h.config
	cfg.Access = access.New(h.shop.DB, h.clock, access.Config{Require: access.RequireNobody, Sealer: plainSealer{}})
	two := h.listen(cfg)
	b := h.stranger(access.PlatformAdmin).lookInto(h.shop.Scope.MerchantID)
	at := func(base string) reply { h.base = base; return b.get(h.path("/payments")) }
	b.wants(at(one), http.StatusOK)
	b.wants(at(two), http.StatusOK)
	h.base = one
	b.wants(b.send("/console/admin/view/leave"), http.StatusSeeOther)
	b.wants(at(two), http.StatusForbidden, "Look into")
	h.base = two
	b.lookInto(h.shop.Scope.MerchantID)
	b.wants(at(one), http.StatusOK)
	if err := h.admin.RevokeSessions(h.system, h.userID("stranger@example.com")); err != nil {
		t.Fatal(err)
	}
	if r := at(two); r.status != http.StatusSeeOther {
		t.Errorf("an ended session still looks: %d", r.status)
	}
}

// Whoever also works for the merchant does their work there.
func TestAMembersOwnRoleNeedsNoReason(t *testing.T) {
	h := open(t)
	h.user("both@example.com", h.inShop(access.Owner), grantPlatform(access.PlatformAdmin))
	b := h.browser().signIn("both@example.com").lookInto(h.shop.Scope.MerchantID)
	b.wants(b.send(h.path("/members"), "email", "new@example.com", "name", "New", "role", "viewer"), http.StatusOK, "new@example.com")
}
