package webhooks

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// EndpointView is an endpoint as the API and events show it.
type EndpointView struct {
	ID          string   `json:"id"`
	Mode        app.Mode `json:"mode"`
	URL         string   `json:"url"`
	Description string   `json:"description"`
	EventTypes  []string `json:"event_types"`
	Status      Status   `json:"status"`
	Reason      string   `json:"reason,omitempty"`
	CreatedAt   string   `json:"created_at"`
	UpdatedAt   string   `json:"updated_at"`
	Version     int64    `json:"version"`
}

// View returns the endpoint as the API and events show it.
func (e Endpoint) View() EndpointView {
	return EndpointView{
		ID: e.ID, Mode: e.Mode, URL: e.URL, Description: e.Description, EventTypes: e.EventTypes,
		Status: e.Status, Reason: e.Reason, Version: e.Version,
		CreatedAt: e.CreatedAt.Time().In(app.Beijing).Format(time.RFC3339), UpdatedAt: e.UpdatedAt.Time().In(app.Beijing).Format(time.RFC3339),
	}
}
