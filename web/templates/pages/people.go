package pages

import (
	"github.com/piaohao/piaohao/app"
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
	Device                           string   // the user agent in words; "" when it says nothing
	Methods                          []string // by which the user was recognised
	Current                          bool
	CreatedAt, LastSeenAt, ExpiresAt app.Millis
}
