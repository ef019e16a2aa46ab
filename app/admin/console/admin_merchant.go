package console

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/merchants"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// merchantPage is one merchant as the platform sees it.
func (c *Console) merchantPage(r *request) error {
	view, err := c.merchantView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.AdminMerchantPage(view))
}

func (c *Console) merchantView(r *request) (pages.AdminMerchant, error) {
	id, err := r.id("target", app.PrefixMerchant)
	if err != nil {
		return pages.AdminMerchant{}, err
	}
	m, err := c.Merchants.Merchant(r.ctx, id)
	if err != nil {
		return pages.AdminMerchant{}, err
	}
	view := pages.AdminMerchant{Name: m.Name}
	if view.Shell, err = c.shell(r, layout.NavMerchants); err != nil {
		return view, err
	}
	if view.Merchant, err = c.merchantRow(r, m); err != nil {
		return view, err
	}
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	sees := ask.may(access.Platform, access.Users, access.Read)
	if ask.err != nil || !sees {
		return view, ask.err
	}
	view.SeesMembers, view.Mails = true, c.Mailer != nil
	if view.Members, err = c.members(r, m.ID); err != nil {
		return view, err
	}
	invited, err := c.Admin.Appointments(r.ctx, m.ID)
	view.Invited = c.invitationRows(invited)
	return view, err
}

func (c *Console) renameMerchant(r *request) error {
	view, err := c.merchantView(r)
	if err != nil {
		return err
	}
	view.Name = r.field("name")
	_, err = c.Merchants.RenameMerchant(r.ctx, view.Merchant.ID, view.Name)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.AdminMerchantPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminMerchant(view.Merchant.ID), "merchant_renamed")
}

func (c *Console) suspendMerchant(r *request) error {
	set := func(ctx context.Context, id string) (merchants.Merchant, error) {
		return c.Merchants.SuspendMerchant(ctx, id, r.field("reason"))
	}
	return c.setMerchantStatus(r, set, "merchant_suspended")
}

func (c *Console) reactivateMerchant(r *request) error {
	return c.setMerchantStatus(r, c.Merchants.ReactivateMerchant, "merchant_reactivated")
}

// setMerchantStatus needs the merchant's name typed.
func (c *Console) setMerchantStatus(r *request, set func(context.Context, string) (merchants.Merchant, error), note string) error {
	view, err := c.merchantView(r)
	if err != nil {
		return err
	}
	view.Reason = r.field("reason")
	if r.field("confirm") != view.Merchant.Name {
		view.Errors = map[string]string{"confirm": r.t("reason.confirm_differs")}
		return c.refuse(r, pages.AdminMerchantPage(view))
	}
	_, err = set(r.ctx, view.Merchant.ID)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.AdminMerchantPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminMerchant(view.Merchant.ID), note)
}

// inviteToMerchant asks somebody to take a role in the merchant, without looking
// into it.
func (c *Console) inviteToMerchant(r *request) error {
	view, err := c.merchantView(r)
	if err != nil {
		return err
	}
	view.Appoint = pages.PersonForm{Email: r.field("email"), Role: r.field("role")}
	i, token, err := c.Admin.AppointByLink(r.ctx, view.Merchant.ID, view.Appoint.Email, access.Role(view.Appoint.Role))
	if view.Errors = c.memberErrors(c.grantErrors(r, view.Appoint.Role, nil, err)); view.Errors != nil {
		return c.refuse(r, pages.AdminMerchantPage(view))
	}
	if err != nil {
		return err
	}
	return c.appointed(r, view, i, token)
}

// appointed hands out the link that the platform has made.
func (c *Console) appointed(r *request, view pages.AdminMerchant, i admin.Invitation, token string) error {
	return c.handOut(r, handout{
		invitation: i, merchant: view.Merchant.Name, token: token, nav: layout.NavMerchants, back: routes.AdminMerchant(view.Merchant.ID), note: "invitation_sent",
	})
}

func (c *Console) resendAppointment(r *request) error {
	view, err := c.merchantView(r)
	if err != nil {
		return err
	}
	id, err := c.invitationID(r)
	if err != nil {
		return err
	}
	i, token, err := c.Admin.RenewAppointment(r.ctx, view.Merchant.ID, id)
	if view.Errors = c.memberErrors(c.fieldErrors(r, err)); view.Errors != nil {
		return c.refuse(r, pages.AdminMerchantPage(view))
	}
	if err != nil {
		return err
	}
	return c.appointed(r, view, i, token)
}

func (c *Console) endAppointment(r *request) error {
	merchant, err := r.id("target", app.PrefixMerchant)
	if err != nil {
		return err
	}
	id, err := c.invitationID(r)
	if err != nil {
		return err
	}
	if err := c.Admin.EndAppointment(r.ctx, merchant, id); err != nil {
		return err
	}
	return c.done(r, routes.AdminMerchant(merchant), "invitation_revoked")
}

// dismissMember takes a role in the merchant away.
func (c *Console) dismissMember(r *request) error {
	view, err := c.merchantView(r)
	if err != nil {
		return err
	}
	user := r.field("user")
	if !app.ValidID(app.PrefixUser, user) {
		return app.Errorf(app.NotFound, "no such member")
	}
	err = c.Admin.Revoke(r.ctx, user, admin.Grant{Role: access.Role(r.field("role")), Domain: view.Merchant.ID})
	if view.Errors = c.memberErrors(c.roleErrors(r, err)); view.Errors != nil {
		return c.refuse(r, pages.AdminMerchantPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminMerchant(view.Merchant.ID), "role_revoked")
}

// memberErrors are the errors of the page's form for members: those of the whole
// page stand elsewhere.
func (c *Console) memberErrors(errs map[string]string) map[string]string {
	if errs == nil {
		return nil
	}
	for from, to := range map[string]string{"": "members"} {
		if text, ok := errs[from]; ok {
			delete(errs, from)
			errs[to] = text
		}
	}
	return errs
}
