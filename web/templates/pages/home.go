package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Home is the overview: what needs somebody first, then the day's figures.
type Home struct {
	Shell   layout.Shell
	Actions []NeedsAction
	// Overview is nil for those who see no payments.
	Overview *Overview
	Latest   []PaymentRow
	// Steps are what a new merchant has yet to do; nil once payments exist.
	Steps []SetupStep
}

// NeedsAction is one thing that somebody must look at. Kind is the key of its
// sentence: endpoint_failing, endpoint_disabled, deliveries_dead,
// certificate_expiring, certificate_expired, account_failing, account_deaf,
// account_circuit_open, account_paused, account_provider_disabled,
// account_certificates_stale, platform_certificate_expiring,
// platform_certificate_expired, account_disabled,
// notification_quarantined, outcome_unknown, refunds_abnormal,
// refunds_unanswered, approvals_pending,
// reconcile_failed, bills_missing, exceptions_open.
type NeedsAction struct {
	Kind   string
	Urgent bool
	Count  int
	Name   string     // of the endpoint or account
	At     app.Millis // since when, or until when
	Href   string
}

func (a NeedsAction) title(ctx context.Context) string {
	return i18n.N(ctx, "action."+a.Kind, a.Count, "name", a.Name, "time", components.Minute(a.At), "date", components.Day(a.At))
}

func (a NeedsAction) line(ctx context.Context) string {
	return i18n.T(ctx, "action_line."+a.Kind, "date", components.Day(a.At))
}

func (a NeedsAction) tone() components.Tone {
	if a.Urgent {
		return components.Bad
	}
	return components.Attention
}

// SetupStep is one step towards the first payment: account, key, webhook,
// payment.
type SetupStep struct {
	Kind string
	Done bool
	Href string
}
