package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const attemptColumns = `id, payment_id, merchant_id, mode, account_id, channel, identity, app_id, method, status, amount,
 request, action, channel_trade_no, error_code, error_message, created_at, expires_at, paid_at, queries, last_query_at,
 next_query_at, lease_owner, lease_until, reverse_at, replace_at, sub_identity, recovered, settlement_amount`

func (store) insertAttempt(ctx context.Context, tx *db.Tx, a Attempt) error {
	_, err := tx.Exec(ctx, `INSERT INTO attempts (`+attemptColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.PaymentID, a.MerchantID, a.Mode, a.AccountID, a.Channel, a.Identity, a.AppID, a.Method, a.Status, a.Amount,
		a.Request, a.Action, a.ChannelTradeNo, a.ErrorCode, a.ErrorMessage, a.CreatedAt, a.ExpiresAt, a.PaidAt, a.Queries, a.LastQueryAt,
		a.NextQueryAt, a.LeaseOwner, a.LeaseUntil, a.ReverseAt, a.ReplaceAt, a.SubIdentity, a.Recovered, a.SettlementAmount)
	if err != nil {
		return fmt.Errorf("insert attempt: %w", err)
	}
	return nil
}

// attempt returns an attempt of an account: what a channel's number stands for.
func (store) attempt(ctx context.Context, q db.Querier, merchantID, id string) (Attempt, error) {
	var a Attempt
	if !app.PlainASCII(id, 64) { // MySQL would refuse to compare it
		return a, app.Errorf(app.NotFound, "no attempt %q", id)
	}
	err := q.Get(ctx, &a, `SELECT `+attemptColumns+` FROM attempts WHERE id = ? AND merchant_id = ?`, id, merchantID)
	if errors.Is(err, db.ErrNoRows) {
		return a, app.Errorf(app.NotFound, "no attempt %s", id)
	}
	if err != nil {
		return a, fmt.Errorf("read attempt %s: %w", id, err)
	}
	return a, nil
}

// latestAttempt returns the newest attempt of a payment.
func (store) latestAttempt(ctx context.Context, q db.Querier, merchantID, paymentID string) (Attempt, error) {
	var a Attempt
	err := q.Get(ctx, &a, `SELECT `+attemptColumns+` FROM attempts WHERE payment_id = ? AND merchant_id = ? ORDER BY id DESC LIMIT 1`, paymentID, merchantID)
	if err != nil {
		return a, fmt.Errorf("read the latest attempt of %s: %w", paymentID, err)
	}
	return a, nil
}

// attempts returns all attempts of a payment, oldest first.
func (store) attempts(ctx context.Context, q db.Querier, merchantID, paymentID string) ([]Attempt, error) {
	var rows []Attempt
	err := q.Select(ctx, &rows, `SELECT `+attemptColumns+` FROM attempts WHERE payment_id = ? AND merchant_id = ? ORDER BY id LIMIT 100`, paymentID, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read the attempts of %s: %w", paymentID, err)
	}
	return rows, nil
}

// attemptsOf returns the attempts of several payments, oldest first.
func (store) attemptsOf(ctx context.Context, q db.Querier, merchantID string, paymentIDs []string) ([]Attempt, error) {
	var rows []Attempt
	err := q.Select(ctx, &rows, `SELECT `+attemptColumns+` FROM attempts WHERE payment_id IN (?) AND merchant_id = ? ORDER BY id`, paymentIDs, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	return rows, nil
}

// errMoved means that the attempt has left the state it was expected in.
var errMoved = errors.New("the attempt has moved on")

// moveAttempt changes an attempt's state by compare-and-set and writes what the
// change brings. errMoved tells that the state was no longer from, or that a
// reverse was sent since a was read.
func (store) moveAttempt(ctx context.Context, tx *db.Tx, a Attempt, from Status) error {
	n, err := tx.Exec(ctx, `UPDATE attempts SET status = ?, action = ?, channel_trade_no = ?, error_code = ?, error_message = ?, paid_at = ?,
 next_query_at = ?, recovered = ?, settlement_amount = ?, lease_owner = '', lease_until = 0 WHERE id = ? AND merchant_id = ? AND status = ? AND reverse_at = ?`,
		a.Status, a.Action, a.ChannelTradeNo, a.ErrorCode, a.ErrorMessage, a.PaidAt, a.NextQueryAt, a.Recovered, a.SettlementAmount, a.ID, a.MerchantID, from, a.ReverseAt)
	if err != nil {
		return fmt.Errorf("update attempt %s: %w", a.ID, err)
	}
	if n == 0 {
		return errMoved
	}
	return nil
}

// leaseAttempt gives owner the right to call the channel about an attempt, and
// reports whether nobody else holds it.
func (store) leaseAttempt(ctx context.Context, q db.Querier, a Attempt, owner string, now, until app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE attempts SET lease_owner = ?, lease_until = ? WHERE id = ? AND merchant_id = ? AND status = ? AND lease_until <= ?`,
		owner, until, a.ID, a.MerchantID, a.Status, now)
	return n == 1, err
}

// releaseAttempt ends a lease and says when to ask next.
func (store) releaseAttempt(ctx context.Context, q db.Querier, a Attempt, owner string, next app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE attempts SET lease_owner = '', lease_until = 0, next_query_at = ? WHERE id = ? AND merchant_id = ? AND lease_owner = ?`,
		next, a.ID, a.MerchantID, owner)
	return err
}

// askNow brings an attempt's next query forward to now, at most once per the
// given pause, and reports whether it did.
func (store) askNow(ctx context.Context, q db.Querier, a Attempt, now, askedBefore app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE attempts SET next_query_at = ? WHERE id = ? AND merchant_id = ? AND last_query_at <= ? AND created_at <= ? AND (next_query_at > ? OR next_query_at = 0)`,
		now, a.ID, a.MerchantID, askedBefore, askedBefore, now)
	return n == 1, err
}

// markReverse records, before it is sent, that a reverse is sent; 0 takes the
// mark back. It reports whether a is still leased to its owner and in its state.
func (store) markReverse(ctx context.Context, q db.Querier, a Attempt, at app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE attempts SET reverse_at = ? WHERE id = ? AND merchant_id = ? AND status = ? AND lease_owner = ?`,
		at, a.ID, a.MerchantID, a.Status, a.LeaseOwner)
	if err != nil {
		return false, fmt.Errorf("mark the reverse of %s: %w", a.ID, err)
	}
	return n == 1, nil
}

// markReplace records, before it is closed, that an attempt makes room for
// another. It reports whether a is still leased to its owner and in its state.
func (store) markReplace(ctx context.Context, q db.Querier, a Attempt, at app.Millis) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE attempts SET replace_at = ? WHERE id = ? AND merchant_id = ? AND status = ? AND lease_owner = ?`,
		at, a.ID, a.MerchantID, a.Status, a.LeaseOwner)
	if err != nil {
		return false, fmt.Errorf("mark the replacement of %s: %w", a.ID, err)
	}
	return n == 1, nil
}

// dueNow has the job ask about an attempt at once, whoever holds its lease now.
func (store) dueNow(ctx context.Context, q db.Querier, merchantID, id string, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE attempts SET next_query_at = ? WHERE id = ? AND merchant_id = ?`, now, id, merchantID)
	if err != nil {
		return fmt.Errorf("hasten the query of %s: %w", id, err)
	}
	return nil
}
