package console

import (
	"encoding/json"
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// signInOptions begins a sign-in by passkey. Anybody may, so it is throttled by
// address.
func (c *Console) signInOptions(r *request) error {
	err := c.Access.Begin(r.ctx, app.ClientIP(r.ctx))
	var options json.RawMessage
	if err == nil {
		options, err = c.Logins.Passkeys.BeginSignIn(r.ctx, c.holder(r))
	}
	return c.answerOptions(r, options, err)
}

// signInByPasskey opens a session for whoever the passkey says it is.
func (c *Console) signInByPasskey(r *request) error {
	next := safeNext(r.form.Get("next"))
	in, err := c.Logins.SignInByPasskey(r.ctx, c.holder(r), r.form.Get("credential"), c.from(r))
	switch app.CodeOf(err) {
	case "":
		return c.arrived(r, in, next)
	case app.Unauthenticated, app.Unavailable:
		return c.showSignIn(r, http.StatusUnauthorized, pages.SignIn{Next: next, Problem: "passkey"})
	}
	return err
}

// arrived gives the browser its session and leads on.
func (c *Console) arrived(r *request, in admin.SignedIn, next string) error {
	c.setCookie(r, sessionCookie, in.Token, c.SessionLife)
	c.dropCookie(r, formCookie)
	r.user = in.User
	if in.Session.Stage == access.StageSecondFactor {
		return c.done(r, routes.SecondFactorTo(next), "")
	}
	return c.done(r, r.goOn(next), "")
}

// secondFactorOptions begins the second half of a sign-in by password.
func (c *Console) secondFactorOptions(r *request) error {
	options, err := c.Logins.Passkeys.Begin(r.ctx, passkeys.ToSecondFactor, r.user, c.holder(r))
	return c.answerOptions(r, options, err)
}

// passByPasskey completes a sign-in by password; the session's token changes.
func (c *Console) passByPasskey(r *request) error {
	next := safeNext(r.form.Get("next"))
	if r.lacks != access.LacksFactor {
		return c.done(r, r.goOn(next), "")
	}
	token, err := c.Logins.CompleteByPasskey(r.ctx, c.holder(r), r.form.Get("credential"), c.inSession(r))
	if app.Is(err, app.Unauthenticated) {
		return c.showSecondFactor(r, http.StatusUnauthorized, pages.SecondFactor{Next: next, Problem: "passkey"})
	}
	if err != nil {
		return err
	}
	c.setCookie(r, sessionCookie, token, c.SessionLife)
	return c.done(r, r.goOn(next), "")
}

// confirmOptions begins a confirmation by one of the reader's passkeys.
func (c *Console) confirmOptions(r *request) error {
	options, err := c.Logins.Passkeys.Begin(r.ctx, passkeys.ToConfirm, r.user, c.holder(r))
	return c.answerOptions(r, options, err)
}

// confirmByPasskey makes the session fresh by the answer that came with a form.
func (c *Console) confirmByPasskey(r *request) error {
	token, err := c.Logins.ConfirmByPasskey(r.ctx, c.holder(r), r.form.Get(proofPasskey), c.inSession(r))
	if err != nil {
		return err
	}
	return c.renew(r, token)
}

func (c *Console) passkeyForm(r *request) error {
	view, err := c.passkeyFormView(r, safeNext(r.query("next")))
	if err != nil {
		return err
	}
	return c.page(r, pages.PasskeyFormPage(view))
}

func (c *Console) passkeyFormView(r *request, next string) (pages.PasskeyForm, error) {
	s, err := c.shell(r, layout.NavNone)
	return pages.PasskeyForm{Shell: s, Site: c.passkeySite(), Next: next, Must: r.lacks == access.LacksEnrolment}, err
}

// passkeyOptions begins a registration.
func (c *Console) passkeyOptions(r *request) error {
	options, err := c.Logins.Passkeys.BeginRegister(r.ctx, r.user, c.holder(r))
	return c.answerOptions(r, options, err)
}

// registerPasskey adds a passkey. The first second factor comes with recovery
// codes, which only this answer shows.
func (c *Console) registerPasskey(r *request) error {
	next := safeNext(r.form.Get("next"))
	token, codes, err := c.Logins.RegisterPasskey(r.ctx, admin.NewPasskey{
		User: r.user, Session: r.session, Token: r.token, Holder: c.holder(r), Name: r.field("name"), Answer: r.form.Get("credential"),
	})
	if err != nil {
		return c.refusePasskey(r, next, err)
	}
	if err := c.renew(r, token); err != nil {
		return err
	}
	if next == "" {
		next = routes.Security
	}
	if len(codes) == 0 {
		return c.done(r, r.goOn(next), "passkey_added")
	}
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return err
	}
	return c.page(r, pages.RecoveryCodesPage(pages.RecoveryCodes{Shell: s, Codes: codes, Next: r.goOn(next), Passkey: true}))
}

func (c *Console) refusePasskey(r *request, next string, err error) error {
	problem := c.fieldErrors(r, err)
	if app.Is(err, app.Unauthenticated) {
		problem = map[string]string{"": r.t("reason.passkey_refused")}
	}
	if problem == nil {
		return err
	}
	view, err := c.passkeyFormView(r, next)
	if err != nil {
		return err
	}
	view.Name, view.Errors = r.field("name"), problem
	return c.refuse(r, pages.PasskeyFormPage(view))
}

func (c *Console) renamePasskey(r *request) error {
	id, err := r.id("passkey", app.PrefixPasskey)
	if err != nil {
		return err
	}
	err = c.Logins.RenamePasskey(r.ctx, id, r.field("name"))
	problem := c.fieldErrors(r, err)
	switch {
	case err == nil:
		return c.done(r, routes.Security, "passkey_renamed")
	case problem == nil:
		return err
	}
	if _, err := c.Logins.Passkeys.Get(r.ctx, c.DB, r.user.ID, id); err != nil {
		return err // nobody is told about the name of what is not theirs
	}
	view, err := c.securityView(r)
	if err != nil {
		return err
	}
	view.Logins.Renaming, view.Logins.Errors = id, problem
	return c.refuse(r, pages.SecurityPage(view))
}

func (c *Console) removePasskey(r *request) error {
	id, err := r.id("passkey", app.PrefixPasskey)
	if err != nil {
		return err
	}
	err = c.Logins.RemovePasskey(r.ctx, id)
	if problem := c.fieldErrors(r, err); problem != nil {
		view, err := c.securityView(r)
		if err != nil {
			return err
		}
		view.Logins.Problem = problem[""]
		return c.refuse(r, pages.SecurityPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.Security, "passkey_removed")
}

func (c *Console) removeUserPasskey(r *request) error {
	user, err := r.id("user", app.PrefixUser)
	if err != nil {
		return err
	}
	id, err := r.id("passkey", app.PrefixPasskey)
	if err != nil {
		return err
	}
	if err := c.Logins.RemovePasskeyOf(r.ctx, user, id); err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(user), "passkey_removed")
}
