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
	return c.invitationRows(list), err
}

func (c *Console) invitationRows(list []admin.Invitation) []pages.InvitationRow {
	now := app.ToMillis(c.Clock.Now())
	var out []pages.InvitationRow
	for _, i := range list {
		out = append(out, pages.InvitationRow{
			ID: i.ID, Email: i.Email, Role: string(i.Role), By: i.InvitedName, SentAt: i.SentAt, ExpiresAt: i.ExpiresAt, Expired: !i.Open(now),
		})
	}
	return out
}

// handout is an invitation whose link goes to who was invited.
type handout struct {
	invitation admin.Invitation
	merchant   string // its name
	token      string
	nav        layout.Nav
	back       string // where the reader goes on
	note       string // what a sent mail is announced by
}

// handOut sends an invitation's link by mail, or shows it, once, where no mail
// server is configured or it does not answer.
func (c *Console) handOut(r *request, h handout) error {
	i := h.invitation
	view := pages.InvitationLink{Email: i.Email, Link: c.BaseURL + routes.Join(h.token), ExpiresAt: i.ExpiresAt, Back: h.back}
	var err error
	if view.Role, err = c.roleName(r, i.MerchantID, i.Role); err != nil {
		return err
	}
	if c.Mailer != nil {
		if err := c.mailInvitation(r, i, h.merchant, view.Role, view.Link); err == nil {
			return c.done(r, h.back, h.note)
		}
		view.Unsent = true
	}
	if view.Shell, err = c.shell(r, h.nav); err != nil {
		return err
	}
	return c.page(r, pages.InvitationLinkPage(view))
}

// toMember hands out a link that the merchant's own page has made.
func (c *Console) toMember(r *request, i admin.Invitation, token string) error {
	return c.handOut(r, handout{invitation: i, merchant: r.merchant.Name, token: token, nav: layout.NavMembers, back: r.to().Members(), note: "invitation_sent"})
}

// mailInvitation writes in the language of whoever invites.
func (c *Console) mailInvitation(r *request, i admin.Invitation, merchant, role, link string) error {
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
	defer cancel()
	args := []any{
		"merchant", merchant, "role", role, "by", i.InvitedName, "link", link,
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

// mailAgreed sends the invitation to which the reader has just agreed, where a
// mail server is configured, and returns what to announce. Where it does not
// answer, the invitation stands on the members page, to be sent again.
func (c *Console) mailAgreed(r *request, changeID string) (string, error) {
	if c.Mailer == nil {
		return "approval_approved", nil
	}
	id, err := c.Changes.Invited(r.ctx, r.merchant.ID, changeID)
	if err != nil {
		return "", err
	}
	i, token, err := c.Admin.Renew(r.ctx, r.merchant.ID, id)
	if err != nil {
		return "", err
	}
	role, err := c.roleName(r, i.MerchantID, i.Role)
	if err != nil {
		return "", err
	}
	note := "approval_invited"
	if c.mailInvitation(r, i, r.merchant.Name, role, c.BaseURL+routes.Join(token)) != nil { // which is logged
		note = "approval_invited_unsent"
	}
	return note, nil
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
	if wantsSecond(err) {
		return c.askAgreement(r, id)
	}
	if err != nil {
		return err
	}
	return c.toMember(r, i, token)
}

// askAgreement asks a second person about an invitation that one made alone.
func (c *Console) askAgreement(r *request, id string) error {
	i, err := c.Admin.Invitation(r.ctx, r.merchant.ID, id)
	if err != nil {
		return err
	}
	name, err := c.roleName(r, r.merchant.ID, i.Role)
	if err != nil {
		return err
	}
	a, err := c.Changes.Reinvite(r.ctx, r.merchant.ID, id, name)
	return c.asked(r, a, err)
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
