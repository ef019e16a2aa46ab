package console

import (
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func settingsRoutes() []Route {
	return []Route{
		get(scoped+"/settings", InMerchant, access.Settings, access.Read, (*Console).settingsPage),
		fresh(post(scoped+"/settings", InMerchant, access.Settings, access.Write, (*Console).saveSettings)),
		fresh(post(scoped+"/settings/second-factor", InMerchant, access.Settings, access.Write, (*Console).setFactorRule)),
	}
}

// settingsPage shows the merchant's choices about money.
func (c *Console) settingsPage(r *request) error {
	s, err := c.shell(r, layout.NavSettings)
	if err != nil {
		return err
	}
	settings, err := c.Merchants.Settings(r.ctx, r.merchant.ID)
	if err != nil {
		return err
	}
	rule, err := c.Access.FactorRule(r.ctx, r.merchant.ID)
	if err != nil {
		return err
	}
	view := pages.Settings{Shell: s, SecondFactor: rule, Late: settings.LatePayments, Duplicate: settings.DuplicatePayments, Limit: settings.RefundApprovalAbove,
		Emails: strings.Join(settings.StatementEmails.List(), "\n"), TwoPeople: settings.TwoPeople,
	}
	if settings.RefundApprovalAbove > 0 {
		view.Above = settings.RefundApprovalAbove.Yuan()
		n, err := c.deciders(r)
		if err != nil {
			return err
		}
		view.OneDecider = n < 2
	}
	return c.page(r, pages.SettingsPage(view))
}

// deciders counts the active members who may approve a refund.
func (c *Console) deciders(r *request) (int, error) {
	members, err := c.Access.Members(r.ctx, r.merchant.ID)
	if err != nil {
		return 0, err
	}
	ask := asker{ctx: r.ctx, access: c.Access}
	able := map[string]bool{}
	for _, m := range members {
		if ask.user = m.UserID; m.State == access.Active && ask.may(r.merchant.ID, access.Refunds, access.Approve) {
			able[m.UserID] = true
		}
	}
	return len(able), ask.err
}

// saveSettings changes the choices of the form and leaves the others.
func (c *Console) saveSettings(r *request) error {
	s, err := c.shell(r, layout.NavSettings)
	if err != nil {
		return err
	}
	settings, err := c.Merchants.Settings(r.ctx, r.merchant.ID)
	if err != nil {
		return err
	}
	rule, err := c.Access.FactorRule(r.ctx, r.merchant.ID)
	if err != nil {
		return err
	}
	view := pages.Settings{Shell: s, SecondFactor: rule, Late: r.field("late_payments"), Duplicate: r.field("duplicate_payments"), Above: r.field("refund_approval_above"), Emails: r.field("statement_emails"), TwoPeople: r.field("two_people") == "on"}
	limit, understood := readYuan(view.Above)
	switch {
	case !understood:
		view.Errors = map[string]string{"refund_approval_above": r.t("field_error.refund_approval_above_yuan")}
	case view.Above != "" && limit == 0:
		view.Errors = map[string]string{"refund_approval_above": r.t("field_error.refund_approval_above_out_of_range")}
	case view.Late == "" || view.Duplicate == "":
		// The service would take its own default for a choice that was not sent.
		return app.InvalidField("late_payments", "required", "both choices are needed")
	default:
		before := settings
		settings.LatePayments, settings.DuplicatePayments, settings.RefundApprovalAbove = view.Late, view.Duplicate, limit
		settings.StatementEmails, settings.TwoPeople = merchants.AddressesOf(lines(view.Emails)), view.TwoPeople
		if merchants.SettingsNeedTwo(before, settings) {
			return c.askSettings(r, view, before, settings)
		}
		_, err = c.Merchants.UpdateSettings(r.ctx, r.merchant.ID, settings)
		view.Errors = c.fieldErrors(r, err)
	}
	if view.Errors != nil {
		return c.refuse(r, pages.SettingsPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Settings(), "settings_saved")
}

// askSettings saves what one person may choose and asks a second about the rest.
func (c *Console) askSettings(r *request, view pages.Settings, before, wanted merchants.Settings) error {
	own := wanted
	own.RefundApprovalAbove, own.TwoPeople = before.RefundApprovalAbove, before.TwoPeople
	_, err := c.Merchants.UpdateSettings(r.ctx, r.merchant.ID, own)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.SettingsPage(view))
	}
	if err != nil {
		return err
	}
	a, err := c.Changes.Settings(r.ctx, r.merchant.ID, before, wanted)
	return c.asked(r, a, err)
}
