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
	Drafts    []WizardDraft // for those who may go on with them
	Forbidden bool
}

// AccountRow is one account of the list. Health is healthy, unproven, expiring,
// expired, degraded (notifications do not arrive), failing, circuit_open (the
// channel does not answer), paused (it asked for fewer calls), provider_disabled
// or disabled.
type AccountRow struct {
	ID, Name      string
	Channel       app.Channel
	Identity      string // mchid or PID
	SubIdentity   string // sub_mchid under a provider; "" otherwise
	ProviderID    string // the service provider it is under; "" for none
	Provider      string // its name
	Apps          []string
	FeeRate       string // contracted, such as 0.60%; "" when nobody said
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
	ProbeError     string // the channel's words; empty when it passed
	// Probe explains ProbeError; zero when the test call passed.
	Probe components.Check
	// FailedAt is when the account last failed, 0 for never: Failure in the channel's
	// words, FailureCheck in ours.
	FailedAt     app.Millis
	Failure      string
	FailureCheck components.Check
	// SignedBy is how the channel's signatures are verified: public_key, certificate
	// or both, which is a migration.
	SignedBy string
	// Changes are the latest of the account's audit, for those who may read it.
	Changes   []AuditRow
	DeafSince app.Millis // since when successes came without a notification
	// Circuit is what keeps calls from the channel; nil when nothing does.
	Circuit *Circuit
	// Certificates are those the channel signs by; nil where none are fetched.
	Certificates *Certificates
	// Checks are the last inspection and probe.
	Checks []components.Check
}

// AccountApp is an app that takes payments for the account. Kind is official,
// mini, app or web.
type AccountApp struct {
	AppID, Kind string
	HasSecret   bool
}

// Circuit is why an account's calls are held. State is open, half_open (the next
// call tries again) or paused.
type Circuit struct {
	State          string
	Since, RetryAt app.Millis
	Reason         string // the failure that brought it, in the channel's words
}

// Certificates are what is held of the channel's certificates.
type Certificates struct {
	Serials     []string
	ExpiresAt   app.Millis
	FetchedAt   app.Millis // 0 for never
	TriedAt     app.Millis
	StaleSince  app.Millis // 0 while fetching works
	LastError   string     // in the channel's words
	Refreshable bool
}
