package payments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// The limits of design §4.
const (
	maxOrderNo       = 64
	maxSubject       = 127
	maxMetadataKeys  = 20
	maxMetadataKey   = 40
	maxMetadataValue = 500
	maxReturnURL     = 1024
	minExpiry        = 2 * time.Minute
	maxExpiry        = 2 * time.Hour // a WeChat code and an Alipay QR live two hours
)

// CreateInput is a request for a payment. AccountID, AppID and ExpiresAt may be
// empty: then the merchant's first suitable account, its default app and 30
// minutes from now serve.
type CreateInput struct {
	OrderNo   string
	Amount    app.Money // fen
	Currency  string
	Subject   string
	Method    channel.Method
	AccountID string
	AppID     string
	ExpiresAt time.Time
	ReturnURL string
	Payer     channel.Payer
	Options   map[string]string
	Metadata  map[string]string
	// Asked is the request as it came, with what is personal masked: the payment's
	// story keeps it. It identifies nothing.
	Asked string
}

// validate checks everything that is right or wrong whenever it is sent. It
// returns an Invalid error that names every wrong field at once.
func (in CreateInput) validate(methods []channel.Method) error {
	var v violations
	v.orderNo("order_no", in.OrderNo)
	switch {
	case in.Amount <= 0:
		v.add("amount", "too_small", "amount must be at least 1 fen")
	case in.Amount > app.MaxAmount:
		v.add("amount", "too_large", "amount must be at most %d fen (100,000,000.00 yuan)", app.MaxAmount)
	}
	if in.Currency != app.CNY {
		v.add("currency", "unsupported", "currency must be %q", app.CNY)
	}
	v.text("subject", in.Subject, maxSubject)
	v.method(methods, in.Method)
	v.way(in.way())
	v.metadata(in.Metadata)
	return v.err()
}

func (in CreateInput) way() Way {
	return Way{Method: in.Method, AccountID: in.AccountID, AppID: in.AppID, ReturnURL: in.ReturnURL, Payer: in.Payer, Options: in.Options}
}

// checkExpiry refuses an expires_at too near or too far for a new order.
func (in CreateInput) checkExpiry(now time.Time) error {
	if left := in.ExpiresAt.Sub(now); !in.ExpiresAt.IsZero() && (left < minExpiry || left > maxExpiry) {
		return app.InvalidField("expires_at", "out_of_range", "expires_at must be between 2 minutes and 2 hours from now")
	}
	return nil
}

// fingerprint identifies the content of an order: the same order_no with the
// same fingerprint is the same payment. What may differ between two honest
// tries (a payment code, the payer's address) is left out.
func (in CreateInput) fingerprint() string {
	content, err := json.Marshal([]any{in.Amount, in.Currency, in.Subject, in.Method})
	if err != nil {
		panic(err) // strings and integers always marshal
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
