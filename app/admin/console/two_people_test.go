package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/changes"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// asks posts a form that a second person must decide, and returns the request's page.
func (b *browser) asks(path string, fields ...string) string {
	b.Helper()
	r := b.send(path, fields...)
	if r.status != http.StatusSeeOther || !strings.Contains(r.location(), "/approvals/apr_") {
		b.Fatalf("%s: %d to %q\n%s", path, r.status, r.location(), plain(r.body))
	}
	return r.location()
}

// keyCount is how many API keys the shop has.
func (h *house) keyCount() int {
	h.Helper()
	list, err := h.shop.Merchants.Keys(h.system, merchants.KeyFilter{MerchantID: h.shop.Scope.MerchantID, Mode: h.shop.Scope.Mode, Limit: 100})
	if err != nil {
		h.Fatal(err)
	}
	return len(list)
}

func TestAKeyThatTwoMustWantIsMadeOnceByWhoAskedForIt(t *testing.T) {
	onEngines(t, func(h *house) {
		h.settings(func(s *merchants.Settings) { s.TwoPeople = true })
		maker, checker := h.as(access.Developer).english(), h.as(access.Owner).english()
		before := h.keyCount()
		page := maker.asks(h.path("/keys"), "name", "Backend", "scopes", "payments:write")
		maker.wants(maker.get(page), http.StatusOK, "New API key “Backend”", "You asked for this yourself", "/withdraw")
		maker.wants(maker.send(page+"/decide", "decision", "approve"), http.StatusForbidden)
		maker.wants(maker.send(page+"/open"), http.StatusConflict)
		maker.wants(maker.get(h.path("/approvals?status=mine")), http.StatusOK, "New API key “Backend”")
		checker.wants(checker.get(h.path("/approvals")), http.StatusOK, "New API key “Backend”", `class="nav-count"`)
		checker.wants(checker.get("/console/approvals"), http.StatusOK, "New API key “Backend”", "Test Shop")
		// Whoever may not see keys sees nothing of the request.
		finance := h.as(access.Finance).english()
		finance.wants(finance.get(page), http.StatusNotFound)
		if r := finance.get(h.path("/approvals")); strings.Contains(r.body, "Backend") {
			h.Error("the list shows finance a request about keys")
		}
		checker.wants(checker.send(page+"/decide", "decision", "approve"), http.StatusSeeOther)
		if h.keyCount() != before {
			h.Error("the key was made by the decision")
		}
		checker.wants(checker.send(page+"/open"), http.StatusForbidden)
		maker.wants(maker.get(page), http.StatusOK, "Make the key and show it")
		shown := maker.send(page + "/open")
		maker.wants(shown, http.StatusOK, "sk_test_")
		maker.wants(maker.send(page+"/open"), http.StatusConflict)
		if h.keyCount() != before+1 {
			h.Errorf("%d keys", h.keyCount()-before)
		}
		var n int
		secret := regexp.MustCompile(`sk_test_[0-9A-Za-z]+`).FindString(shown.body)
		if err := h.shop.DB.Get(h.system, &n, `SELECT COUNT(*) FROM changes WHERE payload LIKE ?`, "%"+secret+"%"); err != nil || n != 0 {
			h.Errorf("the secret is stored: %d %v", n, err)
		}
		// A rejected one makes nothing.
		page = maker.asks(h.path("/keys"), "name", "Another", "scopes", "payments:write")
		checker.wants(checker.send(page+"/decide", "decision", "reject", "note", "not needed"), http.StatusSeeOther)
		maker.wants(maker.send(page+"/open"), http.StatusConflict)
	})
}

func TestCredentialsRolesAndLimitsWaitForASecondPerson(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.TwoPeople, s.RefundApprovalAbove = true, 500 })
	maker := h.as(access.Owner).english()
	h.user("second@example.com", h.inShop(access.Owner))
	checker := h.browser().signIn("second@example.com").english()
	approve := func(page string) {
		t.Helper()
		checker.wants(checker.send(page+"/decide", "decision", "approve"), http.StatusSeeOther)
		checker.wants(checker.send(page+"/decide", "decision", "approve"), http.StatusConflict)
	}
	u := h.user("jim@example.com", h.inShop(access.Viewer))
	member := h.path("/members/" + u.ID)
	// Whoever could alone make somebody finance would make the second person who
	// approves their refunds.
	approve(maker.asks(member+"/grant", "role", "finance"))
	page := maker.asks(member+"/grant", "role", "developer")
	if held, _ := h.access.Bindings(h.system, h.shop.DB, u.ID); len(held) != 2 {
		t.Errorf("the role was given before anybody agreed: %v", held)
	}
	approve(page)
	if held, _ := h.access.Bindings(h.system, h.shop.DB, u.ID); len(held) != 3 {
		t.Errorf("after the yes: %v", held)
	}
	approve(maker.asks(h.path("/members"), "email", "new@example.com", "role", "owner"))
	maker.wants(maker.get(h.path("/members")), http.StatusOK, "new@example.com")

	a := h.shop.WeChat
	if _, err := h.shop.Merchants.DisableAccount(h.system, a.MerchantID, a.ID); err != nil {
		t.Fatal(err)
	}
	page = maker.asks(h.path("/accounts/" + a.ID + "/enable"))
	enabled := func() bool {
		got, err := h.shop.Merchants.Account(h.system, a.MerchantID, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.Enabled
	}
	if enabled() {
		t.Error("the account was enabled before anybody agreed")
	}
	approve(page)
	if !enabled() {
		t.Error("the account was not enabled by the yes")
	}

	// The secrets of an account's apps are credentials, too; its name is nobody's matter.
	edit, form := h.accountForm("Main counter")
	maker.wants(maker.send(edit, form...), http.StatusSeeOther)
	form = append(form, "app_secret", "CANARY-app-secret", "appid_4", "wx0000000000000001", "appid_kind_4", "mini")
	page = maker.asks(edit, form...)
	stale := maker.asks(edit, form...)
	apps := func() []merchants.AppID {
		got, err := h.shop.Merchants.Account(h.system, a.MerchantID, a.ID)
		if err != nil || got.Name != "Main counter" {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.AppIDs
	}
	if got := apps(); len(got) != 3 || got[0].HasSecret {
		t.Errorf("the apps changed before anybody agreed: %v", got)
	}
	shown := checker.get(page)
	checker.wants(shown, http.StatusOK, "Other apps or app secrets for account Main counter", "wx0000000000000001")
	var plain int
	err := h.shop.DB.Get(h.system, &plain, `SELECT COUNT(*) FROM changes WHERE payload LIKE '%CANARY%' OR sealed LIKE '%CANARY%'`)
	if strings.Contains(shown.body, "CANARY") || err != nil || plain != 0 {
		t.Errorf("the app's secret is shown or stored: %d, %v", plain, err)
	}
	approve(page)
	if got := apps(); len(got) != 4 || !slices.ContainsFunc(got, func(x merchants.AppID) bool { return x.HasSecret }) {
		t.Errorf("after the yes the apps are %v", got)
	}
	checker.wants(checker.send(stale+"/decide", "decision", "approve"), http.StatusConflict)
	checker.wants(checker.send(stale+"/decide", "decision", "reject", "note", "done already"), http.StatusSeeOther)

	// Nor can one person alone lift the limit, or switch the rule off.
	send := []string{"refund_approval_above", "", "late_payments", "refund", "duplicate_payments", "keep"}
	page = maker.asks(h.path("/settings"), send...)
	now := func() merchants.Settings {
		got, err := h.shop.Merchants.Settings(h.system, a.MerchantID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if s := now(); !s.TwoPeople || s.RefundApprovalAbove != 500 || s.LatePayments != "refund" {
		t.Errorf("before the yes %+v", s)
	}
	checker.wants(checker.get(page), http.StatusOK, "Let one person decide about keys and credentials again", "¥5.00")
	approve(page)
	if s := now(); s.TwoPeople || s.RefundApprovalAbove != 0 {
		t.Errorf("after the yes %+v", s)
	}
	maker.wants(maker.send(h.path("/settings"), append(send, "two_people", "on")...), http.StatusSeeOther)
	if !now().TwoPeople {
		t.Error("switching it on needs nobody else")
	}
}

func TestAYesCountsForWhatWasAskedByWhoStillMay(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.TwoPeople, s.RefundApprovalAbove = true, 500 })
	maker := h.as(access.Owner).english()
	h.user("second@example.com", h.inShop(access.Owner))
	checker := h.browser().signIn("second@example.com").english()
	u := h.user("jim@example.com", h.inShop(access.Viewer))

	// A role that was widened between the request and the yes is not given.
	ctx, shop := h.acting(h.userID("owner@example.com")), h.shop.Scope.MerchantID
	clerk := admin.RoleInput{Name: "Clerk", Rights: []access.Right{{Object: access.Refunds, Action: access.Create}}}
	role, err := h.admin.CreateRole(ctx, shop, clerk)
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{
		maker.asks(h.path("/members/"+u.ID+"/grant"), "role", role.ID),
		maker.asks(h.path("/members"), "email", "new@example.com", "role", role.ID),
	}
	clerk.Rights = append(clerk.Rights, access.Right{Object: access.Keys, Action: access.Write})
	if _, err := h.admin.UpdateRole(ctx, shop, role.ID, role.Version, clerk); err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		checker.wants(checker.send(page+"/decide", "decision", "approve"), http.StatusConflict, "The role was changed after somebody asked for it.")
		checker.wants(checker.send(page+"/decide", "decision", "reject", "note", "look again"), http.StatusSeeOther)
	}

	// What was asked by somebody who has lost the role since is not done.
	a := h.shop.WeChat
	if _, err := h.shop.Merchants.DisableAccount(h.system, a.MerchantID, a.ID); err != nil {
		t.Fatal(err)
	}
	pages = []string{
		maker.asks(h.path("/accounts/" + a.ID + "/enable")),
		maker.asks(h.path("/settings"), "refund_approval_above", "", "late_payments", "refund", "duplicate_payments", "keep"),
	}
	if err := h.admin.Revoke(h.system, h.userID("owner@example.com"), h.inShop(access.Owner)); err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		checker.wants(checker.send(page+"/decide", "decision", "approve"), http.StatusForbidden)
	}
	got, err := h.shop.Merchants.Account(h.system, a.MerchantID, a.ID)
	if err != nil || got.Enabled {
		t.Errorf("enabled %v, %v", got.Enabled, err)
	}
	if s, err := h.shop.Merchants.Settings(h.system, shop); err != nil || !s.TwoPeople {
		t.Errorf("settings %+v, %v", s, err)
	}
}

// The rule stands below the pages: whichever of them a person came by, the
// service refuses one alone.
func TestOnePersonAloneIsRefusedByTheServices(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.TwoPeople = true })
	b := h.as(access.Owner)
	u := h.user("jim@example.com")
	_, _, err := h.shop.Merchants.CreateKey(h.acting(h.userID("owner@example.com")), h.shop.Scope.MerchantID, h.shop.Scope.Mode, merchants.KeyInput{Name: "K"})
	if !refusedAlone(err) {
		t.Errorf("a key: %v", err)
	}
	ctx := h.acting(h.userID("owner@example.com"))
	if err := h.admin.Grant(ctx, u.ID, h.inShop(access.Developer)); !refusedAlone(err) {
		t.Errorf("a role: %v", err)
	}
	if _, _, err := h.admin.Invite(ctx, h.shop.Scope.MerchantID, "x@example.com", access.Owner); !refusedAlone(err) {
		t.Errorf("an invitation: %v", err)
	}
	if _, err := h.shop.Merchants.EnableAccount(ctx, h.shop.Scope.MerchantID, h.shop.WeChat.ID, h.shop.Probe); !refusedAlone(err) {
		t.Errorf("an account: %v", err)
	}
	if _, err := h.shop.Merchants.SetAppIDs(ctx, h.shop.Scope.MerchantID, h.shop.WeChat.ID, []merchants.AppInput{{AppID: "wx1", Kind: merchants.AppMini}}); !refusedAlone(err) {
		t.Errorf("an account's apps: %v", err)
	}
	k, _, err := h.shop.Merchants.CreateKey(h.system, h.shop.Scope.MerchantID, h.shop.Scope.Mode, merchants.KeyInput{Name: "K", Scopes: []merchants.Scope{merchants.EventsRead}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.shop.Merchants.UpdateKey(ctx, h.shop.Scope.MerchantID, k.ID, merchants.KeyInput{Name: "K"}); !refusedAlone(err) {
		t.Errorf("what a key may do: %v", err)
	}
	if _, err := h.shop.Merchants.UpdateSettings(ctx, h.shop.Scope.MerchantID, merchants.Settings{}); !refusedAlone(err) {
		t.Errorf("the rule itself: %v", err)
	}
	if err := h.admin.Grant(ctx, u.ID, h.inShop(access.Viewer)); err != nil {
		t.Errorf("a role that reaches nothing: %v", err)
	}
	b.wants(b.get(h.path("/members")), http.StatusOK)
}

func TestARequestThatNobodyDecidesEndsByItself(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.TwoPeople, s.RefundApprovalAbove = true, 1 })
	maker := h.as(access.Developer).english()
	h.as(access.Owner)
	page := maker.asks(h.path("/keys"), "name", "Backend", "scopes", "payments:write")
	p := h.shop.Paid("EXPIRE-1", channel.AlipayQR)
	_, refund := h.awaitingRefund(p.ID)
	h.clock.Advance(changes.Life + time.Minute)
	maker = h.browser().signIn("developer@example.com").english()
	checker := h.browser().signIn("owner@example.com").english()
	checker.wants(checker.send(page+"/decide", "decision", "approve"), http.StatusConflict, "Nobody decided in time.")
	if n, err := h.shop.Approvals.ExpireDue(h.system); err != nil || n != 1 {
		t.Fatalf("%d ended, %v", n, err)
	}
	if n, err := h.shop.Approvals.ExpireDue(h.system); err != nil || n != 0 {
		t.Errorf("%d ended twice, %v", n, err)
	}
	maker.wants(maker.get(page), http.StatusOK, "Expired")
	maker.wants(maker.send(page+"/open"), http.StatusConflict)
	// A refund keeps waiting: its amount is reserved until somebody decides.
	if a, err := h.shop.Approvals.Get(h.system, approvals.Scope(h.shop.Scope), refund); err != nil || a.Status != approvals.Pending {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestAnInvitationFromBeforeTheRuleWantsTheSecondPersonToo(t *testing.T) {
	onEngines(t, func(h *house) {
		owner := h.as(access.Owner).english()
		h.user("second@example.com", h.inShop(access.Owner))
		checker := h.browser().signIn("second@example.com").english()
		invite := func(email, role string) (id, link string) {
			r := owner.send(h.path("/members"), "email", email, "role", role)
			owner.wants(r, http.StatusOK)
			list, err := h.admin.Invitations(h.system, h.shop.Scope.MerchantID)
			if err != nil {
				h.Fatal(err)
			}
			return list[0].ID, regexpFind(r.body, `(/console/invitations/[\w-]{43})`)[0]
		}
		id, link := invite("early@example.com", "owner")
		reader, readersLink := invite("reader@example.com", "viewer")
		h.settings(func(s *merchants.Settings) { s.TwoPeople = true })

		join := func(link string) reply {
			guest := h.browser()
			guest.get(link)
			return guest.english().send(link, "name", "Guest", "password", password)
		}
		guest := h.browser()
		guest.get(link)
		guest.wants(guest.english().send(link, "name", "Guest", "password", password), http.StatusUnprocessableEntity, "A second person of this merchant must agree")
		if _, err := h.access.UserByEmail(h.system, h.shop.DB, "early@example.com"); !app.Is(err, app.NotFound) {
			h.Errorf("a refused guest has a user: %v", err)
		}
		// What does no harm needs nobody else.
		owner.wants(owner.send(h.path("/invitations/"+reader+"/resend")), http.StatusOK)
		if r := join(readersLink); r.status != http.StatusNotFound {
			h.Errorf("the reader's old link: %d", r.status)
		}
		page := owner.asks(h.path("/invitations/" + id + "/resend"))
		owner.wants(owner.get(page), http.StatusOK, "Invite early@example.com as Owner")
		checker.wants(checker.send(page+"/decide", "decision", "approve"), http.StatusSeeOther)
		if r := join(link); r.status != http.StatusNotFound {
			h.Errorf("the link from before the rule: %d", r.status)
		}
		again := owner.send(h.path("/invitations/" + id + "/resend"))
		owner.wants(again, http.StatusOK, "/console/invitations/")
		if r := join(regexpFind(again.body, `(/console/invitations/[\w-]{43})`)[0]); r.status != http.StatusSeeOther {
			h.Errorf("agreed by two: %d %s", r.status, plain(r.body))
		}
	})
}

func TestAnInvitationThatTwoWantIsMailed(t *testing.T) {
	h := open(t)
	box := h.withMail()
	h.settings(func(s *merchants.Settings) { s.TwoPeople = true })
	maker := h.as(access.Owner).english()
	h.user("second@example.com", h.inShop(access.Owner))
	checker := h.browser().signIn("second@example.com").english()
	approve := func(email string) reply {
		page := maker.asks(h.path("/members"), "email", email, "role", "developer")
		r := checker.send(page+"/decide", "decision", "approve")
		checker.wants(r, http.StatusSeeOther)
		return checker.get(r.location())
	}
	checker.wants(approve("new@example.com"), http.StatusOK, "Approved, and the invitation sent")
	link := regexpFind(box.last(t, "new@example.com", "Test Shop"), `(/console/invitations/[\w-]{43})\s`)[0]
	guest := h.browser()
	guest.get(link)
	guest.wants(guest.send(link, "name", "New", "password", password), http.StatusSeeOther)
	// A rejected one is not mailed, and a server that is down undoes nothing.
	sent := len(box.taken)
	page := maker.asks(h.path("/members"), "email", "no@example.com", "role", "developer")
	checker.wants(checker.send(page+"/decide", "decision", "reject", "note", "not now"), http.StatusSeeOther)
	if len(box.taken) != sent {
		t.Error("a rejected invitation was mailed")
	}
	box.down = true
	checker.wants(approve("later@example.com"), http.StatusOK, "did not take the invitation")
	maker.wants(maker.get(h.path("/members")), http.StatusOK, "later@example.com", "Send again")
}

func TestARequestSaysHowLongItWaitsAndWhatAKeyMayDo(t *testing.T) {
	h := open(t)
	h.settings(func(s *merchants.Settings) { s.TwoPeople = true })
	maker := h.as(access.Owner).english()
	h.user("second@example.com", h.inShop(access.Owner))
	page := maker.asks(h.path("/keys"), "name", "Backend", "scopes", "payments:write", "scopes", "refunds:read")
	all := maker.asks(h.path("/keys"), "name", "All")
	h.clock.Advance(3 * time.Hour)
	checker := h.browser().signIn("second@example.com").english()
	checker.wants(checker.get(h.path("/approvals")), http.StatusOK, "3 hours ago")
	checker.wants(checker.get("/console/approvals"), http.StatusOK, "3 hours ago")
	r := checker.get(page)
	checker.wants(r, http.StatusOK, "Create and close payments; Read refunds", "3 hours ago")
	if strings.Contains(r.body, "payments:write") {
		t.Error("the scopes are shown as they are stored")
	}
	checker.wants(checker.get(all), http.StatusOK, "Everything")
}
