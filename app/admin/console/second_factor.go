package console

import (
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// secondFactorPage is all that whoever has only given the password can see.
func (c *Console) secondFactorPage(r *request) error {
	if r.lacks != access.LacksFactor {
		return c.done(r, r.goOn(safeNext(r.query("next"))), "")
	}
	return c.showSecondFactor(r, http.StatusOK, pages.SecondFactor{Next: safeNext(r.query("next"))})
}

func (c *Console) showSecondFactor(r *request, status int, view pages.SecondFactor) error {
	f, err := c.Access.Factors(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return err
	}
	view.TOTP, view.Passkeys = f.TOTP, f.Passkeys > 0
	if view.PasskeyOrigin, err = c.ownPasskeyOrigin(r); err != nil {
		return err
	}
	if view.Shell, err = c.shell(r, layout.NavNone); err != nil {
		return err
	}
	return c.render(r, status, pages.SecondFactorPage(view))
}

// passSecondFactor completes the sign-in; the session's token changes.
func (c *Console) passSecondFactor(r *request) error {
	next := safeNext(r.form.Get("next"))
	if r.lacks != access.LacksFactor {
		return c.done(r, r.goOn(next), "")
	}
	token, err := c.Admin.PassSecondFactor(r.ctx, admin.Code{
		Session: r.session, Token: r.token, Code: r.form.Get("code"), IP: app.ClientIP(r.ctx), Device: c.device(r),
	})
	switch app.CodeOf(err) {
	case app.RateLimited:
		return c.showSecondFactor(r, http.StatusTooManyRequests, pages.SecondFactor{Next: next, Problem: "locked", RetryAfter: c.retryAfter(r, err)})
	case app.Unauthenticated:
		return c.showSecondFactor(r, http.StatusUnauthorized, pages.SecondFactor{Next: next, Problem: "wrong"})
	}
	if err != nil {
		return err
	}
	c.setCookie(r, sessionCookie, token, c.SessionLife)
	return c.done(r, r.goOn(next), "")
}

// goOn is where a sign-in leads once it is complete.
func (r *request) goOn(next string) string {
	switch {
	case r.user.MustChangePassword:
		return passwordPath
	case next == "":
		return routes.Home
	}
	return next
}
