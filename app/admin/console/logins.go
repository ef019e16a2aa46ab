package console

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/access/sso"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// loginRoutes are the ways to sign in besides the password, and what belongs to
// them.
func loginRoutes() []Route {
	return []Route{
		post(routes.SignInOptions, Public, "", "", (*Console).signInOptions),
		post(routes.PasskeySignIn, Public, "", "", (*Console).signInByPasskey),
		get("/console/sso/:idp", Public, "", "", (*Console).startSSO),
		get("/console/sso/:idp/callback", Public, "", "", (*Console).finishSSO),
		post(routes.SecondFactorOptions, Joining, "", "", (*Console).secondFactorOptions),
		post(routes.SecondFactorPasskey, Joining, "", "", (*Console).passByPasskey),
		post(routes.ConfirmOptions, Enrolling, "", "", (*Console).confirmOptions),
		get(routes.Confirm+"/sso/:idp", Enrolling, "", "", (*Console).confirmAt),

		fresh(get(routes.NewPasskey, Enrolling, "", "", (*Console).passkeyForm)),
		fresh(post(routes.PasskeyOptions, Enrolling, "", "", (*Console).passkeyOptions)),
		fresh(post(routes.Passkeys, Enrolling, "", "", (*Console).registerPasskey)),
		post(routes.Passkeys+"/:passkey/rename", Own, access.OwnLogins, access.Own, (*Console).renamePasskey),
		fresh(post(routes.Passkeys+"/:passkey/remove", Own, access.OwnLogins, access.Own, (*Console).removePasskey)),
		fresh(post(routes.Identities+"/link/:idp", Own, access.OwnLogins, access.Own, (*Console).linkIdentity)),
		fresh(post(routes.Identities+"/:link/unlink", Own, access.OwnLogins, access.Own, (*Console).unlinkIdentity)),

		fresh(post(routes.AdminUsers+"/:user/passkeys/:passkey/remove", OnPlatform, access.Users, access.Write, (*Console).removeUserPasskey)),
		fresh(post(routes.AdminUsers+"/:user/identities/:link/unlink", OnPlatform, access.Users, access.Write, (*Console).unlinkUserIdentity)),
	}
}

// from is where a sign-in comes from.
func (c *Console) from(r *request) admin.Credentials {
	return admin.Credentials{IP: app.ClientIP(r.ctx), UserAgent: r.Get(fiber.HeaderUserAgent), FormerToken: r.token, Device: c.device(r)}
}

// holder is the browser as passkeys know it: by its session, or before there is
// one by the cookie of its forms.
func (c *Console) holder(r *request) passkeys.Holder {
	if r.user.ID != "" {
		return passkeys.Holder(r.token)
	}
	return passkeys.Holder(r.Cookies(c.cookieName(formCookie)))
}

// inSession is where a proof is given by somebody who is recognised.
func (c *Console) inSession(r *request) admin.InSession {
	return admin.InSession{User: r.user, Session: r.session, Token: r.token, IP: app.ClientIP(r.ctx), Device: c.device(r)}
}

// passkeySite says where passkeys work, and where they could.
func (c *Console) passkeySite() pages.PasskeySite {
	site := c.Logins.Passkeys.Site()
	out := pages.PasskeySite{Usable: site.Usable, Origin: site.Origin}
	u, err := url.Parse(site.Origin)
	if ip := net.ParseIP(site.Host); err == nil && ip != nil && ip.IsLoopback() {
		out.Try = u.Scheme + "://" + net.JoinHostPort("localhost", u.Port())
		if u.Port() == "" {
			out.Try = u.Scheme + "://localhost"
		}
	}
	return out
}

// passkeyOrigin is where passkeys work, "" where there are none.
func (c *Console) passkeyOrigin() string {
	if site := c.passkeySite(); site.Usable {
		return site.Origin
	}
	return ""
}

// ownPasskeyOrigin is where the reader can use a passkey of theirs, "" where
// they have none.
func (c *Console) ownPasskeyOrigin(r *request) (string, error) {
	keys, err := c.Logins.Passkeys.List(r.ctx, c.DB, r.user.ID)
	for _, k := range keys {
		if !k.Cloned() {
			return c.passkeyOrigin(), err
		}
	}
	return "", err
}

// loginsView are the reader's passkeys and links.
func (c *Console) loginsView(r *request, s layout.Shell) (pages.Logins, error) {
	view := pages.Logins{Shell: s, Site: c.passkeySite()}
	keys, err := c.Logins.Passkeys.List(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return view, err
	}
	view.Full = len(keys) >= passkeys.PerUser
	view.Passkeys = passkeyRows(keys, func(id string) string { return routes.PasskeyAction(id, "remove") })
	linked, err := c.Logins.SSO.List(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return view, err
	}
	view.Linked = c.identityRows(linked, routes.UnlinkIdentity)
	for _, p := range c.Logins.SSO.Providers() {
		if !hasIssuer(linked, p.Issuer) {
			view.Offered = append(view.Offered, pages.Way{Title: p.Title, Href: routes.LinkIdentity(p.Name)})
		}
	}
	return view, nil
}

func hasIssuer(list []sso.Identity, issuer string) bool {
	for _, i := range list {
		if i.Issuer == issuer {
			return true
		}
	}
	return false
}

// passkeyRows shows passkeys; remove gives the address that removes one.
func passkeyRows(keys []passkeys.Passkey, remove func(id string) string) []pages.PasskeyRow {
	var out []pages.PasskeyRow
	for _, k := range keys {
		out = append(out, pages.PasskeyRow{
			ID: k.ID, Name: k.Name, BackedUp: k.BackedUp, Cloned: k.Cloned(), CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt, Remove: remove(k.ID),
		})
	}
	return out
}

func (c *Console) identityRows(list []sso.Identity, unlink func(id string) string) []pages.IdentityRow {
	var out []pages.IdentityRow
	for _, i := range list {
		out = append(out, pages.IdentityRow{
			ID: i.ID, Title: c.Logins.SSO.Title(i.Issuer), Email: i.Email, CreatedAt: i.CreatedAt, LastUsedAt: i.LastUsedAt, Unlink: unlink(i.ID),
		})
	}
	return out
}

// userLogins are a user's passkeys and links for an administrator.
func (c *Console) userLogins(r *request, s layout.Shell, user string) (pages.UserLogins, error) {
	view := pages.UserLogins{CSRF: s.CSRF}
	act := func(address func(user, id string) string) func(id string) string {
		return func(id string) string {
			if !s.Can.UsersEdit {
				return ""
			}
			return address(user, id)
		}
	}
	keys, err := c.Logins.Passkeys.List(r.ctx, c.DB, user)
	if err != nil {
		return view, err
	}
	view.Passkeys = passkeyRows(keys, act(routes.RemoveUserPasskey))
	linked, err := c.Logins.SSO.List(r.ctx, c.DB, user)
	view.Linked = c.identityRows(linked, act(routes.UnlinkUserIdentity))
	return view, err
}

// confirmWays offers the reader's passkeys and providers for a confirmation.
func (c *Console) confirmWays(r *request, view *pages.Confirm) error {
	var err error
	if view.PasskeyOrigin, err = c.ownPasskeyOrigin(r); err != nil {
		return err
	}
	linked, err := c.Logins.SSO.List(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return err
	}
	// What a form holds cannot come along to a provider: it leads back to where
	// the form was.
	next := view.Next
	if next == "" {
		next = view.Back
	}
	for _, p := range c.Logins.SSO.Providers() {
		if hasIssuer(linked, p.Issuer) {
			view.Providers = append(view.Providers, pages.Way{Title: p.Title, Href: routes.ConfirmAt(p.Name, next)})
		}
	}
	return nil
}

// answerOptions answers a script: with what to ask the browser for, or with a
// sentence about why there is nothing to ask for.
func (c *Console) answerOptions(r *request, options json.RawMessage, err error) error {
	if err == nil {
		r.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return r.Send(options)
	}
	status, _ := statusOf(err)
	if status >= http.StatusInternalServerError && !app.Is(err, app.Unavailable) {
		return err
	}
	sentence := r.t("passkeys.problem_failed")
	var e *app.Error
	switch {
	case app.Is(err, app.RateLimited):
		sentence = r.t("passkeys.problem_wait", "minutes", c.retryAfter(r, err))
	case errors.As(err, &e) && c.explain(r, e) != "":
		sentence = c.explain(r, e)
	}
	return r.Status(status).JSON(map[string]string{"problem": sentence})
}
