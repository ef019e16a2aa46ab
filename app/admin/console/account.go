package console

import (
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// accountEditPage changes an account without touching its keys.
func (c *Console) accountEditPage(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	view, err := c.accountEdit(r, a)
	if err != nil {
		return err
	}
	return c.page(r, pages.AccountEditPage(view))
}

// accountEdit is the form as it stands, with room for one more app.
func (c *Console) accountEdit(r *request, a merchants.Account) (pages.AccountEdit, error) {
	s, err := c.shell(r, layout.NavAccounts)
	view := pages.AccountEdit{
		Shell: s, ID: a.ID, Name: a.Name, Channel: a.Channel, Priority: strconv.FormatInt(a.Priority, 10), ConfirmByQuery: a.ConfirmByQuery,
		FeeRate: rateText(a.FeeRate),
	}
	for _, x := range a.AppIDs {
		view.Apps = append(view.Apps, pages.AccountApp{AppID: x.AppID, Kind: string(x.Kind), HasSecret: x.HasSecret})
	}
	view.Apps = append(view.Apps, pages.AccountApp{Kind: string(merchants.AppOfficial)})
	return view, err
}

func (c *Console) editAccount(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	view, err := c.accountEdit(r, a)
	if err != nil {
		return err
	}
	view.Name, view.Priority, view.ConfirmByQuery = r.field("name"), r.field("priority"), r.field("confirm_by_query") == "yes"
	apps := r.editedApps(&view)
	priority, err := strconv.ParseInt(view.Priority, 10, 64)
	if err != nil {
		view.Errors = map[string]string{"priority": r.t("field_error.out_of_range")}
		return c.refuse(r, pages.AccountEditPage(view))
	}
	view.FeeRate = r.field("fee_rate")
	rate, understood := readRate(view.FeeRate)
	if !understood {
		view.Errors = map[string]string{"fee_rate": r.t("field_error.fee_rate_out_of_range")}
		return c.refuse(r, pages.AccountEditPage(view))
	}
	others := a.Channel == app.WeChat && merchants.ChangesApps(a, apps)
	if others { // credentials: nothing of them is shown again
		r.route.Secrets = true
		if err := c.needFresh(r); err != nil {
			return err
		}
	}
	_, err = c.Merchants.UpdateAccount(r.ctx, r.merchant.ID, a.ID, merchants.Profile{
		Name: view.Name, Priority: priority, ConfirmByQuery: view.ConfirmByQuery, FeeRate: rate,
	})
	if err == nil && others {
		_, err = c.Merchants.SetAppIDs(r.ctx, r.merchant.ID, a.ID, apps)
	}
	if wantsSecond(err) {
		var asked approvals.Approval
		if asked, err = c.Changes.Apps(r.ctx, a, apps); err == nil {
			return c.asked(r, asked, nil)
		}
	}
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.AccountEditPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Account(a.ID), "account_saved")
}

// rateText is a contracted rate as it is typed, "" for none.
func rateText(rate app.Rate) string {
	if rate == merchants.NoRate {
		return ""
	}
	return rate.String()
}

// readRate reads a percentage as people type it, with or without its sign; ""
// is none.
func readRate(s string) (app.Rate, bool) {
	s = strings.NewReplacer("％", "%", " ", "").Replace(s)
	if s == "" {
		return merchants.NoRate, true
	}
	if !strings.HasSuffix(s, "%") {
		s += "%"
	}
	rate, err := app.ParseRate(s)
	return rate, err == nil
}

// editedApps reads the apps of the form in their order; those without an id go.
func (r *request) editedApps(view *pages.AccountEdit) []merchants.AppInput {
	var out []merchants.AppInput
	for i := range view.Apps {
		suffix := pages.AppSuffix(i)
		x := &view.Apps[i]
		x.AppID, x.Kind = r.field("appid"+suffix), r.field("appid_kind"+suffix)
		if x.AppID == "" {
			continue
		}
		in := merchants.AppInput{AppID: x.AppID, Kind: merchants.AppKind(x.Kind)}
		if secret := r.field("app_secret" + suffix); secret != "" {
			in.Secret = &secret
		}
		out = append(out, in)
	}
	return out
}

// probeAccount makes the live test call. Its outcome, good or bad, stands on
// the account's page.
func (c *Console) probeAccount(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	note := "account_probed"
	if _, err = c.Merchants.ProbeAccount(r.ctx, r.merchant.ID, a.ID, c.Probe); app.Is(err, app.Declined) || app.Is(err, app.Unavailable) {
		note, err = "", nil
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Account(a.ID), note)
}

// enableAccount lets the account take payments once its test call succeeds.
func (c *Console) enableAccount(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	_, err = c.Merchants.EnableAccount(r.ctx, r.merchant.ID, a.ID, c.Probe)
	if wantsSecond(err) {
		asked, err := c.Changes.Enable(r.ctx, a, c.Probe)
		return c.asked(r, asked, err)
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Account(a.ID), "account_enabled")
}

func (c *Console) disableAccount(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	if _, err := c.Merchants.DisableAccount(r.ctx, r.merchant.ID, a.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Account(a.ID), "account_disabled")
}
