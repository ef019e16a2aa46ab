package console

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/webhooks"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// story merges what happened to a payment: the timeline of its own room, and
// what its webhooks came to, for those who may see deliveries.
// The webhooks of its refunds belong to it.
func (c *Console) story(r *request, p payments.Payment, refunds []payments.Refund, s layout.Shell) ([]components.Entry, error) {
	rows, err := c.Payments.Timeline(r.ctx, r.scope(), p.ID)
	if err != nil {
		return nil, err
	}
	out := c.timelineEntries(r, rows)
	if s.Can.Deliveries {
		objects := []string{p.ID}
		for _, refund := range refunds {
			objects = append(objects, refund.ID)
		}
		sent, err := c.webhookEntries(r, s, objects...)
		if err != nil {
			return nil, err
		}
		out = append(out, sent...)
	}
	return inOrder(out), nil
}

func inOrder(entries []components.Entry) []components.Entry {
	slices.SortStableFunc(entries, func(a, b components.Entry) int { return cmp.Compare(a.At, b.At) })
	return entries
}

// timelineEntries are the rows of a payment's timeline, oldest first.
func (c *Console) timelineEntries(r *request, rows []payments.Entry) []components.Entry {
	var out []components.Entry
	for _, row := range rows {
		out = append(out, c.timelineEntry(r, row))
	}
	numberRepeats(out)
	return out
}

func (c *Console) timelineEntry(r *request, row payments.Entry) components.Entry {
	e := components.Entry{
		ID: row.ID, At: row.At, Kind: string(row.Kind), Message: row.Message, Result: row.Result,
		ActorKind: row.ActorKind, ActorName: row.ActorName, Duration: time.Duration(row.DurationMS) * time.Millisecond,
		RequestID: row.RequestID, Request: row.Request, Response: row.Response,
	}
	// We wrote it; without arguments the sentence still says what happened.
	_ = json.Unmarshal([]byte(row.Args), &e.Args)
	e.Facts = askedFrom(e.Args)
	switch row.Kind {
	case payments.KindChannelCall:
		said := saidBy(row)
		e.Result, e.Code, e.Quote = said.result, said.code, said.words
		if alipayMethod(row.Request) == "alipay.trade.query" {
			e.Message = "channel.query" // also where it finishes what another call began
		}
		e.Curl = channelCurl(e.Args["endpoint"], row.Request)
		e.Facts = called(row, e.Args)
	case payments.KindNotification:
		e.Facts = append(e.Facts, ourReply(row))
	case payments.KindAPI:
		e.Curl = c.apiCurl(r, row)
	}
	return e
}

// webhookEntries is a row for each attempt to tell the merchant's systems of the
// objects.
func (c *Console) webhookEntries(r *request, s layout.Shell, objects ...string) ([]components.Entry, error) {
	list, err := c.Webhooks.ByObject(r.ctx, r.merchant.ID, objects...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	urls, err := c.endpointURLs(r)
	if err != nil {
		return nil, err
	}
	facts, err := c.Events.ByObject(r.ctx, r.merchant.ID, objects...)
	if err != nil {
		return nil, err
	}
	payloads := map[string]events.Event{}
	for _, f := range facts {
		payloads[f.ID] = f
	}
	ids, byID := make([]string, len(list)), map[string]webhooks.Delivery{}
	for i, d := range list {
		ids[i], byID[d.ID] = d.ID, d
	}
	attempts, err := c.Webhooks.Attempts(r.ctx, r.merchant.ID, ids...)
	if err != nil {
		return nil, err
	}
	var out []components.Entry
	for _, a := range attempts {
		d := byID[a.DeliveryID]
		e := webhookEntry(r, d, a, urls[d.EndpointID], payloads[d.EventID].Payload)
		e.ToldOf = payloads[d.EventID].CreatedAt
		if s.Can.DeliveryResend && a.N == d.Attempts && d.Status != webhooks.Pending {
			e.Resend = &components.Resend{Path: r.to().Resend(d.ID), CSRF: s.CSRF, Next: r.path()}
		}
		out = append(out, e)
	}
	return out, nil
}

func webhookEntry(r *request, d webhooks.Delivery, a webhooks.Attempt, endpoint, payload string) components.Entry {
	if endpoint == "" {
		endpoint = d.EndpointID // deleted since
	}
	e := components.Entry{
		ID: d.ID + "/" + strconv.FormatInt(a.N, 10), At: a.StartedAt, Kind: "webhook", Message: "webhook.delivered", Result: payments.ResultOK,
		Args: map[string]string{
			"type": d.EventType, "endpoint": endpoint, "n": strconv.FormatInt(a.N, 10),
			"of": strconv.Itoa(webhooks.MaxTries), "code": strconv.FormatInt(a.Code, 10),
		},
		ActorKind: "system", ActorName: "platform", Duration: time.Duration(a.DurationMS) * time.Millisecond,
		Request: payload, Response: a.Response, Href: r.to().Delivery(d.ID), Curl: webhookCurl(endpoint, a.RequestHeaders, payload),
	}
	if a.Code >= 200 && a.Code < 300 {
		return e
	}
	e.Result, e.Message, e.Quote = payments.ResultRefused, "webhook.failed", a.Error
	if a.Code == 0 {
		e.Result, e.Message = payments.ResultUnknown, "webhook.unanswered"
	}
	if a.N == d.Attempts {
		if d.Status == webhooks.Pending {
			e.NextAt = d.NextAt
		} else if d.Status == webhooks.Dead {
			e.Message, e.Result = "webhook.dead", payments.ResultRejected
		}
	}
	return e
}

func (c *Console) endpointURLs(r *request) (map[string]string, error) {
	list, err := c.endpoints(r)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, e := range list {
		out[e.ID] = e.URL
	}
	return out, nil
}

// apiAddress is where the merchant's own systems call us.
func (c *Console) apiAddress(r *request) string {
	return c.BaseURL + "/v1/merchants/" + url.PathEscape(r.merchant.ID)
}
