package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Approvals is the inbox of what waits for a second person, or what was decided.
type Approvals struct {
	Shell   layout.Shell
	Decided bool // the list shows what was decided instead
	Rows    []ApprovalRow
	Pager   components.Pager
	// NoLimit says that the merchant asks for no approvals at all.
	NoLimit bool
}

// ApprovalRow is one request of the list. Kind and Status are as stored.
type ApprovalRow struct {
	ID, Kind    string
	Amount      app.Money
	Summary     map[string]string // the facts to decide by
	RequestedBy Person
	RequestedAt app.Millis
	Status      string
	DecidedBy   Person
	DecidedAt   app.Millis
	Own         bool // the reader asked for it
}

// summaryWords are the facts of an exception that are words of ours.
var summaryWords = map[string]string{"type": "exception_type.", "resolution": "exception_resolution."}

// what says in a sentence what is asked for.
func (r ApprovalRow) what(ctx context.Context) string {
	args := []any{"amount", r.Amount.String()}
	for name, value := range r.Summary {
		args = append(args, name, value)
		if group := summaryWords[name]; group != "" {
			args = append(args, name+"_word", i18n.T(ctx, group+value))
		}
	}
	return i18n.T(ctx, "approval_kind."+r.Kind, args...)
}

// list is the address of the pending or of the decided requests.
func (v Approvals) list(decided bool) string {
	if decided {
		return routes.With(v.Shell.Scope().Approvals(), "status", "decided")
	}
	return v.Shell.Scope().Approvals()
}

func (v Approvals) empty(ctx context.Context) (title, line string) {
	if v.Decided {
		return i18n.T(ctx, "approvals.empty_decided"), i18n.T(ctx, "approvals.empty_decided_line")
	}
	return i18n.T(ctx, "approvals.empty_pending"), i18n.T(ctx, "approvals.empty_pending_line")
}

// Approval is one request's page. Decide and Withdraw say what the reader may do
// now.
type Approval struct {
	Shell layout.Shell
	ApprovalRow
	ObjectHref string // the page of what waits
	Note       string // of the decision
	// Decide and Withdraw say what the reader may do; neither is so once decided.
	Decide, Withdraw bool
	Form             ApprovalForm
}

// ApprovalForm decides: the fields note and decision (approve or reject).
type ApprovalForm struct {
	Note   string
	Errors map[string]string
}

// cannot is why the reader cannot decide what is pending; "" when they can.
func (v Approval) cannot(ctx context.Context) string {
	switch {
	case v.Status != "pending" || v.Decide:
		return ""
	case v.Own:
		return i18n.T(ctx, "approval.own_line")
	}
	return i18n.T(ctx, "approval.cannot_line")
}
