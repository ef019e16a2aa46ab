package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// figures sums the newest rows of a filter. The inner SELECT ends at limit
// rows of the index that serves the list, so the sum is bounded.
func (store) figures(ctx context.Context, q db.Querier, scope Scope, f Filter, limit int) (Figures, error) {
	b := db.NewBuild(`SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN t.status = 'succeeded' THEN 1 ELSE 0 END), 0) AS succeeded,
 COALESCE(SUM(CASE WHEN t.status = 'succeeded' THEN t.amount ELSE 0 END), 0) AS amount, COALESCE(SUM(t.amount_refunded), 0) AS refunded
 FROM (SELECT status, amount, amount_refunded FROM payments WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By(paymentIndex(f.AccountID, string(f.Method), string(f.Status), string(f.Channel)))
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.Method != "" {
		b.And(`method = ?`, f.Method)
	}
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.AccountID != "" {
		b.And(`account_id = ?`, f.AccountID)
	}
	if f.From != 0 {
		b.And(`id >= ?`, idFloor(app.PrefixPayment, f.From))
	}
	if f.To != 0 {
		b.And(`id < ?`, idFloor(app.PrefixPayment, f.To))
	}
	var rows []Figures
	if err := b.Tail(`ORDER BY id DESC LIMIT ?) t`, limit).Select(ctx, q, &rows); err != nil {
		return Figures{}, fmt.Errorf("sum payments: %w", err)
	}
	return rows[0], nil
}

func (store) waiting(ctx context.Context, q db.Querier, scope Scope, before app.Millis) (Waiting, error) {
	var w Waiting
	err := q.Get(ctx, &w, `SELECT COUNT(*) AS n, COALESCE(MIN(t.created_at), 0) AS oldest FROM (SELECT created_at FROM payments
 WHERE merchant_id = ? AND mode = ? AND status = 'created' AND error_code = '' AND id >= ? AND id < ? ORDER BY id DESC LIMIT 100) t`,
		scope.MerchantID, scope.Mode, idFloor(app.PrefixPayment, before.Add(-24*time.Hour)), idFloor(app.PrefixPayment, before))
	if err != nil {
		return w, fmt.Errorf("count payments without an answer: %w", err)
	}
	return w, nil
}
