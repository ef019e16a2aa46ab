package console

import (
	"context"
	"net/url"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin/applications"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// How often people may apply: from one address within an hour, and with one email
// within a day.
const (
	appliesPerHour = 10
	appliesPerDay  = 3
)

func applyRoutes() []Route {
	return []Route{
		get(routes.Apply, Public, "", "", (*Console).applyPage),
		post(routes.Apply, Public, "", "", (*Console).apply),
		get(routes.Apply+"/:proof", Public, "", "", (*Console).confirmApplicationPage),
		post(routes.Apply+"/:proof", Public, "", "", (*Console).confirmApplication),
	}
}

// taking is NotFound where nobody may apply.
func (c *Console) taking() error {
	if !c.TakesApplications {
		return app.Errorf(app.NotFound, "this installation takes no applications")
	}
	return nil
}

func (c *Console) applyView(r *request) (pages.Apply, error) {
	s, err := c.shell(r, layout.NavNone)
	return pages.Apply{Shell: s, Mails: c.Mailer != nil}, err
}

func (c *Console) applyPage(r *request) error {
	if err := c.taking(); err != nil {
		return err
	}
	view, err := c.applyView(r)
	if err != nil {
		return err
	}
	view.Done = oneOf(r.query("done"), []string{"sent", "confirmed"})
	return c.page(r, pages.ApplyPage(view))
}

// apply takes an application. Once its fields are in order the answer is the same
// page, whoever the email belongs to and whatever became of it.
func (c *Console) apply(r *request) error {
	if err := c.taking(); err != nil {
		return err
	}
	const sent = routes.Apply + "?done=sent"
	if r.field(pages.ApplyTrap) != "" {
		return c.done(r, sent, "") // people do not see that field
	}
	if err := c.Access.CountForm(r.ctx, "apply", app.ClientIP(r.ctx), appliesPerHour); err != nil {
		return err
	}
	view, err := c.applyView(r)
	if err != nil {
		return err
	}
	view.Company, view.Contact, view.Email, view.Note = r.field("company"), r.field("contact"), r.field("email"), r.field("sells")
	in, err := applications.Input{Company: view.Company, Contact: view.Contact, Email: view.Email, Note: view.Note, Locale: string(r.lang)}.Check()
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.ApplyPage(view))
	}
	if err := c.Access.CountEmail(r.ctx, "apply", in.Email, appliesPerDay); err != nil {
		if app.CodeOf(err) == app.RateLimited {
			return c.done(r, sent, "")
		}
		return err
	}
	a, token, err := c.Applications.Submit(r.ctx, in, c.Mailer != nil)
	if err != nil {
		return err
	}
	if token != "" {
		link := c.BaseURL + routes.ConfirmApplication(token)
		until := a.ExpiresAt.Time().In(app.Beijing).Format("2006-01-02 15:04")
		if !c.mailApplicant(r, a, "confirm", "company", a.Company, "link", link, "until", until) {
			view.Errors = map[string]string{"": r.t("apply.unsent")}
			return c.refuse(r, pages.ApplyPage(view))
		}
	}
	return c.done(r, sent, "")
}

// mailApplicant writes in the language in which they applied, and reports whether
// the mail server took it.
func (c *Console) mailApplicant(r *request, a applications.Application, what string, args ...any) bool {
	if c.Mailer == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
	defer cancel()
	words := c.Words.Localizer(i18n.Lang(a.Locale))
	err := c.Mailer.Send(ctx, Mail{
		ID: a.ID + "-" + app.NewID("", c.Clock.Now()), To: []string{a.Email},
		Subject: words.T("application_mail."+what+"_subject", args...), Text: words.T("application_mail."+what+"_text", args...),
	})
	if err != nil {
		c.Logger.WarnContext(r.ctx, "an applicant's mail was not sent", "application", a.ID, "error", err)
	}
	return err == nil
}

// proof is the token of a mailed link. What cannot be one is not looked up.
func proof(r *request) string {
	token, err := url.PathUnescape(r.Params("proof"))
	if err != nil || len(token) != 43 {
		return ""
	}
	return token
}

// confirmApplicationPage is where the mailed link leads: to a button, since mail servers
// open links, too.
func (c *Console) confirmApplicationPage(r *request) error {
	if err := c.taking(); err != nil {
		return err
	}
	view, err := c.applyView(r)
	if err != nil {
		return err
	}
	a, err := c.Applications.Unconfirmed(r.ctx, proof(r))
	if app.Is(err, app.NotFound) {
		view.Gone = true
		return c.render(r, 404, pages.ConfirmApplicationPage(view))
	}
	if err != nil {
		return err
	}
	view.Company, view.Email, view.Action = a.Company, a.Email, routes.ConfirmApplication(proof(r))
	return c.page(r, pages.ConfirmApplicationPage(view))
}

func (c *Console) confirmApplication(r *request) error {
	if err := c.taking(); err != nil {
		return err
	}
	if err := c.Access.CountForm(r.ctx, "confirm", app.ClientIP(r.ctx), formsPerHour); err != nil {
		return err
	}
	err := c.Applications.Confirm(r.ctx, proof(r))
	if app.Is(err, app.NotFound) {
		view, viewErr := c.applyView(r)
		if viewErr != nil {
			return viewErr
		}
		view.Gone = true
		return c.render(r, 404, pages.ConfirmApplicationPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.Apply+"?done=confirmed", "")
}
