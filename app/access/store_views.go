package access

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const viewColumns = `session_id, user_id, merchant_id, reason, started_at, until_at, ended_at`

func readView(ctx context.Context, q db.Querier, sessionID string, now app.Millis) (View, error) {
	var v View
	err := q.Get(ctx, &v, `SELECT `+viewColumns+` FROM session_views WHERE session_id = ? AND ended_at = 0 AND until_at > ?`, sessionID, now)
	return v, err
}

func insertView(ctx context.Context, q db.Querier, v View) error {
	_, err := q.Exec(ctx, `INSERT INTO session_views (`+viewColumns+`) VALUES (?, ?, ?, ?, ?, ?, 0)`,
		v.SessionID, v.UserID, v.MerchantID, v.Reason, v.StartedAt, v.Until)
	return err
}

func replaceView(ctx context.Context, q db.Querier, v View) (int64, error) {
	return q.Exec(ctx, `UPDATE session_views SET user_id = ?, merchant_id = ?, reason = ?, started_at = ?, until_at = ?, ended_at = 0 WHERE session_id = ?`,
		v.UserID, v.MerchantID, v.Reason, v.StartedAt, v.Until, v.SessionID)
}

func endView(ctx context.Context, q db.Querier, v View, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE session_views SET ended_at = ? WHERE session_id = ? AND merchant_id = ? AND started_at = ? AND ended_at = 0 AND until_at > ?`,
		now, v.SessionID, v.MerchantID, v.StartedAt, now)
}

func deleteViews(ctx context.Context, q db.Querier, before app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM session_views WHERE until_at < ?`, before)
	return err
}
