package console

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// signInPage asks for email and password; whoever is signed in goes on.
func (c *Console) signInPage(r *request) error {
	next := safeNext(r.query("next"))
	if r.user.ID != "" {
		if next == "" {
			next = routes.Home
		}
		return r.Redirect(next, http.StatusSeeOther)
	}
	view := pages.SignIn{Next: next}
	switch {
	case r.query("out") != "":
		view.Problem = "signed_out"
	case r.token != "":
		// The browser came with a session that is no more.
		view.Problem = "expired"
	}
	return c.showSignIn(r, http.StatusOK, view)
}

func (c *Console) showSignIn(r *request, status int, view pages.SignIn) error {
	var err error
	if view.Shell, err = c.shell(r, layout.NavNone); err != nil {
		return err
	}
	view.PasskeyOrigin, view.Apply = c.passkeyOrigin(), c.TakesApplications
	for _, p := range c.Logins.SSO.Providers() {
		view.Providers = append(view.Providers, pages.Way{Title: p.Title, Href: routes.SSO(p.Name, view.Next)})
	}
	return c.render(r, status, pages.SignInPage(view))
}

// signIn opens a session with a fresh token; the one the browser came with
// ends, so a token planted before is worth nothing.
func (c *Console) signIn(r *request) error {
	next := safeNext(r.form.Get("next"))
	in, err := c.Admin.SignIn(r.ctx, admin.Credentials{
		Email: r.form.Get("email"), Password: r.form.Get("password"),
		IP: app.ClientIP(r.ctx), UserAgent: r.Get(fiber.HeaderUserAgent), FormerToken: r.token,
		Device: c.device(r),
	})
	if err != nil {
		return c.refuseSignIn(r, next, err)
	}
	c.setCookie(r, sessionCookie, in.Token, c.SessionLife)
	c.dropCookie(r, formCookie)
	switch {
	case in.Session.Stage == access.StageSecondFactor:
		next = routes.SecondFactorTo(next)
	case in.User.MustChangePassword:
		next = passwordPath
	case next == "":
		next = routes.Home
	}
	return c.done(r, next, "")
}

func (c *Console) refuseSignIn(r *request, next string, err error) error {
	r.user.ID = "" // a refused form is shown as to anybody
	view := pages.SignIn{Next: next, Email: r.field("email"), Problem: "credentials"}
	status := http.StatusUnauthorized
	switch app.CodeOf(err) {
	case app.Unauthenticated:
	case app.RateLimited:
		status, view.Problem, view.RetryAfter = http.StatusTooManyRequests, "locked", c.retryAfter(r, err)
	default:
		return err
	}
	return c.showSignIn(r, status, view)
}

// retryAfter tells the client when to try again, and returns it in minutes for
// the reader.
func (c *Console) retryAfter(r *request, err error) int {
	var e *app.Error
	if !errors.As(err, &e) {
		return 1
	}
	seconds, parseErr := strconv.Atoi(e.Details["retry_after_seconds"])
	if parseErr != nil {
		return 1
	}
	r.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds))
	return max(1, (seconds+59)/60)
}

// device is the random text by which this browser is known again; it is kept in
// a cookie of its own, which opens nothing.
func (c *Console) device(r *request) string {
	device := r.Cookies(c.cookieName(deviceCookie))
	if len(device) != len(access.NewDevice()) {
		device = access.NewDevice()
	}
	c.setCookie(r, deviceCookie, device, preferenceLife)
	return device
}

// signOut ends the session.
func (c *Console) signOut(r *request) error {
	if err := c.Admin.SignOut(r.ctx, r.session); err != nil {
		return err
	}
	c.dropCookie(r, sessionCookie)
	return c.done(r, routes.SignIn+"?out=1", "")
}
