package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/sso"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const (
	ssoCookie     = "piaohao_sso"
	ssoCookieLife = 10 * time.Minute
)

// ssoBrowser is the cookie that ties a way to a provider and back to one
// browser; it is made when it is missing.
func (c *Console) ssoBrowser(r *request) sso.Browser {
	b := r.Cookies(c.cookieName(ssoCookie))
	if len(b) < 40 || len(b) > 64 {
		b = string(sso.NewBrowser())
	}
	c.setCookie(r, ssoCookie, b, ssoCookieLife)
	return sso.Browser(b)
}

// provider is the name in the path. Names are small ASCII; anything else is no
// provider's.
func (r *request) provider() string {
	name, err := url.PathUnescape(r.Params("idp"))
	if err != nil || !app.PlainASCII(name, 40) {
		return ""
	}
	return name
}

// begin returns the address at the provider to go to.
func (c *Console) begin(r *request, g sso.Goal) (string, error) {
	if err := c.Access.Begin(r.ctx, app.ClientIP(r.ctx)); err != nil {
		return "", err
	}
	return c.Logins.SSO.Begin(r.ctx, r.provider(), c.ssoBrowser(r), g)
}

// startSSO sends the browser to a provider to sign in.
func (c *Console) startSSO(r *request) error {
	g := sso.Goal{Purpose: sso.ToSignIn, Next: safeNext(r.query("next"))}
	to, err := c.begin(r, g)
	if err != nil {
		return c.ssoProblem(r, g, err)
	}
	return r.Redirect(to, http.StatusSeeOther)
}

// confirmAt sends the browser to a provider that is to ask again who it is.
func (c *Console) confirmAt(r *request) error {
	g := sso.Goal{Purpose: sso.ToConfirm, UserID: r.user.ID, Next: safeNext(r.query("next"))}
	to, err := c.begin(r, g)
	if err != nil {
		return c.ssoProblem(r, g, err)
	}
	return r.Redirect(to, http.StatusSeeOther)
}

// linkIdentity shows the link to the provider: browsers let no form lead off
// this site, and without a form anybody could have made the browser go there.
func (c *Console) linkIdentity(r *request) error {
	g := sso.Goal{Purpose: sso.ToLink, UserID: r.user.ID, Next: routes.Security}
	to, err := c.begin(r, g)
	if err != nil {
		return c.ssoProblem(r, g, err)
	}
	view := pages.Leave{Href: to}
	for _, p := range c.Logins.SSO.Providers() {
		if p.Name == r.provider() {
			view.Title = p.Title
		}
	}
	if view.Shell, err = c.shell(r, layout.NavNone); err != nil {
		return err
	}
	return c.page(r, pages.LeavePage(view))
}

// finishSSO takes what the provider has the browser bring, and does what the
// browser went there for. What is begun for one user ends for that user only.
func (c *Console) finishSSO(r *request) error {
	arrival, err := c.Logins.SSO.Finish(r.ctx, r.provider(), sso.Browser(r.Cookies(c.cookieName(ssoCookie))), sso.Answer{
		State: r.query("state"), Code: r.query("code"), Error: r.query("error"), Issuer: r.query("iss"),
	})
	goal := arrival.Goal
	goal.Next = safeNext(goal.Next)
	if err == nil && !r.mayEnd(goal) {
		err = app.Errorf(app.Unauthenticated, "%s began it, and %q is signed in", goal.UserID, r.user.ID).WithReason(sso.ReasonState)
	}
	if err == nil {
		err = c.reach(r, arrival, goal.Next)
	}
	if err != nil {
		return c.ssoProblem(r, goal, err)
	}
	return nil
}

// mayEnd reports whether who is here now is whom an attempt was begun for, and
// still as far as they were: half a sign-in links nothing.
func (r *request) mayEnd(g sso.Goal) bool {
	switch g.Purpose {
	case sso.ToLink:
		return g.UserID == r.user.ID && r.lacks == access.Complete
	case sso.ToConfirm:
		return g.UserID == r.user.ID && r.lacks != access.LacksFactor
	}
	return true
}

func (c *Console) reach(r *request, arrival sso.Arrival, next string) error {
	switch arrival.Goal.Purpose {
	case sso.ToLink:
		if err := c.Logins.LinkIdentity(r.ctx, r.user, arrival, app.ClientIP(r.ctx)); err != nil {
			return err
		}
		return c.done(r, routes.Security, "identity_linked")
	case sso.ToConfirm:
		token, err := c.Logins.ConfirmBySSO(r.ctx, arrival, c.inSession(r))
		if err != nil {
			return err
		}
		c.setCookie(r, sessionCookie, token, c.SessionLife)
		if next == "" {
			next = routes.Home
		}
		return c.done(r, next, "")
	}
	in, err := c.Logins.SignInBySSO(r.ctx, arrival, c.from(r))
	if err != nil {
		return err
	}
	c.dropCookie(r, ssoCookie)
	return c.arrived(r, in, next)
}

// ssoProblem shows what went wrong where its reader can go on: the password
// remains beside it. An unknown provider is a missing page.
func (c *Console) ssoProblem(r *request, g sso.Goal, err error) error {
	var e *app.Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Reason, "sso_") && e.Code != app.RateLimited {
		return err
	}
	status, _ := statusOf(err)
	problem, minutes := e.Reason, 0
	if e.Code == app.RateLimited {
		problem, minutes = "locked", c.retryAfter(r, err)
	}
	c.Logger.WarnContext(r.ctx, "single sign-on refused", "provider", r.provider(), "error", err)
	switch {
	case g.Purpose == sso.ToConfirm && r.user.ID != "" && r.lacks != access.LacksFactor:
		next := g.Next
		if next == "" {
			next = routes.Home
		}
		return c.showConfirm(r, status, pages.Confirm{Action: routes.Confirm, Next: next, Back: routes.Home, Problem: problem, RetryAfter: minutes})
	case r.user.ID != "" && r.lacks == access.Complete:
		view, err := c.securityView(r)
		if err != nil {
			return err
		}
		view.Logins.Problem = r.t("sign_in.problem_"+problem, "minutes", minutes)
		return c.render(r, status, pages.SecurityPage(view))
	}
	return c.showSignIn(r, status, pages.SignIn{Next: g.Next, Problem: problem, RetryAfter: minutes})
}

func (c *Console) unlinkIdentity(r *request) error {
	id, err := r.id("link", app.PrefixLink)
	if err != nil {
		return err
	}
	if err := c.Logins.UnlinkIdentity(r.ctx, id); err != nil {
		return err
	}
	return c.done(r, routes.Security, "identity_unlinked")
}

func (c *Console) unlinkUserIdentity(r *request) error {
	user, err := r.id("user", app.PrefixUser)
	if err != nil {
		return err
	}
	id, err := r.id("link", app.PrefixLink)
	if err != nil {
		return err
	}
	if err := c.Logins.UnlinkIdentityOf(r.ctx, user, id); err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(user), "identity_unlinked")
}
