package pages

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Accounts is the list of channel accounts.
type Accounts struct {
	Shell     layout.Shell
	Rows      []AccountRow
	Forbidden bool
}

// AccountRow is one account of the list. Health is healthy, unproven, expiring,
// expired, degraded (notifications do not arrive), failing or disabled.
type AccountRow struct {
	ID, Name      string
	Channel       app.Channel
	Identity      string // mchid or PID
	Apps          []string
	Enabled       bool
	Health        string
	ExpiresAt     app.Millis // of the certificate; 0 for none
	LastSuccessAt app.Millis
}

// Account is one account's page.
type Account struct {
	Shell layout.Shell
	AccountRow
	Apps           []AccountApp
	Facts          []Pair // read from the credentials: serial_no, public_key_id, …
	CallbackURL    string
	ConfirmByQuery bool
	CreatedAt      app.Millis
	LastProbeAt    app.Millis
	ProbeError     string     // the channel's words; empty when it passed
	DeafSince      app.Millis // since when successes came without a notification
	// Checks are the last inspection and probe.
	Checks []components.Check
}

// AccountApp is an app that takes payments for the account. Kind is official,
// mini, app or web.
type AccountApp struct {
	AppID, Kind string
	HasSecret   bool
}
