package console

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	routes "github.com/piaohao/piaohao/web/templates"
)

// identify finds out who asks. Public routes work for anybody; all others need
// an active session that lacks nothing: no second factor, no new password.
func (c *Console) identify(r *request) error {
	r.token = r.Cookies(c.cookieName(sessionCookie))
	var err error
	if r.token != "" {
		r.session, r.user, r.lacks, err = c.Access.Recognise(r.ctx, r.token)
		if err != nil && !app.Is(err, app.Unauthenticated) {
			return err
		}
	}
	if r.user.ID != "" {
		r.acting(app.ClientIP(r.ctx))
		c.preferOwnLanguage(r)
		if err := c.readView(r); err != nil {
			return err
		}
	}
	if r.route.Place == Public {
		return nil
	}
	if r.user.ID == "" {
		return app.Errorf(app.Unauthenticated, "sign in to continue").WithReason(reasonSignedOut)
	}
	if !r.route.Place.opensTo(r.lacks) {
		if r.lacks == access.LacksFactor {
			return app.Errorf(app.Unauthenticated, "the second factor is missing").WithReason(reasonFactor)
		}
		return app.Errorf(app.Unauthenticated, "a second factor must be set up first").WithReason(reasonEnrol)
	}
	if r.user.MustChangePassword && r.lacks == access.Complete && r.route.Place.asks() {
		return app.Errorf(app.Unauthenticated, "the password must be changed first").WithReason(reasonPassword)
	}
	return nil
}

// Why a request is sent to another page first.
const (
	reasonSignedOut = "signed_out"
	reasonPassword  = "password_change"
	reasonFactor    = "second_factor"
	reasonEnrol     = "enrolment"
)

// redirectFirst sends the reader to sign in, or to whatever comes before. htmx
// is told by a header, since it would put a redirect's page into the fragment.
func (c *Console) redirectFirst(r *request, reason string) error {
	next := ""
	switch {
	case r.fragment():
		next = currentPage(r.Get("HX-Current-URL"))
	case r.Method() == fiber.MethodGet || r.Method() == fiber.MethodHead:
		next = safeNext(r.OriginalURL())
	}
	to := routes.SignInTo(next)
	switch reason {
	case reasonPassword:
		to = passwordPath
	case reasonFresh:
		to = routes.ConfirmTo(next)
	case reasonFactor:
		to = routes.SecondFactorTo(next)
	case reasonEnrol:
		to = routes.EnrolTo(next)
	}
	if r.fragment() {
		r.Set("HX-Redirect", to)
		return r.SendStatus(fiber.StatusUnauthorized)
	}
	return r.Redirect(to, fiber.StatusSeeOther)
}

// currentPage is the path of the page that htmx says it is on.
func currentPage(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return safeNext(u.RequestURI())
}

// safeNext returns next if it is a path of the console, and "" for everything
// that could lead off this site.
func safeNext(next string) string {
	if next != routes.Home && !strings.HasPrefix(next, routes.Home+"/") && !strings.HasPrefix(next, routes.Home+"?") {
		return ""
	}
	if len(next) > 2000 || strings.ContainsAny(next, "\\\r\n\t\x00") || strings.Contains(next, "//") {
		return ""
	}
	if u, err := url.Parse(next); err != nil || u.IsAbs() || u.Host != "" {
		return ""
	}
	return next
}

// readForm reads a posted form and checks its token: whoever cannot read our
// pages cannot make a browser send one.
func (c *Console) readForm(r *request) error {
	var err error
	if r.form, err = c.decodeForm(r); err != nil {
		return err
	}
	given := r.Get("X-CSRF-Token")
	if given == "" {
		given = r.form.Get("_csrf")
	}
	var genuine bool
	if r.user.ID != "" {
		genuine = access.CheckFormToken(r.token, given)
	} else {
		genuine = c.forms.Check(r.Cookies(c.cookieName(formCookie)), given)
	}
	if !genuine {
		return app.Errorf(app.Forbidden, "the form's token is missing or another session's").WithReason(reasonForm)
	}
	return nil
}

// reasonForm marks a form that cannot be told from a forged one.
const reasonForm = "csrf"

func (c *Console) decodeForm(r *request) (url.Values, error) {
	if limit := c.formLimit(r); len(r.BodyRaw()) > limit {
		return nil, app.Errorf(app.Invalid, "the form is larger than %d bytes", limit).WithReason("too_large")
	}
	values := url.Values{}
	if strings.HasPrefix(r.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		form, err := r.MultipartForm()
		if err != nil {
			return nil, app.Errorf(app.Invalid, "the form cannot be read: %w", err)
		}
		for name, list := range form.Value {
			values[name] = list
		}
		return values, nil
	}
	for name, value := range r.Context().PostArgs().All() {
		values.Add(string(name), string(value))
	}
	return values, nil
}
