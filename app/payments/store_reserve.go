package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// What may still be given back is kept by relative updates, which hold whatever
// races (I1). The payment's column counts the refunds of the attempt that paid
// it; a duplicate attempt counts its own.

// reserve takes the refund's amount out of what may still be given back of its
// attempt, and reports whether there was enough.
func (store) reserve(ctx context.Context, tx *db.Tx, r Refund, ofPayment bool) (bool, error) {
	var n int64
	var err error
	if ofPayment {
		n, err = tx.Exec(ctx, `UPDATE payments SET refund_reserved = refund_reserved + ?
 WHERE id = ? AND merchant_id = ? AND paid_attempt_id = ? AND status = 'succeeded' AND refund_reserved + ? <= amount`,
			r.Amount, r.PaymentID, r.MerchantID, r.AttemptID, r.Amount)
	} else {
		n, err = tx.Exec(ctx, `UPDATE attempts SET refund_reserved = refund_reserved + ?
 WHERE id = ? AND merchant_id = ? AND status = 'succeeded' AND refund_reserved + ? <= amount`,
			r.Amount, r.AttemptID, r.MerchantID, r.Amount)
	}
	if err != nil {
		return false, fmt.Errorf("reserve %s: %w", r.ID, err)
	}
	return n == 1, nil
}

// release gives back what a refund reserved that will not happen.
func (store) release(ctx context.Context, tx *db.Tx, r Refund) error {
	n, err := tx.Exec(ctx, `UPDATE payments SET refund_reserved = refund_reserved - ? WHERE id = ? AND merchant_id = ? AND paid_attempt_id = ?`,
		r.Amount, r.PaymentID, r.MerchantID, r.AttemptID)
	if err == nil && n == 0 {
		n, err = tx.Exec(ctx, `UPDATE attempts SET refund_reserved = refund_reserved - ? WHERE id = ? AND merchant_id = ?`, r.Amount, r.AttemptID, r.MerchantID)
	}
	if err == nil && n == 0 {
		err = app.Errorf(app.Internal, "payment %s and attempt %s are gone", r.PaymentID, r.AttemptID)
	}
	if err != nil {
		return fmt.Errorf("release what %s reserved: %w", r.ID, err)
	}
	return nil
}

// addRefunded counts money that arrived. The refund of a duplicate attempt
// leaves its payment alone.
func (store) addRefunded(ctx context.Context, tx *db.Tx, r Refund, now app.Millis) error {
	_, err := tx.Exec(ctx, `UPDATE payments SET amount_refunded = amount_refunded + ?, updated_at = ?, version = version + 1
 WHERE id = ? AND merchant_id = ? AND paid_attempt_id = ?`, r.Amount, now, r.PaymentID, r.MerchantID, r.AttemptID)
	if err != nil {
		return fmt.Errorf("count what %s gave back: %w", r.ID, err)
	}
	return nil
}

// reserved returns how much of an attempt is given back or being given back.
func (store) reserved(ctx context.Context, q db.Querier, a Attempt, p Payment) (app.Money, error) {
	if p.PaidAttemptID == a.ID {
		return p.RefundReserved, nil
	}
	var m app.Money
	err := q.Get(ctx, &m, `SELECT refund_reserved FROM attempts WHERE id = ? AND merchant_id = ?`, a.ID, a.MerchantID)
	return m, wrap("read what is given back", err)
}

// sentRefunds are the refunds of an attempt that the channel may know of.
type sentRefunds struct {
	Total   app.Money `db:"total"`   // of those that may have arrived, in fen
	Arrived app.Money `db:"arrived"` // of those that did
	Count   int       `db:"n"`       // with those that the channel took and closed
}

// explain reports whether the refunds account for what the channel says was
// given back of the order, as far as it says how much.
func (k sentRefunds) explain(t channel.Trade) bool {
	switch {
	case t.State != channel.TradeRefunded:
		return true
	case t.Refunded == 0:
		return k.Count > 0
	}
	return k.Total >= t.Refunded
}

func (store) sentRefunds(ctx context.Context, q db.Querier, a Attempt) (sentRefunds, error) {
	var k sentRefunds
	err := q.Get(ctx, &k, `SELECT COALESCE(SUM(CASE WHEN status = 'failed' THEN 0 ELSE amount END), 0) AS total,
 COALESCE(SUM(CASE WHEN status = 'succeeded' THEN amount ELSE 0 END), 0) AS arrived, COUNT(*) AS n FROM refunds
 WHERE payment_id = ? AND merchant_id = ? AND attempt_id = ? AND (accepted_at > 0 OR (sends > 0 AND status IN ('pending', 'abnormal', 'succeeded')))`,
		a.PaymentID, a.MerchantID, a.ID)
	return k, wrap("sum what the channel may have given back", err)
}

// insertRefundReceipt claims a channel's refund: it is posted once per channel,
// identity and transaction. A duplicate means it was.
func (store) insertRefundReceipt(ctx context.Context, tx *db.Tx, r Refund, transactionNo string, now app.Millis) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_receipts (channel, identity, transaction_no, kind, object_id, amount, created_at) VALUES (?, ?, ?, 'refund', ?, ?, ?)`,
		r.Channel, r.Identity, transactionNo, r.ID, r.Amount, now)
	return err
}

// refundTurn is who may send a refund of an attempt.
type refundTurn struct {
	Holder string     `db:"refund_turn"`
	FreeAt app.Millis `db:"refund_free_at"`
}

func (store) turn(ctx context.Context, q db.Querier, r Refund) (refundTurn, error) {
	var t refundTurn
	err := q.Get(ctx, &t, `SELECT refund_turn, refund_free_at FROM attempts WHERE id = ? AND merchant_id = ?`, r.AttemptID, r.MerchantID)
	return t, wrap("read whose turn it is", err)
}

// refundsAhead counts the unsent refunds of the same attempt that were asked for
// before r.
func (store) refundsAhead(ctx context.Context, q db.Querier, r Refund) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM refunds WHERE payment_id = ? AND merchant_id = ? AND attempt_id = ? AND status = 'pending' AND sends = 0 AND id < ?`,
		r.PaymentID, r.MerchantID, r.AttemptID, r.ID)
	return n, wrap("count the refunds ahead", err)
}

// takeTurn makes r the only refund of its attempt that may be sent, until it
// gives the turn back, and the next one wait until freeAt at least. It reports
// whether r has the turn.
func (store) takeTurn(ctx context.Context, tx *db.Tx, r Refund, now, freeAt app.Millis) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE attempts SET refund_turn = ?, refund_free_at = ?
 WHERE id = ? AND merchant_id = ? AND (refund_turn = ? OR (refund_turn = '' AND refund_free_at <= ?))`,
		r.ID, freeAt, r.AttemptID, r.MerchantID, r.ID, now)
	if err != nil {
		return false, fmt.Errorf("take the turn of %s: %w", r.ID, err)
	}
	return n == 1, nil
}

// giveTurn lets the next refund of the attempt be sent, not before the time that
// was set when the turn was taken.
func (store) giveTurn(ctx context.Context, tx *db.Tx, r Refund) error {
	_, err := tx.Exec(ctx, `UPDATE attempts SET refund_turn = '' WHERE id = ? AND merchant_id = ? AND refund_turn = ?`, r.AttemptID, r.MerchantID, r.ID)
	if err != nil {
		return fmt.Errorf("give up the turn of %s: %w", r.ID, err)
	}
	return nil
}

// unapproved sums what people and backends give back of the refund's attempt
// without a second person, itself not yet among it.
func (store) unapproved(ctx context.Context, tx *db.Tx, r Refund) (app.Money, error) {
	var sum app.Money
	err := tx.Get(ctx, &sum, `SELECT COALESCE(SUM(amount), 0) FROM refunds WHERE payment_id = ? AND attempt_id = ? AND merchant_id = ?
 AND approval_id = '' AND source IN ('api', 'console') AND status NOT IN ('failed', 'rejected')`, r.PaymentID, r.AttemptID, r.MerchantID)
	return sum, wrap("sum what was refunded without approval", err)
}
