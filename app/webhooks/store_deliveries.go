package webhooks

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const deliveryColumns = `id, event_id, endpoint_id, merchant_id, mode, event_type, object_id, status, attempts, tries, next_at, lease_owner, lease_until, last_code, last_error, created_at, delivered_at, updated_at`

func insertDeliveries(ctx context.Context, tx *db.Tx, list []Delivery) error {
	rows := make([][]any, len(list))
	for i, d := range list {
		rows[i] = []any{d.ID, d.EventID, d.EndpointID, d.MerchantID, d.Mode, d.EventType, d.ObjectID, d.Status, d.Attempts, d.Tries, d.NextAt, d.LeaseOwner, d.LeaseUntil, d.LastCode, d.LastError, d.CreatedAt, d.DeliveredAt, d.UpdatedAt}
	}
	return db.InsertRows(ctx, tx, `INSERT INTO webhook_deliveries (`+deliveryColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows)
}

func selectDelivery(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, id string) (Delivery, error) {
	var d Delivery
	err := q.Get(ctx, &d, `SELECT `+deliveryColumns+` FROM webhook_deliveries WHERE id = ? AND merchant_id = ? AND mode = ?`, id, merchantID, mode)
	return d, err
}

// index is the one that serves the filter best; each has the id behind its
// condition.
func (f Filter) index() string {
	switch {
	case f.EventID != "":
		return "webhook_deliveries_once"
	case f.ObjectID != "":
		return "webhook_deliveries_by_object"
	case f.EndpointID != "":
		return "webhook_deliveries_by_endpoint"
	case f.Code != nil:
		return "webhook_deliveries_by_code"
	case f.Status != "":
		return "webhook_deliveries_by_status"
	case f.EventType != "":
		return "webhook_deliveries_by_type"
	}
	return "webhook_deliveries_by_merchant"
}

func selectDeliveries(ctx context.Context, q db.Querier, f Filter) ([]Delivery, error) {
	b := db.NewBuild(`SELECT `+deliveryColumns+` FROM webhook_deliveries WHERE merchant_id = ? AND mode = ?`, f.MerchantID, f.Mode)
	b.By(f.index())
	if f.EndpointID != "" {
		b.And(`endpoint_id = ?`, f.EndpointID)
	}
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.EventType != "" {
		b.And(`event_type = ?`, f.EventType)
	}
	if f.ObjectID != "" {
		b.And(`object_id = ?`, f.ObjectID)
	}
	if f.EventID != "" {
		b.And(`event_id = ?`, f.EventID)
	}
	if f.Code != nil {
		b.And(`last_code = ?`, *f.Code)
	}
	if f.From > 0 {
		b.And(`id >= ?`, app.PrefixDelivery+lowestULID(f.From))
	}
	if f.To > 0 {
		b.And(`id < ?`, app.PrefixDelivery+lowestULID(f.To))
	}
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var out []Delivery
	err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &out)
	return out, err
}

func selectByObject(ctx context.Context, q db.Querier, merchantID string, objectIDs []string) ([]Delivery, error) {
	var out []Delivery
	err := q.Select(ctx, &out, `SELECT `+deliveryColumns+` FROM webhook_deliveries WHERE merchant_id = ? AND object_id IN (?) ORDER BY id`, merchantID, objectIDs)
	return out, err
}

// restart makes deliveries due now. One whose schedule was over begins it anew;
// one that is being sent at this moment is left to that attempt.
func restart(ctx context.Context, tx *db.Tx, merchantID string, ids []string, now app.Millis) (int64, error) {
	return tx.Exec(ctx, `UPDATE webhook_deliveries SET tries = CASE WHEN status = 'pending' THEN tries ELSE 0 END, status = 'pending', next_at = ?, lease_owner = '', lease_until = 0, updated_at = ? WHERE id IN (?) AND merchant_id = ? AND lease_until <= ?`,
		now, now, ids, merchantID, now)
}

func insertAttempts(ctx context.Context, tx *db.Tx, outcomes []outcome) error {
	var rows [][]any
	for _, o := range outcomes {
		if a := o.attempt; !o.released {
			rows = append(rows, []any{a.DeliveryID, a.N, a.MerchantID, a.StartedAt, a.DurationMS, a.Code, a.Error, a.Response, a.RequestHeaders})
		}
	}
	return db.InsertRows(ctx, tx, `INSERT INTO webhook_attempts (delivery_id, n, merchant_id, started_at, duration_ms, code, error, response, request_headers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows)
}

func selectAttempts(ctx context.Context, q db.Querier, merchantID string, deliveryIDs []string) ([]Attempt, error) {
	var out []Attempt
	err := q.Select(ctx, &out, `SELECT delivery_id, n, merchant_id, started_at, duration_ms, code, error, response, request_headers FROM webhook_attempts WHERE delivery_id IN (?) AND merchant_id = ? ORDER BY delivery_id, n`, deliveryIDs, merchantID)
	return out, err
}
