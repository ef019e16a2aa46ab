package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/webhooks"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const (
	expiresSoon    = 30 * 24 * time.Hour
	answerPatience = 2 * time.Minute // a payment without an answer for longer is worth a look
	countAtMost    = 100
)

// needsAction lists what somebody must look at, as far as the reader may see it.
func (c *Console) needsAction(r *request, s layout.Shell) ([]pages.NeedsAction, error) {
	var out []pages.NeedsAction
	for _, part := range []struct {
		allowed bool
		find    func(*request) ([]pages.NeedsAction, error)
	}{
		{s.Can.Accounts, c.accountActions}, {s.Can.Webhooks, c.endpointActions},
		{s.Can.Deliveries, c.deliveryActions}, {s.Can.Cases, c.caseActions}, {s.Can.Reconcile, c.reconcileActions}, {s.Can.Reconcile, c.exceptionActions}, {s.Can.Payments, c.paymentActions},
		{s.Can.Refunds, c.refundActions}, {s.Waiting > 0, c.approvalActions},
	} {
		if !part.allowed {
			continue
		}
		found, err := part.find(r)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (c *Console) accounts(r *request) ([]merchants.Account, error) {
	return c.Merchants.Accounts(r.ctx, merchants.AccountFilter{MerchantID: r.merchant.ID, Mode: r.mode, Limit: countAtMost})
}

func (c *Console) endpointActions(r *request) ([]pages.NeedsAction, error) {
	list, err := c.endpoints(r)
	if err != nil {
		return nil, err
	}
	var out []pages.NeedsAction
	for _, e := range list {
		a := pages.NeedsAction{Urgent: true, Name: e.URL, Href: r.to().Webhook(e.ID)}
		switch {
		case e.Status == webhooks.Disabled && e.Reason != webhooks.ReasonManual:
			a.Kind, a.At = "endpoint_disabled", e.UpdatedAt
		case e.Status == webhooks.Enabled && e.FailingSince != 0:
			a.Kind, a.At = "endpoint_failing", e.FailingSince
			if a.Count, err = c.countDeliveries(r, webhooks.Filter{EndpointID: e.ID, Status: webhooks.Pending}); err != nil {
				return nil, err
			}
			a.Count = max(a.Count, 1)
		default:
			continue
		}
		out = append(out, a)
	}
	return out, nil
}

func (c *Console) endpoints(r *request) ([]webhooks.Endpoint, error) {
	return c.Webhooks.Endpoints(r.ctx, r.merchant.ID, r.mode, "", countAtMost)
}

// countDeliveries counts up to a hundred deliveries.
func (c *Console) countDeliveries(r *request, f webhooks.Filter) (int, error) {
	f.MerchantID, f.Mode, f.Limit = r.merchant.ID, r.mode, countAtMost
	found, err := c.Webhooks.Deliveries(r.ctx, f)
	return len(found), err
}

func (c *Console) deliveryActions(r *request) ([]pages.NeedsAction, error) {
	n, err := c.countDeliveries(r, webhooks.Filter{Status: webhooks.Dead})
	if err != nil || n == 0 {
		return nil, err
	}
	return []pages.NeedsAction{{Kind: "deliveries_dead", Count: n, Href: routes.With(r.to().Deliveries(), "status", "dead")}}, nil
}

func (c *Console) paymentActions(r *request) ([]pages.NeedsAction, error) {
	var out []pages.NeedsAction
	waiting, err := c.Payments.Waiting(r.ctx, r.scope(), app.ToMillis(c.Clock.Now().Add(-answerPatience)))
	if err != nil {
		return nil, err
	}
	if waiting.Count > 0 {
		out = append(out, pages.NeedsAction{
			Kind: "outcome_unknown", Count: waiting.Count, At: waiting.Oldest, Href: routes.With(r.to().Payments(), "status", "created"),
		})
	}
	return out, nil
}

// setupSteps is what a merchant without payments has yet to do.
func (c *Console) setupSteps(r *request, s layout.Shell) ([]pages.SetupStep, error) {
	list, err := c.accounts(r)
	if err != nil {
		return nil, err
	}
	steps := []pages.SetupStep{{Kind: "account", Done: hasEnabled(list), Href: allowed(s.Can.Accounts, r.to().Accounts())}}
	if s.Can.Keys {
		keys, err := c.Merchants.Keys(r.ctx, merchants.KeyFilter{MerchantID: r.merchant.ID, Mode: r.mode, Limit: 1})
		if err != nil {
			return nil, err
		}
		steps = append(steps, pages.SetupStep{Kind: "key", Done: len(keys) > 0, Href: allowed(s.Can.KeysEdit, r.to().NewKey())})
	}
	if s.Can.Webhooks {
		found, err := c.endpoints(r)
		if err != nil {
			return nil, err
		}
		steps = append(steps, pages.SetupStep{Kind: "webhook", Done: len(found) > 0, Href: allowed(s.Can.WebhooksEdit, r.to().NewWebhook())})
	}
	return append(steps, pages.SetupStep{Kind: "payment", Href: allowed(s.Can.Keys, r.to().Keys())}), nil
}

func hasEnabled(list []merchants.Account) bool {
	for _, a := range list {
		if a.Enabled {
			return true
		}
	}
	return false
}

func allowed(may bool, href string) string {
	if may {
		return href
	}
	return ""
}
