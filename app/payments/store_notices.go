package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const noticeColumns = `id, merchant_id, mode, account_id, channel, notice_id, status, reason, payment_id, attempt_id,
 channel_trade_no, amount, plain, received_at, resolved_at`

func (store) insertNotice(ctx context.Context, tx *db.Tx, n StoredNotice) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_notifications (`+noticeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, n.MerchantID, n.Mode, n.AccountID, n.Channel, n.NoticeID, n.Status, n.Reason, n.PaymentID, n.AttemptID,
		n.ChannelTradeNo, n.Amount, n.Plain, n.ReceivedAt, n.ResolvedAt)
	return err
}

// resolveDeferred ends the deferred notices of a payment whose truth is known.
func (store) resolveDeferred(ctx context.Context, q db.Querier, paymentID string, now app.Millis) (int64, error) {
	n, err := q.Exec(ctx, `UPDATE channel_notifications SET status = 'resolved', resolved_at = ? WHERE payment_id = ? AND status = 'deferred'`, now, paymentID)
	if err != nil {
		return 0, fmt.Errorf("resolve the notifications of %s: %w", paymentID, err)
	}
	return n, nil
}

func (store) quarantined(ctx context.Context, q db.Querier, scope Scope, limit int) ([]StoredNotice, error) {
	var rows []StoredNotice
	err := q.Select(ctx, &rows, `SELECT `+noticeColumns+` FROM channel_notifications
 WHERE merchant_id = ? AND mode = ? AND status = 'quarantined' ORDER BY id DESC LIMIT ?`, scope.MerchantID, scope.Mode, limit)
	if err != nil {
		return nil, fmt.Errorf("list quarantined notifications: %w", err)
	}
	return rows, nil
}

// forged is an account's counter of one hour.
type forged struct {
	Hits    int64  `db:"hits"`
	Samples string `db:"samples"`
}

func (store) forged(ctx context.Context, q db.Querier, accountID string, hour app.Millis) (forged, error) {
	var f forged
	err := q.Get(ctx, &f, `SELECT hits, samples FROM forged_notifications WHERE account_id = ? AND hour = ?`, accountID, hour)
	return f, err
}

// keepForged counts one more forgery and keeps the samples, unless another was
// counted since hits was read.
func (store) keepForged(ctx context.Context, q db.Querier, accountID string, hour app.Millis, hits int64, samples string) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE forged_notifications SET hits = hits + 1, samples = ? WHERE account_id = ? AND hour = ? AND hits = ?`, samples, accountID, hour, hits)
	return n == 1, err
}

// countForged counts one more forgery.
func (store) countForged(ctx context.Context, q db.Querier, accountID string, hour app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE forged_notifications SET hits = hits + 1 WHERE account_id = ? AND hour = ?`, accountID, hour)
	return err
}

func (store) insertForged(ctx context.Context, q db.Querier, accountID string, hour app.Millis, sample string) error {
	_, err := q.Exec(ctx, `INSERT INTO forged_notifications (account_id, hour, hits, samples) VALUES (?, ?, 1, ?)`, accountID, hour, sample)
	return err
}
