package access

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

func readPlace(ctx context.Context, q db.Querier, userID string) (Place, error) {
	var p Place
	err := q.Get(ctx, &p, `SELECT merchant_id, mode FROM user_places WHERE user_id = ?`, userID)
	return p, err
}

func updatePlace(ctx context.Context, q db.Querier, userID string, p Place, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE user_places SET merchant_id = ?, mode = ?, seen_at = ? WHERE user_id = ?`, p.MerchantID, p.Mode, now, userID)
}

func insertPlace(ctx context.Context, q db.Querier, userID string, p Place, now app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO user_places (user_id, merchant_id, mode, seen_at) VALUES (?, ?, ?, ?)`, userID, p.MerchantID, p.Mode, now)
	return err
}
