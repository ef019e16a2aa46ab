// Package templates names the console's addresses. Its sub-packages render
// pages from view models; none of them does I/O.
package templates

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// The console's addresses outside any merchant.
const (
	Home           = "/console"
	SignIn         = "/console/sign-in"
	SignOut        = "/console/sign-out"
	Sessions       = "/console/sessions"
	Password       = "/console/password"
	Confirm        = "/console/confirm"
	SecondFactor   = "/console/second-factor"
	Security       = "/console/security"
	TOTP           = Security + "/totp"
	RemoveTOTP     = TOTP + "/remove"
	RecoveryCodes  = Security + "/recovery-codes" // POST
	RevokeOthers   = Sessions + "/revoke-others"  // POST
	Search         = "/console/search"
	Merchants      = "/console/merchants" // the user's own
	Switch         = "/console/switch"    // to another of them
	Inbox          = "/console/approvals"
	Preferences    = "/console/preferences"
	AdminHome      = "/console/admin"
	AdminMerchants = "/console/admin/merchants"
	AdminUsers     = "/console/admin/users"
	// Apply is the public form of those who want to be merchants, and POST.
	Apply             = "/console/apply"
	AdminApplications = "/console/admin/applications"
	AdminAudit        = "/console/admin/audit"
	AdminAuditFiles   = AdminAudit + "/exports" // and POST
	AdminJobs         = "/console/admin/jobs"
	AdminChannels     = "/console/admin/channels"
	AdminSystem       = "/console/admin/system"
	AdminSettings     = "/console/admin/settings" // and POST
	NewUser           = AdminUsers + "/new"
	AllPermissions    = AdminUsers + "/permissions"
	VerifyPlatform    = AdminAudit + "/verify"      // POST
	LeaveView         = "/console/admin/view/leave" // POST
)

// AdminMerchant is a merchant's page on the platform; rename, suspend and
// reactivate are POST. View asks for the reason to look into it, and is POST.
func AdminMerchant(id string) string           { return AdminMerchants + "/" + seg(id) }
func AdminMerchantAction(id, do string) string { return AdminMerchant(id) + "/" + seg(do) }

// AppointmentAction sends an invitation that the platform has made again, or
// revokes it (POST).
func AppointmentAction(merchant, id, do string) string {
	return AdminMerchant(merchant) + "/invitations/" + seg(id) + "/" + seg(do)
}

// ConfirmApplication is where the link leads that shows an applicant's email to
// be theirs, and POST.
func ConfirmApplication(token string) string { return Apply + "/" + seg(token) }

// AdminApplication is one application; approve, reject and resend are POST.
func AdminApplication(id string) string           { return AdminApplications + "/" + seg(id) }
func AdminApplicationAction(id, do string) string { return AdminApplication(id) + "/" + seg(do) }

// AdminUser is a user's page on the platform; update, grant, revoke, disable,
// enable, reset-password and end-sessions are POST.
func AdminUser(id string) string           { return AdminUsers + "/" + seg(id) }
func AdminUserAction(id, do string) string { return AdminUser(id) + "/" + seg(do) }

// RevokeUserSession ends one session of a user (POST).
func RevokeUserSession(user, id string) string {
	return AdminUser(user) + "/sessions/" + seg(id) + "/revoke"
}

// AdminJob is one background job's page; run is POST.
func AdminJob(name string) string    { return AdminJobs + "/" + seg(name) }
func AdminJobRun(name string) string { return AdminJob(name) + "/run" }

// Providers are the platform's service provider accounts. NewProvider is the form
// of a new one, and POST; CheckProvider, enable and disable are POST.
const Providers = "/console/admin/providers"

// NewProvider registers a provider's credentials of a mode.
func NewProvider(m app.Mode, c app.Channel) string {
	return Providers + "/new/" + seg(string(m)) + "/" + seg(string(c))
}

// CheckProvider inspects what has been entered so far.
func CheckProvider(m app.Mode, c app.Channel) string {
	return Providers + "/check/" + seg(string(m)) + "/" + seg(string(c))
}

// Provider is a provider's page, ProviderAction what is done there.
func Provider(id string) string           { return Providers + "/" + seg(id) }
func ProviderAction(id, do string) string { return Provider(id) + "/" + seg(do) }

// SignInTo returns the sign-in page that leads on to next.
func SignInTo(next string) string {
	if next == "" {
		return SignIn
	}
	return SignIn + "?" + url.Values{"next": {next}}.Encode()
}

// ConfirmTo asks the user to show again who they are, and leads on to next.
func ConfirmTo(next string) string { return With(Confirm, "next", next) }

// SecondFactorTo asks for the second factor, and leads on to next.
func SecondFactorTo(next string) string { return With(SecondFactor, "next", next) }

// EnrolTo sets up an authenticator app, and leads on to next.
func EnrolTo(next string) string { return With(TOTP, "next", next) }

// RevokeSession ends one of the user's sessions (POST).
func RevokeSession(id string) string { return Sessions + "/" + seg(id) + "/revoke" }

// Scope is the merchant and mode that a page is about.
type Scope struct {
	Merchant string // mch_…
	Mode     app.Mode
}

// Base is the common start of the scope's addresses.
func (s Scope) Base() string { return "/console/m/" + seg(s.Merchant) + "/" + seg(string(s.Mode)) }

// In is the same merchant in another mode.
func (s Scope) In(m app.Mode) Scope { return Scope{Merchant: s.Merchant, Mode: m} }

// Home is the overview of the merchant.
func (s Scope) Home() string { return Home + "?" + s.query().Encode() }

func (s Scope) query() url.Values {
	return url.Values{"merchant": {s.Merchant}, "mode": {string(s.Mode)}}
}

// Refusals are the attempts that channels refused.
func (s Scope) Refusals() string { return s.Base() + "/refusals" }

// Payments and the addresses of one payment; sync and close are POST.
func (s Scope) Payments() string              { return s.Base() + "/payments" }
func (s Scope) Payment(id string) string      { return s.Payments() + "/" + seg(id) }
func (s Scope) PaymentSync(id string) string  { return s.Payment(id) + "/sync" }
func (s Scope) PaymentClose(id string) string { return s.Payment(id) + "/close" }

// RefundPayment gives money of a payment back: the form, and POST.
func (s Scope) RefundPayment(id string) string { return s.Payment(id) + "/refund" }

// Refunds and the addresses of one refund; sync and resolve are POST.
func (s Scope) Refunds() string                   { return s.Base() + "/refunds" }
func (s Scope) Refund(id string) string           { return s.Refunds() + "/" + seg(id) }
func (s Scope) RefundAction(id, do string) string { return s.Refund(id) + "/" + seg(do) }

// Approvals and the addresses of one approval; decide and withdraw are POST.
func (s Scope) Approvals() string                   { return s.Base() + "/approvals" }
func (s Scope) Approval(id string) string           { return s.Approvals() + "/" + seg(id) }
func (s Scope) ApprovalAction(id, do string) string { return s.Approval(id) + "/" + seg(do) }

// Settings are the merchant's own choices; they are changed by POST.
func (s Scope) Settings() string { return s.Base() + "/settings" }

// SettingsFactor sets the rule about second factors (POST).
func (s Scope) SettingsFactor() string { return s.Settings() + "/second-factor" }

// Cases are verified notifications that contradict our books; recheck and
// resolve are POST.
func (s Scope) Cases() string                   { return s.Base() + "/cases" }
func (s Scope) Case(id string) string           { return s.Cases() + "/" + seg(id) }
func (s Scope) CaseAction(id, do string) string { return s.Case(id) + "/" + seg(do) }

// Exceptions are what reconciliation could not explain, and the addresses of one;
// assign, comment and propose are POST. An import is uploaded by POST, and what
// it would do is a batch; its apply is POST.
func (s Scope) Exceptions() string                   { return s.Base() + "/exceptions" }
func (s Scope) Exception(id string) string           { return s.Exceptions() + "/" + seg(id) }
func (s Scope) ExceptionAction(id, do string) string { return s.Exception(id) + "/" + seg(do) }
func (s Scope) ExceptionAssign() string              { return s.Exceptions() + "/assign" }
func (s Scope) ExceptionExport() string              { return s.Exceptions() + "/export" }
func (s Scope) ExceptionImport() string              { return s.Exceptions() + "/import" }
func (s Scope) ExceptionBatch(id string) string      { return s.Exceptions() + "/batches/" + seg(id) }

// Reconciliation is the view of one day; its date stands in the query.
func (s Scope) Reconciliation() string { return s.Base() + "/reconciliation" }

// ReconcileDay is the view of a given day.
func (s Scope) ReconcileDay(d app.Day) string { return With(s.Reconciliation(), "date", string(d)) }

// ReconcileNow has a day reconciled that has no run yet (POST).
func (s Scope) ReconcileNow() string { return s.Reconciliation() + "/run" }

// ReconcileMonth is the view of a month, "2026-11" or "" for the latest. Lock,
// reopen and export are POST.
func (s Scope) ReconcileMonth(month string) string {
	return With(s.Reconciliation()+"/month", "month", month)
}
func (s Scope) MonthAction(do string) string { return s.Reconciliation() + "/month/" + seg(do) }

// Run and the addresses of one run; RunAgain is POST. RunBill shows an original
// file, at the row unless that is 0, and BillFile downloads it.
func (s Scope) Run(id string) string      { return s.Reconciliation() + "/runs/" + seg(id) }
func (s Scope) RunAgain(id string) string { return s.Run(id) + "/again" }
func (s Scope) RunBill(id, kind string, row int) string {
	path := With(s.Run(id)+"/bill", "kind", kind)
	if row > 0 {
		path = With(path, "row", strconv.Itoa(row))
	}
	return path
}
func (s Scope) BillFile(run, bill string) string { return s.Run(run) + "/files/" + seg(bill) }

// StatementFile downloads a statement; the format is xlsx or csv.
func (s Scope) StatementFile(id, format string) string {
	return With(s.Reconciliation()+"/statements/"+seg(id)+"/file", "format", format)
}

// Exports are the files made in the background, to be downloaded later.
func (s Scope) Exports() string             { return s.Reconciliation() + "/exports" }
func (s Scope) ExportFile(id string) string { return s.Exports() + "/" + seg(id) + "/file" }

// Totals sum a filtered list. The lists are payments and refunds.
func (s Scope) Totals(list string) string { return s.Base() + "/" + seg(list) + "/totals" }

// Files are whole lists as files, made in the background. AskFile is POST; below
// it stand the files.
func (s Scope) Files() string              { return s.Base() + "/exports" }
func (s Scope) AskFile(list string) string { return s.Base() + "/" + seg(list) + "/exports" }

// Views are a list's filters under names: the page, and POST; change and delete
// are POST.
func (s Scope) Views(list string) string { return s.Base() + "/" + seg(list) + "/views" }
func (s Scope) ViewAction(list, id, do string) string {
	return s.Views(list) + "/" + seg(id) + "/" + seg(do)
}

// Accounts and the addresses of channel accounts; probe, certificates,
// credentials, enable and disable are POST.
func (s Scope) Accounts() string   { return s.Base() + "/accounts" }
func (s Scope) NewAccount() string { return s.Accounts() + "/new" }
func (s Scope) Draft(id, step string) string {
	return s.Accounts() + "/drafts/" + seg(id) + "/" + seg(step)
}
func (s Scope) DraftPublicKey(id string) string    { return s.Draft(id, "public-key") + "/file" }
func (s Scope) Account(id string) string           { return s.Accounts() + "/" + seg(id) }
func (s Scope) AccountAction(id, do string) string { return s.Account(id) + "/" + seg(do) }

// Keys and the addresses of API keys; revoke and roll are POST.
func (s Scope) Keys() string               { return s.Base() + "/keys" }
func (s Scope) NewKey() string             { return s.Keys() + "/new" }
func (s Scope) RevokeKey(id string) string { return s.Keys() + "/" + seg(id) + "/revoke" }
func (s Scope) RollKey(id string) string   { return s.Keys() + "/" + seg(id) + "/roll" }

// Webhooks and the addresses of endpoints; test, rotate, disable and enable
// are POST.
func (s Scope) Webhooks() string                   { return s.Base() + "/webhooks" }
func (s Scope) NewWebhook() string                 { return s.Webhooks() + "/new" }
func (s Scope) Webhook(id string) string           { return s.Webhooks() + "/" + seg(id) }
func (s Scope) WebhookAction(id, do string) string { return s.Webhook(id) + "/" + seg(do) }

// Deliveries and the addresses of one delivery; resend is POST.
func (s Scope) Deliveries() string        { return s.Base() + "/deliveries" }
func (s Scope) Delivery(id string) string { return s.Deliveries() + "/" + seg(id) }
func (s Scope) Resend(id string) string   { return s.Delivery(id) + "/resend" }

// ResendAll sends every delivery that the list's filters select again (POST).
func (s Scope) ResendAll() string { return s.Deliveries() + "/resend" }

// Members and the addresses of one member; grant and revoke are POST.
func (s Scope) Members() string                   { return s.Base() + "/members" }
func (s Scope) NewMember() string                 { return s.Members() + "/new" }
func (s Scope) Permissions() string               { return s.Members() + "/permissions" }
func (s Scope) Member(id string) string           { return s.Members() + "/" + seg(id) }
func (s Scope) MemberAction(id, do string) string { return s.Member(id) + "/" + seg(do) }

// Roles and the addresses of one of the merchant's own; edit and delete are POST,
// and so is a new one. A new role may be based on a built-in one.
func (s Scope) Roles() string                   { return s.Base() + "/roles" }
func (s Scope) NewRole(base string) string      { return With(s.Roles()+"/new", "base", base) }
func (s Scope) Role(id string) string           { return s.Roles() + "/" + seg(id) }
func (s Scope) EditRole(id string) string       { return s.Role(id) + "/edit" }
func (s Scope) RoleAction(id, do string) string { return s.Role(id) + "/" + seg(do) }

// RoleTarget is where the form of a role posts; id is "" for a new one.
func (s Scope) RoleTarget(id string) string {
	if id == "" {
		return s.Roles()
	}
	return s.EditRole(id)
}

// InvitationAction sends an invitation again or revokes it (POST).
func (s Scope) InvitationAction(id, do string) string {
	return s.Base() + "/invitations/" + seg(id) + "/" + seg(do)
}

// SwitchTo leads to a merchant and, where the user may see it there, to one of
// its lists. Without a mode it is the usual one.
func SwitchTo(merchant string, mode app.Mode, list string) string {
	return With(With(With(Switch, "merchant", merchant), "mode", string(mode)), "list", list)
}

// OwnMerchants lists the user's merchants; choosing one leads to the list there.
func OwnMerchants(mode app.Mode, list string) string {
	return With(With(Merchants, "at", string(mode)), "list", list)
}

// ListOf is the name of the list that a page of a merchant is, or that its object
// is on: "payments" for "/console/m/mch_…/live/payments/pay_…". It is "" for any
// other page.
func ListOf(path string) string {
	rest, ok := strings.CutPrefix(path, "/console/m/")
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "?")
	parts := strings.SplitN(rest, "/", 4)
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

// Join is where the link of an invitation leads.
func Join(token string) string { return "/console/invitations/" + seg(token) }

// Audit is the merchant's chain; verify is POST.
func (s Scope) Audit() string       { return s.Base() + "/audit" }
func (s Scope) VerifyAudit() string { return s.Audit() + "/verify" }

// With returns path with one query parameter set or, when value is empty,
// removed; the others stay. It keeps filters while a page or a filter changes.
func With(path, name, value string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func seg(s string) string { return url.PathEscape(s) }
