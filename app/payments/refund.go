package payments

import (
	"encoding/json"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// RefundSource is where a refund comes from.
type RefundSource string

// The sources.
const (
	SourceAPI     RefundSource = "api"
	SourceConsole RefundSource = "console"
	SourcePolicy  RefundSource = "policy"  // the merchant's setting: late or duplicate money
	SourceChannel RefundSource = "channel" // made in the channel's own console, adopted when found
)

// Refund is money given back of one paid attempt (退款单), in fen. Nearly
// always that is the attempt which paid the payment; the refund of a duplicate
// payment is of the other one, and leaves the payment's remainder alone.
type Refund struct {
	ID         string      `db:"id"` // rfd_…
	MerchantID string      `db:"merchant_id"`
	Mode       app.Mode    `db:"mode"`
	PaymentID  string      `db:"payment_id"`
	AttemptID  string      `db:"attempt_id"`
	AccountID  string      `db:"account_id"`
	Channel    app.Channel `db:"channel"`
	Identity   string      `db:"identity"` // mchid or PID the money comes from
	// SubIdentity is the sub_mchid under a service provider, or "".
	SubIdentity string       `db:"sub_identity"`
	OrderNo     string       `db:"order_no"`
	RefundNo    string       `db:"refund_no"` // the merchant's own; the id where the merchant gave none
	Status      RefundStatus `db:"status"`
	Amount      app.Money    `db:"amount"`
	Currency    string       `db:"currency"`
	Reason      string       `db:"reason"`
	Source      RefundSource `db:"source"`

	RequestedKind string `db:"requested_kind"` // user, key, system, channel
	RequestedID   string `db:"requested_id"`
	RequestedName string `db:"requested_name"`
	ApprovalID    string `db:"approval_id"` // "" when none was needed

	// Number is what the channel knows the refund by: our id, which is durable
	// before it is sent and never reused, or the channel console's own.
	Number          string `db:"number"`
	ChannelRefundNo string `db:"channel_refund_no"` // the channel's number, "" until known
	ErrorCode       string `db:"error_code"`        // the channel's last words
	ErrorMessage    string `db:"error_message"`
	Request         string `db:"request"` // the exact channel.RefundRequest, JSON; "" when adopted

	CreatedAt   app.Millis `db:"created_at"`
	UpdatedAt   app.Millis `db:"updated_at"`
	AcceptedAt  app.Millis `db:"accepted_at"`  // the channel certainly has it; 0 until then
	SucceededAt app.Millis `db:"succeeded_at"` // the money arrived
	BookedAt    app.Millis `db:"booked_at"`    // dates it in the channel's bill, 0 until known; see booked
	Sends       int64      `db:"sends"`        // how often it may have been sent
	SentAt      app.Millis `db:"sent_at"`      // when first
	Queries     int64      `db:"queries"`
	LastQueryAt app.Millis `db:"last_query_at"`
	NextQueryAt app.Millis `db:"next_query_at"` // when the job sends or asks; 0: no longer
	LeaseOwner  string     `db:"lease_owner"`
	LeaseUntil  app.Millis `db:"lease_until"`
	Version     int64      `db:"version"` // grows with every change
	// Recovered says that nothing but the channel's bill told of its success, or of
	// the refund at all.
	Recovered bool `db:"recovered"`
}

// RequestedBy is who asked for the refund.
func (r Refund) RequestedBy() approvals.Person {
	return approvals.Person{Kind: r.RequestedKind, ID: r.RequestedID, Name: r.RequestedName}
}

// request decodes what was stored before it was sent.
func (r Refund) request() (channel.RefundRequest, error) {
	var out channel.RefundRequest
	if err := json.Unmarshal([]byte(r.Request), &out); err != nil {
		return out, app.Errorf(app.Internal, "read the stored request of %s: %w", r.ID, err)
	}
	return out, nil
}

// attempt is the attempt the refund is of, as far as timelines and calls to the
// channel need it.
func (r Refund) attempt() Attempt {
	return Attempt{
		ID: r.AttemptID, PaymentID: r.PaymentID, MerchantID: r.MerchantID, Mode: r.Mode,
		AccountID: r.AccountID, Channel: r.Channel, Identity: r.Identity, SubIdentity: r.SubIdentity,
	}
}

// booked is the time that dates the refund in its channel's bill: WeChat lists
// refunds when it accepts them, Alipay when they have succeeded.
func (r Refund) booked() app.Millis {
	if r.Channel == app.Alipay {
		return r.SucceededAt
	}
	return r.AcceptedAt
}
