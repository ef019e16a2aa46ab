package pages

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Merchants is the platform's list of merchants, and the form that adds one
// (it posts name and owner_email to AdminMerchants).
type Merchants struct {
	Shell      layout.Shell
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

// Users is the platform's list of users.
type Users struct {
	Shell layout.Shell
	Rows  []UserRow
	Pager components.Pager
}

// UserRow is one user with their roles.
type UserRow struct {
	MemberRow
	Merchants []string // names
	CreatedAt app.Millis
}
