package pages

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Members lists who works for a merchant, and as what.
type Members struct {
	Shell     layout.Shell
	Rows      []MemberRow
	Forbidden bool
}

// MemberRow is one person. Roles are owner, developer, finance, viewer, or the
// platform's admin, operator, auditor.
type MemberRow struct {
	ID, Name, Email string
	Roles           []string
	Active          bool
	LastSignInAt    app.Millis
}

// Sessions lists the user's own sessions.
type Sessions struct {
	Shell layout.Shell
	Rows  []SessionRow
}

// SessionRow is one session.
type SessionRow struct {
	ID, IP, UserAgent                string
	Current                          bool
	CreatedAt, LastSeenAt, ExpiresAt app.Millis
}

// Audit is the list of what people and configuration did.
type Audit struct {
	Shell     layout.Shell
	Filters   components.Filters // made by the handler; action and actor
	Rows      []AuditRow
	Pager     components.Pager
	Forbidden bool
}

// AuditRow is one act. Before and After are JSON; empty for none.
type AuditRow struct {
	ID                        string
	At                        app.Millis
	ActorKind, ActorName, IP  string
	Action, Target, RequestID string
	Before, After             string
}

func (r AuditRow) opens() bool { return r.Before != "" || r.After != "" }
