package console

import (
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func adminRoutes() []Route {
	const (
		one  = routes.AdminMerchants + "/:target"
		user = routes.AdminUsers + "/:user"
	)
	return []Route{
		get(routes.AdminMerchants, OnPlatform, access.Merchants, access.Read, (*Console).merchantsPage),
		post(routes.AdminMerchants, OnPlatform, access.Merchants, access.Write, (*Console).createMerchant),
		get(one, OnPlatform, access.Merchants, access.Read, (*Console).merchantPage),
		post(one+"/rename", OnPlatform, access.Merchants, access.Write, (*Console).renameMerchant),
		post(one+"/suspend", OnPlatform, access.Merchants, access.Write, (*Console).suspendMerchant),
		post(one+"/reactivate", OnPlatform, access.Merchants, access.Write, (*Console).reactivateMerchant),
		fresh(post(one+"/invite", OnPlatform, access.Merchants, access.Write, (*Console).inviteToMerchant)),
		fresh(post(one+"/invitations/:invitation/resend", OnPlatform, access.Merchants, access.Write, (*Console).resendAppointment)),
		post(one+"/invitations/:invitation/revoke", OnPlatform, access.Merchants, access.Write, (*Console).endAppointment),
		fresh(post(one+"/dismiss", OnPlatform, access.Merchants, access.Write, (*Console).dismissMember)),
		get(one+"/view", OnPlatform, access.Merchants, access.Look, (*Console).viewPage),
		post(one+"/view", OnPlatform, access.Merchants, access.Look, (*Console).startView),
		post(routes.LeaveView, OnPlatform, access.Merchants, access.Look, (*Console).leaveView),

		get(routes.AdminUsers, OnPlatform, access.Users, access.Read, (*Console).usersPage),
		fresh(post(routes.AdminUsers, OnPlatform, access.Users, access.Write, (*Console).createUser)),
		get(routes.NewUser, OnPlatform, access.Users, access.Write, (*Console).newUser),
		get(routes.AllPermissions, OnPlatform, access.Users, access.Read, (*Console).allPermissions),
		get(user, OnPlatform, access.Users, access.Read, (*Console).userPage),
		fresh(post(user+"/update", OnPlatform, access.Users, access.Write, (*Console).updateUser)),
		fresh(post(user+"/grant", OnPlatform, access.Users, access.Write, (*Console).grantUser)),
		fresh(post(user+"/revoke", OnPlatform, access.Users, access.Write, (*Console).revokeUser)),
		post(user+"/disable", OnPlatform, access.Users, access.Write, (*Console).disableUser),
		fresh(post(user+"/enable", OnPlatform, access.Users, access.Write, (*Console).enableUser)),
		fresh(post(user+"/reset-password", OnPlatform, access.Users, access.Write, (*Console).resetPassword)),
		fresh(post(user+"/reset-factors", OnPlatform, access.Users, access.Write, (*Console).resetFactors)),
		post(user+"/end-sessions", OnPlatform, access.Users, access.Write, (*Console).endSessions),
		post(user+"/sessions/:session/revoke", OnPlatform, access.Users, access.Write, (*Console).endSession),
	}
}

// merchantsPage lists the platform's merchants, newest first.
func (c *Console) merchantsPage(r *request) error {
	view, err := c.merchantsView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.MerchantsPage(view))
}

func (c *Console) merchantsView(r *request) (pages.Merchants, error) {
	s, err := c.shell(r, layout.NavMerchants)
	if err != nil {
		return pages.Merchants{}, err
	}
	const limit = 20
	status := oneOf(r.query("status"), pages.MerchantStates())
	f := merchants.MerchantFilter{Status: merchants.Status(status), Limit: limit + 1} // one more tells whether there is a next page
	query := r.query("q")
	list, err := c.findMerchants(r, &f, query)
	if err != nil {
		return pages.Merchants{}, err
	}
	here := routes.With(routes.With(routes.AdminMerchants, "status", status), "q", query)
	view := pages.Merchants{
		Shell:   s,
		Filters: pages.Filter(i18n.With(r.ctx, r.words), routes.AdminMerchants, "merchants.search", query, "merchant_status.", status, pages.MerchantStates()),
		Pager:   components.Pager{Path: here, Later: f.Before != "" || f.After != "", ByName: f.Name != ""},
	}
	if len(list) > limit {
		list = list[:limit]
		view.Pager.Next = list[limit-1].ID
	}
	view.Pager.Shown = len(list)
	for _, m := range list {
		row, err := c.merchantRow(r, m)
		if err != nil {
			return view, err
		}
		view.Rows = append(view.Rows, row)
	}
	return view, nil
}

// findMerchants reads a page of merchants: the one of that id, those whose name
// begins so, or all.
func (c *Console) findMerchants(r *request, f *merchants.MerchantFilter, query string) ([]merchants.Merchant, error) {
	if app.ValidID(app.PrefixMerchant, query) {
		m, err := c.Merchants.Merchant(r.ctx, query)
		if app.Is(err, app.NotFound) || err == nil && f.Status != "" && m.Status != f.Status {
			return nil, nil
		}
		return []merchants.Merchant{m}, err
	}
	f.Name = query
	if cursor := r.query("cursor"); app.ValidID(app.PrefixMerchant, cursor) {
		if f.Name != "" {
			f.After = cursor
		} else {
			f.Before = cursor
		}
	}
	return c.Merchants.Merchants(r.ctx, *f)
}

// merchantRow looks a merchant's channels and last payment up: a handful of
// index reads each.
func (c *Console) merchantRow(r *request, m merchants.Merchant) (pages.MerchantRow, error) {
	row := pages.MerchantRow{ID: m.ID, Name: m.Name, CreatedAt: m.CreatedAt, Active: m.Status == merchants.Active, SuspendedReason: m.SuspendedReason, SuspendedAt: m.SuspendedAt}
	for _, mode := range []app.Mode{app.Live, app.Test} {
		latest, err := c.Payments.List(r.ctx, payments.Scope{MerchantID: m.ID, Mode: mode}, payments.Filter{Limit: 1})
		if err != nil {
			return row, err
		}
		if row.LastPaymentAt == 0 && len(latest.Payments) > 0 {
			row.LastPaymentAt = latest.Payments[0].CreatedAt
		}
	}
	for _, channel := range []app.Channel{app.WeChat, app.Alipay} {
		for _, mode := range []app.Mode{app.Live, app.Test} {
			found, err := c.Merchants.Accounts(r.ctx, merchants.AccountFilter{MerchantID: m.ID, Mode: mode, Channel: channel, Limit: 1})
			if err != nil {
				return row, err
			}
			if len(found) > 0 {
				row.Channels = append(row.Channels, channel)
				break
			}
		}
	}
	var err error
	if row.LiveEnabled, err = c.Merchants.TakesPayments(r.ctx, m.ID, app.Live); err != nil {
		return row, err
	}
	return row, c.merchantTroubles(r, &row)
}

// merchantTroubles counts what is the matter with a merchant's live accounts, and
// what finance has open.
func (c *Console) merchantTroubles(r *request, row *pages.MerchantRow) error {
	if len(row.Channels) > 0 {
		row.Health = "good"
	}
	for _, mode := range []app.Mode{app.Live, app.Test} {
		if mode == app.Test && row.LiveEnabled {
			break // a live merchant's tests concern nobody here
		}
		issues, err := c.Merchants.AccountIssues(r.ctx, row.ID, mode)
		if err != nil {
			return err
		}
		row.Issues += len(issues)
	}
	if row.Issues > 0 {
		row.Health = "issues"
	}
	waiting, err := c.Exceptions.Waiting(r.ctx, payments.Scope{MerchantID: row.ID, Mode: app.Live})
	row.OpenExceptions = waiting.Open
	return err
}

// createMerchant opens a merchant and, when an email is given, invites its owner:
// whoever accepts chooses their own password, and a user who exists already
// decides whether to be one.
func (c *Console) createMerchant(r *request) error {
	name, email := r.field("name"), r.field("owner_email")
	if email != "" {
		if err := c.needFresh(r); err != nil {
			return err
		}
	}
	m, i, token, err := c.Applications.Open(r.ctx, name, email)
	if problem := c.openErrors(r, err); problem != nil {
		view, viewErr := c.merchantsView(r)
		if viewErr != nil {
			return viewErr
		}
		view.Name, view.OwnerEmail, view.Errors = name, email, problem
		return c.refuse(r, pages.MerchantsPage(view))
	}
	if err != nil {
		return err
	}
	if token == "" {
		return c.done(r, routes.AdminMerchant(m.ID), "merchant_created")
	}
	return c.handOut(r, handout{invitation: i, merchant: m.Name, token: token, nav: layout.NavMerchants, back: routes.AdminMerchant(m.ID), note: "merchant_created_invited"})
}

// openErrors are the errors of the form that opens a merchant.
func (c *Console) openErrors(r *request, err error) map[string]string {
	var e *app.Error
	if errors.As(err, &e) && e.Reason == "own_role" {
		return map[string]string{"owner_email": r.t("merchants.owner_self")}
	}
	problem := c.fieldErrors(r, err)
	if text, ok := problem["email"]; ok {
		delete(problem, "email")
		problem["owner_email"] = text
	}
	return problem
}
