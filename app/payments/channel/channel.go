// Package channel is the contract between the platform and a payment channel.
// Everything provider-specific lives in one sub-package per channel; the rest
// of the program sees only these types. It imports nothing but app.
package channel

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Method is how the payer pays, such as "wechat_native".
type Method string

// The methods. Cashier lets the payer choose on a hosted page.
const (
	WeChatNative Method = "wechat_native"
	WeChatJSAPI  Method = "wechat_jsapi"
	WeChatMini   Method = "wechat_mini"
	WeChatH5     Method = "wechat_h5"
	WeChatApp    Method = "wechat_app"
	WeChatCode   Method = "wechat_code"
	AlipayQR     Method = "alipay_qr"
	AlipayPage   Method = "alipay_page"
	AlipayWAP    Method = "alipay_wap"
	AlipayApp    Method = "alipay_app"
	AlipayJSAPI  Method = "alipay_jsapi"
	AlipayCode   Method = "alipay_code"
	Cashier      Method = "cashier"
)

// Channel returns the channel a method belongs to, and "" for Cashier and
// unknown methods.
func (m Method) Channel() app.Channel {
	switch m {
	case WeChatNative, WeChatJSAPI, WeChatMini, WeChatH5, WeChatApp, WeChatCode:
		return app.WeChat
	case AlipayQR, AlipayPage, AlipayWAP, AlipayApp, AlipayJSAPI, AlipayCode:
		return app.Alipay
	}
	return ""
}

// Driver is one channel's adapter: stateless, it opens clients for accounts.
type Driver interface {
	// Name returns the channel.
	Name() app.Channel
	// Methods lists what the driver can take payments by.
	Methods() []Method
	// Open builds a client. It parses keys and dials nothing; a credential that
	// cannot work is KindConfig.
	Open(account Account) (Client, error)
	// Inspect reads credentials offline: what each file is, whether keys belong
	// together, what was read from certificates. It never returns key material.
	Inspect(credentials json.RawMessage) Report
}

// Client talks to the channel for one account. It is safe for concurrent use.
// Every error is an *Error; whatever is not certain is KindUnknown.
type Client interface {
	// Pay sends the order. Repeating an identical request is safe.
	Pay(ctx context.Context, r PayRequest) (PayResult, error)
	// Query asks for the truth about an order number. KindNotExist means the
	// channel does not know it (yet).
	Query(ctx context.Context, number string) (Trade, error)
	// Close ends an unpaid order. KindPaid means it was paid, KindNotExist that
	// there was nothing to close, KindClosed that it was closed before.
	Close(ctx context.Context, number string) error
	// Reverse undoes a payment-code order whatever became of it: an unpaid one is
	// closed, a paid one is given back in full. It is safe to repeat. KindUnknown
	// means that it must be repeated, KindNotExist that there is nothing to undo.
	Reverse(ctx context.Context, number string) error
	// Refund asks for money back. Repeating an identical request refunds once. A
	// Refund that comes back pending was accepted and has not arrived.
	Refund(ctx context.Context, r RefundRequest) (Refund, error)
	// QueryRefund asks for the truth about a refund's number. KindNotExist means
	// that the channel knows no such refund (yet): sending it again is safe.
	QueryRefund(ctx context.Context, r RefundLookup) (Refund, error)
	// ParseNotification verifies the raw bytes and then reads them. KindForged
	// means that nothing in them may be believed.
	ParseNotification(ctx context.Context, n Notification) (Notice, error)
	// Probe makes one harmless signed call (the query of a random order) and
	// reports whether both sides accept each other's signatures.
	Probe(ctx context.Context) error
}

// Account is what a driver needs to know of a merchant's account.
type Account struct {
	ID      string // acct_…
	Version int64  // grows whenever anything below changes
	Mode    app.Mode
	// Gateway is the channel's base URL, from configuration by mode.
	Gateway string
	// Credentials is the driver's own JSON, opened. Never log it.
	Credentials json.RawMessage
	// Provider is the service provider's (服务商) credentials, opened, when the
	// account takes money through one; then Credentials holds only what names the
	// merchant under it: sub_mchid, or app_auth_token and seller_id.
	Provider json.RawMessage
}

// PayRequest is one order as it is stored before it is sent, and sent again
// unchanged when the first outcome is unknown.
type PayRequest struct {
	Number    string            `json:"number"` // the attempt's id
	AppID     string            `json:"app_id"`
	Method    Method            `json:"method"`
	Amount    app.Money         `json:"amount"`
	Currency  string            `json:"currency"`
	Subject   string            `json:"subject"`
	NotifyURL string            `json:"notify_url"`
	ReturnURL string            `json:"return_url,omitempty"`
	ExpiresAt time.Time         `json:"expires_at"`
	Payer     Payer             `json:"payer"`
	Options   map[string]string `json:"options,omitempty"`
}

// Payer is what is known of who pays.
type Payer struct {
	OpenID      string `json:"openid,omitempty"`
	BuyerID     string `json:"buyer_id,omitempty"`
	BuyerOpenID string `json:"buyer_open_id,omitempty"`
	ClientIP    string `json:"client_ip,omitempty"`
	AuthCode    string `json:"auth_code,omitempty"`
}

// Action is what the payer's client must do next, as the API shows it.
type Action struct {
	Type        string            `json:"type"` // qr_code, redirect, jsapi, app, none
	CodeURL     string            `json:"code_url,omitempty"`
	URL         string            `json:"url,omitempty"`
	Params      map[string]string `json:"params,omitempty"`
	OrderString string            `json:"order_string,omitempty"`
}

// PayResult is an accepted order. Trade is set when the channel answered with a
// final state at once, as payment codes do.
type PayResult struct {
	Action Action
	Trade  *Trade
}

// TradeState is the channel's view of an order, in our words.
type TradeState string

// The states. Refunded means that at least part of a paid order was given back:
// it was paid.
const (
	TradeUnpaid   TradeState = "unpaid"
	TradePaying   TradeState = "paying"
	TradePaid     TradeState = "paid"
	TradeRefunded TradeState = "refunded"
	TradeClosed   TradeState = "closed"
	TradeFailed   TradeState = "failed"
)

// WasPaid reports whether money moved.
func (s TradeState) WasPaid() bool { return s == TradePaid || s == TradeRefunded }

// Trade is an order as the channel reports it. Amounts are in fen. Identity is
// the mchid (a service provider's own) or the Alipay PID it belongs to, and
// SubIdentity the sub_mchid under a provider; empty when the answer omits them.
type Trade struct {
	Number           string
	ChannelTradeNo   string
	AppID            string
	Identity         string
	SubIdentity      string
	State            TradeState
	RawState         string // the channel's own word
	Amount           app.Money
	Currency         string
	PayerAmount      app.Money // what the payer paid after coupons; Amount when unsaid
	SettlementAmount app.Money // what the merchant gets before fees; Amount when unsaid
	PaidAt           time.Time
	PayerID          string // openid or buyer id
	// Refunded is everything given back so far, where the channel says how much; 0
	// when it does not, whatever State says.
	Refunded app.Money
}

// Notification is an inbound message exactly as it came over the wire.
type Notification struct {
	Header http.Header
	Body   []byte
}

// Notice is a verified notification.
type Notice struct {
	ID         string  // the channel's id of the message; retries share it
	Type       string  // the channel's own word, such as TRANSACTION.SUCCESS
	VerifiedBy string  // serial or key id that verified it
	Trade      *Trade  // set when it is about an order
	Refund     *Refund // set when it is about a refund; Trade may be set besides
	// Plain is the decrypted content with personal data masked, for the timeline.
	Plain json.RawMessage
}

// Report is what Inspect found.
type Report struct {
	Checks []Check
	// Identity is the settlement identity read from the credentials (mchid, PID).
	// It is "" where they name only a WeChat merchant under a service provider:
	// then it is the provider's, and SubIdentity is that merchant's sub_mchid.
	Identity    string
	SubIdentity string
	// Names of what was read, such as "serial_no"; never secret.
	Facts map[string]string
	// ExpiresAt is when the first certificate expires; zero without one.
	ExpiresAt time.Time
}

// OK reports whether every check passed.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if c.Status == CheckFailed {
			return false
		}
	}
	return len(r.Checks) > 0
}

// CheckStatus is a check's outcome.
type CheckStatus string

// The outcomes.
const (
	CheckPassed  CheckStatus = "passed"
	CheckFailed  CheckStatus = "failed"
	CheckWarning CheckStatus = "warning"
)

// Check is one finding about a credential. Code is stable and is the key of its
// translated sentences (what is wrong, the fix, where); Args fill them.
type Check struct {
	Code   string // such as "wechat.key_mismatch"
	Field  string // the credential's field
	Status CheckStatus
	Args   map[string]string
}

// Exchange is one HTTP call to a channel, redacted, for timelines and metrics.
type Exchange struct {
	Operation string // pay, query, close, reverse, refund, query_refund, probe, certificates, bill
	Method    string
	URL       string
	Status    int // 0 when no answer came
	Request   string
	Response  string
	Duration  time.Duration
	Err       error
}

type recorderKey struct{}

// WithRecorder makes clients report each HTTP exchange made under ctx.
func WithRecorder(ctx context.Context, record func(Exchange)) context.Context {
	return context.WithValue(ctx, recorderKey{}, record)
}

// Record reports an exchange to the recorder in ctx, if any.
func Record(ctx context.Context, e Exchange) {
	if record, ok := ctx.Value(recorderKey{}).(func(Exchange)); ok {
		record(e)
	}
}
