package merchants

import (
	"slices"

	"github.com/piaohao/piaohao/app"
)

// Account is one merchant's access to one channel: a WeChat mchid with the apps
// that take payments for it, or an Alipay app. It carries no secret; see
// Credentials.
type Account struct {
	ID         string // acct_…
	MerchantID string
	Mode       app.Mode
	Channel    app.Channel
	Name       string
	// Enabled accounts take payments. Only working keys can be enabled.
	Enabled bool
	// Version grows with every change of the credentials.
	Version int64
	// Priority orders a merchant's accounts when none is named; lowest first.
	Priority int64
	// Identity is the settlement identity: the mchid, or the Alipay PID.
	Identity    string
	SubIdentity string // sub_mchid under a service provider, or ""
	IdentityID  string // sid_…, shared by the accounts of one identity
	// ProviderID is the service provider by whose keys the account takes money; ""
	// when it has its own. ProviderVersion is that of the provider's credentials.
	ProviderID      string
	ProviderVersion int64
	ProviderEnabled bool
	AppIDs          []AppID
	// ConfirmByQuery makes a notified success count only once the channel's own
	// query says the same.
	ConfirmByQuery bool
	// FeeRate is what the merchant has agreed with the channel to pay of each
	// payment; NoRate when nobody said, and then bills are not held to one.
	FeeRate app.Rate
	// Facts were read from the credentials, such as serial_no; never secret.
	Facts  map[string]string
	Health Health

	CreatedAt app.Millis
	UpdatedAt app.Millis
}

// NoRate stands for a fee rate that nobody told us.
const NoRate app.Rate = -1

// ClientVersion grows whenever what a channel's client is built from changes:
// the account's credentials or its provider's.
func (a Account) ClientVersion() int64 { return a.Version + a.ProviderVersion }

// usable reports whether the account may take a new payment.
func (a Account) usable() bool { return a.Enabled && (a.ProviderID == "" || a.ProviderEnabled) }

// Health is what is known of how an account works.
type Health struct {
	// Inspected says that the credentials passed every offline check.
	Inspected bool
	// ProbedVersion is the newest Version whose live probe succeeded; 0 for none.
	ProbedVersion int64
	LastProbeAt   app.Millis
	ProbeError    string // of the last probe, in the channel's words; "" when it passed
	ProbeReason   string // what it most likely means (see channel.Error); "" when nobody knows
	LastSuccessAt app.Millis
	// DeafSince is when a query found a success that no notification had
	// announced; 0 while notifications arrive.
	DeafSince            app.Millis
	CertificateExpiresAt app.Millis
	// FailedAt is when a probe last failed or the channel last stopped answering, 0
	// for never; Failure and FailureReason are as ProbeError and ProbeReason. What
	// works again leaves them.
	FailedAt      app.Millis
	Failure       string
	FailureReason string
}

// AppKind is what kind of app an app id stands for.
type AppKind string

// The kinds: a WeChat official account, a mini-program, a mobile app, a website.
const (
	AppOfficial AppKind = "official"
	AppMini     AppKind = "mini"
	AppMobile   AppKind = "app"
	AppWeb      AppKind = "web"
)

// Valid reports whether k is a known kind.
func (k AppKind) Valid() bool {
	return k == AppOfficial || k == AppMini || k == AppMobile || k == AppWeb
}

// AppID is an app that takes payments for an account.
type AppID struct {
	AppID     string
	Kind      AppKind
	HasSecret bool // an app_secret is kept; see AppSecret
}

// HasApp reports whether the app takes payments for the account. An order or a
// notification that names another app is not this account's.
func (a Account) HasApp(appID string) bool {
	return slices.ContainsFunc(a.AppIDs, func(x AppID) bool { return x.AppID == appID })
}

// DefaultApp returns the app to use when none is named: the first of the wanted
// kinds, or without any the first listed. It returns "" when there is none.
func (a Account) DefaultApp(kinds ...AppKind) string {
	for _, x := range a.AppIDs {
		if len(kinds) == 0 || slices.Contains(kinds, x.Kind) {
			return x.AppID
		}
	}
	return ""
}
