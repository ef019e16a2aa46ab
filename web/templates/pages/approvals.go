package pages

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Approvals is the inbox of what waits for a second person, or what was decided.
type Approvals struct {
	Shell layout.Shell
	// Tab is "" for what waits, "mine" or "decided"; Kind and Outcome narrow it.
	Tab, Kind, Outcome string
	Kinds              []string // those that the reader may see
	Several            bool     // the reader has other merchants, too
	Rows               []ApprovalRow
	Pager              components.Pager
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
	Own         bool       // the reader asked for it
	OwnKey      bool       // an API key that the reader made did
	ExpiresAt   app.Millis // when it ends undecided; 0 for never
	Expired     bool       // it ended so
	Now         app.Millis // of the page: how long a pending one has waited
}

// age is how long a pending request has waited; "" for any other.
func (r ApprovalRow) age(ctx context.Context) string {
	if r.Status != "pending" || r.Now == 0 {
		return ""
	}
	return ageWord(ctx, r.Now-r.RequestedAt)
}

// status is the row's status as it is shown.
func (r ApprovalRow) status() string {
	if r.Expired {
		return "expired"
	}
	return r.Status
}

// Inbox is what waits for the reader in all their merchants.
type Inbox struct {
	Shell layout.Shell
	Rows  []InboxRow
	Pager components.Pager
}

// InboxRow is a request in one of them. Both says that it is of both modes.
type InboxRow struct {
	ApprovalRow
	MerchantID, Merchant string
	Mode                 app.Mode
	Both                 bool
}

func (r InboxRow) href() string {
	return routes.Scope{Merchant: r.MerchantID, Mode: r.Mode}.Approval(r.ID)
}

// summaryWords are the facts of an exception that are words of ours.
var summaryWords = map[string]string{"type": "exception_type.", "resolution": "exception_resolution."}

// what says in a sentence what is asked for.
func (r ApprovalRow) what(ctx context.Context) string {
	if r.Kind == "settings" && r.Summary["two_people"] == "false" {
		return i18n.T(ctx, "approval_kind.settings_off")
	}
	args := []any{"amount", r.Amount.String()}
	for name, value := range r.Summary {
		args = append(args, name, value)
		if group := summaryWords[name]; group != "" {
			args = append(args, name+"_word", i18n.T(ctx, group+value))
		}
	}
	if n, err := strconv.Atoi(r.Summary["proposals"]); err == nil {
		return i18n.N(ctx, "approval_kind."+r.Kind, n, args...)
	}
	return i18n.T(ctx, "approval_kind."+r.Kind, args...)
}

// list is the address of one of the tabs.
func (v Approvals) list(name string) string {
	return routes.With(v.Shell.Scope().Approvals(), "status", name)
}

func (v Approvals) empty(ctx context.Context) (title, line string) {
	switch v.Tab {
	case "decided":
		return i18n.T(ctx, "approvals.empty_decided"), i18n.T(ctx, "approvals.empty_decided_line")
	case "mine":
		return i18n.T(ctx, "inbox.empty_mine"), i18n.T(ctx, "inbox.empty_mine_line")
	}
	return i18n.T(ctx, "approvals.empty_pending"), i18n.T(ctx, "approvals.empty_pending_line")
}

// narrowed says whether a filter hides some of the list.
func (v Approvals) narrowed() bool { return v.Kind != "" || v.Outcome != "" }

func (v Approvals) kindField(ctx context.Context) components.Field {
	f := components.Field{Name: "kind", Label: i18n.T(ctx, "inbox.kind"), Conditional: true, Options: []components.Option{{Label: i18n.T(ctx, "inbox.any"), Selected: v.Kind == ""}}}
	for _, kind := range v.Kinds {
		f.Options = append(f.Options, components.Option{Value: kind, Label: i18n.T(ctx, "approval.title_"+kind), Selected: kind == v.Kind})
	}
	return f
}

func (v Approvals) outcomeField(ctx context.Context) components.Field {
	f := components.Field{Name: "outcome", Label: i18n.T(ctx, "inbox.outcome"), Conditional: true, Options: []components.Option{{Label: i18n.T(ctx, "inbox.any"), Selected: v.Outcome == ""}}}
	for _, o := range []string{"approved", "rejected", "withdrawn"} {
		f.Options = append(f.Options, components.Option{Value: o, Label: i18n.T(ctx, "approval_status."+o), Selected: o == v.Outcome})
	}
	return f
}

// changeFacts are the names and values that a decision about keys, credentials,
// roles and settings is made by.
func (v Approval) changeFacts(ctx context.Context) [][2]string {
	var out [][2]string
	add := func(label, value string) {
		if value != "" {
			out = append(out, [2]string{i18n.T(ctx, label), value})
		}
	}
	s := v.Summary
	switch v.Kind {
	case "key_create", "key_roll":
		add("keys.name", s["name"])
		add("keys.prefix", s["prefix"])
		if v.Kind == "key_create" {
			add("keys.scopes", scopeSentences(ctx, s["scopes"]))
			add("keys.ips", cmp.Or(s["addresses"], i18n.T(ctx, "keys.any_ip")))
		} else if s["hours"] != "" {
			add("keys.overlap", i18n.T(ctx, "keys.overlap_"+s["hours"]))
		}
	case "credentials", "account_enable":
		add("accounts.name", s["name"])
		add("inbox.identity", s["identity"])
	case "account_apps":
		add("accounts.name", s["name"])
		add("inbox.identity", s["identity"])
		add("inbox.apps", s["apps"])
		add("inbox.secrets", s["secrets"])
	case "role_grant", "invitation":
		add("sign_in.email", s["email"])
		add("members.role", s["role_name"])
	case "settings":
		if s["two_people"] == "false" {
			add("two_people.label", i18n.T(ctx, "two_people.off"))
		}
		if s["limit_before"] != s["limit_after"] {
			add("inbox.limit_before", yuanOrNever(ctx, s["limit_before"]))
			add("inbox.limit_after", yuanOrNever(ctx, s["limit_after"]))
		}
	}
	return out
}

// scopeSentences says what a key of these scopes may do, as somebody who never
// reads the API's documents would say it.
func scopeSentences(ctx context.Context, scopes string) string {
	if scopes == "" {
		return i18n.T(ctx, "keys.all_scopes")
	}
	var out []string
	for scope := range strings.SplitSeq(scopes, ", ") {
		out = append(out, i18n.T(ctx, scopeKey(scope)))
	}
	return strings.Join(out, i18n.T(ctx, "inbox.separator"))
}

func yuanOrNever(ctx context.Context, yuan string) string {
	if yuan == "0.00" || yuan == "" {
		return i18n.T(ctx, "settings.never")
	}
	return inYuan(yuan)
}

// inYuan writes an amount as every page does: "1234.50" is "¥1,234.50". What is
// no amount stays as it is.
func inYuan(yuan string) string {
	m, err := app.ParseYuan(yuan)
	if err != nil {
		return yuan
	}
	return m.String()
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
	Open             bool // the key may be opened now, by the reader
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
	case v.OwnKey:
		return i18n.T(ctx, "approval.own_key_line")
	}
	return i18n.T(ctx, "approval.cannot_line")
}
