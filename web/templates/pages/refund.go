package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Refund is one refund's page.
type Refund struct {
	Shell              layout.Shell
	ID                 string
	PaymentID, OrderNo string
	RefundNo           string
	// Number is what the channel knows it by, ChannelRefundNo the channel's own.
	Number, ChannelRefundNo string
	Status, Source          string // as in the API
	// Stage tells pending refunds apart: unsent, unknown or accepted.
	Stage                  string
	Amount                 app.Money
	Reason                 string
	RequestedBy            Person
	Approval               *RefundApproval
	Duplicate              bool // it gives a duplicate payment back
	Channel                app.Channel
	AccountID, AccountName string
	// Left is what can still be given back of what this refund gives back.
	Left app.Money

	CreatedAt, AcceptedAt, SucceededAt app.Millis

	// ErrorCode and ErrorMessage are the channel's last words, untranslated.
	ErrorCode, ErrorMessage string

	Timeline []components.Entry
	// CanSync says that the state allows it; the shell's permissions apply too.
	CanSync bool
	Resolve ResolveForm
}

// RefundApproval is the approval that a refund needed. Status is pending,
// approved, rejected or withdrawn.
type RefundApproval struct {
	ID, Status string
	By         Person
	At         app.Millis
	Note       string
}

// ResolveForm ends an abnormal refund: the fields outcome (succeeded or failed)
// and reason.
type ResolveForm struct {
	Outcome, Reason string
	Errors          map[string]string
}

// next is the sentence about what happens next.
func (v Refund) next(ctx context.Context) string {
	key := "refund.next_" + v.Status
	if v.Status == "pending" {
		key += "_" + v.Stage
	}
	return i18n.T(ctx, key, "channel", i18n.T(ctx, "channel."+string(v.Channel)))
}

// explanation is our sentence about the channel's last words.
func (v Refund) explanation(ctx context.Context) string {
	key := "refund_error." + components.CodeKey(v.ErrorCode)
	if !i18n.Has(ctx, key) {
		key = "call_error." + components.CodeKey(v.ErrorCode)
	}
	if !i18n.Has(ctx, key) {
		key = "refund_error.unnamed"
	}
	return i18n.T(ctx, key)
}

// said reports whether the channel's words belong on the page: an abnormal
// refund has a box of its own.
func (v Refund) said() bool { return v.ErrorCode != "" && v.Status != "abnormal" }

// over reports whether nothing changes any more.
func (v Refund) over() bool {
	return v.Status == "succeeded" || v.Status == "failed" || v.Status == "rejected"
}

func (a RefundApproval) line(ctx context.Context) string {
	switch a.Status {
	case "approved", "rejected", "withdrawn":
		return i18n.T(ctx, "refund."+a.Status+"_by", "name", a.By.word(ctx), "time", components.DateTime(a.At))
	}
	return i18n.T(ctx, "refund.awaiting")
}

func (f ResolveForm) outcomes(ctx context.Context) components.Field {
	field := components.Field{Name: "outcome", Label: i18n.T(ctx, "refund_abnormal.outcome"), Error: f.Errors["outcome"], Required: true}
	for _, o := range []string{"succeeded", "failed"} {
		field.Options = append(field.Options, components.Option{
			Value: o, Label: i18n.T(ctx, "refund_abnormal."+o), Help: i18n.T(ctx, "refund_abnormal."+o+"_help"), Selected: f.Outcome == o,
		})
	}
	return field
}
