package console

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// Mail is what the console has sent by mail: plain text to one person.
type Mail struct {
	ID            string // the same mail sent again keeps it
	To            []string
	Subject, Text string
}

// Mailer sends mails.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// formsPerHour bounds how often a public form may be sent from one address.
const formsPerHour = 30

func invitationRoutes() []Route {
	const invitation = scoped + "/invitations/:invitation"
	return []Route{
		fresh(post(invitation+"/resend", InMerchant, access.Members, access.Write, (*Console).resendInvitation)),
		post(invitation+"/revoke", InMerchant, access.Members, access.Write, (*Console).revokeInvitation),
		get("/console/invitations/:token", Public, "", "", (*Console).joinPage),
		post("/console/invitations/:token", Public, "", "", (*Console).join),
	}
}

func (c *Console) invitations(r *request) ([]pages.InvitationRow, error) {
	list, err := c.Admin.Invitations(r.ctx, r.merchant.ID)
	now := app.ToMillis(c.Clock.Now())
	var out []pages.InvitationRow
	for _, i := range list {
		out = append(out, pages.InvitationRow{
			ID: i.ID, Email: i.Email, Role: string(i.Role), By: i.InvitedName, SentAt: i.SentAt, ExpiresAt: i.ExpiresAt, Expired: !i.Open(now),
		})
	}
	return out, err
}

// handOut sends an invitation's link by mail, or shows it, once, where no mail
// server is configured or it does not answer.
func (c *Console) handOut(r *request, i admin.Invitation, token string) error {
	view := pages.InvitationLink{Email: i.Email, Link: c.BaseURL + routes.Join(token), ExpiresAt: i.ExpiresAt}
	var err error
	if view.Role, err = c.roleName(r, i.MerchantID, i.Role); err != nil {
		return err
	}
	if c.Mailer != nil {
		if err := c.mailInvitation(r, i, view.Role, view.Link); err == nil {
			return c.done(r, r.to().Members(), "invitation_sent")
		}
		view.Unsent = true
	}
	if view.Shell, err = c.shell(r, layout.NavMembers); err != nil {
		return err
	}
	return c.page(r, pages.InvitationLinkPage(view))
}

// mailInvitation writes in the language of whoever invites.
func (c *Console) mailInvitation(r *request, i admin.Invitation, role, link string) error {
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
	defer cancel()
	args := []any{
		"merchant", r.merchant.Name, "role", role, "by", i.InvitedName, "link", link,
		"until", i.ExpiresAt.Time().In(app.Beijing).Format("2006-01-02 15:04"),
	}
	err := c.Mailer.Send(ctx, Mail{
		ID: i.ID + "-" + app.NewID("", c.Clock.Now()), To: []string{i.Email}, Subject: r.t("invitation_mail.subject", args...), Text: r.t("invitation_mail.text", args...),
	})
	if err != nil {
		c.Logger.WarnContext(r.ctx, "an invitation's mail was not sent", "invitation", i.ID, "error", err)
	}
	return err
}

// roleName is a role's name: a built-in one's in the reader's language.
func (c *Console) roleName(r *request, merchantID string, role access.Role) (string, error) {
	if !role.Custom() {
		return r.t("role." + string(role)), nil
	}
	own, err := c.Access.CustomRole(r.ctx, c.DB, merchantID, string(role))
	return own.Name, err
}

func (c *Console) invitationID(r *request) (string, error) {
	return r.id("invitation", app.PrefixInvitation)
}

func (c *Console) resendInvitation(r *request) error {
	id, err := c.invitationID(r)
	if err != nil {
		return err
	}
	i, token, err := c.Admin.Renew(r.ctx, r.merchant.ID, id)
	if err != nil {
		return err
	}
	return c.handOut(r, i, token)
}

func (c *Console) revokeInvitation(r *request) error {
	id, err := c.invitationID(r)
	if err != nil {
		return err
	}
	if err := c.Admin.Uninvite(r.ctx, r.merchant.ID, id); err != nil {
		return err
	}
	return c.done(r, r.to().Members(), "invitation_revoked")
}

// joinToken is the token of a link. What cannot be one is not looked up.
func joinToken(r *request) string {
	token, err := url.PathUnescape(r.Params("token"))
	if err != nil || len(token) != 43 {
		return ""
	}
	return token
}

// joinView tells of the invitation only what its mail tells, and nothing about
// who has a user.
func (c *Console) joinView(r *request) (pages.Join, error) {
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return pages.Join{}, err
	}
	view := pages.Join{Shell: s}
	token := joinToken(r)
	i, err := c.Admin.InvitationOf(r.ctx, token)
	if app.Is(err, app.NotFound) {
		view.Gone = true
		return view, nil
	}
	if err != nil {
		return view, err
	}
	m, err := c.Merchants.Merchant(r.ctx, i.MerchantID)
	if err != nil {
		return view, err
	}
	view.Merchant, view.Email, view.By, view.As = m.Name, i.Email, i.InvitedName, r.user.Email
	view.Action = routes.Join(token)
	view.SignIn = routes.SignInTo(view.Action)
	view.Role, err = c.roleName(r, i.MerchantID, i.Role)
	return view, err
}

// joinPage is where a link to join leads. One that leads nowhere is said so in
// the same words, whatever became of it.
func (c *Console) joinPage(r *request) error {
	view, err := c.joinView(r)
	if err != nil {
		return err
	}
	if view.Gone {
		return c.render(r, 404, pages.JoinPage(view))
	}
	return c.page(r, pages.JoinPage(view))
}

// join accepts: as who is signed in, or as somebody new, who then signs in.
func (c *Console) join(r *request) error {
	if err := c.Access.CountForm(r.ctx, "join", app.ClientIP(r.ctx), formsPerHour); err != nil {
		return err
	}
	view, err := c.joinView(r)
	if err != nil {
		return err
	}
	if view.Gone {
		return c.render(r, 404, pages.JoinPage(view))
	}
	if r.lacks == access.LacksFactor { // half a sign-in accepts nothing
		return app.Errorf(app.Unauthenticated, "the second factor is missing").WithReason(reasonFactor)
	}
	if r.user.ID != "" {
		i, err := c.Admin.Accept(r.ctx, joinToken(r))
		if err != nil {
			return c.refuseJoin(r, view, err)
		}
		return c.done(r, routes.Home+"?merchant="+i.MerchantID, "joined")
	}
	view.Name = r.field("name")
	i, err := c.Admin.AcceptAsNew(r.ctx, admin.NewcomerInput{
		Token: joinToken(r), Name: view.Name, Password: r.form.Get("password"), Locale: string(r.lang), IP: app.ClientIP(r.ctx),
	})
	if err != nil {
		return c.refuseJoin(r, view, err)
	}
	return c.done(r, routes.SignInTo(routes.Home+"?merchant="+i.MerchantID), "joined")
}

func (c *Console) refuseJoin(r *request, view pages.Join, err error) error {
	var e *app.Error
	if errors.As(err, &e) && e.Code == app.Forbidden && e.Reason != "" {
		view.Errors = map[string]string{"": c.explain(r, e)}
	} else {
		view.Errors = c.fieldErrors(r, err)
	}
	if view.Errors == nil {
		return err
	}
	return c.refuse(r, pages.JoinPage(view))
}
