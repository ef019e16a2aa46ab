// Package payments holds unified orders: their states, their attempts at the
// channels, what notifications and queries make of them, and their timeline.
package payments

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Payment is one unified order (支付单). Amounts are in fen.
type Payment struct {
	ID            string         `db:"id"`
	MerchantID    string         `db:"merchant_id"`
	Mode          app.Mode       `db:"mode"`
	OrderNo       string         `db:"order_no"`
	Status        Status         `db:"status"`
	Amount        app.Money      `db:"amount"`
	Currency      string         `db:"currency"`
	Subject       string         `db:"subject"`
	Method        channel.Method `db:"method"`
	Channel       app.Channel    `db:"channel"`
	AccountID     string         `db:"account_id"`
	OpenAttemptID string         `db:"open_attempt_id"` // "" when none is open
	PaidAttemptID string         `db:"paid_attempt_id"` // "" until paid
	// ChannelTradeNo is the channel's own number of the paid order.
	ChannelTradeNo   string    `db:"channel_trade_no"`
	PayerAmount      app.Money `db:"payer_amount"`      // paid by the payer, after coupons
	SettlementAmount app.Money `db:"settlement_amount"` // settled to the merchant, before fees
	AmountRefunded   app.Money `db:"amount_refunded"`
	// RefundReserved is what is given back or being given back of the attempt that
	// paid: it counts every refund not finally failed or rejected.
	RefundReserved   app.Money  `db:"refund_reserved"`
	Late             bool       `db:"late"` // paid after it was closed or failed
	Metadata         string     `db:"metadata"`
	ReturnURL        string     `db:"return_url"`
	ExpiresAt        app.Millis `db:"expires_at"`
	CreatedAt        app.Millis `db:"created_at"`
	UpdatedAt        app.Millis `db:"updated_at"`
	PaidAt           app.Millis `db:"paid_at"`
	ClosedAt         app.Millis `db:"closed_at"`
	CloseRequestedAt app.Millis `db:"close_requested_at"`
	ErrorCode        string     `db:"error_code"`    // the channel's last certain refusal
	ErrorMessage     string     `db:"error_message"` // its words, untranslated
	Version          int64      `db:"version"`       // grows with every change
	// Recovered says that nothing but the channel's bill told of the payment:
	// reconciliation found it, and the channel's query confirmed it.
	Recovered bool `db:"recovered"`
}

// Attempt is one order at one account by one method (支付尝试). Its ID is the
// number the channel sees, so it is durable before it is sent and never reused.
type Attempt struct {
	ID             string         `db:"id"`
	PaymentID      string         `db:"payment_id"`
	MerchantID     string         `db:"merchant_id"`
	Mode           app.Mode       `db:"mode"`
	AccountID      string         `db:"account_id"`
	Channel        app.Channel    `db:"channel"`
	Identity       string         `db:"identity"`     // mchid or PID the money goes to
	SubIdentity    string         `db:"sub_identity"` // sub_mchid under a service provider
	AppID          string         `db:"app_id"`
	Method         channel.Method `db:"method"`
	Status         Status         `db:"status"`
	Amount         app.Money      `db:"amount"`
	Request        string         `db:"request"` // the exact channel.PayRequest, JSON
	Action         string         `db:"action"`  // channel.Action, JSON; "" until accepted
	ChannelTradeNo string         `db:"channel_trade_no"`
	// SettlementAmount is settled to the merchant, before fees; 0 until paid.
	SettlementAmount app.Money  `db:"settlement_amount"`
	ErrorCode        string     `db:"error_code"`
	ErrorMessage     string     `db:"error_message"`
	CreatedAt        app.Millis `db:"created_at"`
	ExpiresAt        app.Millis `db:"expires_at"`
	PaidAt           app.Millis `db:"paid_at"`
	Queries          int64      `db:"queries"`
	LastQueryAt      app.Millis `db:"last_query_at"`
	NextQueryAt      app.Millis `db:"next_query_at"` // 0: no longer asked
	LeaseOwner       string     `db:"lease_owner"`
	LeaseUntil       app.Millis `db:"lease_until"`
	// ReverseAt is from when on a reverse may have reached the channel, 0 when
	// none was sent: then only the channel's final word about the reverse counts.
	ReverseAt app.Millis `db:"reverse_at"`
	// ReplaceAt is from when on the order is being closed to make room for another
	// method, 0 when it is not: then its end does not end the payment.
	ReplaceAt app.Millis `db:"replace_at"`
	Recovered bool       `db:"recovered"` // see Payment

	authCode string // the payer's, for the one send; never stored (ADR 7)
}

// Scope is whose objects of which mode a call may touch. A service call for
// another scope's object answers NotFound, as if it did not exist.
type Scope struct {
	MerchantID string
	Mode       app.Mode
}
