package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
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
		row := sessionRow(x)
		row.Current = x.ID == r.session.ID
		view.Rows = append(view.Rows, row)
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

func sessionRow(x access.Session) pages.SessionRow {
	row := pages.SessionRow{
		ID: x.ID, IP: x.IP, UserAgent: x.UserAgent, Device: deviceName(x.UserAgent),
		CreatedAt: x.CreatedAt, LastSeenAt: x.LastSeenAt, ExpiresAt: x.ExpiresAt,
	}
	for _, m := range x.Methods.List() {
		row.Methods = append(row.Methods, string(m))
	}
	return row
}

// revokeOthers ends the user's sessions but this one.
func (c *Console) revokeOthers(r *request) error {
	if err := c.Admin.RevokeOtherSessions(r.ctx, r.session.ID); err != nil {
		return err
	}
	return c.done(r, routes.Sessions, "other_sessions_ended")
}
