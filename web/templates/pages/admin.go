package pages

import (
	"context"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Merchants is the platform's list of merchants, and the form that adds one
// (it posts name and owner_email to AdminMerchants).
type Merchants struct {
	Shell      layout.Shell
	Filters    components.Filters
	Rows       []MerchantRow
	Pager      components.Pager
	Name       string // kept after a refusal
	OwnerEmail string
	Errors     map[string]string // translated, by field; "" is the whole form's
}

// MerchantRow is one merchant.
type MerchantRow struct {
	ID, Name      string
	Channels      []app.Channel
	LiveEnabled   bool
	LastPaymentAt app.Millis
	CreatedAt     app.Millis
	Active        bool
	// SuspendedReason and SuspendedAt are zero for active merchants.
	SuspendedReason string
	SuspendedAt     app.Millis
	// Health is good, issues, or "" without accounts; Issues is how many.
	Health         string
	Issues         int
	OpenExceptions int // in live mode, at most 100
}

// openCount writes a count that stops at 100.
func openCount(n int) string {
	if n >= 100 {
		return "99+"
	}
	return strconv.Itoa(n)
}

// roleName is a role's word; merchants' own roles are named by their merchants.
func roleName(ctx context.Context, role string) string {
	if key := "role." + role; i18n.From(ctx).Has(key) {
		return i18n.T(ctx, key)
	}
	return role
}

// appointable are the roles that the platform gives in a merchant: its owner
// above all, who appoints the others.
func appointable(ctx context.Context, chosen string) []components.Option {
	var out []components.Option
	for _, role := range []string{"owner", "developer", "finance", "viewer"} {
		out = append(out, components.Option{Value: role, Label: i18n.T(ctx, "role."+role), Selected: role == chosen})
	}
	return out
}

// AdminMerchant is one merchant as the platform sees it. Its forms post name to
// rename, confirm (the name, typed) to suspend, with a reason, and reactivate,
// and email and role to invite.
type AdminMerchant struct {
	Shell    layout.Shell
	Merchant MerchantRow
	Members  []MemberRow
	Invited  []InvitationRow
	// Mails says that invitations are sent by mail; their links are shown otherwise.
	Mails bool
	// SeesMembers says that the reader may see who works for the merchant.
	SeesMembers bool
	Name        string            // in the form
	Reason      string            // of the suspension, in the form
	Appoint     PersonForm        // who is invited, in the form
	Errors      map[string]string // translated: name, confirm, reason, email, role, members, or "" for the page
}

// MerchantStates lists the filter's values.
func MerchantStates() []string { return []string{"active", "suspended"} }

// Users is the platform's list of users.
type Users struct {
	Shell   layout.Shell
	Filters components.Filters
	Rows    []UserRow
	Pager   components.Pager
}

// UserRow is one user with their platform roles.
type UserRow struct {
	MemberRow
	Merchants []string // names
	CreatedAt app.Millis
}

// UserStates lists the filter's values.
func UserStates() []string { return []string{"active", "disabled"} }

// UserRoles lists the values of the filter by what users hold.
func UserRoles() []string {
	return []string{"platform_admin", "platform_operator", "platform_auditor", "merchant", "none"}
}

// UserFilters makes the filter bar of the list of users.
func UserFilters(ctx context.Context, query, role, state string) components.Filters {
	f := Filter(ctx, routes.AdminUsers, "users.search", query, "user_status.", state, UserStates())
	f.Selects = append([]components.Select{choose(ctx, "role", "members.role", "user_role.", role, UserRoles())}, f.Selects...)
	return f
}

// UserForm adds a user; it posts email, name, locale, role and domain to
// AdminUsers.
type UserForm struct {
	Shell  layout.Shell
	Person PersonForm
	Errors map[string]string // translated, by field; "" is the whole form's
}

// AdminUser is one user as the platform sees them. Its forms post email, name
// and locale to update, and confirm (the email, typed) to disable.
type AdminUser struct {
	Shell    layout.Shell
	Person   MemberRow
	Locale   string
	Must     bool // the password is not yet their own
	Created  app.Millis
	Password app.Millis // when it was last changed
	Sessions []SessionRow
	TOTP     bool // they have an authenticator app
	// TOTPSince and TOTPUsed are when it was set up and last used; 0 for never.
	TOTPSince, TOTPUsed app.Millis
	Passkeys            int // copied ones as well
	Copied              int // of these
	CodesLeft           int // recovery codes
	Required            bool
	Logins              UserLogins
	Roles               RoleEditor
	Self                bool // the reader's own account
	Form                PersonForm
	Errors              map[string]string // translated: of the profile form, and confirm
}

// Filter makes the filter bar of a list of things that have a state; search is
// a key, or "" for a list without a search box. The state's words are the keys
// prefix+state.
func Filter(ctx context.Context, path, search, query, prefix, state string, states []string) components.Filters {
	f := components.Filters{
		Path: path, Query: query,
		Selects: []components.Select{choose(ctx, "status", "payments.status", prefix, state, states)},
	}
	if search != "" {
		f.Search = i18n.T(ctx, search)
	}
	return f
}
