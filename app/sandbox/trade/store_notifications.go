package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const notificationColumns = `id, channel, merchant_id, trade_id, kind, object_id, notify_url, state, attempts, next_at, created_at, finished_at`

func insertNotification(ctx context.Context, q db.Querier, n Notification) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_notifications (`+notificationColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, n.Channel, n.MerchantID, n.TradeID, n.Kind, n.ObjectID, n.NotifyURL, n.State, n.Attempts, n.NextAt, n.CreatedAt, n.FinishedAt)
	return err
}

func selectNotification(ctx context.Context, q db.Querier, id string) (n Notification, err error) {
	if foreign(id) {
		return n, db.ErrNoRows
	}
	err = q.Get(ctx, &n, `SELECT `+notificationColumns+` FROM sandbox_notifications WHERE id = ?`, id)
	return n, err
}

func selectNotifications(ctx context.Context, q db.Querier, tradeID, before string, limit int) (ns []Notification, err error) {
	if foreign(tradeID, before) {
		return nil, nil
	}
	b := db.NewBuild(`SELECT ` + notificationColumns + ` FROM sandbox_notifications WHERE 1 = 1`)
	if tradeID != "" {
		b.And(`trade_id = ?`, tradeID)
	}
	if before != "" {
		b.And(`id < ?`, before)
	}
	err = b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &ns)
	return ns, err
}

func updateFinished(ctx context.Context, q db.Querier, id string, state NotificationState, at app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE sandbox_notifications SET state = ?, finished_at = ? WHERE id = ? AND state <> ?`, state, at, id, Delivered)
	return err
}

func insertAttempt(ctx context.Context, q db.Querier, a Attempt) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_notification_attempts
 (id, notification_id, number, fault, replayed, accepted, status, excerpt, problem, duration_ms, created_at)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.NotificationID, a.Number, a.Fault, a.Replayed, a.Accepted, a.Status, a.Excerpt, a.Problem, a.DurationMS, a.CreatedAt)
	return err
}

func selectAttempts(ctx context.Context, q db.Querier, notificationID string) (as []Attempt, err error) {
	if foreign(notificationID) {
		return nil, nil
	}
	err = q.Select(ctx, &as, `SELECT id, notification_id, number, fault, replayed, accepted, status, excerpt, problem, duration_ms, created_at
 FROM sandbox_notification_attempts WHERE notification_id = ? ORDER BY id LIMIT 1000`, notificationID)
	return as, err
}
