package trade

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Behaviour is how the payer behind a payment code reacts to being charged.
type Behaviour string

// The behaviours.
const (
	PaysAtOnce   Behaviour = "ok"       // the money moves at once, up to FreeAmount
	AsksPassword Behaviour = "password" // the payer must confirm on the phone
	HasNoBalance Behaviour = "refuse"   // the payer's bank or balance refuses
)

// PayCodeLife is how long a payment code can be used: both channels' phones
// show a new one every minute.
const PayCodeLife = time.Minute

// FreeAmount is the most that a code pays without the payer's password, in fen:
// 1,000 yuan at both channels.
const FreeAmount app.Money = 1_000_00

// CodeState is what became of charging a payment code, as long as the trade is
// not paid. It is empty for orders that are paid otherwise.
type CodeState string

// The states of a charge by code.
const (
	CodeWaiting  CodeState = "waiting"  // the payer must confirm
	CodeRefused  CodeState = "refused"  // the payer could not or would not pay; another code may
	CodeReversed CodeState = "reversed" // the merchant took the charge back
)

// PayCodeOrder asks the wallet for a payment code.
type PayCodeOrder struct {
	Channel   app.Channel
	Behaviour Behaviour
}

// PayCode is a code that the payer shows and a merchant scans (付款码): one use,
// one minute.
type PayCode struct {
	AuthCode  string      `db:"auth_code"` // 18 digits
	Channel   app.Channel `db:"channel"`
	Behaviour Behaviour   `db:"behaviour"`
	TradeID   string      `db:"trade_id"` // what it was used for, or empty
	CreatedAt app.Millis  `db:"created_at"`
	ExpiresAt app.Millis  `db:"expires_at"`
}

// NewPayCode shows a fresh payment code on the payer's phone. WeChat's begin
// with 10 to 15, Alipay's with 25 to 30. An unknown channel or behaviour is
// Invalid.
func (s *Service) NewPayCode(ctx context.Context, o PayCodeOrder) (PayCode, error) {
	if !o.Channel.Valid() {
		return PayCode{}, app.InvalidField("channel", "unknown", "channel %q: want wechat or alipay", o.Channel)
	}
	switch o.Behaviour {
	case "":
		o.Behaviour = PaysAtOnce
	case PaysAtOnce, AsksPassword, HasNoBalance:
	default:
		return PayCode{}, app.InvalidField("behaviour", "unknown", "behaviour %q: want ok, password or refuse", o.Behaviour)
	}
	now := s.clock.Now()
	c := PayCode{
		AuthCode: authCode(o.Channel), Channel: o.Channel, Behaviour: o.Behaviour,
		CreatedAt: app.ToMillis(now), ExpiresAt: app.ToMillis(now.Add(PayCodeLife)),
	}
	if err := insertPayCode(ctx, s.db, c); err != nil {
		return PayCode{}, fmt.Errorf("show a payment code: %w", err)
	}
	return c, nil
}

// PayCode returns the code that the payer showed, or NotFound.
func (s *Service) PayCode(ctx context.Context, authCode string) (PayCode, error) {
	c, err := selectPayCode(ctx, s.db, authCode)
	return c, notFound(err, "payment code %q", authCode)
}

// authCode makes 18 digits that begin as the channel's do.
func authCode(channel app.Channel) string {
	first := 10
	if channel == app.Alipay {
		first = 25
	}
	offset, _ := strconv.Atoi(digits(4)) // digits
	return strconv.Itoa(first+offset%6) + digits(16)
}

// take uses the code up for the trade. The reason says why it cannot be.
func (c PayCode) take(ctx context.Context, tx *db.Tx, channel app.Channel, tradeID string, now app.Millis) (reason string, err error) {
	switch {
	case c.Channel != channel:
		return ReasonCodeInvalid, nil
	case c.TradeID != "":
		return ReasonCodeUsed, nil
	case now > c.ExpiresAt:
		return ReasonCodeExpired, nil
	}
	n, err := updatePayCodeUsed(ctx, tx, c.AuthCode, tradeID)
	if err == nil && n != 1 {
		reason = ReasonCodeUsed // another till was faster
	}
	return reason, err
}

// mustConfirm reports whether the payer has to enter the password first.
func (c PayCode) mustConfirm(amount app.Money) bool {
	return c.Behaviour == AsksPassword || amount > FreeAmount
}
