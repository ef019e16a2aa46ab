package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

const adminPassword = "looks after the platform"

// TestAnAdministratorLooksAfterThePlatform is an administrator's round in both
// languages: a second factor before anything else, a merchant with its owner, a
// look into it that changes nothing, the jobs, the channels and the system, a
// suspension and its end, a setting, and the audit log that has it all.
func TestAnAdministratorLooksAfterThePlatform(t *testing.T) {
	takeStage(t)
	p := startProduct(t, dbtest.SQLiteURL(t), func(c *config.Config) {
		c.Access.RequireSecondFactor = config.RequirePlatform
	})
	b := p.openBrowser()
	inEachLanguage(t, b, func(r reader) {
		who := "admin." + strings.ToLower(string(r.Lang())) + "@example.com"
		p.addAdministrator(who)
		r.enrol(who)
		shop := r.createMerchant()
		r.lookInto(shop)
		r.runJob(who)
		r.readSystem()
		r.suspend(shop)
		r.setSupport()
		r.readAudit(who)
		r.signOut()
	})
}

func (p *product) addAdministrator(email string) {
	p.t.Helper()
	ctx := audit.WithActor(context.Background(), audit.System("test"))
	_, _, err := p.server.admin.CreateUser(ctx, admin.NewUser{
		Email: email, Name: email, Password: adminPassword, Grants: []admin.Grant{{Role: access.PlatformAdmin, Domain: access.Platform}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// enrol signs in and finds nothing open before the authenticator app is set up.
func (r reader) enrol(email string) {
	r.t.Helper()
	r.goTo("/console/sign-in")
	r.switchLanguage()
	r.types("email", email, "password", adminPassword)
	r.presses(`main button[type=submit]`)
	r.goTo("/console/admin/merchants")
	r.says("main h1", "totp.title")
	r.says("main", "totp.must")
	r.switchLanguage()
	r.do(chromedp.Click(`.totp-type summary`))
	r.studies("enrol")
	r.types("code", "000000")
	r.presses(`form.totp button[type=submit]`)
	r.do(chromedp.WaitVisible(`#error-code`), chromedp.Click(`.totp-type summary`))
	code, err := totp.GenerateCode(strings.ReplaceAll(r.text(".totp-seed"), " ", ""), r.clock.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	r.types("code", code)
	r.presses(`form.totp button[type=submit]`)
	r.says("main h1", "recovery.enrolled")
	r.studies("recovery-codes")
	if n := len(strings.Fields(r.text(".secret code"))); n < 8 {
		r.t.Errorf("there are %d recovery codes", n)
	}
	r.presses(`.auth-on a`)
	r.do(chromedp.WaitVisible(`.topbar`))
	r.switchLanguage()
}

// createMerchant opens a merchant and invites its owner by a link, which is shown
// once: no mail server is configured here.
func (r reader) createMerchant() (id string) {
	r.t.Helper()
	name, owner := r.shopName(), "owner."+strings.ToLower(string(r.Lang()))+"@example.com"
	r.goTo("/console/admin/merchants")
	r.studies("merchants")
	r.types("name", name, "owner_email", "nobody")
	r.eval(`(() => { document.querySelector("main form[action='/console/admin/merchants'][method=post]").noValidate = true; return "" })()`)
	r.presses(`main form[action="/console/admin/merchants"][method=post] button`)
	r.says("#error-owner_email", "field_error.email_invalid")
	r.types("owner_email", owner)
	r.presses(`main form[action="/console/admin/merchants"][method=post] button`)
	r.says("main h1", "invitations.link_title", "email", owner)
	r.studies("owner-link")
	r.presses(`main .form-actions a`)
	r.shows("main h1", name)
	r.says("main", "merchants.no_members")
	r.shows("main", owner)
	r.says("main", "merchants.invited")
	r.studies("merchant")
	path := r.eval(`location.pathname`)
	return path[strings.LastIndex(path, "/")+1:]
}

func (r reader) shopName() string { return "Corner shop " + string(r.Lang()) }

// lookInto says why, sees the merchant under a band, and cannot change it.
func (r reader) lookInto(shop string) {
	r.t.Helper()
	r.goTo("/console/m/" + shop + "/test/payments")
	r.says("main h1", "view.title", "merchant", r.shopName())
	if got := r.answered(); got != "403" {
		r.t.Errorf("a merchant without a reason to look is answered %s", got)
	}
	r.studies("view-reason")
	r.types("reason", "why")
	r.presses(`form[action$="/view"] button[type=submit]`)
	r.says("#error-reason", "field_error.reason_length")
	r.types("reason", "A question about their first payment")
	r.presses(`form[action$="/view"] button[type=submit]`)
	r.shows(".view-band", r.shopName())
	if got := r.eval(`location.pathname`); got != "/console/m/"+shop+"/test/payments" {
		r.t.Errorf("the reason leads to %s", got)
	}
	r.studies("viewing")
	r.goTo("/console/m/" + shop + "/test/settings")
	r.leaves(func() {
		r.eval(`(() => {
			const form = document.createElement("form");
			form.method = "post";
			const field = document.createElement("input");
			field.name = "_csrf";
			field.value = document.querySelector("meta[name=csrf-token]").content;
			form.append(field);
			document.body.append(form);
			form.submit();
			return "";
		})()`)
	})
	r.says("main", "reason.view_read_only")
	if got := r.answered(); got != "403" {
		r.t.Errorf("a change while looking is answered %s", got)
	}
	r.studies("viewing-refused")
	r.presses(`.view-band button`)
	r.isTold("flash.view_left")
	if r.has(".view-band") {
		r.t.Error("the band outlives the look")
	}
}

// runJob has a job run now, and reads that it did.
func (r reader) runJob(who string) {
	r.t.Helper()
	r.goTo("/console/admin/jobs")
	r.studies("jobs")
	r.presses(`form[action$="/audit.log_heads/run"] button`)
	r.isTold("flash.job_asked")
	r.eventually("the job has run", func() bool {
		r.goTo("/console/admin/jobs/audit.log_heads")
		return strings.Contains(r.text("main tbody"), who) && strings.Contains(r.text("main tbody"), r.word("job_state.ok"))
	})
	r.studies("job")
}

// readSystem reads how the channels and the servers are.
func (r reader) readSystem() {
	r.t.Helper()
	r.goTo("/console/admin/channels?mode=test")
	r.shows("main table", "Sandbox alipay")
	r.studies("channels")
	r.goTo("/console/admin/system")
	r.says("main", "check_level.good")
	r.shows("main", "access.require_second_factor")
	r.studies("system")
}

// suspend types the merchant's name to suspend it, and again to end that.
func (r reader) suspend(shop string) {
	r.t.Helper()
	r.goTo("/console/admin/merchants/" + shop)
	r.types("reason", "Their papers have expired", "confirm", "another")
	r.presses(`form[action$="/suspend"] button`)
	r.says("#error-confirm", "reason.confirm_differs")
	r.types("confirm", r.shopName())
	r.presses(`form[action$="/suspend"] button`)
	r.isTold("flash.merchant_suspended")
	r.shows("main .facts", "Their papers have expired")
	r.studies("suspended")
	r.types("confirm", r.shopName())
	r.presses(`form[action$="/reactivate"] button`)
	r.isTold("flash.merchant_reactivated")
}

// setSupport changes where help is twice: the foot of every page says it.
func (r reader) setSupport() {
	r.t.Helper()
	for _, contact := range []string{"ext. 100", "ext. 200"} {
		r.goTo("/console/admin/settings")
		r.types("support", contact)
		r.presses(`form[action="/console/admin/settings"] button`)
		r.isTold("flash.platform_settings_saved")
		r.says(".console-foot", "platform_settings.support_foot", "contact", contact)
	}
	r.studies("platform-settings")
}

// readAudit finds what was done, from what to what, and that nobody touched it.
func (r reader) readAudit(who string) {
	r.t.Helper()
	r.goTo("/console/admin/audit?action=platform.settings")
	r.do(chromedp.Click(`main tbody details summary`))
	r.shows("main tbody del", "ext. 100")
	r.shows("main tbody ins", "ext. 200")
	r.shows("main tbody", who)
	r.studies("platform-audit")
	r.goTo("/console/admin/audit")
	for _, key := range []string{"merchant_create", "merchant_suspend", "merchant_reactivate", "job_run"} {
		r.says("main tbody", "audit_action."+key)
	}
	r.presses(`form[action$="/verify"] button`)
	r.shows("main .notice", strings.SplitN(r.word("audit.whole", "through", "\x00"), "\x00", 2)[0])
	r.studies("audit-verified")
}
