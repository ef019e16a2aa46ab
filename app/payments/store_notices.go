package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const noticeColumns = `id, merchant_id, mode, account_id, channel, notice_id, status, reason, payment_id, attempt_id,
 channel_trade_no, amount, plain, received_at, resolved_at, outcome, note, resolved_by, told`

func (store) insertNotice(ctx context.Context, tx *db.Tx, n StoredNotice) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_notifications (`+noticeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, n.MerchantID, n.Mode, n.AccountID, n.Channel, n.NoticeID, n.Status, n.Reason, n.PaymentID, n.AttemptID,
		n.ChannelTradeNo, n.Amount, n.Plain, n.ReceivedAt, n.ResolvedAt, n.Outcome, n.Note, n.ResolvedBy, n.Told)
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

// notice returns a stored notification of the scope that was or is in quarantine.
func (store) notice(ctx context.Context, q db.Querier, scope Scope, id string) (StoredNotice, error) {
	var n StoredNotice
	err := q.Get(ctx, &n, `SELECT `+noticeColumns+` FROM channel_notifications
 WHERE id = ? AND merchant_id = ? AND mode = ? AND (status = 'quarantined' OR outcome <> '')`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return n, app.Errorf(app.NotFound, "no notification %s", id).WithReason("notice_not_found")
	}
	if err != nil {
		return n, fmt.Errorf("read notification %s: %w", id, err)
	}
	return n, nil
}

func (store) notices(ctx context.Context, q db.Querier, scope Scope, f NoticeFilter) ([]StoredNotice, error) {
	b := db.NewBuild(`SELECT `+noticeColumns+` FROM channel_notifications WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By("channel_notifications_merchant").And(`status = ?`, f.Status)
	if f.Resolved {
		b.And(`outcome <> ?`, "") // without one it was deferred, and confirmed by a query
	}
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var rows []StoredNotice
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list notifications: %w", err)
	}
	return rows, nil
}

// openNotices counts a scope's notifications in quarantine, a hundred at most,
// and says when the oldest of those came.
func (store) openNotices(ctx context.Context, q db.Querier, scope Scope) (Waiting, error) {
	var w Waiting
	err := q.Get(ctx, &w, `SELECT COUNT(*) AS n, COALESCE(MIN(t.received_at), 0) AS oldest FROM (SELECT received_at FROM channel_notifications
 /*! FORCE INDEX (channel_notifications_merchant) */ WHERE merchant_id = ? AND mode = ? AND status = 'quarantined' ORDER BY id LIMIT 100) t`, scope.MerchantID, scope.Mode)
	return w, wrap("count notifications in quarantine", err)
}

// resolveNotice ends a quarantined notification, unless somebody has.
func (store) resolveNotice(ctx context.Context, tx *db.Tx, n StoredNotice) (bool, error) {
	changed, err := tx.Exec(ctx, `UPDATE channel_notifications SET status = 'resolved', resolved_at = ?, outcome = ?, note = ?, resolved_by = ?
 WHERE id = ? AND merchant_id = ? AND status = 'quarantined'`, n.ResolvedAt, n.Outcome, n.Note, n.ResolvedBy, n.ID, n.MerchantID)
	return changed == 1, wrap("resolve a notification", err)
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
