package console

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// shell is what every page needs: whose it is, what the reader may do, and the
// token for its forms.
func (c *Console) shell(r *request, nav layout.Nav) (layout.Shell, error) {
	s := layout.Shell{
		Lang: r.lang, Theme: r.theme, Asset: c.Static.URL, CSRF: c.formToken(r), Path: r.path(), Nav: nav,
		Flash: c.takeFlash(r), TestClosed: c.LiveOnly,
	}
	chosen, err := c.Admin.Settings(r.ctx)
	if err != nil {
		return s, err
	}
	s.Notice, s.Support, s.SignInNotice = chosen.Settings.Notice, chosen.Settings.Support, chosen.Settings.SignInNotice
	if c.SandboxURL != "" {
		s.SandboxURL = c.SandboxURL + "/wallet"
	}
	if r.user.ID == "" {
		return s, nil
	}
	s.User = layout.User{ID: r.user.ID, Name: r.user.Name, Email: r.user.Email}
	s.Merchant, s.Mode = layout.Merchant{ID: r.merchant.ID, Name: r.merchant.Name}, r.mode
	if r.merchant.ID == "" {
		s.Mode = ""
	}
	if r.merchant.ID != "" && r.merchant.Status == merchants.Suspended {
		s.Suspended = r.merchant.SuspendedReason
	}
	if s.View, err = c.viewBand(r); err != nil {
		return s, err
	}
	if s.Merchants, s.MerchantCount, err = c.choices(r); err != nil {
		return s, err
	}
	if s.Can, err = c.permissions(r); err != nil {
		return s, err
	}
	if s.Can.ApprovalDecide {
		kinds, err := c.kindsOf(r, r.merchant.ID, true)
		if err != nil {
			return s, err
		}
		if s.Waiting, err = c.Approvals.CountPending(r.ctx, r.merchant.ID, r.mode, kinds); err != nil {
			return s, err
		}
	}
	if s.Can.Cases {
		open, err := c.Payments.OpenNotices(r.ctx, r.scope())
		if err != nil {
			return s, err
		}
		s.OpenCases = open.Count
	}
	if s.Can.Reconcile {
		waiting, err := c.Exceptions.Waiting(r.ctx, r.scope())
		if err != nil {
			return s, err
		}
		s.OpenExceptions = waiting.Open
	}
	return s, c.countApplications(r, &s)
}

// formToken is the token of the session's forms, or of the form cookie's when
// nobody is signed in; that cookie is made when it is missing.
func (c *Console) formToken(r *request) string {
	if r.user.ID != "" {
		return access.FormToken(r.token)
	}
	if r.formless == "" {
		r.formless = r.Cookies(c.cookieName(formCookie))
	}
	if token, ok := c.forms.Token(r.formless); ok {
		return token
	}
	cookie, token := c.forms.Issue()
	r.formless = cookie
	c.setCookie(r, formCookie, cookie, 0)
	return token
}

// permissions asks for everything that decides what a page shows. The handlers
// ask again.
func (c *Console) permissions(r *request) (layout.Permissions, error) {
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	var p layout.Permissions
	if m := r.merchant.ID; m != "" {
		p.Payments = ask.may(m, access.Payments, access.Read)
		p.PaymentSync = ask.may(m, access.Payments, access.Sync)
		p.PaymentClose = ask.may(m, access.Payments, access.Close)
		p.Refunds = ask.may(m, access.Refunds, access.Read)
		p.RefundCreate = ask.may(m, access.Refunds, access.Create)
		p.RefundApprove = ask.may(m, access.Refunds, access.Approve)
		p.PaymentExport = ask.may(m, access.Payments, access.Export)
		p.RefundExport = ask.may(m, access.Refunds, access.Export)
		p.AuditExport = ask.may(m, access.Audit, access.Export)
		p.Approvals = ask.may(m, access.Approvals, access.Read)
		p.ApprovalDecide = ask.may(m, access.Approvals, access.Decide)
		p.Settings = ask.may(m, access.Settings, access.Read)
		p.SettingsEdit = ask.may(m, access.Settings, access.Write)
		p.Cases = ask.may(m, access.Exceptions, access.Read)
		p.CasesResolve = ask.may(m, access.Exceptions, access.Write)
		p.Reconcile = ask.may(m, access.Reconciliation, access.Read)
		p.ReconcileRun = ask.may(m, access.Reconciliation, access.Run)
		p.ReconcileExport = ask.may(m, access.Reconciliation, access.Export)
		p.ReconcileLock = ask.may(m, access.Reconciliation, access.Lock)
		p.Accounts = ask.may(m, access.Accounts, access.Read)
		p.AccountsEdit = ask.may(m, access.Accounts, access.Write)
		p.Keys = ask.may(m, access.Keys, access.Read)
		p.KeysEdit = ask.may(m, access.Keys, access.Write)
		p.Webhooks = ask.may(m, access.Webhooks, access.Read)
		p.WebhooksEdit = ask.may(m, access.Webhooks, access.Write)
		p.Deliveries = ask.may(m, access.Deliveries, access.Read)
		p.DeliveryResend = ask.may(m, access.Deliveries, access.Resend)
		p.Members = ask.may(m, access.Members, access.Read)
		p.MembersEdit = ask.may(m, access.Members, access.Write)
		p.Roles = ask.may(m, access.Roles, access.Read)
		p.RolesEdit = ask.may(m, access.Roles, access.Write)
		p.Audit = ask.may(m, access.Audit, access.Read)
	}
	p.Merchants = ask.may(access.Platform, access.Merchants, access.Read)
	p.MerchantsEdit = ask.may(access.Platform, access.Merchants, access.Write)
	p.Providers = ask.may(access.Platform, access.Providers, access.Read)
	p.ProvidersEdit = ask.may(access.Platform, access.Providers, access.Write)
	p.Users = ask.may(access.Platform, access.Users, access.Read)
	p.UsersEdit = ask.may(access.Platform, access.Users, access.Write)
	p.Jobs = ask.may(access.Platform, access.Jobs, access.Read)
	p.JobsRun = ask.may(access.Platform, access.Jobs, access.Run)
	p.System = ask.may(access.Platform, access.Settings, access.Read)
	p.SystemEdit = ask.may(access.Platform, access.Settings, access.Write)
	p.PlatformAudit = ask.may(access.Platform, access.Audit, access.Read)
	return p, ask.err
}

// asker asks for several permissions and keeps the first error.
type asker struct {
	ctx    context.Context
	access *access.Service
	user   string
	err    error
}

func (a *asker) may(domain string, o access.Object, act access.Action) bool {
	if a.err != nil {
		return false
	}
	var ok bool
	ok, a.err = a.access.Allowed(a.ctx, a.user, domain, o, act)
	return ok
}

// usualMode is the mode in which a merchant's pages open: live once it takes
// live payments.
func (c *Console) usualMode(r *request, merchant string) (app.Mode, error) {
	if c.LiveOnly {
		return app.Live, nil
	}
	enabled, err := c.Merchants.TakesPayments(r.ctx, merchant, app.Live)
	if err != nil || !enabled {
		return app.Test, err
	}
	return app.Live, nil
}
