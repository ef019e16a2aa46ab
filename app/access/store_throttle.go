package access

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

type throttleRow struct {
	Failures    int64      `db:"failures"`
	LockedUntil app.Millis `db:"locked_until"`
}

func forgetFailures(ctx context.Context, q db.Querier, subject string, before, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE sign_in_throttles SET failures = 0 WHERE subject = ? AND last_at < ? AND locked_until <= ?`, subject, before, now)
	return err
}

func addFailure(ctx context.Context, q db.Querier, subject string, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sign_in_throttles SET failures = failures + 1, last_at = ? WHERE subject = ? AND locked_until <= ?`, now, subject, now)
}

func readThrottle(ctx context.Context, q db.Querier, subject string) (throttleRow, error) {
	var r throttleRow
	err := q.Get(ctx, &r, `SELECT failures, locked_until FROM sign_in_throttles WHERE subject = ?`, subject)
	return r, err
}

func insertThrottle(ctx context.Context, q db.Querier, subject string, now app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO sign_in_throttles (subject, failures, last_at, locked_until) VALUES (?, 1, ?, 0)`, subject, now)
	return err
}

func lockThrottle(ctx context.Context, q db.Querier, subject string, until app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE sign_in_throttles SET locked_until = ? WHERE subject = ?`, until, subject)
	return err
}

func takeBackFailure(ctx context.Context, q db.Querier, subject string) error {
	_, err := q.Exec(ctx, `UPDATE sign_in_throttles SET failures = failures - 1, locked_until = 0 WHERE subject = ? AND failures > 0`, subject)
	return err
}

func clearThrottle(ctx context.Context, q db.Querier, subject string) error {
	_, err := q.Exec(ctx, `UPDATE sign_in_throttles SET failures = 0, locked_until = 0 WHERE subject = ?`, subject)
	return err
}

func deleteThrottles(ctx context.Context, q db.Querier, before app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM sign_in_throttles WHERE last_at < ?`, before)
	return err
}
