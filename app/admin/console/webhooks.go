package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// webhooksPage lists the endpoints.
func (c *Console) webhooksPage(r *request) error {
	list, err := c.endpoints(r)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavWebhooks)
	if err != nil {
		return err
	}
	view := pages.Webhooks{Shell: s}
	for _, e := range list {
		row, err := c.endpointRow(r, e)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, row)
	}
	return c.page(r, pages.WebhooksPage(view))
}

func (c *Console) endpointRow(r *request, e webhooks.Endpoint) (pages.EndpointRow, error) {
	row := pages.EndpointRow{
		ID: e.ID, URL: e.URL, Description: e.Description, EventTypes: e.EventTypes, Enabled: e.Status == webhooks.Enabled, Health: "healthy",
	}
	latest, err := c.Webhooks.Deliveries(r.ctx, webhooks.Filter{MerchantID: r.merchant.ID, Mode: r.mode, EndpointID: e.ID, Limit: 1})
	if err != nil {
		return row, err
	}
	if len(latest) > 0 {
		row.LastDeliveryAt = latest[0].CreatedAt
	}
	switch {
	case !row.Enabled:
		row.Health = "disabled"
	case e.FailingSince != 0:
		row.Health = "failing"
	case len(latest) == 0:
		row.Health = "unproven"
	}
	return row, nil
}

func (c *Console) endpointForm(r *request) error {
	s, err := c.shell(r, layout.NavWebhooks)
	if err != nil {
		return err
	}
	return c.page(r, pages.EndpointFormPage(pages.EndpointForm{Shell: s, EventTypes: []string{"*"}}))
}

// createEndpoint makes an endpoint and shows its secret, in this answer only.
func (c *Console) createEndpoint(r *request) error {
	form, err := c.endpointInput(r, "")
	if err != nil {
		return err
	}
	made, err := c.Webhooks.Create(r.ctx, r.merchant.ID, r.mode, webhooks.Input{
		URL: form.URL, Description: form.Description, EventTypes: form.EventTypes,
	})
	if form.Errors = c.fieldErrors(r, err); form.Errors != nil {
		return c.refuse(r, pages.EndpointFormPage(form))
	}
	if err != nil {
		return err
	}
	return c.showEndpoint(r, made.Endpoint, made.Secret)
}

func (c *Console) endpointInput(r *request, id string) (pages.EndpointForm, error) {
	s, err := c.shell(r, layout.NavWebhooks)
	return pages.EndpointForm{
		Shell: s, ID: id, URL: r.field("url"), Description: r.field("description"), EventTypes: r.form["event_types"],
	}, err
}

func (c *Console) endpointEditForm(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavWebhooks)
	if err != nil {
		return err
	}
	return c.page(r, pages.EndpointFormPage(pages.EndpointForm{
		Shell: s, ID: e.ID, URL: e.URL, Description: e.Description, EventTypes: e.EventTypes,
	}))
}

func (c *Console) editEndpoint(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	form, err := c.endpointInput(r, e.ID)
	if err != nil {
		return err
	}
	_, err = c.Webhooks.Update(r.ctx, r.merchant.ID, r.mode, e.ID, webhooks.Patch{
		URL: &form.URL, Description: &form.Description, EventTypes: &form.EventTypes,
	})
	if form.Errors = c.fieldErrors(r, err); form.Errors != nil {
		return c.refuse(r, pages.EndpointFormPage(form))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Webhook(e.ID), "endpoint_saved")
}

func (c *Console) endpoint(r *request) (webhooks.Endpoint, error) {
	id, err := r.id("endpoint", app.PrefixEndpoint)
	if err != nil {
		return webhooks.Endpoint{}, err
	}
	return c.Webhooks.Endpoint(r.ctx, r.merchant.ID, r.mode, id)
}
