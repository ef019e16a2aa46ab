package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// sums are amounts and, each rounded as Rate.Fee rounds, their fees in
// millionths of a fen.
type sums struct {
	Amount app.Money `db:"amount"`
	Fees   int64     `db:"fees"`
}

// net is what is left after fees.
func (s sums) net() app.Money { return s.Amount - app.Money(s.Fees/1_000_000) }

func sumPaid(ctx context.Context, q db.Querier, h holder, before app.Millis) (app.Money, error) {
	var s sums
	err := q.Get(ctx, &s, `SELECT COALESCE(SUM(amount), 0) AS amount,
 COALESCE(SUM(amount * ? + 500000 - (amount * ? + 500000) % 1000000), 0) AS fees
 FROM sandbox_trades WHERE merchant_id = ? AND paid_at > 0 AND paid_at < ?`, h.rate, h.rate, h.id, before)
	return s.net(), err
}

func sumRefundsCreated(ctx context.Context, q db.Querier, h holder, before app.Millis) (app.Money, error) {
	var s sums
	err := q.Get(ctx, &s, `SELECT COALESCE(SUM(r.amount), 0) AS amount,
 COALESCE(SUM(r.amount * ? + 500000 - (r.amount * ? + 500000) % 1000000), 0) AS fees
 FROM sandbox_refunds r JOIN sandbox_trades t ON t.id = r.trade_id
 WHERE r.merchant_id = ? AND r.created_at < ? AND t.merchant_id = ?`, h.rate, h.rate, h.ownerID, before, h.id)
	return s.net(), err
}

func sumRefundsSucceeded(ctx context.Context, q db.Querier, h holder, before app.Millis) (app.Money, error) {
	var s sums
	err := q.Get(ctx, &s, `SELECT COALESCE(SUM(r.amount), 0) AS amount,
 COALESCE(SUM(r.amount * ? + 500000 - (r.amount * ? + 500000) % 1000000), 0) AS fees
 FROM sandbox_refunds r JOIN sandbox_trades t ON t.id = r.trade_id
 WHERE r.merchant_id = ? AND r.succeeded_at > 0 AND r.succeeded_at < ? AND t.merchant_id = ?`, h.rate, h.rate, h.ownerID, before, h.id)
	return s.net(), err
}

func sumRefundsClosed(ctx context.Context, q db.Querier, h holder, before app.Millis) (app.Money, error) {
	var s sums
	err := q.Get(ctx, &s, `SELECT COALESCE(SUM(r.amount), 0) AS amount,
 COALESCE(SUM(r.amount * ? + 500000 - (r.amount * ? + 500000) % 1000000), 0) AS fees
 FROM sandbox_refunds r JOIN sandbox_trades t ON t.id = r.trade_id
 WHERE r.merchant_id = ? AND r.closed_at > 0 AND r.closed_at < ? AND t.merchant_id = ?`, h.rate, h.rate, h.ownerID, before, h.id)
	return s.net(), err
}

func sumWithdrawals(ctx context.Context, q db.Querier, h holder, before app.Millis) (sum app.Money, err error) {
	err = q.Get(ctx, &sum, `SELECT COALESCE(SUM(amount), 0) FROM sandbox_withdrawals WHERE merchant_id = ? AND created_at < ?`, h.id, before)
	return sum, err
}

func insertWithdrawal(ctx context.Context, q db.Querier, w Withdrawal) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_withdrawals (id, channel, merchant_id, amount, created_at) VALUES (?, ?, ?, ?, ?)`,
		w.ID, w.Channel, w.MerchantID, w.Amount, w.CreatedAt)
	return err
}

func selectWithdrawals(ctx context.Context, q db.Querier, merchantID string, after mark, until app.Millis, limit int) (ws []Withdrawal, err error) {
	err = q.Select(ctx, &ws, `SELECT id, channel, merchant_id, amount, created_at FROM sandbox_withdrawals
 WHERE merchant_id = ? AND created_at >= ? AND created_at < ? AND (created_at > ? OR id > ?) ORDER BY created_at, id LIMIT ?`,
		merchantID, after.at, until, after.at, after.id, limit)
	return ws, err
}
