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
	view.SeesMembers = true
	view.Members, err = c.members(r, m.ID)
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

// appointMember gives somebody a role in the merchant, without looking into it.
// Whoever could not sign in before gets a password, which only this answer shows.
func (c *Console) appointMember(r *request) error {
	view, err := c.merchantView(r)
	if err != nil {
		return err
	}
	view.Appoint = pages.PersonForm{Email: r.field("email"), Name: r.field("person"), Role: r.field("role")}
	u, password, err := c.Admin.AppointMember(r.ctx, admin.NewMember{
		MerchantID: view.Merchant.ID, Email: view.Appoint.Email, Name: view.Appoint.Name, Role: access.Role(view.Appoint.Role),
	})
	if view.Errors = c.memberErrors(c.grantErrors(r, view.Appoint.Role, nil, err)); view.Errors != nil {
		return c.refuse(r, pages.AdminMerchantPage(view))
	}
	if err != nil {
		return err
	}
	to := routes.AdminMerchant(view.Merchant.ID)
	if password == "" {
		return c.done(r, to, "member_added")
	}
	return c.page(r, pages.HandoverPage(c.handover(view.Shell, u, password, to)))
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

// memberErrors are the errors of the page's form for members: the merchant's own
// name is another field.
func (c *Console) memberErrors(errs map[string]string) map[string]string {
	if errs == nil {
		return nil
	}
	for from, to := range map[string]string{"name": "person", "": "members"} {
		if text, ok := errs[from]; ok {
			delete(errs, from)
			errs[to] = text
		}
	}
	return errs
}
