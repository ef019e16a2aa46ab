package trade

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const payCodeColumns = `auth_code, channel, behaviour, trade_id, created_at, expires_at`

func insertPayCode(ctx context.Context, q db.Querier, c PayCode) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_paycodes (`+payCodeColumns+`) VALUES (?, ?, ?, ?, ?, ?)`,
		c.AuthCode, c.Channel, c.Behaviour, c.TradeID, c.CreatedAt, c.ExpiresAt)
	return err
}

func selectPayCode(ctx context.Context, q db.Querier, authCode string) (c PayCode, err error) {
	if foreign(authCode) {
		return c, db.ErrNoRows
	}
	err = q.Get(ctx, &c, `SELECT `+payCodeColumns+` FROM sandbox_paycodes WHERE auth_code = ?`, authCode)
	return c, err
}

func updatePayCodeUsed(ctx context.Context, q db.Querier, authCode, tradeID string) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_paycodes SET trade_id = ? WHERE auth_code = ? AND trade_id = ''`, tradeID, authCode)
}

// updateCharged puts another code in the place of one that was refused.
func updateCharged(ctx context.Context, q db.Querier, id, authCode string) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET code = ?, code_state = ? WHERE id = ? AND state = ? AND code_state = ?`,
		authCode, CodeWaiting, id, Unpaid, CodeRefused)
}

func updateCodeRefused(ctx context.Context, q db.Querier, id string) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET code_state = ? WHERE id = ? AND state = ? AND code_state = ?`,
		CodeRefused, id, Unpaid, CodeWaiting)
}

// updateReversed closes a trade that is still unpaid.
func updateReversed(ctx context.Context, q db.Querier, id string, at app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET state = ?, closed_at = ?, code_state = CASE WHEN code_state = '' THEN '' ELSE ? END
 WHERE id = ? AND state = ?`, Closed, at, CodeReversed, id, Unpaid)
}

// updateCodeReversed marks a charge that was given back.
func updateCodeReversed(ctx context.Context, q db.Querier, id string) error {
	_, err := q.Exec(ctx, `UPDATE sandbox_trades SET code_state = ? WHERE id = ? AND code_state <> ''`, CodeReversed, id)
	return err
}
