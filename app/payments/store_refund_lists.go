package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// narrow adds the filter's conditions, but not those that page.
func (f RefundFilter) narrow(b *db.Build) {
	if f.PaymentID != "" {
		b.And(`payment_id = ?`, f.PaymentID)
	}
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.Source != "" {
		b.And(`source = ?`, f.Source)
	}
	if f.From != 0 {
		b.And(`id >= ?`, idFloor(app.PrefixRefund, f.From))
	}
	if f.To != 0 {
		b.And(`id < ?`, idFloor(app.PrefixRefund, f.To))
	}
}

// refundsNumbered returns the refunds of these ids, and those that the channel
// calls by the number.
func (store) refundsNumbered(ctx context.Context, q db.Querier, scope Scope, ids []string, number string) ([]Refund, error) {
	var rows, more []Refund
	err := q.Select(ctx, &rows, `SELECT `+refundColumns+` FROM refunds WHERE merchant_id = ? AND mode = ? AND channel_refund_no = ? ORDER BY id LIMIT 20`,
		scope.MerchantID, scope.Mode, number)
	if err == nil && len(ids) > 0 {
		err = q.Select(ctx, &more, `SELECT `+refundColumns+` FROM refunds WHERE id IN (?) AND merchant_id = ? AND mode = ? ORDER BY id`,
			ids, scope.MerchantID, scope.Mode)
	}
	if err != nil {
		return nil, fmt.Errorf("find refunds: %w", err)
	}
	seen := map[string]bool{}
	var out []Refund
	for _, r := range append(more, rows...) {
		if !seen[r.ID] {
			seen[r.ID] = true
			out = append(out, r)
		}
	}
	return out, nil
}

// refundFigures sums the newest rows of a filter; the inner SELECT ends at limit.
func (store) refundFigures(ctx context.Context, q db.Querier, scope Scope, f RefundFilter, limit int) (RefundFigures, error) {
	b := db.NewBuild(`SELECT COUNT(*) AS n,
 COALESCE(SUM(CASE WHEN t.status IN ('failed', 'rejected') THEN 0 ELSE t.amount END), 0) AS amount,
 COALESCE(SUM(CASE WHEN t.status = 'succeeded' THEN t.amount ELSE 0 END), 0) AS succeeded
 FROM (SELECT status, amount FROM refunds WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By(refundIndex(f.PaymentID, f.Status))
	f.narrow(b)
	var rows []RefundFigures
	if err := b.Tail(`ORDER BY id DESC LIMIT ?) t`, limit).Select(ctx, q, &rows); err != nil {
		return RefundFigures{}, fmt.Errorf("sum refunds: %w", err)
	}
	return rows[0], nil
}

// refundsIn counts the refunds in a state that were asked for before the time;
// of the pending ones only those that the channel has not certainly taken.
func (store) refundsIn(ctx context.Context, q db.Querier, scope Scope, status RefundStatus, before app.Millis) (Waiting, error) {
	var w Waiting
	err := q.Get(ctx, &w, `SELECT COUNT(*) AS n, COALESCE(MIN(t.created_at), 0) AS oldest FROM (SELECT created_at FROM refunds
 WHERE merchant_id = ? AND mode = ? AND status = ? AND created_at < ? AND (status <> 'pending' OR accepted_at = 0) ORDER BY id LIMIT 100) t`,
		scope.MerchantID, scope.Mode, status, before)
	if err != nil {
		return w, fmt.Errorf("count refunds that wait: %w", err)
	}
	return w, nil
}
