package figures

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

// forgetCounted removes a page of what was counted after a payment and returns
// its last, "" when nothing is left. It reads on from there, as the entries that
// it removes stay in the index for a while.
func forgetCounted(ctx context.Context, tx *db.Tx, after string, page int) (string, error) {
	var last string
	err := tx.Get(ctx, &last, `SELECT COALESCE(MAX(t.payment_id), '') FROM (SELECT payment_id FROM figures_counted WHERE payment_id > ? ORDER BY payment_id LIMIT ?) t`, after, page)
	if err != nil || last == "" {
		return "", wrap("forget what was counted", err)
	}
	_, err = tx.Exec(ctx, `DELETE FROM figures_counted WHERE payment_id > ? AND payment_id <= ?`, after, last)
	return last, wrap("forget what was counted", err)
}

// forgetFigures removes one merchant's figures, and reports whether there was one.
func forgetFigures(ctx context.Context, tx *db.Tx, _ int) (bool, error) {
	var ids []string
	if err := tx.Select(ctx, &ids, `SELECT merchant_id FROM figures ORDER BY merchant_id LIMIT 1`); err != nil || len(ids) == 0 {
		return false, wrap("forget the figures", err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM figures WHERE merchant_id = ?`, ids[0])
	return true, wrap("forget the figures", err)
}

func forgetRefusals(ctx context.Context, tx *db.Tx, _ int) (bool, error) {
	var ids []string
	if err := tx.Select(ctx, &ids, `SELECT merchant_id FROM figures_refusals ORDER BY merchant_id LIMIT 1`); err != nil || len(ids) == 0 {
		return false, wrap("forget the refusals", err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM figures_refusals WHERE merchant_id = ?`, ids[0])
	return true, wrap("forget the refusals", err)
}

// forgetRefused removes a page of the refused attempts, and reports whether there
// was one.
func forgetRefused(ctx context.Context, tx *db.Tx, page int) (bool, error) {
	var last string
	err := tx.Get(ctx, &last, `SELECT COALESCE(MAX(t.attempt_id), '') FROM (SELECT attempt_id FROM refused_attempts ORDER BY attempt_id LIMIT ?) t`, page)
	if err != nil || last == "" {
		return false, wrap("forget refused attempts", err)
	}
	_, err = tx.Exec(ctx, `DELETE FROM refused_attempts WHERE attempt_id <= ?`, last)
	return true, wrap("forget refused attempts", err)
}
