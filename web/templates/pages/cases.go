package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// CasesResolved is the value of state in the address of those dealt with.
const CasesResolved = "resolved"

// Cases lists verified notifications that contradict our books.
type Cases struct {
	Shell    layout.Shell
	Resolved bool // those dealt with, instead of those that wait
	Rows     []CaseRow
	Pager    components.Pager
}

// CaseRow is one case. Reason is one of payments.NoticeReasons.
type CaseRow struct {
	ID, Reason     string
	Channel        app.Channel
	PaymentID      string // "" when it names no order of ours
	ChannelTradeNo string
	Amount         app.Money // that the channel signed; 0 when it says none
	ReceivedAt     app.Millis
	Until          app.Millis // now, or when it was dealt with
	Outcome        string     // "" while it waits
	ResolvedBy     string
	ResolvedAt     app.Millis
}

// Case is one case with what each side says. Its form posts outcome and note to
// the resolve action.
type Case struct {
	Shell layout.Shell
	CaseRow
	NoticeID               string // the channel's number of the message
	AccountID, AccountName string
	OrderNo, PaymentStatus string
	Plain                  string // what was signed, personal data masked; "" when a query found it
	Note                   string
	Recheckable            bool
	Known                  bool // an order of ours is named
	Evidence               []EvidenceRow
	Form                   struct{ Outcome, Note string } // kept after a refusal
	Errors                 map[string]string              // translated: outcome, note, or "" for the page
}

// EvidenceRow is one fact as each side has it; "" is what a side does not say.
type EvidenceRow struct {
	Name       string // the key below evidence
	Ours, Told string
	Blamed     bool // the case is about it
	Word       bool // Ours is a status of ours
}

// Open reports whether somebody has yet to decide.
func (r CaseRow) Open() bool { return r.Outcome == "" }

// age is how long the case has waited, or waited.
func (r CaseRow) age(ctx context.Context) string { return ageWord(ctx, r.Until-r.ReceivedAt) }

// ageWord writes a time span in its largest unit.
func ageWord(ctx context.Context, span app.Millis) string {
	const minute, hour, day = 60_000, 3_600_000, 86_400_000
	switch waited := int(span); {
	case waited >= day:
		return i18n.N(ctx, "age.days", waited/day)
	case waited >= hour:
		return i18n.N(ctx, "age.hours", waited/hour)
	default:
		return i18n.N(ctx, "age.minutes", max(waited, 0)/minute)
	}
}

// ageTone is loud for what has waited too long: over three days, over a week.
func (r CaseRow) ageTone() components.Tone {
	const day = 86_400_000
	switch waited := r.Until - r.ReceivedAt; {
	case !r.Open() || waited < 3*day:
		return components.Plain
	case waited < 7*day:
		return components.Attention
	}
	return components.Bad
}

// reason is the sentence of why the case was held; a reason without one shows as
// it is, so a new one is never silent.
func (r CaseRow) reason(ctx context.Context) string {
	if key := "case_reason." + r.Reason; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return i18n.T(ctx, "case.reason_other", "reason", r.Reason)
}

// meaning says what the reason means, and what usually explains it.
func (r CaseRow) meaning(ctx context.Context) string {
	key := "case_meaning." + r.Reason
	if !i18n.Has(ctx, key) {
		key = "case.meaning_other"
	}
	return i18n.T(ctx, key, "channel", i18n.T(ctx, "channel."+string(r.Channel)))
}

func (v Cases) list(resolved bool) string {
	if resolved {
		return routes.With(v.Shell.Scope().Cases(), "state", CasesResolved)
	}
	return v.Shell.Scope().Cases()
}

// empty is the title of the list without any rows, and the line below it.
func (v Cases) empty(ctx context.Context) (title, line string) {
	if v.Resolved {
		return i18n.T(ctx, "cases.empty_resolved"), i18n.T(ctx, "cases.empty_resolved_line")
	}
	return i18n.T(ctx, "cases.empty"), i18n.T(ctx, "cases.empty_line")
}

// ours is our side's word for a fact.
func (e EvidenceRow) ours(ctx context.Context) string {
	prefix := map[string]string{"state": "payment_status.", "refund_state": "refund_status."}[e.Name]
	if e.Word && i18n.Has(ctx, prefix+e.Ours) {
		return i18n.T(ctx, prefix+e.Ours)
	}
	return e.Ours
}

// plain reports whether a fact is an amount or a word instead of a number to
// copy.
func (e EvidenceRow) plain() bool {
	switch e.Name {
	case "amount", "refund_amount", "refunded", "currency", "state", "refund_state", "account":
		return true
	}
	return false
}

func (v Case) outcomeField(ctx context.Context) components.Field {
	f := components.Field{Name: "outcome", Label: i18n.T(ctx, "case.outcome"), Error: v.Errors["outcome"], Required: true}
	for _, o := range []string{"returned", "kept", "ignored"} {
		f.Options = append(f.Options, components.Option{
			Value: o, Label: i18n.T(ctx, "case_outcome."+o), Help: i18n.T(ctx, "case_outcome_help."+o), Selected: v.Form.Outcome == o,
		})
	}
	return f
}

func (v Case) noteField(ctx context.Context) components.Field {
	return components.Field{
		Name: "note", Label: i18n.T(ctx, "case.note"), Help: i18n.T(ctx, "case.note_help"), Value: v.Form.Note, Error: v.Errors["note"],
		Required: true, Rows: 3, MaxLength: 500,
	}
}
