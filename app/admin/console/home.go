package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// home is the overview of a merchant. Whoever has none goes to the platform's
// pages.
func (c *Console) home(r *request) error {
	if r.merchant.ID == "" {
		return c.homeless(r)
	}
	s, err := c.shell(r, layout.NavHome)
	if err != nil {
		return err
	}
	view := pages.Home{Shell: s}
	if view.Actions, err = c.needsAction(r, s); err != nil {
		return err
	}
	if !s.Can.Payments {
		return c.page(r, pages.HomePage(view))
	}
	overview, err := c.merchantOverview(r, s)
	if err != nil {
		return err
	}
	view.Overview = &overview
	latest, err := c.Payments.List(r.ctx, r.scope(), payments.Filter{Limit: 8})
	if err != nil {
		return err
	}
	view.Latest = paymentRows(latest.Payments)
	if len(view.Latest) == 0 {
		ever, err := c.Payments.Any(r.ctx, r.scope())
		if err != nil {
			return err
		}
		if !ever {
			if view.Steps, err = c.setupSteps(r, s); err != nil {
				return err
			}
		}
	}
	return c.page(r, pages.HomePage(view))
}

// homeless is for users who work for no merchant.
func (c *Console) homeless(r *request) error {
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	platform := ask.may(access.Platform, access.Merchants, access.Read)
	if ask.err != nil {
		return ask.err
	}
	if platform {
		return r.Redirect(routes.AdminHome)
	}
	return app.Errorf(app.Forbidden, "%s has no role", r.user.ID).WithReason("no_role")
}
