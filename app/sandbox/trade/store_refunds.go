package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const refundColumns = `id, channel, merchant_id, trade_id, number_scope, out_refund_no, channel_refund_no, amount, reason,
 state, source, outcome, notify_url, created_at, due_at, succeeded_at, closed_at, abnormal_at`

func insertRefund(ctx context.Context, q db.Querier, r Refund) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_refunds (`+refundColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Channel, r.MerchantID, r.TradeID, r.Scope, r.OutRefundNo, r.ChannelRefundNo, r.Amount, r.Reason,
		r.State, r.Source, r.Outcome, r.NotifyURL, r.CreatedAt, r.DueAt, r.SucceededAt, r.ClosedAt, r.AbnormalAt)
	return err
}

// updateRefunded reserves the refund's amount if the trade has it, was paid
// after paidAfter and last refunded before lastBefore. WeChat says REFUND after
// any refund, Alipay closes a trade that is given back in full. (MySQL assigns
// from left to right, so the state comes before what it is computed from.)
func updateRefunded(ctx context.Context, q db.Querier, r Refund, paidAfter, lastBefore app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET state = CASE WHEN channel = ? OR refunded + ? = amount THEN ? ELSE state END,
 refunded = refunded + ?, refunds = refunds + 1, refunded_at = ?
 WHERE id = ? AND state IN (?, ?) AND refunded + ? <= amount AND refunds < ? AND paid_at >= ? AND refunded_at <= ?`,
		app.WeChat, r.Amount, Refunded, r.Amount, r.CreatedAt,
		r.TradeID, Paid, Refunded, r.Amount, MaxRefunds, paidAfter, lastBefore)
}

// updateRefundReturned gives a closed refund's amount back to its trade.
func updateRefundReturned(ctx context.Context, q db.Querier, r Refund) error {
	_, err := q.Exec(ctx, `UPDATE sandbox_trades SET state = CASE WHEN channel = ? THEN state ELSE ? END, refunded = refunded - ? WHERE id = ?`,
		app.WeChat, Paid, r.Amount, r.TradeID)
	return err
}

func updateRefundState(ctx context.Context, q db.Querier, r Refund, from RefundState) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_refunds SET state = ?, succeeded_at = ?, closed_at = ?, abnormal_at = ? WHERE id = ? AND state = ?`,
		r.State, r.SucceededAt, r.ClosedAt, r.AbnormalAt, r.ID, from)
}

func selectRefund(ctx context.Context, q db.Querier, scope, outRefundNo string) (r Refund, err error) {
	if foreign(scope, outRefundNo) {
		return r, db.ErrNoRows
	}
	err = q.Get(ctx, &r, `SELECT `+refundColumns+` FROM sandbox_refunds WHERE number_scope = ? AND out_refund_no = ?`, scope, outRefundNo)
	return r, err
}

func selectRefundByID(ctx context.Context, q db.Querier, id string) (r Refund, err error) {
	if foreign(id) {
		return r, db.ErrNoRows
	}
	err = q.Get(ctx, &r, `SELECT `+refundColumns+` FROM sandbox_refunds WHERE id = ?`, id)
	return r, err
}

func selectRefunds(ctx context.Context, q db.Querier, tradeID, before string, limit int) (rs []Refund, err error) {
	if foreign(tradeID, before) {
		return nil, nil
	}
	b := db.NewBuild(`SELECT ` + refundColumns + ` FROM sandbox_refunds WHERE 1 = 1`)
	if tradeID != "" {
		b.And(`trade_id = ?`, tradeID)
	}
	if before != "" {
		b.And(`id < ?`, before)
	}
	err = b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &rs)
	return rs, err
}

// selectDueRefunds lists refunds whose time has come, the longest due first.
func selectDueRefunds(ctx context.Context, q db.Querier, now app.Millis, limit int) (rs []Refund, err error) {
	err = q.Select(ctx, &rs, `SELECT `+refundColumns+` FROM sandbox_refunds WHERE state = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
		RefundProcessing, now, limit)
	return rs, err
}
