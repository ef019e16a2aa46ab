package pages

import (
	"context"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Exception is one exception: what each side says, what can be done, and what
// was done.
type Exception struct {
	Shell layout.Shell
	ExceptionRow
	AccountID, AccountName string
	PaymentID, RefundID    string
	RunID                  string
	FileRow                int // of the bill's line; 0 for none
	LineKind               string
	Evidence               []ExceptionFact
	// Why are the reasons of the comparison, the keys below exception_why.
	Why                []string
	OpenedAt, ClosedAt app.Millis
	Version            int64

	// What is proposed or was decided.
	Reason       string
	Amount       app.Money
	LinkedID     string
	LinkedNo     string // the linked payment's order number, "" where it is not known
	ProposedBy   Person
	ProposedAt   app.Millis
	ApprovalID   string
	BatchID      string
	GivenBackID  string
	RefundStatus string // of GivenBackID

	Offers  []ResolutionOffer // none for those who may not, or when nothing is open
	Owners  []Owner
	OwnerID string
	History []ExceptionEvent
	Form    ResolutionForm // kept after a refusal
	Comment string
	Errors  map[string]string
}

// ExceptionFact is one fact as each side has it. Differs marks what the two do
// not agree about.
type ExceptionFact struct {
	Name         string // the key below exception_fact
	Ours, Theirs string
	Differs      bool
	Number       bool // something to copy
}

// ours is our side's word for a fact.
func (f ExceptionFact) ours(ctx context.Context) string {
	if key := "exception_state." + f.Ours; f.Name == "state" && i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return f.Ours
}

// ResolutionOffer is a way to end the exception, and what it will do. Refused is
// why it cannot be chosen now, translated.
type ResolutionOffer struct {
	Resolution   string
	Consequences []Consequence
	Refused      string
}

// Consequence is one thing that a resolution will do.
type Consequence struct {
	Key  string // below exception_consequence
	Args map[string]string
}

// ResolutionForm proposes: resolution, amount (yuan), link, why and version.
type ResolutionForm struct{ Resolution, Amount, Link, Reason string }

// ExceptionEvent is one row of the history.
type ExceptionEvent struct {
	At    app.Millis
	Event string // the key below exception_event
	Args  map[string]string
	By    Person
	Note  string
}

func (c Consequence) sentence(ctx context.Context) string {
	return i18n.T(ctx, "exception_consequence."+c.Key, pairs(c.Args)...)
}

func pairs(m map[string]string) []any {
	out := make([]any, 0, 2*len(m))
	for name, value := range m {
		out = append(out, name, value)
	}
	return out
}

// sentence says what happened.
func (e ExceptionEvent) sentence(ctx context.Context) string {
	args := pairs(e.Args)
	if r := e.Args["resolution"]; r != "" {
		args = append(args, "resolution_word", i18n.T(ctx, "exception_resolution."+r))
	}
	key := "exception_event." + e.Event
	switch {
	case e.Event == "assigned" && e.Args["to"] == "":
		key = "exception_event.assigned_nobody"
	case e.Event == "changed" && e.Args["after"] == "":
		key = "exception_event.changed_evidence"
	case e.Event == "failed" && i18n.Has(ctx, "reason."+e.Args["reason"]):
		args = append(args, "why", i18n.T(ctx, "reason."+e.Args["reason"]))
	}
	return i18n.T(ctx, key, args...)
}

func (v Exception) resolutionField(ctx context.Context) components.Field {
	f := components.Field{Name: "resolution", Label: i18n.T(ctx, "exception.resolution"), Error: v.Errors["resolution"], Required: true}
	for _, o := range v.Offers {
		if o.Refused != "" {
			continue
		}
		help := ""
		for _, c := range o.Consequences {
			if c.Key != "approval" { // the line above the choices says it of all
				help = i18n.Join(ctx, help, c.sentence(ctx))
			}
		}
		f.Options = append(f.Options, components.Option{
			Value: o.Resolution, Label: i18n.T(ctx, "exception_resolution."+o.Resolution), Help: help, Selected: o.Resolution == v.Form.Resolution,
		})
	}
	return f
}

// offers reports whether the resolution can be chosen.
func (v Exception) offers(resolution string) bool {
	for _, o := range v.Offers {
		if o.Resolution == resolution && o.Refused == "" {
			return true
		}
	}
	return false
}

func (v Exception) amountField(ctx context.Context) components.Field {
	return components.Field{
		Name: "amount", ID: "resolution-amount", Label: i18n.T(ctx, "exception.amount"), Help: i18n.T(ctx, "exception.amount_help"), Value: v.Form.Amount,
		Error: v.Errors["amount"], Conditional: true, InputMode: "decimal",
	}
}

func (v Exception) linkField(ctx context.Context) components.Field {
	return components.Field{
		Name: "link", Label: i18n.T(ctx, "exception.link"), Help: i18n.T(ctx, "exception.link_help"), Value: v.Form.Link, Error: v.Errors["link"],
		Conditional: true, Mono: true, MaxLength: 64,
	}
}

func (v Exception) reasonField(ctx context.Context) components.Field {
	return components.Field{
		Name: "why", Label: i18n.T(ctx, "exception.reason"), Help: i18n.T(ctx, "exception.reason_help"), Value: v.Form.Reason, Error: v.Errors["why"],
		Required: true, Rows: 3, MaxLength: 500,
	}
}

func (v Exception) noteField(ctx context.Context) components.Field {
	return components.Field{
		Name: "note", Label: i18n.T(ctx, "exception.comment"), Value: v.Comment, Error: v.Errors["note"], Required: true, Rows: 2, MaxLength: 500,
	}
}

func (v Exception) ownerField(ctx context.Context) components.Field {
	f := components.Field{
		Name: "owner", Label: i18n.T(ctx, "exceptions.owner"), Error: v.Errors["owner"], Conditional: true,
		Options: []components.Option{{Value: "nobody", Label: i18n.T(ctx, "exceptions.nobody"), Selected: v.OwnerID == ""}},
	}
	for _, o := range v.Owners {
		f.Options = append(f.Options, components.Option{Value: o.ID, Label: o.Name, Selected: o.ID == v.OwnerID})
	}
	return f
}

func (v Exception) version() string { return strconv.FormatInt(v.Version, 10) }

// stands says which way the money differs and where the exception stands.
func (v Exception) stands(ctx context.Context) string {
	return i18n.Join(ctx, v.side(ctx), v.next(ctx))
}

// next says in a line where the exception stands.
func (v Exception) next(ctx context.Context) string {
	switch v.Status {
	case "proposed":
		return i18n.T(ctx, "exception.next_proposed", "who", v.ProposedBy.word(ctx), "resolution", i18n.T(ctx, "exception_resolution."+v.Resolution))
	case "resolved":
		return i18n.T(ctx, "exception.next_resolved", "resolution", i18n.T(ctx, "exception_resolution."+v.Resolution), "time", components.Minute(v.ClosedAt))
	case "cleared":
		return i18n.T(ctx, "exception.next_cleared", "time", components.Minute(v.ClosedAt))
	}
	return i18n.T(ctx, "exception_meaning."+v.Type)
}

// exception reports whether the approval is about exceptions.
func (v Approval) exception() bool { return v.Kind == "exception" || v.Kind == "exception_batch" }

// reasonWord is what the requester's reason is called: a refund's goes to the payer.
func (v Approval) reasonWord(ctx context.Context) string {
	if v.Summary["refund_no"] != "" {
		return i18n.T(ctx, "refund.reason")
	}
	return i18n.T(ctx, "approvals.why")
}

// object is the word of the link to what waits.
func (v Approval) object() string {
	if file := v.Summary["file"]; file != "" {
		return file
	}
	return components.Middle(v.ObjectHref[strings.LastIndexByte(v.ObjectHref, '/')+1:])
}

// exceptionFacts are the names and values that a decision about an exception is
// made by.
func (v Approval) exceptionFacts(ctx context.Context) [][2]string {
	if !v.exception() {
		return nil
	}
	var out [][2]string
	for _, f := range []struct {
		name, label, words string
		yuan               bool
	}{
		{"type", "exceptions.type", "exception_type.", false}, {"day", "exceptions.day", "", false}, {"order_no", "payments.order_no", "", false},
		{"channel_no", "payment.channel_trade_no", "", false}, {"ours", "exceptions.ours", "", true}, {"theirs", "exceptions.theirs", "", true},
		{"difference", "exceptions.difference", "", true}, {"resolution", "exception.resolution", "exception_resolution.", false},
		{"linked_order_no", "exception.link", "", false}, {"linked_amount", "exception.linked_amount", "", true},
		{"proposals", "exceptions.proposals", "", false},
	} {
		value := v.Summary[f.name]
		if f.words != "" && value != "" {
			value = i18n.T(ctx, f.words+value)
		} else if f.yuan && value != "" {
			value = inYuan(value)
		}
		if value != "" {
			out = append(out, [2]string{i18n.T(ctx, f.label), value})
		}
	}
	return out
}
