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
	return byPayment(rows, func(r attemptRow) string { return r.PaymentID }), wrap("read attempts", err)
}

func selectRefunds(ctx context.Context, q db.Querier, ids []string) (map[string][]refundRow, error) {
	var rows []refundRow
	err := q.Select(ctx, &rows, `SELECT r.payment_id, r.status, r.channel, r.account_id, a.method, r.amount, r.created_at, r.succeeded_at
 FROM refunds r JOIN attempts a ON a.id = r.attempt_id WHERE r.payment_id IN (?)`, ids)
	return byPayment(rows, func(r refundRow) string { return r.PaymentID }), wrap("read refunds", err)
}

func selectRefunded(ctx context.Context, q db.Querier, refunds []string) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT payment_id FROM refunds WHERE id IN (?)`, refunds)
	return ids, wrap("read refunds", err)
}

// selectPaymentPage returns the payments after an id, in the order of their ids.
func selectPaymentPage(ctx context.Context, q db.Querier, after string, limit int) ([]paymentRow, error) {
	out := make([]paymentRow, 0, limit)
	err := q.Select(ctx, &out, `SELECT id, merchant_id, mode, status, channel, account_id, method, amount, amount_refunded, late, created_at
 FROM payments WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return out, wrap("read payments", err)
}

// selectAttemptRange is selectAttempts for all payments from one to another.
func selectAttemptRange(ctx context.Context, q db.Querier, from, to string) (map[string][]attemptRow, error) {
	var rows []attemptRow
	err := q.Select(ctx, &rows, `SELECT id, payment_id, status, channel, account_id, method, amount, error_code, created_at, paid_at
 FROM attempts WHERE payment_id >= ? AND payment_id <= ? AND (status = 'succeeded' OR error_code <> '')`, from, to)
	return byPayment(rows, func(r attemptRow) string { return r.PaymentID }), wrap("read attempts", err)
}

// selectRefundRange is selectRefunds for all payments from one to another.
func selectRefundRange(ctx context.Context, q db.Querier, from, to string) (map[string][]refundRow, error) {
	var rows []refundRow
	err := q.Select(ctx, &rows, `SELECT r.payment_id, r.status, r.channel, r.account_id, a.method, r.amount, r.created_at, r.succeeded_at
 FROM refunds r JOIN attempts a ON a.id = r.attempt_id WHERE r.payment_id >= ? AND r.payment_id <= ?`, from, to)
	return byPayment(rows, func(r refundRow) string { return r.PaymentID }), wrap("read refunds", err)
}

func byPayment[R any](rows []R, of func(R) string) map[string][]R {
	out := make(map[string][]R, len(rows))
	for _, r := range rows {
		out[of(r)] = append(out[of(r)], r)
	}
	return out
}

// selectCountedRange tells which payments after one and up to another are counted.
func selectCountedRange(ctx context.Context, q db.Querier, after, to string) (map[string]bool, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT payment_id FROM figures_counted WHERE payment_id > ? AND payment_id <= ?`, after, to)
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, wrap("read what was counted", err)
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

// writeCounted writes rows; those of the ids were there before.
func writeCounted(ctx context.Context, tx *db.Tx, ids []string, rows [][]any) error {
	if len(ids) > 0 {
		if _, err := tx.Exec(ctx, `DELETE FROM figures_counted WHERE payment_id IN (?)`, ids); err != nil {
			return wrap("write what is counted", err)
		}
	}
	return wrap("write what is counted", db.InsertRows(ctx, tx, `INSERT INTO figures_counted (payment_id, facts) VALUES (?, ?)`, rows))
}

func writeRefused(ctx context.Context, tx *db.Tx, rows [][]any) error {
	return wrap("write refused attempts", db.InsertRows(ctx, tx,
		`INSERT INTO refused_attempts (attempt_id, merchant_id, mode, channel, error_code, payment_id) VALUES (?, ?, ?, ?, ?, ?)`, rows))
}

func selectProgress(ctx context.Context, q db.Querier) (progress, error) {
	var p progress
	err := q.Get(ctx, &p, `SELECT phase, position, generation FROM figures_rebuild WHERE name = ?`, consumer)
	if errors.Is(err, db.ErrNoRows) {
		return progress{}, nil
	}
	return p, wrap("read how far the figures are", err)
}

func writeProgress(ctx context.Context, tx *db.Tx, p progress) error {
	n, err := tx.Exec(ctx, `UPDATE figures_rebuild SET phase = ?, position = ?, generation = ? WHERE name = ?`, p.Phase, p.Position, p.Generation, consumer)
	if err == nil && n == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO figures_rebuild (name, phase, position, generation) VALUES (?, ?, ?, ?)`, consumer, p.Phase, p.Position, p.Generation)
	}
	return wrap("write how far the figures are", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("figures: %s: %w", what, err)
}
