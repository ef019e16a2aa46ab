package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/db"
)

func (store) insertTimeline(ctx context.Context, q db.Querier, entries []Entry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		rows[i] = []any{e.ID, e.MerchantID, e.PaymentID, e.AttemptID, e.At, e.Kind, e.ActorKind, e.ActorName, e.Message, e.Args, e.Result, e.DurationMS, e.RequestID, e.Request, e.Response}
	}
	err := db.InsertRows(ctx, q, `INSERT INTO payment_timeline (id, merchant_id, payment_id, attempt_id, at, kind, actor_kind, actor_name, message, args, result, duration_ms, request_id, request_text, response_text)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows)
	if err != nil {
		return fmt.Errorf("write the timeline: %w", err)
	}
	return nil
}

func (store) timeline(ctx context.Context, q db.Querier, merchantID, paymentID string) ([]Entry, error) {
	var rows []Entry
	err := q.Select(ctx, &rows, `SELECT id, merchant_id, payment_id, attempt_id, at, kind, actor_kind, actor_name, message, args, result, duration_ms, request_id, request_text, response_text
 FROM payment_timeline WHERE payment_id = ? AND merchant_id = ? ORDER BY id LIMIT 500`, paymentID, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read the timeline of %s: %w", paymentID, err)
	}
	return rows, nil
}
