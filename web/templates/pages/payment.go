package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Payment is one payment's page.
type Payment struct {
	Shell   layout.Shell
	ID      string
	OrderNo string
	Subject string
	Status  string // as in the API
	Late    bool
	Channel app.Channel
	Method  string

	Amount, Refunded, PayerAmount, SettlementAmount app.Money

	// AttemptID is the number the channel knows; ChannelTradeNo its own.
	AttemptID, ChannelTradeNo string
	// Billed says that a bill told Fee, what the channel took, and Net, what is
	// left; Rate is as written there, "" where it has none.
	Billed                 bool
	Fee, Net               app.Money
	Rate                   string
	AccountID, AccountName string
	AppID                  string
	// CodeURL is what the payer scans while the payment is pending.
	CodeURL string
	// Action opens the payment at the payer where there is no code; nil for none.
	Action   *PaymentAction
	Metadata []Pair
	// Refusal is the channel's last certain refusal; nil for none.
	Refusal *app.Refusal
	// Refused says that it ended the only order there was, and that nothing more
	// is sent by itself.
	Refused bool

	Refunds  []PaymentRefund  // oldest first
	Attempts []PaymentAttempt // oldest first
	Hints    []PaymentHint
	// RefundLeft is what can still be given back, of a duplicate payment too.
	RefundLeft app.Money

	CreatedAt, PaidAt, ClosedAt, ExpiresAt app.Millis
	// CloseRequested says that a close is on its way to the channel.
	CloseRequested bool

	Timeline []components.Entry
	// CanSync and CanClose say that the state allows it; the shell's
	// permissions apply besides.
	CanSync, CanClose bool
}

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// next is the sentence about what happens next.
func (v Payment) next(ctx context.Context) string {
	key := "payment.next_" + v.Status
	switch {
	case v.back() != "":
		key = "payment.next_" + v.back()
	case v.Late:
		key = "payment.next_late"
	case v.CloseRequested && (v.Status == "created" || v.Status == "pending"):
		key = "payment.next_closing"
	case v.Refused:
		key = "payment.next_failed"
	}
	return i18n.T(ctx, key, "expires", components.DateTime(v.ExpiresAt), "channel", i18n.T(ctx, "channel."+string(v.channelKey())))
}

// refusalMeaning is our sentence about a channel's refusal of an order, and what to
// do about it.
func refusalMeaning(ctx context.Context, code string) string {
	key := "payment_error." + components.CodeKey(code)
	if !i18n.Has(ctx, key) {
		key = "call_error." + components.CodeKey(code)
	}
	if !i18n.Has(ctx, key) {
		key = "payment_error.unnamed"
	}
	return i18n.T(ctx, key)
}

// channelKey is the channel, or for a cashier that has none yet, WeChat's key
// is not guessed: the word for any channel.
func (v Payment) channelKey() app.Channel {
	if v.Channel.Valid() {
		return v.Channel
	}
	return "any"
}
