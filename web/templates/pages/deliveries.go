package pages

import (
	"context"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Deliveries is the list of deliveries across all endpoints.
type Deliveries struct {
	Shell     layout.Shell
	Filters   components.Filters // made by DeliveryFilters.Bar
	Rows      []DeliveryRow
	Pager     components.Pager
	Any       bool // tells "nothing yet" from "nothing matches"
	Forbidden bool
	Resend    Resend
	Views     components.Views
}

// Resend is the act of sending again everything that the filters select. It is
// offered when Count is not 0.
type Resend struct {
	Count   int
	Capped  bool // counting stopped at Count
	Filters []Pair
}

func (r Resend) more() string {
	if r.Capped {
		return "+"
	}
	return ""
}

// DeliveryRow is one delivery. Status is pending, retrying, succeeded or dead.
type DeliveryRow struct {
	ID, EventID, EventType string
	ObjectID               string
	EndpointID, URL        string
	Status                 string
	Attempts               int
	LastCode               int // HTTP; 0 without an answer
	CreatedAt              app.Millis
	NextAt                 app.Millis // 0 when none is planned
}

// DeliveryFilters are the filters as they stand in the URL: q (event or object
// id), status, endpoint, type, code (the last answer's HTTP status), from, to
// (dates in UTC+8).
type DeliveryFilters struct {
	Query, Status, Endpoint, Type, Code string
	From, To                            string
	// The errors are translated; empty for none.
	CodeError, TimeError string
	Endpoints            []Choice // by id and URL
}

// DeliveryStatuses are the choices of the status filter.
func DeliveryStatuses() []string { return []string{"pending", "retrying", "succeeded", "dead"} }

// Bar makes the filter bar; see PaymentFilters.Bar.
func (f DeliveryFilters) Bar(ctx context.Context, path string) components.Filters {
	endpoints := components.Select{Name: "endpoint", Label: i18n.T(ctx, "deliveries.endpoint"), Options: []components.Option{{}}}
	for _, e := range f.Endpoints {
		endpoints.Options = append(endpoints.Options, components.Option{Value: e.ID, Label: e.Name, Selected: e.ID == f.Endpoint})
	}
	types := components.Select{Name: "type", Label: i18n.T(ctx, "deliveries.event"), Options: []components.Option{{}}}
	for _, t := range append(EventTypes()[1:], "endpoint.test") {
		types.Options = append(types.Options, components.Option{Value: t, Label: t, Selected: t == f.Type})
	}
	return components.Filters{
		Path: path, Search: i18n.T(ctx, "deliveries.search"), Query: f.Query,
		Selects: []components.Select{
			choose(ctx, "status", "payments.status", "delivery_status.", f.Status, DeliveryStatuses()), types, endpoints,
		},
		Texts: []components.Text{{Name: "code", Label: i18n.T(ctx, "deliveries.code"), Value: f.Code, Error: f.CodeError, Digits: 3}},
		Ranges: []components.Range{
			{Label: i18n.T(ctx, "deliveries.created"), Type: "date", From: "from", To: "to", FromText: f.From, ToText: f.To, Error: f.TimeError},
		},
	}
}

// Delivery is one delivery's page.
type Delivery struct {
	Shell layout.Shell
	DeliveryRow
	DeliveredAt app.Millis
	// Payload is the body, the same for every attempt.
	Payload  string
	Attempts []DeliveryAttempt // newest first
	// ObjectHref leads to the object the event is about; empty when there is no
	// page for it.
	ObjectHref string
}

// DeliveryAttempt is one request that was sent.
type DeliveryAttempt struct {
	N         int
	StartedAt app.Millis
	Duration  time.Duration
	Code      int    // HTTP; 0 without an answer
	Error     string // when there was no answer
	Headers   string // of the request, one per line
	Response  string // the start of the answer's body
}

func (a DeliveryAttempt) ok() bool { return a.Code >= 200 && a.Code < 300 }

// code shows an HTTP status, or a dash.
func code(n int) string {
	if n == 0 {
		return "—"
	}
	return strconv.Itoa(n)
}
