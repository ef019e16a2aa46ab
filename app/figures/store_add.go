package figures

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// selectFiguresOf returns the rows of a group, of whichever merchants it names.
func selectFiguresOf(ctx context.Context, tx *db.Tx, g group[bucket]) (map[bucket]Counts, error) {
	var rows []struct {
		MerchantID string `db:"merchant_id"`
		figureRow
	}
	err := tx.Select(ctx, &rows, `SELECT merchant_id, span, starts_at, channel, account_id, method, created, created_amount, succeeded, succeeded_amount, closed, failed, late, refunded,
 paid, paid_amount, refunds, refunds_standing, refunds_standing_amount, refunds_succeeded, refunds_succeeded_amount, returned, returned_amount, refused
 FROM figures WHERE merchant_id IN (?) AND mode = ? AND span = ? AND starts_at IN (?)`, g.merchants, g.mode, g.span, g.starts)
	out := make(map[bucket]Counts, len(rows)+len(g.members))
	for _, r := range rows {
		out[bucket{r.MerchantID, g.mode, r.Span, r.Start, r.Channel, r.AccountID, r.Method}] = r.Counts
	}
	return out, wrap("read the figures", err)
}

// rewriteFigures replaces the rows of a group.
func rewriteFigures(ctx context.Context, tx *db.Tx, g group[bucket], now map[bucket]Counts) error {
	_, err := tx.Exec(ctx, `DELETE FROM figures WHERE merchant_id IN (?) AND mode = ? AND span = ? AND starts_at IN (?)`, g.merchants, g.mode, g.span, g.starts)
	if err != nil {
		return wrap("add to the figures", err)
	}
	rows := make([][]any, 0, len(now))
	for _, b := range inOrder(now, compareBuckets) {
		rows = append(rows, append([]any{b.Merchant, b.Mode, b.Span, b.Start, b.Channel, b.Account, b.Method}, now[b].args()...))
	}
	return wrap("add to the figures", db.InsertRows(ctx, tx, `INSERT INTO figures (merchant_id, mode, span, starts_at, channel, account_id, method, created, created_amount, succeeded,
 succeeded_amount, closed, failed, late, refunded, paid, paid_amount, refunds, refunds_standing, refunds_standing_amount, refunds_succeeded,
 refunds_succeeded_amount, returned, returned_amount, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows))
}

// selectRefusalsOf is selectFiguresOf for what channels refused.
func selectRefusalsOf(ctx context.Context, tx *db.Tx, g group[errorBucket]) (map[errorBucket]int64, error) {
	var rows []struct {
		MerchantID string      `db:"merchant_id"`
		Start      app.Millis  `db:"starts_at"`
		Channel    app.Channel `db:"channel"`
		Code       string      `db:"error_code"`
		Count      int64       `db:"refused"`
	}
	err := tx.Select(ctx, &rows, `SELECT merchant_id, starts_at, channel, error_code, refused FROM figures_refusals
 WHERE merchant_id IN (?) AND mode = ? AND span = ? AND starts_at IN (?)`, g.merchants, g.mode, g.span, g.starts)
	out := make(map[errorBucket]int64, len(rows)+len(g.members))
	for _, r := range rows {
		out[errorBucket{r.MerchantID, g.mode, g.span, r.Start, r.Channel, r.Code}] = r.Count
	}
	return out, wrap("read refusals", err)
}

func rewriteRefusals(ctx context.Context, tx *db.Tx, g group[errorBucket], now map[errorBucket]int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM figures_refusals WHERE merchant_id IN (?) AND mode = ? AND span = ? AND starts_at IN (?)`, g.merchants, g.mode, g.span, g.starts)
	if err != nil {
		return wrap("add to the refusals", err)
	}
	rows := make([][]any, 0, len(now))
	for _, b := range inOrder(now, compareErrors) {
		rows = append(rows, []any{b.Merchant, b.Mode, b.Span, b.Start, b.Channel, b.Code, now[b]})
	}
	return wrap("add to the refusals", db.InsertRows(ctx, tx,
		`INSERT INTO figures_refusals (merchant_id, mode, span, starts_at, channel, error_code, refused) VALUES (?, ?, ?, ?, ?, ?, ?)`, rows))
}

// inOrder returns the keys in the order of compare.
func inOrder[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}
