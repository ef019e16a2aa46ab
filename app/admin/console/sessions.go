package console

import (
	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// sessionsPage shows where the user is signed in.
func (c *Console) sessionsPage(r *request) error {
	list, err := c.Access.Sessions(r.ctx, r.user.ID)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return err
	}
	view := pages.Sessions{Shell: s}
	for _, x := range list {
		view.Rows = append(view.Rows, pages.SessionRow{
			ID: x.ID, IP: x.IP, UserAgent: x.UserAgent, Current: x.ID == r.session.ID,
			CreatedAt: x.CreatedAt, LastSeenAt: x.LastSeenAt, ExpiresAt: x.ExpiresAt,
		})
	}
	return c.page(r, pages.SessionsPage(view))
}

func (c *Console) revokeSession(r *request) error {
	id, err := r.id("session", app.PrefixSession)
	if err != nil {
		return err
	}
	if err := c.Admin.RevokeOwnSession(r.ctx, id); err != nil {
		return err
	}
	return c.done(r, routes.Sessions, "session_ended")
}
