package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

func (store) refundsAfter(ctx context.Context, q db.Querier, after string) ([]Refund, error) {
	var rows []Refund
	err := q.Select(ctx, &rows, `SELECT `+refundColumns+` FROM refunds WHERE id > ? ORDER BY id LIMIT ?`, after, verifyPage)
	return rows, wrap("read refunds", err)
}

// refundSums sums the refunds of payments by the attempt they are of.
func (store) refundSums(ctx context.Context, q db.Querier, paymentIDs []string) (map[string]refundSums, error) {
	var rows []struct {
		AttemptID string `db:"attempt_id"`
		refundSums
	}
	err := q.Select(ctx, &rows, `SELECT attempt_id, COALESCE(SUM(CASE WHEN status IN ('failed', 'rejected') THEN 0 ELSE amount END), 0) AS reserved,
 COALESCE(SUM(CASE WHEN status = 'succeeded' THEN amount ELSE 0 END), 0) AS succeeded FROM refunds WHERE payment_id IN (?) GROUP BY attempt_id`, paymentIDs)
	sums := map[string]refundSums{}
	for _, r := range rows {
		sums[r.AttemptID] = r.refundSums
	}
	return sums, wrap("sum refunds", err)
}

// attemptsReserved returns what the attempts of payments reserve themselves.
func (store) attemptsReserved(ctx context.Context, q db.Querier, paymentIDs []string) (map[string]app.Money, error) {
	var rows []struct {
		ID       string    `db:"id"`
		Reserved app.Money `db:"refund_reserved"`
	}
	err := q.Select(ctx, &rows, `SELECT id, refund_reserved FROM attempts WHERE payment_id IN (?) AND refund_reserved > 0`, paymentIDs)
	out := map[string]app.Money{}
	for _, r := range rows {
		out[r.ID] = r.Reserved
	}
	return out, wrap("read what attempts reserve", err)
}
