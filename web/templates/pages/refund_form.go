package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// RefundForm gives money of a payment back. It posts to Scope.RefundPayment the
// fields attempt_id, amount (yuan), reason, refund_no and token.
type RefundForm struct {
	Shell              layout.Shell
	PaymentID, OrderNo string
	Subject            string
	Channel            app.Channel
	Paid               bool // the payment can be refunded at all
	Rooms              []RefundRoom

	// AttemptID, Amount, Reason and RefundNo are what was entered. Token stands in
	// for a refund number left empty: it is the same however often the form is
	// sent, so the form refunds once.
	AttemptID, Amount, Reason, RefundNo, Token string

	// Limit is the amount above which a second person must approve; 0 for never.
	Limit  app.Money
	Errors map[string]string
}

// RefundRoom is a paid attempt and what is left of it.
type RefundRoom struct {
	AttemptID       string
	Amount, Left    app.Money
	Duplicate       bool
	ChannelTradeNo  string
	Channel, Method string
}

// room is the attempt that is chosen.
func (v RefundForm) room() RefundRoom {
	for _, r := range v.Rooms {
		if r.AttemptID == v.AttemptID {
			return r
		}
	}
	return RefundRoom{}
}

// left is what can be given back of all attempts.
func (v RefundForm) left() app.Money {
	var sum app.Money
	for _, r := range v.Rooms {
		sum += r.Left
	}
	return sum
}

// most is the largest amount that one refund can have.
func (v RefundForm) most() app.Money {
	var m app.Money
	for _, r := range v.Rooms {
		m = max(m, r.Left)
	}
	return m
}

// amountHelp says how much can be given back; of several attempts each says it
// itself.
func (v RefundForm) amountHelp(ctx context.Context) string {
	if len(v.Rooms) > 1 {
		return ""
	}
	return i18n.T(ctx, "refund_new.amount_help", "left", v.most().String())
}

// mayAsk reports whether a refund that the form could make waits for a second
// person: the limit is of everything given back of a payment.
func (v RefundForm) mayAsk() bool {
	for _, r := range v.Rooms {
		if v.Limit > 0 && r.Amount > v.Limit {
			return true
		}
	}
	return false
}

func (v RefundForm) what(ctx context.Context) string {
	if v.mayAsk() {
		return i18n.T(ctx, "refund_new.what_above", "limit", v.Limit.String())
	}
	return i18n.T(ctx, "refund_new.what_now", "channel", i18n.T(ctx, "channel."+string(v.Channel)))
}

func (v RefundForm) attempts(ctx context.Context) components.Field {
	f := components.Field{Name: "attempt_id", Label: i18n.T(ctx, "refund_new.attempt"), Error: v.Errors["attempt_id"], Required: true}
	for _, r := range v.Rooms {
		key := "refund_new.attempt_paid"
		if r.Duplicate {
			key = "refund_new.attempt_duplicate"
		}
		f.Options = append(f.Options, components.Option{
			Value: r.AttemptID, Selected: r.AttemptID == v.AttemptID,
			Label: i18n.T(ctx, key) + " · " + i18n.T(ctx, "method."+r.Method),
			Help:  i18n.T(ctx, "refund_new.attempt_left", "amount", r.Amount.String(), "left", r.Left.String()),
		})
	}
	return f
}
