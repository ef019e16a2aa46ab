package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
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
}

// AdminMerchant is one merchant as the platform sees it. Its forms post name to
// rename, and confirm (the name, typed) to suspend and reactivate.
type AdminMerchant struct {
	Shell    layout.Shell
	Merchant MerchantRow
	Members  []MemberRow
	// MembersHref leads to the merchant's members; "" where the reader may not.
	MembersHref string
	Name        string            // in the form
	Errors      map[string]string // translated: name, confirm, or "" for the page
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
	Passkeys int
	Logins   UserLogins
	Roles    RoleEditor
	Self     bool // the reader's own account
	Form     PersonForm
	Errors   map[string]string // translated: of the profile form, and confirm
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
