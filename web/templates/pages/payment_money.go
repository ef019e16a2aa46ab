package pages

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
)

// PaymentRefund is one refund in its payment's list.
type PaymentRefund struct {
	ID, RefundNo            string
	Amount                  app.Money
	Status                  string // as in the API
	Reason                  string
	RequestedBy             Person
	ApprovedBy              Person // zero when nobody had to approve
	Policy                  bool   // made by the merchant's settings
	AcceptedAt, SucceededAt app.Millis
	ChannelRefundNo         string
	Duplicate               bool // of a duplicate payment
}

// requester says who asked for the refund.
func (r PaymentRefund) requester(ctx context.Context) string {
	if r.RequestedBy.Kind == "system" {
		return r.RequestedBy.word(ctx)
	}
	return i18n.T(ctx, "payment_refunds.requester", "name", r.RequestedBy.word(ctx))
}

// arrival says how far the money got: accepted is not arrived.
func (r PaymentRefund) arrival(ctx context.Context) string {
	switch {
	case r.SucceededAt != 0:
		return i18n.T(ctx, "payment_refunds.arrived", "time", components.DateTime(r.SucceededAt))
	case r.AcceptedAt != 0:
		return i18n.T(ctx, "payment_refunds.accepted", "time", components.DateTime(r.AcceptedAt))
	}
	return ""
}

// PaymentAttempt is one order at the channel under a payment. Status is as in
// the API.
type PaymentAttempt struct {
	ID, Method, Status string
	Channel            app.Channel
	CreatedAt          app.Millis
	Counts             bool // it paid the payment
	Duplicate          bool // it was paid too
}

// PaymentAction is what opens the payment at the payer, as the channel gave it.
type PaymentAction struct {
	Type   string // redirect, jsapi or app
	URL    string // of a redirect
	Params string // as they are handed on; of jsapi and app
}

// PaymentHint is a late or duplicate payment and what the merchant's settings
// made of it. Kind is late or duplicate.
type PaymentHint struct {
	Kind     string
	Refunded bool   // by the settings
	RefundID string // of that refund
}

func (h PaymentHint) line() string {
	if h.Refunded {
		return "payment_refunds." + h.Kind + "_refunded"
	}
	return "payment_refunds." + h.Kind + "_keep"
}

// refundable reports whether anything is left, and left how much.
func (v Payment) refundable() bool { return v.RefundLeft > 0 }

// back says how money is on its way back, which comes before everything else on
// a paid payment: refund_abnormal, refunding, refunded, duplicate for a second
// payment that somebody must decide about, or "".
func (v Payment) back() string {
	seen := map[string]bool{}
	for _, r := range v.Refunds {
		seen[r.Status] = true
	}
	kept := slices.ContainsFunc(v.Hints, func(h PaymentHint) bool { return h.Kind == "duplicate" && !h.Refunded })
	switch {
	case seen["abnormal"]:
		return "refund_abnormal"
	case seen["pending"] || seen["awaiting_approval"]:
		return "refunding"
	case kept && v.RefundLeft > 0:
		return "duplicate"
	case v.Amount > 0 && v.Refunded == v.Amount:
		return "refunded"
	}
	return ""
}
