package console_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile/reconciletest"
)

// TestEveryFormThatChangesAnythingIsInTheAuditLog sends a valid form by every
// route that takes one.
func TestEveryFormThatChangesAnythingIsInTheAuditLog(t *testing.T) {
	h := open(t)
	mails := h.withMail()
	h.watch = h.watching()
	root := h.everything().english()
	h.user("second@example.com", h.inShop(access.Owner))
	second := h.browser().signIn("second@example.com").english()
	h.walkLists(root)
	h.walkMoney(root, second)
	h.walkReconciliation(root, second)
	h.walkDevelopers(root)
	h.walkAccounts(root)
	h.walkPeople(root, mails)
	h.walkPlatform(root, mails)
	h.walkSettings(root, second)
	h.walkLogins(root)
	h.watch.ended(t)
}

// sends posts a form that must be accepted.
func (b *browser) sends(path string, fields ...string) reply {
	b.Helper()
	r := b.send(path, fields...)
	if r.status >= http.StatusBadRequest {
		b.Errorf("POST %s: %d %s", path, r.status, plain(r.body))
	}
	return r
}

func tail(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func (h *house) walkLists(b *browser) {
	h.Helper()
	for _, list := range []string{"payments", "refunds", "audit"} {
		b.sends(h.path("/"+list+"/exports"), "format", "csv")
		at := h.path("/" + list + "/exports/" + h.newest(list).ID)
		b.sends(at + "/cancel")
		b.sends(at + "/retry")
	}
	for list, field := range map[string]string{"payments": "closed", "refunds": "failed", "deliveries": "dead"} {
		at := h.path("/" + list + "/views")
		b.sends(at, "view_name", "Mine", "status", field)
		id := viewID(b.get(at).body)
		b.sends(at+"/"+id+"/change", "view_name", "Still mine")
		b.sends(at + "/" + id + "/delete")
	}
	b.sends("/console/preferences", "theme", "dark")
	b.sends(h.path("/audit/verify"))
	b.sends("/console/admin/audit/verify")
	const files = "/console/admin/audit/exports"
	b.sends(files, "format", "csv")
	id := regexp.MustCompile(`exp_[0-9A-Z]{26}`).FindString(b.get(files).body)
	b.sends(files + "/" + id + "/cancel")
	b.sends(files + "/" + id + "/retry")
	h.makeFiles()
}

func (h *house) walkMoney(b, second *browser) {
	h.Helper()
	p := h.shop.Paid("WALK-1", channel.AlipayQR)
	b.sends(h.path("/payments/" + p.ID + "/sync"))
	b.sends(h.path("/payments/" + h.shop.Create(paymentstest.Order("WALK-2", channel.WeChatNative)).ID + "/close"))
	b.sends(h.path("/refunds/" + b.asksFor(h.shop.Paid("WALK-7", channel.WeChatNative), "1").ID + "/sync"))
	_, stuck := h.abnormal("WALK-3")
	b.sends(h.path("/refunds/"+stuck.ID+"/resolve"), "outcome", "failed", "reason", "paid in cash")
	h.settings(func(s *merchants.Settings) { s.RefundApprovalAbove = 1 })
	second.sends(h.path("/approvals/"+b.asksFor(p, "1").ApprovalID+"/decide"), "decision", "approve")
	b.sends(h.path("/approvals/" + b.asksFor(p, "1").ApprovalID + "/withdraw"))
	h.settings(func(s *merchants.Settings) { s.RefundApprovalAbove, s.TwoPeople = 0, true })
	page := b.asks(h.path("/keys"), "name", "Backend", "scopes", "payments:write")
	second.sends(page+"/decide", "decision", "approve")
	b.sends(page + "/open")
	h.settings(func(s *merchants.Settings) { s.TwoPeople = false })
	b.sends(h.path("/cases/"+h.contradiction("WALK-4").ID+"/resolve"), "outcome", "returned", "note", "given back")
	b.sends(h.path("/cases/" + h.contradiction("WALK-6").ID + "/recheck"))
}

func (h *house) walkReconciliation(b, second *browser) {
	h.Helper()
	run := h.reconciled("WALK-5")
	b.sends(h.path("/reconciliation/run"), "date", string(reconciletest.Today()))
	for h.world.RunDue() > 0 {
	}
	b.sends(h.path("/reconciliation/runs/" + run.ID + "/again"))
	for h.world.RunDue() > 0 {
	}
	b.sends(h.path("/reconciliation/month/export"), "month", run.Day.Month())
	month := h.lastMonth()
	b.sends(h.path("/reconciliation/month/lock"), "month", month, "confirm", month)
	second.approve(h.path("/reconciliation/month?month=" + month))
	b.sends(h.path("/reconciliation/month/reopen"), "month", month, "confirm", month, "note", "a late bill")
	list := h.found(h.short("att_1", 100), h.short("att_2", 200))
	me := h.userID("root@example.com")
	b.sends(h.path("/exceptions/assign"), "id", list[0].ID, "owner", me)
	one := h.path("/exceptions/" + list[0].ID)
	b.sends(one+"/assign", "owner", "")
	b.sends(one+"/comment", "note", "asked the channel")
	f, err := excelize.OpenReader(strings.NewReader(b.get(h.path("/exceptions/export?status=open")).body))
	if err != nil {
		h.Fatal(err)
	}
	for at, v := range map[string]any{"O2": "We are right", "R2": "the channel will enter it"} {
		if err := f.SetCellValue("Exceptions", at, v); err != nil {
			h.Fatal(err)
		}
	}
	var sheet bytes.Buffer
	if err := f.Write(&sheet); err != nil {
		h.Fatal(err)
	}
	batch := b.uploadSheet(h.path("/exceptions/import"), "worked.xlsx", sheet.Bytes()).location()
	b.sends(batch + "/apply")
	for _, e := range list {
		if r := b.send(h.path("/exceptions/"+e.ID+"/propose"), "resolution", "accept_ours", "why", "it will be entered"); r.status < http.StatusBadRequest {
			break
		}
	}
}

func (h *house) walkDevelopers(b *browser) {
	h.Helper()
	r := b.sends(h.path("/keys"), "name", "Shop server", "scopes", "payments:read")
	b.wants(r, http.StatusOK, "sk_test_")
	for _, k := range h.keys() {
		if k.Name == "Shop server" && k.RevokedAt == 0 {
			b.sends(h.path("/keys/"+k.ID+"/roll"), "overlap", "1")
			b.sends(h.path("/keys/"+k.ID+"/revoke"), "confirm", "Shop server")
		}
	}
	made := b.sends(h.path("/webhooks"), "url", h.shop.Base+"/sandbox/inbox/walk", "description", "Orders", "event_types", "*")
	id := regexp.MustCompile(`whe_[0-9A-Z]{26}`).FindString(made.body + made.location())
	at := h.path("/webhooks/" + id)
	b.sends(at+"/edit", "url", h.shop.Base+"/sandbox/inbox/walk", "description", "All", "event_types", "*")
	delivery := b.sends(at + "/test").location()
	b.sends(at + "/rotate")
	if _, err := h.webhooks.Deliver(h.system); err != nil {
		h.Fatal(err)
	}
	b.sends(delivery + "/resend")
	b.sends(h.path("/deliveries/resend"), "endpoint", id)
	b.sends(at + "/disable")
	b.sends(at + "/enable")
	b.sends(at+"/delete", "confirm", id)
}

func (h *house) walkAccounts(b *browser) {
	h.Helper()
	fields, keys := h.wechatFields()
	draft := b.draft(app.WeChat, "Counter", "")
	b.upload(draft+"/files", map[string]string{"mode": "public_key"}, map[string][]byte{"pub_key.pem": []byte(keys.PublicKey)})
	b.sends(draft+"/check", pairs(fields)...)
	b.sends(draft+"/credentials", pairs(fields)...)
	b.sends(draft + "/test")
	b.sends(draft + "/order")
	at := strings.TrimPrefix(b.sends(draft+"/enable").location(), h.base)
	b.sends(at+"/edit", "name", "Main counter", "priority", "5", "fee_rate", "0.6", "appid", fields["appid"], "appid_kind", "official")
	b.sends(at + "/probe")
	b.sends(at + "/disable")
	b.sends(at + "/enable")
	again := b.replace(at)
	b.sends(again + "/discard")
	own := b.draft(app.Alipay, "Own key", "")
	b.sends(own + "/key")
	older := h.sandboxMerchant(map[string]string{"channel": "wechat", "mode": "certificate"})
	older["mode"], older["appid_kind"] = "certificate", "official"
	b.sends(b.finish(b.draft(app.WeChat, "Older merchant", ""), older) + "/certificates")
}

func (h *house) walkPeople(b *browser, mails *post) {
	h.Helper()
	role := tail(b.sends(h.path("/roles"), "name", "Refund clerk", "permissions", "refunds:create").location())
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(b.get(h.path("/roles/" + role + "/edit")).body)
	b.sends(h.path("/roles/"+role+"/edit"), "version", version[1], "name", "Clerk", "permissions", "refunds:read")
	u := h.user("clerk@example.com", h.inShop(access.Viewer))
	member := h.path("/members/" + u.ID)
	b.sends(member+"/grant", "role", "finance")
	b.sends(member+"/revoke", "role", "finance")
	b.sends(h.path("/roles/"+role+"/delete"), "confirm", "Clerk")
	b.sends(h.path("/members"), "email", "new@example.com", "role", "viewer")
	link := regexp.MustCompile(`/console/invitations/[\w-]{43}`).FindString(mails.last(h.T, "new@example.com", "Join"))
	guest := h.guest()
	guest.get(link)
	guest.sends(link, "name", "New", "password", password)
	b.sends(h.path("/members"), "email", "waiting@example.com", "role", "viewer")
	id := regexp.MustCompile(`/invitations/(inv_[0-9A-Z]+)/resend`).FindStringSubmatch(b.get(h.path("/members")).body)[1]
	b.sends(h.path("/invitations/" + id + "/resend"))
	b.sends(h.path("/invitations/" + id + "/revoke"))
}

func (h *house) walkPlatform(b *browser, mails *post) {
	h.Helper()
	made := b.sends("/console/admin/merchants", "name", "Jinxiang Tea", "owner_email", "clerk@example.com")
	id := regexp.MustCompile(`/console/admin/merchants/(mch_[0-9A-Z]{26})`).FindStringSubmatch(made.location() + made.body)[1]
	shop := "/console/admin/merchants/" + id
	b.sends(shop+"/rename", "name", "Tea")
	b.sends(shop+"/suspend", "confirm", "Tea", "reason", "documents are missing")
	b.sends(shop+"/reactivate", "confirm", "Tea")
	known := h.user("known@example.com")
	if err := h.admin.Grant(h.system, known.ID, grantIn(access.Finance, id)); err != nil {
		h.Fatal(err)
	}
	b.sends(shop+"/dismiss", "user", known.ID, "role", "finance")
	b.sends(shop+"/invite", "email", "known@example.com", "role", "finance")
	invitation := regexp.MustCompile(`/invitations/(inv_[0-9A-Z]{26})/resend`).FindStringSubmatch(b.get(shop).body)[1]
	b.sends(shop + "/invitations/" + invitation + "/resend")
	b.sends(shop + "/invitations/" + invitation + "/revoke")
	b.sends(shop+"/view", "reason", "support ticket 7")
	b.sends("/console/admin/view/leave")

	b.handedOver(b.sends("/console/admin/users", "email", "ops@example.com", "name", "Ops"))
	u := "/console/admin/users/" + h.userID("ops@example.com")
	b.sends(u+"/update", "email", "ops@example.com", "name", "Operations", "locale", "en")
	b.sends(u+"/grant", "role", "platform_auditor")
	b.sends(u+"/revoke", "role", "platform_auditor", "domain", "platform")
	b.sends(u + "/reset-password")
	b.sends(u + "/end-sessions")
	b.sends(u+"/disable", "confirm", "ops@example.com")
	b.sends(u + "/enable")

	guest := h.guest()
	for _, email := range []string{"tea@example.com", "silk@example.com"} {
		if r := guest.applies(email); r.status >= http.StatusBadRequest {
			h.Fatalf("apply: %d %s", r.status, plain(r.body))
		}
		guest.sends(regexp.MustCompile(`/console/apply/[\w-]{43}`).FindString(mails.last(h.T, email, "Confirm your email")))
	}
	found := regexp.MustCompile(`apl_[0-9A-Z]{26}`).FindAllString(b.get("/console/admin/applications").body, -1)
	first, last := "/console/admin/applications/"+found[0], "/console/admin/applications/"+found[len(found)-1]
	b.sends(first + "/approve")
	b.sends(first + "/resend")
	b.sends(last+"/reject", "answer", "No licence")

	provider := "/console/admin/providers/" + h.registerProvider(b, app.WeChat, h.sandboxMerchant(map[string]string{"channel": "wechat", "mode": "public_key"}))
	b.sends(provider+"/disable", "confirm", "Platform wechat")
	b.sends(provider + "/enable")
	b.sends("/console/admin/jobs/audit.verify/run")
	b.sends("/console/admin/settings", "version", "0", "notice", "Upgrade at 23:00")
}

func (h *house) walkSettings(b, second *browser) {
	h.Helper()
	second.enrol()
	b.sends(h.path("/settings"), "refund_approval_above", "100", "late_payments", "keep", "duplicate_payments", "keep")
	second.sends(h.path("/settings/second-factor"), "required", "yes")
	second.sends(h.path("/settings/second-factor"), "required", "no")
}

func (h *house) walkLogins(root *browser) {
	h.Helper()
	h.user("third@example.com", h.inShop(access.Viewer))
	b := h.browser().signIn("third@example.com").english()
	me := "/console/admin/users/" + h.userID("third@example.com")
	b.sends("/console/password", "current_password", password, "password", password+"!", "repeat", password+"!")
	b.get("/console/security")
	b.sends("/console/password", "current_password", password+"!", "password", password, "repeat", password)
	b.get("/console/security")
	b.sends("/console/confirm", "_password", password)
	h.browser().signIn("third@example.com")
	session := regexp.MustCompile(`/console/sessions/(ses_[0-9A-Z]+)/revoke`).FindStringSubmatch(b.get("/console/sessions").body)
	b.sends("/console/sessions/" + session[1] + "/revoke")
	h.browser().signIn("third@example.com")
	open := regexp.MustCompile(`/sessions/(ses_[0-9A-Z]{26})/revoke`).FindAllStringSubmatch(root.get(me).body, -1)
	root.sends(me + "/sessions/" + open[0][1] + "/revoke") // the newest comes first
	h.browser().signIn("third@example.com")
	b.sends("/console/sessions/revoke-others")

	h.person("42", "third@example.com")
	b.linked()
	links := regexp.MustCompile(`/identities/(lnk_\w+)/unlink`)
	b.sends("/console/security/identities/" + links.FindStringSubmatch(b.get("/console/security").body)[1] + "/unlink")
	b.linked()
	root.sends(me + "/identities/" + links.FindStringSubmatch(root.get(me).body)[1] + "/unlink")

	phone, codes := b.enrol()
	h.passwordOnly("third@example.com").sends("/console/second-factor", "code", codes[0])
	b.sends("/console/security/recovery-codes")
	h.clock.Advance(time.Minute) // a code counts once
	b.sends("/console/security/totp/remove", "code", phone.code())

	device := newDevice(h.T)
	id := b.addPasskey(device, "Laptop")
	b.sends(myPasskeys+"/"+id+"/rename", "name", "Old laptop")
	b.options("/console/confirm/passkey/options")
	guest := h.browser()
	guest.get("/console/sign-in")
	guest.sends(passkeySignIn, "credential", device.Get(guest.options(signInOptions)))
	half := h.passwordOnly("third@example.com")
	half.sends("/console/second-factor/passkey", "credential", device.Get(half.options("/console/second-factor/passkey/options")))
	second := b.addPasskey(newDevice(h.T), "Phone")
	b.sends(myPasskeys + "/" + second + "/remove")
	root.sends(me + "/passkeys/" + id + "/remove")
	root.sends(me + "/reset-factors")
	root.sends("/console/sign-out")
}
