package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// providerKind is which provider account the path is about.
type providerKind struct {
	id        string // whose credentials are replaced; "" for a new one
	mode      app.Mode
	channel   app.Channel
	inspector Inspector
}

func (c *Console) newProvider(r *request) (providerKind, error) {
	k := providerKind{mode: app.Mode(r.Params("mode"))}
	if !k.mode.Valid() || k.mode == app.Test && c.LiveOnly {
		return k, app.Errorf(app.NotFound, "no such mode")
	}
	var err error
	k.channel, k.inspector, err = c.channelOf(r, r.Params("channel"))
	return k, err
}

func (c *Console) heldProvider(r *request) (merchants.Provider, providerKind, error) {
	p, err := c.provider(r)
	if err != nil {
		return p, providerKind{}, err
	}
	k := providerKind{id: p.ID, mode: p.Mode}
	k.channel, k.inspector, err = c.channelOf(r, string(p.Channel))
	return p, k, err
}

func (c *Console) providerFormView(r *request, k providerKind, in entered) (pages.AccountForm, error) {
	s, err := c.shell(r, layout.NavProviders)
	return pages.AccountForm{
		Shell: s, Channel: k.channel, Values: in.values, Errors: in.errors, Checks: checksOf(in.report),
		Held: pages.HeldProvider{ID: k.id, Mode: k.mode}, SandboxURL: c.sandboxMerchants(k.mode),
	}, err
}

// providerForm asks for a new provider's credentials.
func (c *Console) providerForm(r *request) error {
	k, err := c.newProvider(r)
	if err != nil {
		return err
	}
	view, err := c.providerFormView(r, k, entered{})
	if err != nil {
		return err
	}
	return c.page(r, pages.AccountFormPage(view))
}

// checkProvider inspects what has been entered so far, as checkAccount does.
func (c *Console) checkProvider(r *request) error {
	k, err := c.newProvider(r)
	if err != nil {
		return err
	}
	in, err := c.readAccount(r, k.inspector)
	if err != nil {
		return err
	}
	view, err := c.providerFormView(r, k, in)
	if err != nil {
		return err
	}
	component := pages.AccountFormPage(view)
	if r.fragment() {
		component = pages.AccountChecks(view)
	}
	if components.Failed(view.Checks) || len(in.errors) > 0 {
		return c.refuse(r, component)
	}
	return c.page(r, component)
}

// registerProvider saves a provider, enabled, once its checks are green and the
// live test call has succeeded.
func (c *Console) registerProvider(r *request) error {
	k, err := c.newProvider(r)
	if err != nil {
		return err
	}
	in, err := c.readAccount(r, k.inspector)
	if err != nil {
		return err
	}
	if !in.report.OK() || len(in.errors) > 0 {
		return c.refuseProvider(r, k, in)
	}
	p, _, err := c.Merchants.RegisterProvider(r.ctx, merchants.ProviderRegistration{
		Mode: k.mode, Channel: k.channel, Name: in.values["name"], Credentials: in.credentials,
	}, k.inspector, c.Probe)
	if in.errors = c.fieldErrors(r, err); in.errors != nil {
		return c.refuseProvider(r, k, in)
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.Provider(p.ID), "provider_registered")
}

// refuseProvider shows the form again with what was found.
func (c *Console) refuseProvider(r *request, k providerKind, in entered) error {
	c.askForKeysAgain(r, &in)
	view, err := c.providerFormView(r, k, in)
	if err != nil {
		return err
	}
	return c.refuse(r, pages.AccountFormPage(view))
}

func (c *Console) providerCredentialsForm(r *request) error {
	p, k, err := c.heldProvider(r)
	if err != nil {
		return err
	}
	view, err := c.providerFormView(r, k, entered{values: p.Facts})
	if err != nil {
		return err
	}
	return c.page(r, pages.AccountFormPage(view))
}

// replaceProviderCredentials saves other credentials of the same provider once
// they work; until then every account under it goes on with those it has.
func (c *Console) replaceProviderCredentials(r *request) error {
	p, k, err := c.heldProvider(r)
	if err != nil {
		return err
	}
	in, err := c.readAccount(r, k.inspector)
	if err != nil {
		return err
	}
	if !in.report.OK() || len(in.errors) > 0 {
		return c.refuseProvider(r, k, in)
	}
	_, _, err = c.Merchants.UpdateProviderCredentials(r.ctx, p.ID, in.credentials, k.inspector, c.Probe)
	if in.errors = c.fieldErrors(r, err); in.errors != nil {
		return c.refuseProvider(r, k, in)
	}
	if err != nil {
		return err
	}
	return c.done(r, routes.Provider(p.ID), "credentials_saved")
}
