package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const passwordPath = routes.Password

// passwordPage changes the user's own password. After a reset it is the only
// page there is.
func (c *Console) passwordPage(r *request) error {
	view, err := c.passwordView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.PasswordPage(view))
}

func (c *Console) passwordView(r *request) (pages.Password, error) {
	s, err := c.shell(r, layout.NavNone)
	return pages.Password{Shell: s, Must: r.user.MustChangePassword}, err
}

func (c *Console) changePassword(r *request) error {
	view, err := c.passwordView(r)
	if err != nil {
		return err
	}
	if r.form.Get("password") != r.form.Get("repeat") {
		view.Errors = map[string]string{"repeat": r.t("password.differs")}
		return c.refuse(r, pages.PasswordPage(view))
	}
	token, err := c.Admin.ChangePassword(r.ctx, admin.NewPassword{
		Session: r.session, Token: r.token, IP: app.ClientIP(r.ctx),
		Current: r.form.Get("current_password"), New: r.form.Get("password"),
	})
	if app.Is(err, app.Unauthenticated) {
		view.Errors = map[string]string{"current_password": r.t("password.wrong")}
		return c.refuse(r, pages.PasswordPage(view))
	}
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.PasswordPage(view))
	}
	if err != nil {
		return err
	}
	c.setCookie(r, sessionCookie, token, c.SessionLife)
	return c.done(r, routes.Home, "password_changed")
}
