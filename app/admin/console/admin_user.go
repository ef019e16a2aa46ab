package console

import (
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// userPage is one user as the platform sees them.
func (c *Console) userPage(r *request) error {
	view, err := c.userView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.AdminUserPage(view))
}

func (c *Console) userView(r *request) (pages.AdminUser, error) {
	id, err := r.id("user", app.PrefixUser)
	if err != nil {
		return pages.AdminUser{}, err
	}
	u, err := c.Access.User(r.ctx, c.DB, id)
	if err != nil {
		return pages.AdminUser{}, err
	}
	view := pages.AdminUser{
		Person: personRow(u), Locale: u.Locale, Must: u.MustChangePassword, Created: u.CreatedAt, Password: u.PasswordChangedAt,
		Self: id == r.user.ID, Form: pages.PersonForm{Email: u.Email, Name: u.Name, Locale: u.Locale},
	}
	if view.Shell, err = c.shell(r, layout.NavUsers); err != nil {
		return view, err
	}
	if view.Roles, err = c.userRoles(r, view); err != nil {
		return view, err
	}
	f, err := c.Access.Factors(r.ctx, c.DB, id)
	if err != nil {
		return view, err
	}
	view.TOTP, view.TOTPSince, view.TOTPUsed = f.TOTP, f.TOTPSince, f.TOTPUsed
	view.Passkeys, view.Copied, view.CodesLeft = f.Passkeys+f.Copied, f.Copied, f.Recovery
	if view.Required, err = c.Access.SecondFactorRequired(r.ctx, id); err != nil {
		return view, err
	}
	if view.Logins, err = c.userLogins(r, view.Shell, id); err != nil {
		return view, err
	}
	open, err := c.Access.Sessions(r.ctx, id)
	for _, x := range open {
		row := sessionRow(x)
		row.Current = x.ID == r.session.ID
		view.Sessions = append(view.Sessions, row)
	}
	return view, err
}

// userRoles offers what the reader may do: nobody gives a role to themselves.
func (c *Console) userRoles(r *request, v pages.AdminUser) (pages.RoleEditor, error) {
	held, err := c.heldRoles(r, v.Person.ID)
	e := pages.RoleEditor{CSRF: v.Shell.CSRF, Where: true, Rows: held}
	if err != nil || !v.Shell.Can.UsersEdit {
		return e, err
	}
	e.Revoke = routes.AdminUserAction(v.Person.ID, "revoke")
	if v.Self {
		e.Note = r.t("members.own")
		return e, nil
	}
	e.Grant = routes.AdminUserAction(v.Person.ID, "grant")
	// The least comes first, so that a careless click gives little away.
	e.Choices = pages.AllRoles()
	slices.Reverse(e.Choices[:len(access.MerchantRoles())])
	slices.Reverse(e.Choices[len(access.MerchantRoles()):])
	return e, nil
}

func (c *Console) updateUser(r *request) error {
	view, err := c.userView(r)
	if err != nil {
		return err
	}
	view.Form = personForm(r)
	_, err = c.Admin.UpdateUser(r.ctx, view.Person.ID, view.Form.Email, view.Form.Name, view.Form.Locale)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		view.Errors["profile"] = view.Errors[""]
		return c.refuse(r, pages.AdminUserPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(view.Person.ID), "user_saved")
}

func (c *Console) grantUser(r *request) error {
	view, err := c.userView(r)
	if err != nil {
		return err
	}
	view.Roles.Form = personForm(r)
	grants, problem, err := c.chosenGrants(r, view.Roles.Form)
	if err == nil && problem == nil {
		if len(grants) == 0 {
			problem = map[string]string{"role": r.t("field_error.required")}
		} else {
			err = c.Admin.Grant(r.ctx, view.Person.ID, grants[0])
			problem = c.roleErrors(r, err)
		}
	}
	if view.Roles.Errors = problem; problem != nil {
		return c.refuse(r, pages.AdminUserPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(view.Person.ID), "role_granted")
}

func (c *Console) revokeUser(r *request) error {
	view, err := c.userView(r)
	if err != nil {
		return err
	}
	err = c.Admin.Revoke(r.ctx, view.Person.ID, admin.Grant{Role: access.Role(r.field("role")), Domain: r.field("domain")})
	if view.Roles.Errors = c.roleErrors(r, err); view.Roles.Errors != nil {
		return c.refuse(r, pages.AdminUserPage(view))
	}
	switch {
	case err != nil:
		return err
	case view.Self: // they may no longer see this page
		return c.done(r, routes.Home, "role_revoked")
	}
	return c.done(r, routes.AdminUser(view.Person.ID), "role_revoked")
}

// disableUser needs the user's email typed.
func (c *Console) disableUser(r *request) error {
	view, err := c.userView(r)
	if err != nil {
		return err
	}
	if view.Self {
		return app.Errorf(app.Conflict, "%s may not disable themselves", r.user.ID).WithReason("own_account")
	}
	if r.field("confirm") != view.Person.Email {
		view.Errors = map[string]string{"confirm": r.t("reason.confirm_differs")}
		return c.refuse(r, pages.AdminUserPage(view))
	}
	_, err = c.Admin.DisableUser(r.ctx, view.Person.ID)
	if problem := c.fieldErrors(r, err); problem != nil {
		view.Errors = map[string]string{"confirm": problem[""]}
		return c.refuse(r, pages.AdminUserPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(view.Person.ID), "user_disabled")
}

func (c *Console) enableUser(r *request) error {
	id, err := r.id("user", app.PrefixUser)
	if err != nil {
		return err
	}
	if _, err := c.Admin.EnableUser(r.ctx, id); err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(id), "user_enabled")
}

// resetPassword gives a user another password, which only this answer shows.
// One's own is changed by giving the current one.
func (c *Console) resetPassword(r *request) error {
	view, err := c.userView(r)
	if err != nil {
		return err
	}
	if view.Self {
		return app.Errorf(app.Conflict, "%s may not reset their own password", r.user.ID).WithReason("own_account")
	}
	password, err := c.Admin.ResetPassword(r.ctx, view.Person.ID)
	if err != nil {
		return err
	}
	u := access.User{Name: view.Person.Name, Email: view.Person.Email}
	page := c.handover(view.Shell, u, password, routes.AdminUser(view.Person.ID))
	page.Reset = true
	return c.page(r, pages.HandoverPage(page))
}

func (c *Console) endSessions(r *request) error {
	id, err := r.id("user", app.PrefixUser)
	if err != nil {
		return err
	}
	if err := c.Admin.RevokeSessions(r.ctx, id); err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(id), "sessions_ended")
}

// endSession ends one session of a user.
func (c *Console) endSession(r *request) error {
	user, err := r.id("user", app.PrefixUser)
	if err != nil {
		return err
	}
	session, err := r.id("session", app.PrefixSession)
	if err != nil {
		return err
	}
	if err := c.Admin.RevokeSession(r.ctx, user, session); err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(user), "session_ended")
}

// resetFactors is for whoever has lost their phone.
func (c *Console) resetFactors(r *request) error {
	id, err := r.id("user", app.PrefixUser)
	if err != nil {
		return err
	}
	if err := c.Admin.ResetFactors(r.ctx, id); err != nil {
		return err
	}
	return c.done(r, routes.AdminUser(id), "factors_reset")
}
