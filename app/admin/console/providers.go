package console

import (
	"maps"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func providerRoutes() []Route {
	const (
		one  = routes.Providers + "/:provider"
		form = routes.Providers + "/new/:mode/:channel"
	)
	return []Route{
		get(routes.Providers, OnPlatform, access.Providers, access.Read, (*Console).providersPage),
		fresh(get(form, OnPlatform, access.Providers, access.Write, (*Console).providerForm)),
		freshSecrets(post(form, OnPlatform, access.Providers, access.Write, (*Console).registerProvider)),
		post(routes.Providers+"/check/:mode/:channel", OnPlatform, access.Providers, access.Write, (*Console).checkProvider),
		get(one, OnPlatform, access.Providers, access.Read, (*Console).providerPage),
		fresh(get(one+"/credentials", OnPlatform, access.Providers, access.Write, (*Console).providerCredentialsForm)),
		freshSecrets(post(one+"/credentials", OnPlatform, access.Providers, access.Write, (*Console).replaceProviderCredentials)),
		fresh(post(one+"/enable", OnPlatform, access.Providers, access.Write, (*Console).enableProvider)),
		post(one+"/disable", OnPlatform, access.Providers, access.Write, (*Console).disableProvider),
	}
}

// providersPage lists the platform's service provider accounts of a mode.
func (c *Console) providersPage(r *request) error {
	s, err := c.shell(r, layout.NavProviders)
	if err != nil {
		return err
	}
	view := pages.Providers{Shell: s, Mode: app.Live, NoTest: c.LiveOnly}
	if r.query("mode") == string(app.Test) && !c.LiveOnly {
		view.Mode = app.Test
	}
	list, err := c.Merchants.Providers(r.ctx, view.Mode)
	if err != nil {
		return err
	}
	for _, p := range list {
		view.Rows = append(view.Rows, providerRow(p))
	}
	return c.page(r, pages.ProvidersPage(view))
}

func providerRow(p merchants.Provider) pages.ProviderRow {
	return pages.ProviderRow{
		ID: p.ID, Name: p.Name, Mode: p.Mode, Channel: p.Channel, Identity: p.Identity, AppID: p.AppID, Enabled: p.Enabled,
		ExpiresAt: p.CertificateExpiresAt, CreatedAt: p.CreatedAt,
	}
}

// provider returns the provider of the path.
func (c *Console) provider(r *request) (merchants.Provider, error) {
	id, err := r.id("provider", merchants.PrefixProvider)
	if err != nil {
		return merchants.Provider{}, err
	}
	return c.Merchants.Provider(r.ctx, id)
}

const accountsUnderShown = 50

// providerPage is one provider with the merchants under it.
func (c *Console) providerPage(r *request) error {
	p, err := c.provider(r)
	if err != nil {
		return err
	}
	view, err := c.providerView(r, p)
	if err != nil {
		return err
	}
	return c.page(r, pages.ProviderPage(view))
}

func (c *Console) providerView(r *request, p merchants.Provider) (pages.Provider, error) {
	s, err := c.shell(r, layout.NavProviders)
	if err != nil {
		return pages.Provider{}, err
	}
	view := pages.Provider{Shell: s, ProviderRow: providerRow(p)}
	for _, name := range slices.Sorted(maps.Keys(p.Facts)) {
		if r.words.Has("fact."+name) && name != "certificate_expires_at" {
			view.Facts = append(view.Facts, pages.Pair{Name: name, Value: p.Facts[name]})
		}
	}
	cursor := r.query("cursor")
	if !app.ValidID(app.PrefixAccount, cursor) {
		cursor = ""
	}
	list, err := c.Merchants.AccountsUnder(r.ctx, p.ID, cursor, accountsUnderShown+1) // one more tells whether there is a next page
	if err != nil {
		return view, err
	}
	view.Pager = components.Pager{Path: routes.Provider(p.ID), Later: cursor != ""}
	if len(list) > accountsUnderShown {
		list = list[:accountsUnderShown]
		view.Pager.Next = list[accountsUnderShown-1].ID
	}
	view.Pager.Shown = len(list)
	view.Accounts, err = c.accountsUnder(r, list)
	return view, err
}

func (c *Console) accountsUnder(r *request, list []merchants.Account) ([]pages.AccountUnder, error) {
	var ids []string
	for _, a := range list {
		ids = append(ids, a.MerchantID)
	}
	found, err := c.Merchants.Names(r.ctx, ids)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, n := range found {
		names[n.ID] = n.Name
	}
	var out []pages.AccountUnder
	for _, a := range list {
		identity := a.SubIdentity
		if identity == "" {
			identity = a.Identity // Alipay: the merchant's own
		}
		out = append(out, pages.AccountUnder{
			Name: a.Name, MerchantID: a.MerchantID, Merchant: names[a.MerchantID], Identity: identity,
			Health: c.healthOf(a, merchants.Circuit{}), LastSuccessAt: a.Health.LastSuccessAt,
		})
	}
	return out, nil
}

func (c *Console) enableProvider(r *request) error {
	p, err := c.provider(r)
	if err != nil {
		return err
	}
	if _, err := c.Merchants.SwitchProvider(r.ctx, p.ID, true); err != nil {
		return err
	}
	return c.done(r, routes.Provider(p.ID), "provider_enabled")
}

// disableProvider needs the provider's name typed: every merchant under it stops
// taking payments.
func (c *Console) disableProvider(r *request) error {
	p, err := c.provider(r)
	if err != nil {
		return err
	}
	if r.field("confirm") != p.Name {
		view, err := c.providerView(r, p)
		if err != nil {
			return err
		}
		view.Errors = map[string]string{"confirm": r.t("reason.confirm_differs")}
		return c.refuse(r, pages.ProviderPage(view))
	}
	if _, err := c.Merchants.SwitchProvider(r.ctx, p.ID, false); err != nil {
		return err
	}
	return c.done(r, routes.Provider(p.ID), "provider_disabled")
}
