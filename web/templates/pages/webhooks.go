package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Webhooks is the list of webhook endpoints.
type Webhooks struct {
	Shell     layout.Shell
	Rows      []EndpointRow
	Forbidden bool
}

// EndpointRow is one endpoint. Health is healthy, unproven, failing or
// disabled.
type EndpointRow struct {
	ID, URL, Description string
	EventTypes           []string
	Enabled              bool
	Health               string
	LastDeliveryAt       app.Millis
}

// EndpointForm creates an endpoint; it posts to Scope.Webhooks the fields url,
// description and event_types (any number).
type EndpointForm struct {
	Shell layout.Shell
	// ID is the endpoint that is changed; empty to create one.
	ID               string
	URL, Description string
	EventTypes       []string // chosen
	Errors           map[string]string
}

// EventTypes are the choices of an endpoint's filter, in order.
func EventTypes() []string {
	return []string{
		"*", "payment.succeeded", "payment.closed", "payment.failed", "payment.duplicate",
		"refund.succeeded", "refund.failed", "refund.abnormal", "account.*", "endpoint.disabled", "reconciliation.completed",
	}
}

func (v EndpointForm) events(ctx context.Context) components.Field {
	f := components.Field{Name: "event_types", Label: i18n.T(ctx, "webhooks.events"), Error: v.Errors["event_types"]}
	for _, t := range EventTypes() {
		label := t
		if t == "*" {
			label = i18n.T(ctx, "webhooks.every_event")
		}
		f.Options = append(f.Options, components.Option{Value: t, Label: label, Help: i18n.T(ctx, eventKey(t)), Selected: contains(v.EventTypes, t)})
	}
	return f
}

// Endpoint is one endpoint's page.
type Endpoint struct {
	Shell layout.Shell
	EndpointRow
	// Reason is why it is disabled: manual, gone or failing; empty when enabled.
	Reason       string
	FailingSince app.Millis
	CreatedAt    app.Millis
	// Secret is the signing secret, revealed by an explicit act only; empty
	// otherwise. SecretHint is its start, such as "whsec_Mf8…".
	Secret, SecretHint string
	// OldSecretUntil is until when the rotated secret signs as well; 0 for none.
	OldSecretUntil app.Millis
	Deliveries     []DeliveryRow
}

func (v EndpointForm) action() string {
	if v.ID != "" {
		return v.Shell.Scope().WebhookAction(v.ID, "edit")
	}
	return v.Shell.Scope().Webhooks()
}

func (v EndpointForm) back() string {
	if v.ID != "" {
		return v.Shell.Scope().Webhook(v.ID)
	}
	return v.Shell.Scope().Webhooks()
}

// word is the key of the page's title and button.
func (v EndpointForm) word() string {
	if v.ID != "" {
		return "webhooks.save"
	}
	return "webhooks.create"
}
