package webhooks

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The reads of Check, which goes over all merchants.

func selectAllEndpoints(ctx context.Context, q db.Querier, after string, limit int) ([]Endpoint, error) {
	var out []Endpoint
	err := q.Select(ctx, &out, `SELECT `+endpointColumns+` FROM webhook_endpoints WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return out, err
}

func selectDelivered(ctx context.Context, q db.Querier, e Endpoint, eventIDs []string) ([]string, error) {
	var out []string
	err := q.Select(ctx, &out, `SELECT event_id FROM webhook_deliveries WHERE event_id IN (?) AND endpoint_id = ?`, eventIDs, e.ID)
	return out, err
}

func selectStuck(ctx context.Context, q db.Querier, tooFar app.Millis) ([]Delivery, error) {
	var out []Delivery
	err := q.Select(ctx, &out, `SELECT `+deliveryColumns+` FROM webhook_deliveries WHERE (status = 'pending' AND (next_at <= 0 OR next_at > ?)) OR (status = 'dead' AND last_error = '') OR (status = 'succeeded' AND delivered_at = 0) OR status NOT IN ('pending', 'succeeded', 'dead') ORDER BY id LIMIT 1000`, tooFar)
	return out, err
}
