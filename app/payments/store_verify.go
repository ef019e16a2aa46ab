package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// verifyPage is how many rows one step of Verify reads.
const verifyPage = 500

func (store) attemptsAfter(ctx context.Context, q db.Querier, after string) ([]Attempt, error) {
	var rows []Attempt
	err := q.Select(ctx, &rows, `SELECT `+attemptColumns+` FROM attempts WHERE id > ? ORDER BY id LIMIT ?`, after, verifyPage)
	return rows, wrap("read attempts", err)
}

func (store) paymentsAfter(ctx context.Context, q db.Querier, after string) ([]Payment, error) {
	var rows []Payment
	err := q.Select(ctx, &rows, `SELECT `+paymentColumns+` FROM payments WHERE id > ? ORDER BY id LIMIT ?`, after, verifyPage)
	return rows, wrap("read payments", err)
}

// receipts are what was posted of one object.
type receipts struct {
	N      int       `db:"n"`
	Amount app.Money `db:"amount"`
}

// receiptsOf counts and sums the receipts of each object.
func (store) receiptsOf(ctx context.Context, q db.Querier, ids []string) (map[string]receipts, error) {
	var rows []struct {
		ID string `db:"object_id"`
		receipts
	}
	err := q.Select(ctx, &rows, `SELECT object_id, COUNT(*) AS n, COALESCE(SUM(amount), 0) AS amount FROM channel_receipts WHERE object_id IN (?) GROUP BY object_id`, ids)
	posted := map[string]receipts{}
	for _, r := range rows {
		posted[r.ID] = r.receipts
	}
	return posted, wrap("count receipts", err)
}

func (store) stateOf(ctx context.Context, q db.Querier, ids []string) (map[string]Payment, error) {
	var rows []Payment
	err := q.Select(ctx, &rows, `SELECT `+paymentColumns+` FROM payments WHERE id IN (?)`, ids)
	byID := map[string]Payment{}
	for _, p := range rows {
		byID[p.ID] = p
	}
	return byID, wrap("read payments", err)
}

// paidAttempts returns the paid attempts of each payment.
func (store) paidAttempts(ctx context.Context, q db.Querier, ids []string) (map[string]map[string]bool, error) {
	var rows []struct {
		ID        string `db:"id"`
		PaymentID string `db:"payment_id"`
	}
	err := q.Select(ctx, &rows, `SELECT id, payment_id FROM attempts WHERE payment_id IN (?) AND status = 'succeeded'`, ids)
	paid := map[string]map[string]bool{}
	for _, r := range rows {
		if paid[r.PaymentID] == nil {
			paid[r.PaymentID] = map[string]bool{}
		}
		paid[r.PaymentID][r.ID] = true
	}
	return paid, wrap("read paid attempts", err)
}

// shared is a channel transaction that several attempts carry.
type shared struct {
	Identity      string `db:"identity"`
	TransactionNo string `db:"channel_trade_no"`
	Attempts      int    `db:"n"`
}

func (store) sharedTransactions(ctx context.Context, q db.Querier) ([]shared, error) {
	var rows []shared
	err := q.Select(ctx, &rows, `SELECT identity, channel_trade_no, COUNT(*) AS n FROM attempts WHERE channel_trade_no <> ''
 GROUP BY channel, identity, channel_trade_no HAVING COUNT(*) > 1`)
	return rows, wrap("find shared transactions", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
