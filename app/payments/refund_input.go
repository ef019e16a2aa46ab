package payments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
)

// maxReason is what fits both channels: WeChat Pay v3 allows a refund's reason
// 80 characters, Alipay 256.
const maxReason = 80

// RefundInput is a request to give money back.
type RefundInput struct {
	RefundNo string
	Amount   app.Money // fen
	Reason   string
	Source   RefundSource // SourceAPI or SourceConsole
	By       approvals.Person
	// AttemptID names a duplicate payment of the order; "" means the one that
	// paid it.
	AttemptID string
}

// validate checks everything that is right or wrong whenever it is sent. It
// returns an Invalid error that names every wrong field at once.
func (in RefundInput) validate() error {
	var v violations
	v.orderNo("refund_no", in.RefundNo)
	switch {
	case in.Amount <= 0:
		v.add("amount", "too_small", "amount must be at least 1 fen")
	case in.Amount > app.MaxAmount:
		v.add("amount", "too_large", "amount must be at most %d fen (100,000,000.00 yuan)", app.MaxAmount)
	}
	v.text("reason", in.Reason, maxReason)
	v.name("attempt_id", in.AttemptID)
	return v.err()
}

// fingerprint identifies the content of a refund: the same refund_no with the
// same fingerprint is the same refund.
func (in RefundInput) fingerprint(paymentID string) string {
	content, err := json.Marshal([]any{paymentID, in.Amount, in.AttemptID})
	if err != nil {
		panic(err) // strings and integers always marshal
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
