package console

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
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
	mode, err := c.usualMode(r, m.ID)
	if err != nil {
		return view, err
	}
	view.MembersHref = routes.Scope{Merchant: m.ID, Mode: mode}.Members()
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
	return c.setMerchantStatus(r, c.Merchants.SuspendMerchant, "merchant_suspended")
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
