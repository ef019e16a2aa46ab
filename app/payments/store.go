package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// store is the room's SQL about payments and their natural keys.
type store struct{ d *db.DB }

const paymentColumns = `id, merchant_id, mode, order_no, status, amount, currency, subject, method, channel, account_id,
 open_attempt_id, paid_attempt_id, channel_trade_no, payer_amount, settlement_amount, amount_refunded, refund_reserved, late, metadata,
 return_url, expires_at, created_at, updated_at, paid_at, closed_at, close_requested_at, error_code, error_message, version, recovered`

// naturalKey is the permanent claim of an order_no.
type naturalKey struct {
	PaymentID   string `db:"payment_id"`
	Fingerprint string `db:"fingerprint"`
}

func (store) key(ctx context.Context, q db.Querier, scope Scope, orderNo string) (naturalKey, error) {
	var k naturalKey
	err := q.Get(ctx, &k, `SELECT payment_id, fingerprint FROM payment_keys WHERE merchant_id = ? AND mode = ? AND order_no = ?`,
		scope.MerchantID, scope.Mode, orderNo)
	return k, err
}

// insertPayment claims the order_no and stores the payment. A duplicate means
// that the order_no is taken.
func (store) insertPayment(ctx context.Context, tx *db.Tx, p Payment, fingerprint string) error {
	_, err := tx.Exec(ctx, `INSERT INTO payment_keys (merchant_id, mode, order_no, payment_id, fingerprint) VALUES (?, ?, ?, ?, ?)`,
		p.MerchantID, p.Mode, p.OrderNo, p.ID, fingerprint)
	if err != nil {
		return fmt.Errorf("claim order_no: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO payments (`+paymentColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.MerchantID, p.Mode, p.OrderNo, p.Status, p.Amount, p.Currency, p.Subject, p.Method, p.Channel, p.AccountID,
		p.OpenAttemptID, p.PaidAttemptID, p.ChannelTradeNo, p.PayerAmount, p.SettlementAmount, p.AmountRefunded, p.RefundReserved, p.Late, p.Metadata,
		p.ReturnURL, p.ExpiresAt, p.CreatedAt, p.UpdatedAt, p.PaidAt, p.ClosedAt, p.CloseRequestedAt, p.ErrorCode, p.ErrorMessage, p.Version, p.Recovered)
	if err != nil {
		return fmt.Errorf("insert payment: %w", err)
	}
	return nil
}

func (store) payment(ctx context.Context, q db.Querier, scope Scope, id string) (Payment, error) {
	var p Payment
	err := q.Get(ctx, &p, `SELECT `+paymentColumns+` FROM payments WHERE id = ? AND merchant_id = ? AND mode = ?`,
		id, scope.MerchantID, scope.Mode)
	if errors.Is(err, db.ErrNoRows) {
		return p, app.Errorf(app.NotFound, "no payment %s", id).WithReason("payment_not_found")
	}
	if err != nil {
		return p, fmt.Errorf("read payment %s: %w", id, err)
	}
	return p, nil
}

// errRaced means that another writer changed the row first: read again.
var errRaced = errors.New("another writer was first")

// update writes every mutable column of p if its version is still the one that
// was read, and raises the version. errRaced tells that it was not.
func (store) update(ctx context.Context, tx *db.Tx, p *Payment) error {
	n, err := tx.Exec(ctx, `UPDATE payments SET status = ?, method = ?, channel = ?, account_id = ?, return_url = ?, open_attempt_id = ?, paid_attempt_id = ?,
 channel_trade_no = ?, payer_amount = ?, settlement_amount = ?, late = ?, updated_at = ?, paid_at = ?, closed_at = ?,
 close_requested_at = ?, error_code = ?, error_message = ?, recovered = ?, version = version + 1
 WHERE id = ? AND merchant_id = ? AND version = ?`,
		p.Status, p.Method, p.Channel, p.AccountID, p.ReturnURL, p.OpenAttemptID, p.PaidAttemptID,
		p.ChannelTradeNo, p.PayerAmount, p.SettlementAmount, p.Late, p.UpdatedAt, p.PaidAt, p.ClosedAt,
		p.CloseRequestedAt, p.ErrorCode, p.ErrorMessage, p.Recovered,
		p.ID, p.MerchantID, p.Version)
	if err != nil {
		return fmt.Errorf("update payment %s: %w", p.ID, err)
	}
	if n == 0 {
		return errRaced
	}
	p.Version++
	return nil
}

// insertReceipt claims a channel's transaction number: money is posted once per
// channel, identity, transaction and kind. A duplicate means it was.
func (store) insertReceipt(ctx context.Context, tx *db.Tx, a Attempt, transactionNo string, now app.Millis) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_receipts (channel, identity, transaction_no, kind, object_id, amount, created_at) VALUES (?, ?, ?, 'payment', ?, ?, ?)`,
		a.Channel, a.Identity, transactionNo, a.ID, a.Amount, now)
	return err
}

// Filter narrows a list of payments. From and To are a half-open range of
// creation times.
type Filter struct {
	OrderNo   string
	Status    Status
	Method    channel.Method
	Channel   app.Channel
	AccountID string
	From, To  app.Millis
	Before    string // keyset: only ids below this one
	Limit     int
}

func (store) list(ctx context.Context, q db.Querier, scope Scope, f Filter) ([]Payment, error) {
	b := db.NewBuild(`SELECT `+paymentColumns+` FROM payments WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By(paymentIndex(f.AccountID, string(f.Method), string(f.Status), string(f.Channel)))
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.Method != "" {
		b.And(`method = ?`, f.Method)
	}
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.AccountID != "" {
		b.And(`account_id = ?`, f.AccountID)
	}
	if f.From != 0 {
		b.And(`id >= ?`, idFloor(app.PrefixPayment, f.From))
	}
	if f.To != 0 {
		b.And(`id < ?`, idFloor(app.PrefixPayment, f.To))
	}
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var rows []Payment
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list payments: %w", err)
	}
	return rows, nil
}
