// Package layout is what surrounds every page: the document, the console's
// frame with its navigation, and the frame of the signed-out pages.
package layout

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
)

// Theme is light or dark; the server writes it into the document.
type Theme string

// The themes. Light is the default.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Valid reports whether t is a theme.
func (t Theme) Valid() bool { return t == Light || t == Dark }

// Shell is what every page needs besides its own content. The handler puts the
// matching i18n.Localizer into the context that it renders with.
type Shell struct {
	Lang  i18n.Lang
	Theme Theme
	// Asset gives the address of a file of the bundle: static.Files.URL.
	Asset func(name string) string
	// CSRF goes into the hidden field _csrf of every form and into the header
	// X-CSRF-Token of every htmx request.
	CSRF string
	// Path is the page's own path and query, to come back to.
	Path string
	User User
	// Merchants are those the user may switch to, of whom there are MerchantCount;
	// of more than ShortSwitch it has the present one only, and the switcher
	// searches.
	Merchants     []Merchant
	MerchantCount int
	// Merchant and Mode are what the page is about. Merchant is zero on the
	// platform's pages and for a user without any.
	Merchant Merchant
	Mode     app.Mode
	Can      Permissions
	// Nav is the current entry of the navigation.
	Nav Nav
	// Waiting is how many approvals wait for somebody's decision, 100 at most; 0
	// for those who may decide none.
	Waiting int
	// OpenCases is how many cases wait for somebody, 100 at most.
	OpenCases int
	// OpenExceptions is how many exceptions wait for somebody, 100 at most.
	OpenExceptions int
	// Applications is how many who want to be merchants wait for an answer, 100 at
	// most; TakesApplications says that there is a page of them.
	Applications      int
	TakesApplications bool
	// View is the merchant that the user looks into as the platform, if any.
	View View
	// Suspended is why the merchant of this page is suspended; "" when it is not.
	Suspended string
	// Notice is what the platform has to say to everybody; "" for nothing.
	Notice string
	// SignInNotice is what it has to say to those who are not signed in.
	SignInNotice string
	// Support is where people find help, for the foot of every page.
	Support string
	// Flash is a success to announce once, already translated.
	Flash string
	// SandboxURL opens the sandbox's wallet; empty where there is no sandbox.
	SandboxURL string
	// LiveClosed says that this installation has no live mode, or that the
	// merchant may not use it; TestClosed likewise.
	LiveClosed, TestClosed bool
}

// ShortSwitch is how many merchants the switcher lists without a search.
const ShortSwitch = 8

// User is who is signed in.
type User struct{ ID, Name, Email string }

// View is a merchant being looked into as the platform, until a time of day.
type View struct{ Merchant, Until string }

// Merchant is one choice of the merchant switcher.
type Merchant struct{ ID, Name string }

// Permissions says what the user may do here; the page hides the rest. The
// handlers check again.
type Permissions struct {
	Payments, PaymentSync, PaymentClose      bool
	Refunds, RefundCreate, RefundApprove     bool
	Approvals, ApprovalDecide                bool
	Settings, SettingsEdit                   bool
	Cases, CasesResolve                      bool
	Reconcile, ReconcileRun, ReconcileExport bool
	ReconcileLock                            bool
	Accounts, AccountsEdit                   bool
	Keys, KeysEdit                           bool
	Webhooks, WebhooksEdit                   bool
	Deliveries, DeliveryResend               bool
	Members, MembersEdit, Audit              bool
	PaymentExport, RefundExport, AuditExport bool
	Roles, RolesEdit                         bool
	// The platform's own.
	Merchants, MerchantsEdit        bool
	Providers, ProvidersEdit        bool
	Users, UsersEdit, PlatformAudit bool
	Jobs, JobsRun                   bool
	System, SystemEdit              bool // the platform's status and settings
}

// Nav names an entry of the navigation.
type Nav string

// The entries.
const (
	NavHome       Nav = "home"
	NavPayments   Nav = "payments"
	NavRefunds    Nav = "refunds"
	NavFiles      Nav = "files"
	NavApprovals  Nav = "approvals"
	NavSettings   Nav = "merchant_settings"
	NavCases      Nav = "cases"
	NavReconcile  Nav = "reconciliation"
	NavExceptions Nav = "exceptions"
	NavAccounts   Nav = "accounts"
	NavKeys       Nav = "keys"
	NavWebhooks   Nav = "webhooks"
	NavDeliveries Nav = "deliveries"
	NavMembers    Nav = "members"
	NavAudit      Nav = "audit"
	NavOverview   Nav = "overview"
	NavMerchants  Nav = "merchants"
	NavProviders  Nav = "providers"
	// NavApplications are those who want to be merchants.
	NavApplications Nav = "applications"
	NavUsers        Nav = "users"
	NavPlatform     Nav = "platform_audit"
	NavJobs         Nav = "jobs"
	NavChannels     Nav = "channels"
	NavSystem       Nav = "system"
	// NavPlatformSettings are what an administrator chooses for everybody.
	NavPlatformSettings Nav = "platform_settings"
	NavNone             Nav = ""
)

// Scope is the scope of the page's addresses.
func (s Shell) Scope() routes.Scope {
	return routes.Scope{Merchant: s.Merchant.ID, Mode: s.Mode}
}

// In is the same scope in another mode.
func (s Shell) In(mode app.Mode) routes.Scope {
	return routes.Scope{Merchant: s.Merchant.ID, Mode: mode}
}

// IsTest reports whether the page shows test data.
func (s Shell) IsTest() bool { return s.Merchant.ID != "" && s.Mode == app.Test }
