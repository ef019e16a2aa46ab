package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// adopted returns the id of the refund that was adopted under an attempt for the
// channel's number, "" when there is none. An attempt's id is known to its
// merchant's account alone.
func (store) adopted(ctx context.Context, q db.Querier, attemptID, number string) (string, error) {
	var id string
	err := q.Get(ctx, &id, `SELECT refund_id FROM adopted_refunds WHERE attempt_id = ? AND number = ?`, attemptID, number)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return id, wrap("look an adopted refund up", err)
}

// insertAdopted claims the channel's number under the attempt, so that a refund
// is adopted once. errAdopted tells that it was.
func (store) insertAdopted(ctx context.Context, tx *db.Tx, r Refund) error {
	_, err := tx.Exec(ctx, `INSERT INTO adopted_refunds (attempt_id, number, refund_id) VALUES (?, ?, ?)`, r.AttemptID, r.Number, r.ID)
	if db.IsDuplicate(err) {
		return errAdopted
	}
	if err != nil {
		return fmt.Errorf("adopt a refund: %w", err)
	}
	return nil
}

// resolveUnexplained ends the question where money went that a refund of the
// attempt now answers.
func (store) resolveUnexplained(ctx context.Context, tx *db.Tx, a Attempt, now app.Millis) error {
	_, err := tx.Exec(ctx, `UPDATE channel_notifications SET status = 'resolved', resolved_at = ?
 WHERE payment_id = ? AND merchant_id = ? AND attempt_id = ? AND reason = 'refund_unexplained' AND status = 'quarantined'`, now, a.PaymentID, a.MerchantID, a.ID)
	return wrap("resolve an unexplained refund", err)
}

// nameRefund gives an adopted refund the number it had none of, and the dates
// that go with it. errMoved tells that somebody else did.
func (store) nameRefund(ctx context.Context, tx *db.Tx, r *Refund) error {
	if err := (store{}).insertAdopted(ctx, tx, *r); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE refunds SET number = ?, channel_refund_no = ?, accepted_at = ?, succeeded_at = ?, booked_at = ?, updated_at = ?, version = version + 1
 WHERE id = ? AND merchant_id = ? AND number = '' AND version = ?`,
		r.Number, r.ChannelRefundNo, r.AcceptedAt, r.SucceededAt, r.BookedAt, r.UpdatedAt, r.ID, r.MerchantID, r.Version)
	if err == nil && n == 0 {
		return errMoved
	}
	r.Version++
	return wrap("name an adopted refund", err)
}
