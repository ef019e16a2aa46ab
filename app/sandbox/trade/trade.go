package trade

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/piaohao/piaohao/app"
)

// State is where a trade stands; each channel has its own words for it.
type State string

// The states. An expired trade stays Unpaid (WeChat) until somebody closes it.
const (
	Unpaid   State = "unpaid"
	Paid     State = "paid"
	Closed   State = "closed"
	Refunded State = "refunded"
	Finished State = "finished"
)

// Trade is one order at a simulated channel. Amounts are in fen.
type Trade struct {
	ID         string      `db:"id"`
	Channel    app.Channel `db:"channel"`
	MerchantID string      `db:"merchant_id"` // mchid or app_id; a sub-merchant's own
	// ProviderID is the service provider that ordered for a sub-merchant, or empty.
	ProviderID string `db:"provider_id"`
	AppID      string `db:"app_id"`
	OutTradeNo string `db:"out_trade_no"`
	// ChannelTradeNo is the transaction_id or trade_no: 28 digits, reserved at
	// creation, to be shown once the channel would (WeChat: when paid; Alipay:
	// when scanned).
	ChannelTradeNo string    `db:"channel_trade_no"`
	TradeType      string    `db:"trade_type"` // NATIVE, JSAPI…, or the Alipay product
	Subject        string    `db:"subject"`
	Attach         string    `db:"attach"`
	Amount         app.Money `db:"amount"`
	State          State     `db:"state"`
	// Scanned reports whether a payer has opened the code: an Alipay precreate
	// does not exist for query and close before that.
	Scanned bool `db:"scanned"`
	// Code is what the payer's phone takes: code_url, qr_code or prepay_id.
	Code          string     `db:"code"`
	CodeExpiresAt app.Millis `db:"code_expires_at"`
	NotifyURL     string     `db:"notify_url"`
	PayerID       string     `db:"payer_id"` // openid or buyer_id
	// Fingerprint tells a repeated order from a changed one.
	Fingerprint string `db:"fingerprint"`
	// Extra is whatever else the channel's package wants back, often JSON.
	Extra     string     `db:"extra"`
	ExpiresAt app.Millis `db:"expires_at"`
	CreatedAt app.Millis `db:"created_at"`
	ScannedAt app.Millis `db:"scanned_at"`
	PaidAt    app.Millis `db:"paid_at"`
	ClosedAt  app.Millis `db:"closed_at"`
	// Refunded is the sum of the refunds that were not closed, under way included.
	Refunded   app.Money  `db:"refunded"`
	Refunds    int        `db:"refunds"` // how many were taken in
	RefundedAt app.Millis `db:"refunded_at"`
	// CodeState is set for orders that charge the payer's code.
	CodeState CodeState `db:"code_state"`
}

// Owner is whose keys speak for the trade and whose faults concern it: the
// provider's, or the merchant's own.
func (t Trade) Owner() string { return cmp.Or(t.ProviderID, t.MerchantID) }

// Expired reports whether the trade can no longer be paid at the time.
func (t Trade) Expired(at time.Time) bool { return at.After(t.ExpiresAt.Time()) }

// CodeExpired reports whether the payer's code is past its two hours.
func (t Trade) CodeExpired(at time.Time) bool { return at.After(t.CodeExpiresAt.Time()) }

// WasPaid reports whether money moved.
func (t Trade) WasPaid() bool { return t.State == Paid || t.State == Refunded || t.State == Finished }

// CodeLife is how long both channels honour a code.
const CodeLife = 2 * time.Hour

// Order is what a merchant asks for. Code must be unique (see NewCode); empty,
// it is the channel's number.
type Order struct {
	Merchant Merchant
	// Sub is whom a service provider, Merchant, orders for; empty for itself.
	Sub         SubMerchant
	AppID       string
	OutTradeNo  string
	TradeType   string
	Subject     string
	Attach      string
	Amount      app.Money
	Code        string
	NotifyURL   string
	PayerID     string // known beforehand for JSAPI; else the wallet's
	Opened      bool   // the trade exists at once, without a payer's scan
	LongCode    bool   // the code lives as long as the order, not CodeLife
	Fingerprint string
	Extra       string
	ExpiresAt   time.Time
}

// payee is who gets the money, and in whose name numbers are unique.
func (o Order) payee() string { return cmp.Or(o.Sub.ID, o.Merchant.ID) }

func (o Order) codeExpiry(now time.Time) app.Millis {
	if o.LongCode {
		return app.ToMillis(o.ExpiresAt)
	}
	return app.ToMillis(now.Add(CodeLife))
}

// NewCode returns an unguessable token for a code, letters and digits.
func NewCode() string { return lowerHex(10) }

// PayerOf is the wallet's user as an app knows them: one person, another
// openid per WeChat app, one buyer id at Alipay.
func PayerOf(channel app.Channel, appID string) string {
	sum := sha256.Sum256([]byte("the sandbox wallet's user in " + appID))
	if channel == app.WeChat {
		return "oSandbox" + hex.EncodeToString(sum[:])[:20]
	}
	return "2088102100000001"
}

// channelTradeNo makes a number shaped like the channel's own, 28 digits.
func channelTradeNo(channel app.Channel, now time.Time) string {
	day := now.In(app.Beijing).Format("20060102")
	if channel == app.WeChat {
		return "420000" + digits(4) + day + digits(10)
	}
	return day + "22001" + digits(15)
}
