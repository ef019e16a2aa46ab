package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// Setting is one value of the configuration that this server runs with, its
// secrets masked. Origin is "default", "file" or "environment".
type Setting struct{ Key, Text, Origin, Detail string }

// systemPage says how the installation is, and with which configuration.
func (c *Console) systemPage(r *request) error {
	s, err := c.shell(r, layout.NavSystem)
	if err != nil {
		return err
	}
	view := pages.System{Shell: s}
	if c.System != nil {
		checks, err := c.System(r.ctx)
		if err != nil {
			return err
		}
		for _, k := range checks {
			args := make([]any, 0, 2*len(k.Args))
			for name, value := range k.Args {
				args = append(args, name, value)
			}
			view.Checks = append(view.Checks, pages.SystemCheck{Level: string(k.Level), Text: r.t("system_check."+k.Code, args...)})
		}
	}
	if view.Servers, err = c.serverRows(r); err != nil {
		return err
	}
	for _, v := range c.Effective {
		view.Settings = append(view.Settings, pages.EffectiveSetting(v))
	}
	return c.page(r, pages.SystemPage(view))
}

// channelsPage is how the channels' accounts work, across merchants.
func (c *Console) channelsPage(r *request) error {
	s, err := c.shell(r, layout.NavChannels)
	if err != nil {
		return err
	}
	mode := app.Mode(oneOf(r.query("mode"), []string{"live", "test"}))
	if mode == "" {
		mode = app.Live
	}
	channel := oneOf(r.query("channel"), []string{string(app.WeChat), string(app.Alipay)})
	const limit = 25
	f := merchants.HealthFilter{Mode: mode, Channel: app.Channel(channel), Limit: limit + 1}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixAccount, cursor) {
		f.Before = cursor
	}
	list, err := c.Merchants.PlatformHealth(r.ctx, f)
	if err != nil {
		return err
	}
	here := routes.With(routes.With(routes.AdminChannels, "mode", string(mode)), "channel", channel)
	view := pages.Channels{
		Shell: s, Filters: pages.ChannelFilters(i18n.With(r.ctx, r.words), routes.AdminChannels, string(mode), channel),
		Pager: components.Pager{Path: here, Later: f.Before != ""},
	}
	if len(list) > limit {
		list = list[:limit]
		view.Pager.Next = list[limit-1].ID
	}
	view.Pager.Shown = len(list)
	for _, a := range list {
		row, err := c.channelRow(r, a)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, row)
	}
	return c.page(r, pages.ChannelsPage(view))
}

func (c *Console) channelRow(r *request, a merchants.AccountHealth) (pages.ChannelRow, error) {
	row := pages.ChannelRow{
		AccountID: a.ID, Name: a.Name, MerchantID: a.MerchantID, MerchantName: a.MerchantName, Mode: a.Mode, Channel: string(a.Channel),
		Enabled: a.Enabled, LastSuccessAt: a.Health.LastSuccessAt, FailedAt: a.Health.FailedAt, Failure: a.Health.Failure,
		DeafSince: a.Health.DeafSince, ExpiresAt: a.Health.CertificateExpiresAt,
	}
	if at := a.ChannelCertificateExpiresAt; at != 0 && (row.ExpiresAt == 0 || at < row.ExpiresAt) {
		row.ExpiresAt = at
	}
	if row.ExpiresAt != 0 {
		row.ExpiresSoon = row.ExpiresAt < app.ToMillis(c.Clock.Now().AddDate(0, 0, 30))
	}
	if circuit := c.circuitOf(a.Circuit); circuit != nil {
		row.Circuit = circuit.State
	}
	out, err := c.Payments.AccountOutcomes(r.ctx, a.MerchantID, a.ID)
	row.Orders, row.Refused = out.Total, out.Refused
	return row, err
}

func (c *Console) platformSettingsPage(r *request) error {
	view, err := c.platformSettingsView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.PlatformSettingsPage(view))
}

func (c *Console) platformSettingsView(r *request) (pages.PlatformSettings, error) {
	s, err := c.shell(r, layout.NavPlatformSettings)
	if err != nil {
		return pages.PlatformSettings{}, err
	}
	history, err := c.Admin.SettingsHistory(r.ctx)
	if err != nil {
		return pages.PlatformSettings{}, err
	}
	view := pages.PlatformSettings{Shell: s}
	for i, v := range history {
		if i == 0 {
			view.Version, view.Form = v.Number, settingsForm(v.Settings)
		}
		view.History = append(view.History, pages.SettingsVersion{Number: v.Number, By: v.ByName, At: v.At})
	}
	return view, nil
}

func settingsForm(p admin.PlatformSettings) pages.PlatformSettingsForm {
	f := pages.PlatformSettingsForm{SignInNotice: p.SignInNotice, Notice: p.Notice, Support: p.Support}
	if p.RefundApprovalAbove > 0 {
		f.RefundApproval = p.RefundApprovalAbove.Yuan()
	}
	return f
}

// changePlatformSettings stores the next version; the form carries the one that
// it began with.
func (c *Console) changePlatformSettings(r *request) error {
	view, err := c.platformSettingsView(r)
	if err != nil {
		return err
	}
	view.Form = pages.PlatformSettingsForm{
		SignInNotice: r.field("sign_in_notice"), Notice: r.field("notice"), Support: r.field("support"), RefundApproval: r.field("refund_approval_above"),
	}
	next := admin.PlatformSettings{SignInNotice: view.Form.SignInNotice, Notice: view.Form.Notice, Support: view.Form.Support}
	if view.Form.RefundApproval != "" {
		amount, ok := readYuan(view.Form.RefundApproval)
		if !ok {
			view.Errors = map[string]string{"refund_approval_above": r.t("payments.amount_error")}
			return c.refuse(r, pages.PlatformSettingsPage(view))
		}
		next.RefundApprovalAbove = amount
	}
	number, ok := smallNumber(r.field("version"))
	if !ok {
		return app.InvalidField("version", "invalid", "the form says no version")
	}
	err = c.Admin.ChangeSettings(r.ctx, int64(number), next)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.PlatformSettingsPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.AdminSettings, "platform_settings_saved")
}
