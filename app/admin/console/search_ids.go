package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
)

// pageOf is the page of what an id names, "" where there is none that the reader
// may see. An event, which a webhook carries in its header, leads to what it is
// about.
func (c *Console) pageOf(r *request, id string) (string, error) {
	if app.ValidID(app.PrefixEvent, id) {
		e, err := c.Events.Get(r.ctx, r.merchant.ID, r.mode, id)
		if err != nil {
			return "", unlessMissing(err)
		}
		id = e.ObjectID
	}
	for prefix, p := range idPages {
		if !app.ValidID(prefix, id) {
			continue
		}
		ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
		if !ask.may(r.merchant.ID, p.needs, access.Read) {
			return "", ask.err
		}
		if err := p.find(c, r, id); err != nil {
			return "", unlessMissing(err)
		}
		return p.path(r, id), nil
	}
	return "", nil
}

// idPage is the page of one kind of object.
type idPage struct {
	needs access.Object
	find  func(c *Console, r *request, id string) error // NotFound in another merchant or mode
	path  func(r *request, id string) string
}

var idPages = map[string]idPage{
	app.PrefixPayment: {access.Payments, func(c *Console, r *request, id string) error {
		_, err := c.Payments.Get(r.ctx, r.scope(), id)
		return err
	}, func(r *request, id string) string { return r.to().Payment(id) }},
	app.PrefixRefund: {access.Refunds, func(c *Console, r *request, id string) error {
		_, err := c.Payments.GetRefund(r.ctx, r.scope(), id)
		return err
	}, func(r *request, id string) string { return r.to().Refund(id) }},
	app.PrefixDelivery: {access.Deliveries, func(c *Console, r *request, id string) error {
		_, err := c.Webhooks.Delivery(r.ctx, r.merchant.ID, r.mode, id)
		return err
	}, func(r *request, id string) string { return r.to().Delivery(id) }},
	app.PrefixEndpoint: {access.Webhooks, func(c *Console, r *request, id string) error {
		_, err := c.Webhooks.Endpoint(r.ctx, r.merchant.ID, r.mode, id)
		return err
	}, func(r *request, id string) string { return r.to().Webhook(id) }},
	app.PrefixAccount: {access.Accounts, func(c *Console, r *request, id string) error {
		a, err := c.Merchants.Account(r.ctx, r.merchant.ID, id)
		if err == nil && a.Mode != r.mode {
			return app.Errorf(app.NotFound, "no account %s in %s mode", id, r.mode)
		}
		return err
	}, func(r *request, id string) string { return r.to().Account(id) }},
	app.PrefixException: {access.Reconciliation, func(c *Console, r *request, id string) error {
		_, err := c.Exceptions.Get(r.ctx, r.scope(), id)
		return err
	}, func(r *request, id string) string { return r.to().Exception(id) }},
	app.PrefixRun: {access.Reconciliation, func(c *Console, r *request, id string) error {
		_, err := c.Reconcile.Run(r.ctx, r.scope(), id)
		return err
	}, func(r *request, id string) string { return r.to().Run(id) }},
}

// unlessMissing turns what is not there into nothing found.
func unlessMissing(err error) error {
	if app.Is(err, app.NotFound) {
		return nil
	}
	return err
}
