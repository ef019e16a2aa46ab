package figures

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

type figureRow struct {
	Span      Span        `db:"span"`
	Start     app.Millis  `db:"starts_at"`
	Channel   app.Channel `db:"channel"`
	AccountID string      `db:"account_id"`
	Method    string      `db:"method"`
	Counts
}

type refusalRow struct {
	Span    Span        `db:"span"`
	Start   app.Millis  `db:"starts_at"`
	Channel app.Channel `db:"channel"`
	Code    string      `db:"error_code"`
	Count   int64       `db:"refused"`
}

// selectOwners lists every merchant and mode with payments or figures, for the
// check over the whole database.
func selectOwners(ctx context.Context, q db.Querier) ([]Scope, error) {
	var rows []struct {
		MerchantID string   `db:"merchant_id"`
		Mode       app.Mode `db:"mode"`
	}
	err := q.Select(ctx, &rows, `SELECT merchant_id, mode FROM payments GROUP BY merchant_id, mode UNION SELECT merchant_id, mode FROM figures WHERE merchant_id <> '' GROUP BY merchant_id, mode`)
	out := make([]Scope, len(rows))
	for i, r := range rows {
		out[i] = Scope(r)
	}
	return out, wrap("list merchants", err)
}

func selectOwnIDs(ctx context.Context, q db.Querier, o Scope, after string, limit int) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM payments WHERE merchant_id = ? AND mode = ? AND id > ? ORDER BY id LIMIT ?`, o.MerchantID, o.Mode, after, limit)
	return ids, wrap("read payments", err)
}

func selectRefundIDs(ctx context.Context, q db.Querier, merchantID, paymentID string) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM refunds WHERE payment_id = ? AND merchant_id = ?`, paymentID, merchantID)
	return ids, wrap("read refunds", err)
}

func selectFigures(ctx context.Context, q db.Querier, o Scope) ([]figureRow, error) {
	var out []figureRow
	err := q.Select(ctx, &out, `SELECT span, starts_at, channel, account_id, method, created, created_amount, succeeded, succeeded_amount, closed, failed, late, refunded,
 paid, paid_amount, refunds, refunds_standing, refunds_standing_amount, refunds_succeeded, refunds_succeeded_amount, returned, returned_amount, refused
 FROM figures WHERE merchant_id = ? AND mode = ?`, o.MerchantID, o.Mode)
	return out, wrap("read the figures", err)
}

func selectAllRefusals(ctx context.Context, q db.Querier, o Scope) ([]refusalRow, error) {
	var out []refusalRow
	err := q.Select(ctx, &out, `SELECT span, starts_at, channel, error_code, refused FROM figures_refusals WHERE merchant_id = ? AND mode = ?`, o.MerchantID, o.Mode)
	return out, wrap("read refusals", err)
}
