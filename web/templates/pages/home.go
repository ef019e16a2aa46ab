package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Home is the overview: what needs somebody first, then the day's figures.
type Home struct {
	Shell   layout.Shell
	Actions []NeedsAction
	Today   DayFigures
	// Before is the day before, up to the same time of day.
	Before DayFigures
	// Refunds are those asked for today, without failed and rejected ones.
	Refunds, RefundsBefore DayRefunds
	// Date is today in UTC+8, and AsOf when the figures were read.
	Date   string
	AsOf   app.Millis
	Latest []PaymentRow
	// Steps are what a new merchant has yet to do; nil once payments exist.
	Steps []SetupStep
}

// DayFigures sums one day of payments by the time they were created.
type DayFigures struct {
	Amount    app.Money // of the succeeded ones
	Count     int64     // created
	Succeeded int64
	// Capped says that summing stopped at Count payments.
	Capped bool
}

// DayRefunds sums one day of refunds by the time they were asked for.
type DayRefunds struct {
	Amount app.Money
	Capped bool // summing stopped early
}

func (d DayRefunds) figure() string { return DayFigures{Capped: d.Capped}.atLeast(d.Amount.String()) }

// atLeast marks a figure that is the lower bound of the truth.
func (d DayFigures) atLeast(figure string) string {
	if d.Capped {
		return "≥ " + figure
	}
	return figure
}

// rate is the share of created payments that succeeded, or a dash.
func (d DayFigures) rate() string {
	if d.Count == 0 {
		return "—"
	}
	return components.Rate(d.Succeeded * 10_000 / d.Count)
}

// NeedsAction is one thing that somebody must look at. Kind is the key of its
// sentence: endpoint_failing, endpoint_disabled, deliveries_dead,
// certificate_expiring, certificate_expired, account_failing, account_deaf,
// account_circuit_open, account_paused, account_provider_disabled,
// account_certificates_stale, platform_certificate_expiring,
// platform_certificate_expired, account_disabled,
// notification_quarantined, outcome_unknown, refunds_abnormal,
// refunds_unanswered, approvals_pending,
// reconcile_failed, bills_missing.
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

func (a NeedsAction) line(ctx context.Context) string { return i18n.T(ctx, "action_line."+a.Kind) }

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

// todayPayments is the list behind a figure.
func (v Home) todayPayments(status string) string {
	path := routes.With(routes.With(v.Shell.Scope().Payments(), "from", v.Date), "to", v.Date)
	return routes.With(path, "status", status)
}

// todayRefunds is the list behind the day's refunds.
func (v Home) todayRefunds() string {
	return routes.With(routes.With(v.Shell.Scope().Refunds(), "from", v.Date), "to", v.Date)
}
