package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/web/qr"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func securityRoutes() []Route {
	return []Route{
		get(routes.SecondFactor, Joining, "", "", (*Console).secondFactorPage),
		post(routes.SecondFactor, Joining, "", "", (*Console).passSecondFactor),
		get(routes.Security, Own, access.OwnLogins, access.Own, (*Console).securityPage),
		fresh(get(routes.TOTP, Enrolling, "", "", (*Console).totpPage)),
		freshSecrets(post(routes.TOTP, Enrolling, "", "", (*Console).enrolTOTP)),
		fresh(get(routes.RemoveTOTP, Own, access.OwnLogins, access.Own, (*Console).removeTOTPPage)),
		freshSecrets(post(routes.RemoveTOTP, Own, access.OwnLogins, access.Own, (*Console).removeTOTP)),
		fresh(post(routes.RecoveryCodes, Own, access.OwnLogins, access.Own, (*Console).newRecoveryCodes)),
		post(routes.RevokeOthers, Own, access.OwnLogins, access.Own, (*Console).revokeOthers),
	}
}

// issuer is how authenticator apps call this installation.
const issuer = "Piaohao"

// securityPage shows by what the user signs in, and leads to changing it.
func (c *Console) securityPage(r *request) error {
	view, err := c.securityView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.SecurityPage(view))
}

func (c *Console) securityView(r *request) (pages.Security, error) {
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return pages.Security{}, err
	}
	f, err := c.Access.Factors(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return pages.Security{}, err
	}
	open, err := c.Access.Sessions(r.ctx, r.user.ID)
	if err != nil {
		return pages.Security{}, err
	}
	view := pages.Security{
		Shell: s, PasswordChanged: r.user.PasswordChangedAt, TOTP: f.TOTP, TOTPSince: f.TOTPSince, TOTPUsed: f.TOTPUsed,
		Second: f.Second(), CodesLeft: f.Recovery, Sessions: len(open),
	}
	if view.Required, err = c.Access.SecondFactorRequired(r.ctx, r.user.ID); err != nil {
		return view, err
	}
	view.Logins, err = c.loginsView(r, s)
	return view, err
}

// totpPage shows a new authenticator app's seed. It is stored nowhere before a
// code confirms it.
func (c *Console) totpPage(r *request) error {
	seed, err := c.Access.NewSeed(r.user, issuer)
	if err != nil {
		return err
	}
	view, err := c.totpView(r, seed, safeNext(r.query("next")))
	if err != nil {
		return err
	}
	return c.page(r, pages.TOTPPage(view))
}

func (c *Console) totpView(r *request, seed access.Seed, next string) (pages.TOTP, error) {
	view := pages.TOTP{Seed: seed.Text, Sealed: seed.Sealed, Next: next, Must: r.lacks == access.LacksEnrolment, Passkey: c.passkeyOrigin() != ""}
	f, err := c.Access.Factors(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return view, err
	}
	view.Replaces = f.TOTP
	code, err := qr.Of(seed.URL)
	if err != nil {
		return view, err
	}
	view.QRBox, view.QRPath = code.Box(), code.Path
	view.Shell, err = c.shell(r, layout.NavNone)
	return view, err
}

func (c *Console) enrolTOTP(r *request) error {
	next, sealed := safeNext(r.form.Get("next")), r.form.Get("seed")
	token, codes, err := c.Admin.EnrolTOTP(r.ctx, admin.Enrolment{Session: r.session, Token: r.token, Seed: sealed, Code: digits(r.field("code"))})
	if problem := c.fieldErrors(r, err); problem != nil {
		return c.refuseTOTP(r, sealed, next, problem)
	}
	if err != nil {
		return err
	}
	if err := c.renew(r, token); err != nil {
		return err
	}
	if len(codes) > 0 {
		if next == "" {
			next = routes.Security
		}
		return c.showCodes(r, codes, r.goOn(next), true)
	}
	if next != "" {
		return c.done(r, r.goOn(next), "totp_enrolled")
	}
	return c.done(r, r.goOn(routes.Security), "totp_enrolled")
}

// refuseTOTP shows the same seed again, or a new one where that is too old.
func (c *Console) refuseTOTP(r *request, sealed, next string, problem map[string]string) error {
	seed, err := c.Access.SameSeed(r.user, issuer, sealed)
	if app.Is(err, app.Invalid) {
		seed, err = c.Access.NewSeed(r.user, issuer)
	}
	if err != nil {
		return err
	}
	view, err := c.totpView(r, seed, next)
	if err != nil {
		return err
	}
	view.Errors = problem
	return c.refuse(r, pages.TOTPPage(view))
}

// renew takes up the session's new token within a request.
func (c *Console) renew(r *request, token string) error {
	c.setCookie(r, sessionCookie, token, c.SessionLife)
	r.token = token
	var err error
	r.session, r.user, r.lacks, err = c.Access.Recognise(r.ctx, token)
	return err
}

func (c *Console) removeTOTPPage(r *request) error { return c.showRemoveTOTP(r, nil) }

func (c *Console) showRemoveTOTP(r *request, problem map[string]string) error {
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return err
	}
	view := pages.RemoveTOTP{Shell: s, Errors: problem}
	if problem != nil {
		return c.refuse(r, pages.RemoveTOTPPage(view))
	}
	return c.page(r, pages.RemoveTOTPPage(view))
}

func (c *Console) removeTOTP(r *request) error {
	err := c.Admin.RemoveTOTP(r.ctx, admin.Code{Session: r.session, Token: r.token, Code: r.form.Get("code"), IP: app.ClientIP(r.ctx)})
	switch {
	case app.Is(err, app.Unauthenticated):
		return c.showRemoveTOTP(r, map[string]string{"code": r.t("totp.wrong")})
	case app.Is(err, app.RateLimited):
		return c.showRemoveTOTP(r, map[string]string{"code": r.t("second_factor.problem_locked", "minutes", c.retryAfter(r, err))})
	case err != nil:
		return err
	}
	return c.done(r, routes.Security, "totp_removed")
}

func (c *Console) newRecoveryCodes(r *request) error {
	codes, err := c.Admin.NewRecoveryCodes(r.ctx)
	if err != nil {
		return err
	}
	return c.showCodes(r, codes, routes.Security, false)
}

// showCodes shows recovery codes, in this answer only.
func (c *Console) showCodes(r *request, codes []string, next string, enrolled bool) error {
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return err
	}
	return c.page(r, pages.RecoveryCodesPage(pages.RecoveryCodes{Shell: s, Codes: codes, Next: next, Enrolled: enrolled}))
}

// digits drops the blanks with which apps group a code.
func digits(code string) string {
	out := make([]rune, 0, len(code))
	for _, d := range code {
		if d != ' ' && d != '\u00a0' {
			out = append(out, d)
		}
	}
	return string(out)
}
