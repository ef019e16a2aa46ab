package pages

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Way is a way to sign in at a provider.
type Way struct {
	Title string // as configured, untranslated
	Href  string
}

// PasskeyRow is one passkey.
type PasskeyRow struct {
	ID, Name string
	// BackedUp says that its maker keeps it in step between devices.
	BackedUp bool
	// Cloned says that a copy was seen, so it is trusted no more.
	Cloned     bool
	CreatedAt  app.Millis
	LastUsedAt app.Millis // 0 for never
	Remove     string     // where to post; empty for who may not
}

// IdentityRow is who the user is at a provider.
type IdentityRow struct {
	ID, Title, Email string
	CreatedAt        app.Millis
	LastUsedAt       app.Millis // 0 for never
	Unlink           string     // where to post; empty for who may not
}

// Logins are the reader's passkeys and links, as sections of their security page.
type Logins struct {
	Shell    layout.Shell
	Passkeys []PasskeyRow
	Site     PasskeySite
	Full     bool // no passkey more
	Linked   []IdentityRow
	Offered  []Way  // providers without a link; Href is posted to
	Problem  string // translated: what just went wrong
	// Renaming is the id of the passkey whose new name was refused.
	Renaming string
	Errors   map[string]string // translated, by field
}

func (v Logins) sso() bool { return len(v.Linked)+len(v.Offered) > 0 }

// PasskeySite is what passkeys are bound to.
type PasskeySite struct {
	Usable bool
	Origin string
	// Try is an address under which there could be passkeys; empty for none.
	Try string
}

// PasskeyForm registers a passkey. It posts name and credential to
// routes.Passkeys.
type PasskeyForm struct {
	Shell  layout.Shell
	Next   string
	Must   bool // nothing else opens before there is a second factor
	Site   PasskeySite
	Name   string
	Errors map[string]string // translated; "" is the whole form's
}

// Leave is the last page before a provider's: what follows is not ours.
type Leave struct {
	Shell layout.Shell
	Title string // the provider's
	Href  string // at the provider
}

// UserLogins are a user's logins as an administrator sees them.
type UserLogins struct {
	CSRF     string
	Passkeys []PasskeyRow
	Linked   []IdentityRow
}
