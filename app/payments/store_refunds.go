package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const refundColumns = `id, merchant_id, mode, payment_id, attempt_id, account_id, channel, identity, order_no, refund_no, status, amount, currency,
 reason, source, requested_kind, requested_id, requested_name, approval_id, number, channel_refund_no, error_code, error_message, request,
 created_at, updated_at, accepted_at, succeeded_at, sends, sent_at, queries, last_query_at, next_query_at, lease_owner, lease_until, version, recovered, sub_identity, booked_at`

// refundKey is the permanent claim of a refund_no.
type refundKey struct {
	RefundID    string `db:"refund_id"`
	Fingerprint string `db:"fingerprint"`
}

func (store) refundKey(ctx context.Context, q db.Querier, scope Scope, refundNo string) (refundKey, error) {
	var k refundKey
	err := q.Get(ctx, &k, `SELECT refund_id, fingerprint FROM refund_keys WHERE merchant_id = ? AND mode = ? AND refund_no = ?`,
		scope.MerchantID, scope.Mode, refundNo)
	return k, err
}

// claimRefundNo claims the refund_no. A duplicate means that it is taken.
func (store) claimRefundNo(ctx context.Context, tx *db.Tx, r Refund, fingerprint string) error {
	_, err := tx.Exec(ctx, `INSERT INTO refund_keys (merchant_id, mode, refund_no, refund_id, fingerprint) VALUES (?, ?, ?, ?, ?)`,
		r.MerchantID, r.Mode, r.RefundNo, r.ID, fingerprint)
	if err != nil {
		return fmt.Errorf("claim refund_no: %w", err)
	}
	return nil
}

func (store) insertRefund(ctx context.Context, tx *db.Tx, r Refund) error {
	_, err := tx.Exec(ctx, `INSERT INTO refunds (`+refundColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.MerchantID, r.Mode, r.PaymentID, r.AttemptID, r.AccountID, r.Channel, r.Identity, r.OrderNo, r.RefundNo, r.Status, r.Amount, r.Currency,
		r.Reason, r.Source, r.RequestedKind, r.RequestedID, clipTo(r.RequestedName, 190), r.ApprovalID, r.Number, r.ChannelRefundNo, r.ErrorCode, r.ErrorMessage, r.Request,
		r.CreatedAt, r.UpdatedAt, r.AcceptedAt, r.SucceededAt, r.Sends, r.SentAt, r.Queries, r.LastQueryAt, r.NextQueryAt, r.LeaseOwner, r.LeaseUntil, r.Version, r.Recovered, r.SubIdentity, r.booked())
	if err != nil {
		return fmt.Errorf("insert refund: %w", err)
	}
	return nil
}

func (store) refund(ctx context.Context, q db.Querier, scope Scope, id string) (Refund, error) {
	var r Refund
	err := q.Get(ctx, &r, `SELECT `+refundColumns+` FROM refunds WHERE id = ? AND merchant_id = ? AND mode = ?`, id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return r, app.Errorf(app.NotFound, "no refund %s", id).WithReason("refund_not_found")
	}
	if err != nil {
		return r, fmt.Errorf("read refund %s: %w", id, err)
	}
	return r, nil
}

// refundsOf returns the refunds of a payment, oldest first.
func (store) refundsOf(ctx context.Context, q db.Querier, scope Scope, paymentID string) ([]Refund, error) {
	var rows []Refund
	err := q.Select(ctx, &rows, `SELECT `+refundColumns+` FROM refunds WHERE payment_id = ? AND merchant_id = ? AND mode = ? ORDER BY id LIMIT 100`,
		paymentID, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, fmt.Errorf("read the refunds of %s: %w", paymentID, err)
	}
	return rows, nil
}

func (store) listRefunds(ctx context.Context, q db.Querier, scope Scope, f RefundFilter) ([]Refund, error) {
	b := db.NewBuild(`SELECT `+refundColumns+` FROM refunds WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By(refundIndex(f.PaymentID, f.Status))
	f.narrow(b)
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var rows []Refund
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list refunds: %w", err)
	}
	return rows, nil
}

// moveRefund changes a refund's state by compare-and-set, writes what the change
// brings and ends its lease. errMoved tells that the state was no longer from.
func (store) moveRefund(ctx context.Context, tx *db.Tx, r *Refund, from RefundStatus) error {
	n, err := tx.Exec(ctx, `UPDATE refunds SET status = ?, channel_refund_no = ?, error_code = ?, error_message = ?, updated_at = ?, accepted_at = ?,
 succeeded_at = ?, booked_at = ?, next_query_at = ?, recovered = ?, lease_owner = '', lease_until = 0, version = version + 1 WHERE id = ? AND merchant_id = ? AND status = ? AND version = ?`,
		r.Status, r.ChannelRefundNo, r.ErrorCode, r.ErrorMessage, r.UpdatedAt, r.AcceptedAt, r.SucceededAt, r.booked(), r.NextQueryAt, r.Recovered, r.ID, r.MerchantID, from, r.Version)
	if err != nil {
		return fmt.Errorf("update refund %s: %w", r.ID, err)
	}
	if n == 0 {
		return errMoved
	}
	r.Version++
	r.LeaseOwner, r.LeaseUntil = "", 0
	return nil
}

// leaseRefund gives owner the right to call the channel about a refund, and
// reports whether nobody else holds it.
func (store) leaseRefund(ctx context.Context, q db.Querier, r Refund, owner string, now, until app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE refunds SET lease_owner = ?, lease_until = ? WHERE id = ? AND merchant_id = ? AND status = ? AND lease_until <= ?`,
		owner, until, r.ID, r.MerchantID, r.Status, now)
	return n == 1, err
}

// refundSent notes, before a refund is sent, that it may have been from now on.
// errMoved tells that r's lease has lapsed and another holds it: then it must not
// be sent.
func (store) refundSent(ctx context.Context, tx *db.Tx, r Refund) error {
	n, err := tx.Exec(ctx, `UPDATE refunds SET sends = ?, sent_at = ? WHERE id = ? AND merchant_id = ? AND lease_owner = ?`,
		r.Sends, r.SentAt, r.ID, r.MerchantID, r.LeaseOwner)
	if err == nil && n == 0 {
		return errMoved
	}
	return wrap("note that a refund is sent", err)
}

// refundAsked ends a refund's lease, counts what was asked and says when to ask
// or send next. What the channel said last is kept for people.
func (store) refundAsked(ctx context.Context, q db.Querier, r Refund, now, next app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE refunds SET queries = queries + 1, last_query_at = ?, next_query_at = ?, error_code = ?, error_message = ?, lease_owner = '', lease_until = 0
 WHERE id = ? AND merchant_id = ? AND lease_owner = ? AND status = ?`, now, next, r.ErrorCode, r.ErrorMessage, r.ID, r.MerchantID, r.LeaseOwner, r.Status)
	if err != nil {
		return fmt.Errorf("schedule refund %s: %w", r.ID, err)
	}
	return nil
}

// askRefundNow brings a refund's next query forward to now.
func (store) askRefundNow(ctx context.Context, q db.Querier, r Refund, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE refunds SET next_query_at = ? WHERE id = ? AND merchant_id = ? AND status = ? AND next_query_at > ?`,
		now, r.ID, r.MerchantID, r.Status, now)
	return wrap("hasten a refund", err)
}
