package figures

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// paymentRow, attemptRow and refundRow are what the figures need of each.
type paymentRow struct {
	ID             string      `db:"id"`
	MerchantID     string      `db:"merchant_id"`
	Mode           app.Mode    `db:"mode"`
	Status         string      `db:"status"`
	Channel        app.Channel `db:"channel"`
	AccountID      string      `db:"account_id"`
	Method         string      `db:"method"`
	Amount         app.Money   `db:"amount"`
	AmountRefunded app.Money   `db:"amount_refunded"`
	Late           bool        `db:"late"`
	CreatedAt      app.Millis  `db:"created_at"`
}

type attemptRow struct {
	ID        string      `db:"id"`
	PaymentID string      `db:"payment_id"`
	Status    string      `db:"status"`
	Channel   app.Channel `db:"channel"`
	AccountID string      `db:"account_id"`
	Method    string      `db:"method"`
	Amount    app.Money   `db:"amount"`
	ErrorCode string      `db:"error_code"`
	CreatedAt app.Millis  `db:"created_at"`
	PaidAt    app.Millis  `db:"paid_at"`
}

type refundRow struct {
	PaymentID   string      `db:"payment_id"`
	Status      string      `db:"status"`
	Channel     app.Channel `db:"channel"`
	AccountID   string      `db:"account_id"`
	Method      string      `db:"method"` // of the attempt it is of
	Amount      app.Money   `db:"amount"`
	CreatedAt   app.Millis  `db:"created_at"`
	SucceededAt app.Millis  `db:"succeeded_at"`
}

func selectPayments(ctx context.Context, q db.Querier, ids []string) ([]paymentRow, error) {
	var out []paymentRow
	err := q.Select(ctx, &out, `SELECT id, merchant_id, mode, status, channel, account_id, method, amount, amount_refunded, late, created_at
 FROM payments WHERE id IN (?) ORDER BY id`, ids)
	return out, wrap("read payments", err)
}

// selectAttempts returns the attempts that count, by payment.
func selectAttempts(ctx context.Context, q db.Querier, ids []string) (map[string][]attemptRow, error) {
	var rows []attemptRow
	err := q.Select(ctx, &rows, `SELECT id, payment_id, status, channel, account_id, method, amount, error_code, created_at, paid_at
 FROM attempts WHERE payment_id IN (?) AND (status = 'succeeded' OR error_code <> '')`, ids)
	out := map[string][]attemptRow{}
	for _, r := range rows {
		out[r.PaymentID] = append(out[r.PaymentID], r)
	}
	return out, wrap("read attempts", err)
}

func selectRefunds(ctx context.Context, q db.Querier, ids []string) (map[string][]refundRow, error) {
	var rows []refundRow
	err := q.Select(ctx, &rows, `SELECT r.payment_id, r.status, r.channel, r.account_id, a.method, r.amount, r.created_at, r.succeeded_at
 FROM refunds r JOIN attempts a ON a.id = r.attempt_id WHERE r.payment_id IN (?)`, ids)
	out := map[string][]refundRow{}
	for _, r := range rows {
		out[r.PaymentID] = append(out[r.PaymentID], r)
	}
	return out, wrap("read refunds", err)
}

func selectRefunded(ctx context.Context, q db.Querier, refunds []string) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT payment_id FROM refunds WHERE id IN (?)`, refunds)
	return ids, wrap("read refunds", err)
}

func selectPaymentIDs(ctx context.Context, q db.Querier, after string, limit int) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM payments WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return ids, wrap("read payments", err)
}

type countedRow struct {
	PaymentID string `db:"payment_id"`
	Facts     string `db:"facts"`
}

// selectCounted returns what the payments are counted for, by payment.
func selectCounted(ctx context.Context, q db.Querier, ids []string) (map[string]string, error) {
	var rows []countedRow
	err := q.Select(ctx, &rows, `SELECT payment_id, facts FROM figures_counted WHERE payment_id IN (?)`, ids)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.PaymentID] = r.Facts
	}
	return out, wrap("read what was counted", err)
}

func writeCounted(ctx context.Context, tx *db.Tx, ids []string, rows [][]any) error {
	if _, err := tx.Exec(ctx, `DELETE FROM figures_counted WHERE payment_id IN (?)`, ids); err != nil {
		return wrap("write what is counted", err)
	}
	return wrap("write what is counted", db.InsertRows(ctx, tx, `INSERT INTO figures_counted (payment_id, facts) VALUES (?, ?)`, rows))
}

func writeRefused(ctx context.Context, tx *db.Tx, rows [][]any) error {
	return wrap("write refused attempts", db.InsertRows(ctx, tx,
		`INSERT INTO refused_attempts (attempt_id, merchant_id, mode, channel, error_code, payment_id) VALUES (?, ?, ?, ?, ?, ?)`, rows))
}

// addCounts adds to one row of the figures, which it makes where there is none:
// the cursor that the transaction holds keeps everybody else from doing so.
func addCounts(ctx context.Context, tx *db.Tx, b bucket, n Counts) error {
	changed, err := tx.Exec(ctx, `UPDATE figures SET created = created + ?, created_amount = created_amount + ?, succeeded = succeeded + ?,
 succeeded_amount = succeeded_amount + ?, closed = closed + ?, failed = failed + ?, late = late + ?, refunded = refunded + ?, paid = paid + ?,
 paid_amount = paid_amount + ?, refunds = refunds + ?, refunds_standing = refunds_standing + ?, refunds_standing_amount = refunds_standing_amount + ?,
 refunds_succeeded = refunds_succeeded + ?, refunds_succeeded_amount = refunds_succeeded_amount + ?, returned = returned + ?,
 returned_amount = returned_amount + ?, refused = refused + ?
 WHERE merchant_id = ? AND mode = ? AND span = ? AND starts_at = ? AND account_id = ? AND method = ?`,
		append(n.args(), b.Merchant, b.Mode, b.Span, b.Start, b.Account, b.Method)...)
	if err == nil && changed == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO figures (merchant_id, mode, span, starts_at, channel, account_id, method, created, created_amount, succeeded,
 succeeded_amount, closed, failed, late, refunded, paid, paid_amount, refunds, refunds_standing, refunds_standing_amount, refunds_succeeded,
 refunds_succeeded_amount, returned, returned_amount, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			append([]any{b.Merchant, b.Mode, b.Span, b.Start, b.Channel, b.Account, b.Method}, n.args()...)...)
	}
	return wrap("add to the figures", err)
}

func addRefused(ctx context.Context, tx *db.Tx, b errorBucket, n int64) error {
	changed, err := tx.Exec(ctx, `UPDATE figures_refusals SET refused = refused + ?
 WHERE merchant_id = ? AND mode = ? AND span = ? AND starts_at = ? AND channel = ? AND error_code = ?`,
		n, b.Merchant, b.Mode, b.Span, b.Start, b.Channel, b.Code)
	if err == nil && changed == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO figures_refusals (merchant_id, mode, span, starts_at, channel, error_code, refused) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			b.Merchant, b.Mode, b.Span, b.Start, b.Channel, b.Code, n)
	}
	return wrap("add to the refusals", err)
}

func selectProgress(ctx context.Context, q db.Querier) (progress, error) {
	var p progress
	err := q.Get(ctx, &p, `SELECT phase, position FROM figures_rebuild WHERE name = ?`, consumer)
	if errors.Is(err, db.ErrNoRows) {
		return progress{}, nil
	}
	return p, wrap("read how far the figures are", err)
}

func writeProgress(ctx context.Context, tx *db.Tx, p progress) error {
	n, err := tx.Exec(ctx, `UPDATE figures_rebuild SET phase = ?, position = ? WHERE name = ?`, p.Phase, p.Position, consumer)
	if err == nil && n == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO figures_rebuild (name, phase, position) VALUES (?, ?, ?)`, consumer, p.Phase, p.Position)
	}
	return wrap("write how far the figures are", err)
}

// forgetCounted removes a page of what was counted, and reports whether there
// may be more.
func forgetCounted(ctx context.Context, tx *db.Tx, limit int) (bool, error) {
	var ids []string
	if err := tx.Select(ctx, &ids, `SELECT payment_id FROM figures_counted ORDER BY payment_id LIMIT ?`, limit); err != nil || len(ids) == 0 {
		return false, wrap("forget what was counted", err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM figures_counted WHERE payment_id IN (?)`, ids)
	return len(ids) == limit, wrap("forget what was counted", err)
}

// forgetFigures removes one merchant's figures, and reports whether there was one.
func forgetFigures(ctx context.Context, tx *db.Tx) (bool, error) {
	var ids []string
	if err := tx.Select(ctx, &ids, `SELECT merchant_id FROM figures ORDER BY merchant_id LIMIT 1`); err != nil || len(ids) == 0 {
		return false, wrap("forget the figures", err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM figures WHERE merchant_id = ?`, ids[0])
	return true, wrap("forget the figures", err)
}

func forgetRefusals(ctx context.Context, tx *db.Tx) (bool, error) {
	var ids []string
	if err := tx.Select(ctx, &ids, `SELECT merchant_id FROM figures_refusals ORDER BY merchant_id LIMIT 1`); err != nil || len(ids) == 0 {
		return false, wrap("forget the refusals", err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM figures_refusals WHERE merchant_id = ?`, ids[0])
	return true, wrap("forget the refusals", err)
}

func forgetRefused(ctx context.Context, tx *db.Tx) (bool, error) {
	var ids []string
	if err := tx.Select(ctx, &ids, `SELECT attempt_id FROM refused_attempts ORDER BY attempt_id LIMIT ?`, page); err != nil || len(ids) == 0 {
		return false, wrap("forget refused attempts", err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM refused_attempts WHERE attempt_id IN (?)`, ids)
	return true, wrap("forget refused attempts", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("figures: %s: %w", what, err)
}
