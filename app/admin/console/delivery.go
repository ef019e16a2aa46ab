package console

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// deliveryPage is one delivery with each of its attempts, newest first.
func (c *Console) deliveryPage(r *request) error {
	d, err := c.delivery(r)
	if err != nil {
		return err
	}
	urls, err := c.endpointURLs(r)
	if err != nil {
		return err
	}
	event, err := c.Events.Get(r.ctx, r.merchant.ID, r.mode, d.EventID)
	if err != nil {
		return err
	}
	attempts, err := c.Webhooks.Attempts(r.ctx, r.merchant.ID, d.ID)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavDeliveries)
	if err != nil {
		return err
	}
	view := pages.Delivery{
		Shell: s, DeliveryRow: deliveryRow(d, urls[d.EndpointID]), DeliveredAt: d.DeliveredAt, Payload: event.Payload,
		Attempts: deliveryAttempts(attempts),
	}
	if app.ValidID(app.PrefixPayment, d.ObjectID) && s.Can.Payments {
		view.ObjectHref = r.to().Payment(d.ObjectID)
	}
	return c.page(r, pages.DeliveryPage(view))
}

func (c *Console) delivery(r *request) (webhooks.Delivery, error) {
	id, err := r.id("delivery", app.PrefixDelivery)
	if err != nil {
		return webhooks.Delivery{}, err
	}
	return c.Webhooks.Delivery(r.ctx, r.merchant.ID, r.mode, id)
}

func deliveryAttempts(list []webhooks.Attempt) []pages.DeliveryAttempt {
	var out []pages.DeliveryAttempt
	for _, a := range slices.Backward(list) {
		out = append(out, pages.DeliveryAttempt{
			N: int(a.N), StartedAt: a.StartedAt, Duration: time.Duration(a.DurationMS) * time.Millisecond, Code: int(a.Code),
			Error: a.Error, Headers: headerLines(a.RequestHeaders), Response: a.Response,
		})
	}
	return out
}

// headerLines writes stored headers one per line.
func headerLines(headers string) string {
	var named map[string]string
	if json.Unmarshal([]byte(headers), &named) != nil {
		return ""
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(named)) {
		out = append(out, name+": "+named[name])
	}
	return strings.Join(out, "\n")
}

// resend sends a delivery again, now.
func (c *Console) resend(r *request) error {
	d, err := c.delivery(r)
	if err != nil {
		return err
	}
	if _, err := c.Webhooks.Redeliver(r.ctx, r.merchant.ID, r.mode, d.ID); err != nil {
		return err
	}
	next := safeNext(r.field("next")) // a payment's timeline, where it was asked for there
	if next == "" {
		next = r.to().Delivery(d.ID)
	}
	return c.done(r, next, "delivery_resent")
}
