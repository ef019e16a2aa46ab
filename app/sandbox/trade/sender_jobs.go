package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// selectDue lists notifications whose time has come, the longest due first.
func selectDue(ctx context.Context, q db.Querier, now app.Millis, limit int) (ns []Notification, err error) {
	err = q.Select(ctx, &ns, `SELECT `+notificationColumns+` FROM sandbox_notifications
 WHERE state = ? AND next_at <= ? ORDER BY next_at, id LIMIT ?`, Pending, now, limit)
	return ns, err
}

// claim counts the sending before it happens and sets when the next is due, so
// that a crash in between costs one retry's wait and never a double count.
func claim(ctx context.Context, q db.Querier, n Notification, next app.Millis) (bool, error) {
	matched, err := q.Exec(ctx, `UPDATE sandbox_notifications SET attempts = ?, next_at = ? WHERE id = ? AND state = ? AND attempts = ? AND next_at = ?`,
		n.Attempts+1, next, n.ID, Pending, n.Attempts, n.NextAt)
	return matched == 1, err
}
