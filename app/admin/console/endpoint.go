package console

import (
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// endpointPage is one endpoint: its state and its latest deliveries.
func (c *Console) endpointPage(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	return c.showEndpoint(r, e, "")
}

// showEndpoint shows an endpoint, and right after a secret was made that too.
func (c *Console) showEndpoint(r *request, e webhooks.Endpoint, secret string) error {
	row, err := c.endpointRow(r, e)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavWebhooks)
	if err != nil {
		return err
	}
	view := pages.Endpoint{
		Shell: s, EndpointRow: row, Reason: e.Reason, FailingSince: e.FailingSince, CreatedAt: e.CreatedAt, Secret: secret,
	}
	secrets, err := c.Webhooks.Secrets(r.ctx, r.merchant.ID, r.mode, e.ID)
	if err != nil {
		return err
	}
	for _, x := range secrets {
		view.OldSecretUntil = max(view.OldSecretUntil, x.ExpiresAt)
	}
	if s.Can.Deliveries {
		latest, err := c.Webhooks.Deliveries(r.ctx, webhooks.Filter{MerchantID: r.merchant.ID, Mode: r.mode, EndpointID: e.ID, Limit: 10})
		if err != nil {
			return err
		}
		view.Deliveries = deliveryRows(latest, map[string]string{e.ID: e.URL})
	}
	return c.page(r, pages.EndpointPage(view))
}

// testEndpoint sends a test event and leads to its delivery.
func (c *Console) testEndpoint(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	d, err := c.Webhooks.SendTest(r.ctx, r.merchant.ID, r.mode, e.ID)
	if err != nil {
		return err
	}
	return c.done(r, r.to().Delivery(d.ID), "")
}

// rotateSecret makes a new secret and shows it, in this answer only.
func (c *Console) rotateSecret(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	secret, err := c.Webhooks.RotateSecret(r.ctx, r.merchant.ID, r.mode, e.ID, webhooks.HMAC)
	if err != nil {
		return err
	}
	return c.showEndpoint(r, e, secret)
}

func (c *Console) enableEndpoint(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	if _, err := c.Webhooks.Enable(r.ctx, r.merchant.ID, r.mode, e.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Webhook(e.ID), "endpoint_enabled")
}

func (c *Console) disableEndpoint(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	if _, err := c.Webhooks.Disable(r.ctx, r.merchant.ID, r.mode, e.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Webhook(e.ID), "endpoint_disabled")
}

// deleteEndpoint removes an endpoint, when its id was typed.
func (c *Console) deleteEndpoint(r *request) error {
	e, err := c.endpoint(r)
	if err != nil {
		return err
	}
	if err := r.confirmed(e.ID); err != nil {
		return err
	}
	if err := c.Webhooks.Delete(r.ctx, r.merchant.ID, r.mode, e.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Webhooks(), "endpoint_deleted")
}
