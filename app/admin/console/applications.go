package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/applications"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func applicationRoutes() []Route {
	const one = routes.AdminApplications + "/:application"
	return []Route{
		get(routes.AdminApplications, OnPlatform, access.Merchants, access.Read, (*Console).applicationsPage),
		get(one, OnPlatform, access.Merchants, access.Read, (*Console).applicationPage),
		fresh(post(one+"/approve", OnPlatform, access.Merchants, access.Write, (*Console).approveApplication)),
		post(one+"/reject", OnPlatform, access.Merchants, access.Write, (*Console).rejectApplication),
		fresh(post(one+"/resend", OnPlatform, access.Merchants, access.Write, (*Console).resendApplication)),
	}
}

// applicationsPage lists those that wait for an answer, unless asked otherwise.
func (c *Console) applicationsPage(r *request) error {
	s, err := c.shell(r, layout.NavApplications)
	if err != nil {
		return err
	}
	const limit = 20
	status := oneOf(r.query("status"), pages.ApplicationStates())
	if status == "" {
		status = applications.Waiting
	}
	f := applications.Filter{Status: status, Limit: limit + 1}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixApplication, cursor) {
		f.Before = cursor
	}
	list, err := c.Applications.List(r.ctx, f)
	if err != nil {
		return err
	}
	view := pages.Applications{
		Shell: s, Status: status, Open: c.TakesApplications,
		Pager: components.Pager{Path: routes.With(routes.AdminApplications, "status", status), Later: f.Before != ""},
	}
	if len(list) > limit {
		list = list[:limit]
		view.Pager.Next = list[limit-1].ID
	}
	view.Pager.Shown = len(list)
	for _, a := range list {
		view.Rows = append(view.Rows, applicationRow(a))
	}
	return c.page(r, pages.ApplicationsPage(view))
}

func applicationRow(a applications.Application) pages.ApplicationRow {
	return pages.ApplicationRow{
		ID: a.ID, Company: a.Company, Contact: a.Contact, Email: a.Email, Note: a.Note, Verified: a.VerifiedAt > 0,
		Status: a.Status, Reason: a.Reason, MerchantID: a.MerchantID, CreatedAt: a.CreatedAt, By: a.DecidedName, DecidedAt: a.DecidedAt,
	}
}

func (c *Console) applicationID(r *request) (string, error) {
	return r.id("application", app.PrefixApplication)
}

func (c *Console) applicationView(r *request) (pages.Application, error) {
	id, err := c.applicationID(r)
	if err != nil {
		return pages.Application{}, err
	}
	a, err := c.Applications.Application(r.ctx, id)
	if err != nil {
		return pages.Application{}, err
	}
	s, err := c.shell(r, layout.NavApplications)
	view := pages.Application{Shell: s, Row: applicationRow(a), Mails: c.Mailer != nil}
	if err != nil || a.MerchantID == "" {
		return view, err
	}
	// The link can be made again as long as nobody has used it.
	i, err := c.Admin.Invitation(r.ctx, a.MerchantID, a.InvitationID)
	view.Invited = i.Status == admin.InvitationPending
	return view, err
}

func (c *Console) applicationPage(r *request) error {
	view, err := c.applicationView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.ApplicationPage(view))
}

func (c *Console) approveApplication(r *request) error {
	id, err := c.applicationID(r)
	if err != nil {
		return err
	}
	a, i, token, err := c.Applications.Approve(r.ctx, id)
	if err != nil {
		return c.refuseApplication(r, err)
	}
	return c.welcome(r, a, i, token, "application_approved")
}

func (c *Console) resendApplication(r *request) error {
	id, err := c.applicationID(r)
	if err != nil {
		return err
	}
	a, i, token, err := c.Applications.Renew(r.ctx, id)
	if err != nil {
		return c.refuseApplication(r, err)
	}
	return c.welcome(r, a, i, token, "invitation_sent")
}

// welcome sends the owner's link by mail, or shows it, once, where no mail server
// is configured or it does not answer.
func (c *Console) welcome(r *request, a applications.Application, i admin.Invitation, token, note string) error {
	link := c.BaseURL + routes.Join(token)
	until := i.ExpiresAt.Time().In(app.Beijing).Format("2006-01-02 15:04")
	if c.mailApplicant(r, a, "approved", "company", a.Company, "contact", a.Contact, "link", link, "until", until) {
		return c.done(r, routes.AdminApplication(a.ID), note)
	}
	s, err := c.shell(r, layout.NavApplications)
	if err != nil {
		return err
	}
	return c.page(r, pages.InvitationLinkPage(pages.InvitationLink{
		Shell: s, Email: i.Email, Link: link, ExpiresAt: i.ExpiresAt, Role: r.t("role.owner"), Unsent: c.Mailer != nil, Back: routes.AdminApplication(a.ID),
	}))
}

func (c *Console) rejectApplication(r *request) error {
	id, err := c.applicationID(r)
	if err != nil {
		return err
	}
	a, err := c.Applications.Reject(r.ctx, id, r.field("answer"))
	if err != nil {
		return c.refuseApplication(r, err)
	}
	note := "application_rejected_unsent"
	if c.mailApplicant(r, a, "rejected", "company", a.Company, "contact", a.Contact, "reason", a.Reason) {
		note = "application_rejected"
	}
	return c.done(r, routes.AdminApplications, note)
}

func (c *Console) refuseApplication(r *request, err error) error {
	errs := c.fieldErrors(r, err)
	if errs == nil {
		return err
	}
	view, viewErr := c.applicationView(r)
	if viewErr != nil {
		return viewErr
	}
	view.Reason, view.Errors = r.field("answer"), errs
	return c.refuse(r, pages.ApplicationPage(view))
}

// countApplications tells the navigation how many wait for an answer. The page
// is left out where nobody may apply and nobody waits.
func (c *Console) countApplications(r *request, s *layout.Shell) error {
	if !s.Can.Merchants {
		return nil
	}
	var err error
	s.Applications, err = c.Applications.Waiting(r.ctx)
	s.TakesApplications = c.TakesApplications || s.Applications > 0
	return err
}
