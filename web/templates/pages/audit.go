package pages

import (
	"context"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Audit is the list of what people and configuration did. Verify posts to the
// address of that name; empty for those who only look.
type Audit struct {
	Shell     layout.Shell
	Filters   components.Filters
	Rows      []AuditRow
	Pager     components.Pager
	Verify    string // with the list's filters
	Check     *ChainCheck
	Download  components.Download
	MoreNamed bool // the search begins the names of more things than were looked for
	Forbidden bool
}

// ChainCheck is what the last check of the chain found: by a Person or the nightly
// Job of that Name, or by another part of the program.
type ChainCheck struct {
	At          app.Millis
	Through     int64  // the last row of the chain; 0 when it has none
	Rows        int64  // that were there
	Head        string // the last row's hash
	Person, Job bool
	Name        string
	Problems    []AuditProblem
	More        bool // there are more problems than are listed
}

// made says when the chain was checked, and by whom.
func (c ChainCheck) made(ctx context.Context) string {
	return i18n.T(ctx, "audit.checked", "time", components.DateTime(c.At), "who", c.who(ctx))
}

func (c ChainCheck) who(ctx context.Context) string {
	switch {
	case c.Job:
		return i18n.T(ctx, "audit.checked_job")
	case c.Person:
		return i18n.T(ctx, "audit.checked_by", "name", c.Name)
	}
	return i18n.T(ctx, "audit.checked_part", "name", c.Name)
}

// AuditProblem is one thing wrong with a chain. Fault is one of audit.Fault.
type AuditProblem struct {
	Seq   int64
	RowID string
	Fault string
}

// AuditRow is one act.
type AuditRow struct {
	ID                       string
	Seq                      int64
	At                       app.Millis
	ActorKind, ActorName, IP string
	// Device is the Agent in short words.
	Device, Agent string
	// Session is the console session, Key the id of the API key that acted.
	Session, Key              string
	Action, Target, RequestID string
	Name                      string // of the target
	// Changes are the fields that differ; secrets are masked.
	Changes []AuditChange
	// ByActor and the like are this list, filtered by the row's.
	ByActor, OnTarget, InSession, InRequest string
	Open                                    bool // its changes are shown at once
}

// AuditProgram is the value of the actor filter for what the program did itself.
const AuditProgram = "program"

// AuditChange is one field before and after; nil where there was or is none.
type AuditChange struct {
	Field         string
	Before, After *string
}

// action is the sentence of an action, or the action itself.
func (r AuditRow) action(ctx context.Context) string {
	key := AuditActionKey(r.Action)
	if !i18n.From(ctx).Has(key) {
		return r.Action
	}
	return i18n.T(ctx, key)
}

// AuditActionKey is the key of an action's sentence: dots do not go into keys.
func AuditActionKey(action string) string {
	return "audit_action." + strings.ReplaceAll(action, ".", "_")
}

// AuditFilters are the list's filters as they stand in the URL.
type AuditFilters struct {
	Text, Action, Actor string
	From, To            string
	TimeError           string
	Actors              []Choice // who can be chosen
	Actions             []string // what can be chosen
}

// Bar makes the filter bar. path is the list's own, without query.
func (f AuditFilters) Bar(ctx context.Context, path string) components.Filters {
	actor := components.Select{Name: "actor", Label: i18n.T(ctx, "audit.actor"), Options: []components.Option{{}}}
	for _, a := range f.Actors {
		actor.Options = append(actor.Options, components.Option{Value: a.ID, Label: a.Name, Selected: a.ID == f.Actor})
	}
	action := components.Select{Name: "action", Label: i18n.T(ctx, "audit.action"), Options: []components.Option{{}}}
	for _, a := range f.Actions {
		action.Options = append(action.Options, components.Option{Value: a, Label: i18n.T(ctx, AuditActionKey(a)), Selected: a == f.Action})
	}
	return components.Filters{
		Path: path, Search: i18n.T(ctx, "audit.any_text"), Query: f.Text,
		Selects: []components.Select{actor, action},
		Ranges: []components.Range{
			{Label: i18n.T(ctx, "audit.at"), Type: "date", From: "from", To: "to", FromText: f.From, ToText: f.To, Error: f.TimeError},
		},
	}
}
