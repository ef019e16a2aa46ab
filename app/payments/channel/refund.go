package channel

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// RefundRequest is one refund as it is stored before it is sent, and sent again
// unchanged when the first outcome is unknown. Amounts are in fen.
type RefundRequest struct {
	Number         string    `json:"number"`         // the refund's id
	PaymentNumber  string    `json:"payment_number"` // the paid attempt's id
	ChannelTradeNo string    `json:"channel_trade_no"`
	Amount         app.Money `json:"amount"`
	Total          app.Money `json:"total"` // of the paid order
	Currency       string    `json:"currency"`
	Reason         string    `json:"reason"`
	NotifyURL      string    `json:"notify_url"`
}

// RefundLookup names a refund to be asked about.
type RefundLookup struct {
	Number         string
	PaymentNumber  string
	ChannelTradeNo string
}

// RefundState is the channel's view of a refund, in our words.
type RefundState string

// The states. Abnormal means that the money could not be returned to where it
// came from: a person must act at the channel, after which it succeeds or is
// closed.
const (
	RefundPending   RefundState = "pending"
	RefundSucceeded RefundState = "succeeded"
	RefundClosed    RefundState = "closed" // it will not happen
	RefundAbnormal  RefundState = "abnormal"
)

// Refund is a refund as the channel reports it. Amounts are in fen; Amount and
// Total are 0 when the answer omits them.
type Refund struct {
	Number          string // our number, or the channel console's own
	PaymentNumber   string
	ChannelRefundNo string // "" where the channel has none (Alipay)
	ChannelTradeNo  string
	Identity        string
	SubIdentity     string
	State           RefundState
	RawState        string // the channel's own word
	Amount          app.Money
	Total           app.Money
	// RefundedTotal is everything given back of the payment so far, where the
	// channel says so (Alipay); 0 when it does not.
	RefundedTotal app.Money
	At            time.Time // when it succeeded
	Account       string    // where the money went, masked
}
