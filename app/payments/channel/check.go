package channel

import (
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
)

// ErrUnverified is the cause of a KindUnknown whose answer came, but with a
// missing, stale or wrong signature: errors.Is finds it.
var ErrUnverified = errors.New("the answer's signature does not verify")

// ErrUnreadable is the cause of a KindUnknown whose answer verified, but does
// not say what an answer must say.
var ErrUnreadable = errors.New("the answer cannot be read")

// Check reports what no channel could take, whichever the method. Such an
// order was not sent, so the error is for drivers to return as KindRefused.
func (r PayRequest) Check() error {
	switch {
	case r.Number == "":
		return errors.New("no number")
	case r.Amount <= 0 || r.Amount > app.MaxAmount:
		return fmt.Errorf("amount %d is out of range", r.Amount)
	case r.Currency != app.CNY:
		return fmt.Errorf("currency %q is not CNY", r.Currency)
	case r.Subject == "":
		return errors.New("no subject")
	case r.NotifyURL == "":
		return errors.New("no notify_url")
	case r.ExpiresAt.IsZero():
		return errors.New("no expiry")
	}
	return nil
}

// Check reports what no channel could take. Such a refund was not sent, so the
// error is for drivers to return as KindRefused.
func (r RefundRequest) Check() error {
	switch {
	case r.Number == "":
		return errors.New("no number")
	case r.PaymentNumber == "" && r.ChannelTradeNo == "":
		return errors.New("no payment")
	case r.Total <= 0 || r.Total > app.MaxAmount:
		return fmt.Errorf("a payment of %d is out of range", r.Total)
	case r.Amount <= 0 || r.Amount > r.Total:
		return fmt.Errorf("a refund of %d is out of range: the payment is of %d", r.Amount, r.Total)
	case r.Currency != app.CNY:
		return fmt.Errorf("currency %q is not CNY", r.Currency)
	}
	return nil
}
