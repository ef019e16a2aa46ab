package pages

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// MemberForm invites somebody to a role in the merchant; it posts email and role
// to Scope.Members.
type MemberForm struct {
	Shell  layout.Shell
	Person PersonForm
	Own    []OwnRole
	Mails  bool              // the invitation is sent; otherwise its link is shown
	Errors map[string]string // translated, by field; "" is the whole form's
}

// PersonForm is what a form about a person holds, kept after a refusal.
type PersonForm struct {
	Email, Name, Role string
	Domain            string // the merchant's number, on the platform's forms
	Locale            string // zh-CN, en, or "" for the browser's
}

// Member is one person who works for a merchant.
type Member struct {
	Shell  layout.Shell
	Person MemberRow
	Roles  RoleEditor
	May    []RightGroup // what all their roles together allow here
}

// RoleEditor is the part of a page that shows which roles somebody holds, takes
// them away and gives others. Revoke posts role and domain, Grant likewise.
type RoleEditor struct {
	CSRF   string
	Rows   []HeldRole
	Where  bool   // says in which domain each role is held, and asks for it
	Revoke string // the address; "" where the reader may not
	Grant  string
	// Choices are the roles that can be given, Own those of them that are the
	// merchant's own.
	Choices []string
	Own     []OwnRole
	Form    PersonForm
	Errors  map[string]string // translated, by field; "" is the whole part's
	// Note says why roles cannot be given here; translated.
	Note string
}

// HeldRole is one role that somebody holds.
type HeldRole struct {
	Role   string
	Name   string // of a role of the merchant's own; "" for a built-in one
	Domain string // a merchant's number, or "platform"
	// DomainName is the merchant's name; "" for the platform.
	DomainName string
	Since      app.Millis
}

// Handover shows a password for the only time, to be given to its user.
type Handover struct {
	Shell                 layout.Shell
	Name, Email, Password string
	Reset                 bool   // an existing user's
	SignIn                string // where they sign in, in full
	Back                  string
}

// Permissions says in plain sentences what each role may do.
type Permissions struct {
	Shell    layout.Shell
	Back     string // the list it belongs to, and its title's key below "nav."
	BackKey  string
	Merchant []PermissionRow
	Platform []PermissionRow // nil outside the platform's pages
	Own      []OwnRole       // the merchant's own roles; their ids stand in Roles
}

// PermissionRow is one permission and the roles that have it. Key is the
// sentence's, below "permission.".
type PermissionRow struct {
	Key   string
	Roles []string
}
