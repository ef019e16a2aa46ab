package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// fresh marks a route that is served only when its user has shown within the
// last minutes (access.fresh_for) who they are. A GET leads to the confirmation
// and back; a form is answered with the confirmation, which carries the form's
// fields and sends them on.
func fresh(route Route) Route {
	route.Fresh = true
	return route
}

// freshSecrets is fresh for a form whose fields must not be shown again: what
// was entered is lost, and the confirmation leads back to the form. Mark the
// form's own page fresh too, so that it is asked before anything is entered.
func freshSecrets(route Route) Route {
	route.Fresh, route.Secrets = true, true
	return route
}

// reasonFresh marks what needs a fresh proof.
const reasonFresh = "not_fresh"

// needFresh is for handlers that ask for a fresh proof only in some cases; any
// form may answer it.
func (c *Console) needFresh(r *request) error {
	if c.Access.Fresh(r.session) {
		return nil
	}
	return app.Errorf(app.Unauthenticated, "confirm that it is you").WithReason(reasonFresh)
}

// The fields of a confirmation; they begin with an underscore, as no other's do.
const (
	proofPassword = "_password"
	proofCode     = "_code"
	proofPasskey  = "_passkey"
)

func givesProof(form url.Values) bool {
	return form.Has(proofPassword) || form.Has(proofCode) || form.Get(proofPasskey) != ""
}

// usernameField tells password managers whose password is asked for.
const usernameField = "username"

// proven takes up the proof that came with a form, and refuses a fresh route
// without one. The session's token changes with the proof.
func (c *Console) proven(r *request) error {
	if givesProof(r.form) && r.route.Place != Public && r.route.Place != Joining {
		if err := c.confirm(r); err != nil {
			return err
		}
	}
	if r.route.Fresh {
		return c.needFresh(r)
	}
	return nil
}

func (c *Console) confirm(r *request) error {
	if r.form.Get(proofPasskey) != "" {
		return c.confirmByPasskey(r)
	}
	token, err := c.Admin.Confirm(r.ctx, admin.Proof{
		Session: r.session, Token: r.token, Password: r.form.Get(proofPassword), Code: r.form.Get(proofCode), IP: app.ClientIP(r.ctx),
	})
	if err != nil {
		return err
	}
	return c.renew(r, token)
}

func confirmRoutes() []Route {
	return append(securityRoutes(),
		get(routes.Confirm, Enrolling, "", "", (*Console).confirmPage),
		post(routes.Confirm, Enrolling, "", "", (*Console).confirmed),
	)
}

// confirmPage asks for the proof before a page.
func (c *Console) confirmPage(r *request) error {
	next := safeNext(r.query("next"))
	if next == "" {
		next = routes.Home
	}
	return c.showConfirm(r, http.StatusOK, pages.Confirm{Action: routes.Confirm, Next: next, Back: c.cameFrom(r)})
}

// confirmed goes on to the page that asked.
func (c *Console) confirmed(r *request) error {
	if !givesProof(r.form) {
		return app.Errorf(app.Invalid, "nothing was given to confirm with")
	}
	next := safeNext(r.form.Get("next"))
	if next == "" {
		next = routes.Home
	}
	return c.done(r, next, "")
}

// askFresh answers what was asked for without a fresh proof, or with a wrong
// one.
func (c *Console) askFresh(r *request, problem error) error {
	if r.Method() != fiber.MethodPost {
		return c.redirectFirst(r, reasonFresh)
	}
	view := pages.Confirm{Action: r.Path(), Fields: keptFields(r.form), Back: c.cameFrom(r)}
	switch {
	case r.route.Path == routes.Confirm:
		view.Next = safeNext(r.form.Get("next"))
		view.Fields = nil
	case r.route.Secrets || hasFiles(r):
		view.Action, view.Next, view.Lost, view.Fields = routes.Confirm, c.cameFrom(r), true, nil
	}
	status := http.StatusUnauthorized
	switch {
	case app.CodeOf(problem) == app.RateLimited:
		status, view.Problem, view.RetryAfter = http.StatusTooManyRequests, "locked", c.retryAfter(r, problem)
	case r.form.Get(proofPasskey) != "":
		view.Problem = "passkey"
	case r.form.Has(proofCode):
		view.Problem = "wrong_code"
	case r.form.Has(proofPassword):
		view.Problem = "wrong"
	}
	if r.fragment() {
		r.Set("HX-Retarget", "body")
		r.Set("HX-Reswap", "innerHTML")
	}
	return c.showConfirm(r, status, view)
}

func (c *Console) showConfirm(r *request, status int, view pages.Confirm) error {
	f, err := c.Access.Factors(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return err
	}
	view.ByCode, view.Recovery = f.Asked(), !f.TOTP
	if view.Shell, err = c.shell(r, layout.NavNone); err != nil {
		return err
	}
	if err := c.confirmWays(r, &view); err != nil {
		return err
	}
	return c.render(r, status, pages.ConfirmPage(view))
}

// keptFields are the form's fields without the confirmation's own.
func keptFields(form url.Values) []pages.ConfirmField {
	var out []pages.ConfirmField
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if strings.HasPrefix(name, "_") || name == usernameField {
			continue
		}
		for _, value := range form[name] {
			out = append(out, pages.ConfirmField{Name: name, Value: strings.ToValidUTF8(value, "")})
		}
	}
	return out
}

func hasFiles(r *request) bool {
	if !strings.HasPrefix(r.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return false
	}
	form, err := r.MultipartForm()
	return err != nil || len(form.File) > 0
}

// cameFrom is the page of the console that the browser says it comes from.
func (c *Console) cameFrom(r *request) string {
	u, err := url.Parse(r.Get(fiber.HeaderReferer))
	if err != nil || u.Path == routes.Confirm {
		return routes.Home
	}
	if next := safeNext(u.RequestURI()); next != "" {
		return next
	}
	return routes.Home
}

// refusesProof reports whether an error is about the proof that was given.
func refusesProof(e *app.Error) bool {
	switch e.Reason {
	case access.ReasonWrongCredentials, access.ReasonWrongCode, passkeys.ReasonRefused, access.ReasonSignInLocked, access.ReasonTooManyAttempts:
		return true
	}
	return false
}
