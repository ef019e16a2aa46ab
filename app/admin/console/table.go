package console

import (
	"net/http"
	"slices"

	"github.com/piaohao/piaohao/app/access"
)

// Place says in which domain a route's permission must be held.
type Place string

// The places. All but the first five ask for a permission.
const (
	Public     Place = "public"    // nobody needs to be signed in
	SignedIn   Place = "signed in" // whoever is signed in
	Joining    Place = "joining"   // whoever has yet to give their second factor, and nobody else
	Enrolling  Place = "enrolling" // as SignedIn, or who must get a second factor first
	Leaving    Place = "leaving"   // whoever has a session, whatever it lacks
	Own        Place = "own"       // what belongs to the user themselves
	OnPlatform Place = "platform"  // the platform's own pages
	InMerchant Place = "merchant"  // the merchant and mode in the path
	InQuery    Place = "query"     // the merchant and mode in the query
	Start      Place = "start"     // as InQuery, or the first merchant of the user
)

func (p Place) valid() bool {
	return slices.Contains([]Place{Public, SignedIn, Joining, Enrolling, Leaving, Own, OnPlatform, InMerchant, InQuery, Start}, p)
}

func (p Place) asks() bool {
	return !slices.Contains([]Place{Public, SignedIn, Joining, Enrolling, Leaving}, p)
}

// opensTo reports whether a session that lacks this may open the place.
func (p Place) opensTo(lacks access.Standing) bool {
	switch lacks {
	case access.Complete:
		return true
	case access.LacksFactor:
		return p == Joining || p == Leaving
	case access.LacksEnrolment:
		return p == Enrolling || p == Leaving
	}
	return false
}

// Route is one row of the table: who may ask what.
type Route struct {
	Method, Path string
	Place        Place
	Object       access.Object
	Action       access.Action
	// Fresh routes ask their user to show again who they are; see fresh. Secrets
	// are forms of which nothing may be shown again.
	Fresh, Secrets bool
	handle         func(*Console, *request) error
}

// scoped is the start of every address about one merchant in one mode.
const scoped = "/console/m/:merchant/:mode"

// Table lists every route of the console.
func Table() []Route {
	return slices.Concat(
		listRoutes(), signInRoutes(), switchRoutes(), loginRoutes(), confirmRoutes(), homeRoutes(), figureRoutes(), paymentRoutes(), refundRoutes(), approvalRoutes(), caseRoutes(), reconcileRoutes(), exceptionRoutes(), settingsRoutes(), accountRoutes(),
		keyRoutes(), webhookRoutes(), deliveryRoutes(),
		roleRoutes(), invitationRoutes(), membersRoutes(), auditRoutes(), adminRoutes(), applyRoutes(), applicationRoutes(), providerRoutes(), operationRoutes(),
	)
}

func get(path string, p Place, o access.Object, a access.Action, h func(*Console, *request) error) Route {
	return Route{Method: http.MethodGet, Path: path, Place: p, Object: o, Action: a, handle: h}
}

func post(path string, p Place, o access.Object, a access.Action, h func(*Console, *request) error) Route {
	return Route{Method: http.MethodPost, Path: path, Place: p, Object: o, Action: a, handle: h}
}

func signInRoutes() []Route {
	return []Route{
		get("/console/sign-in", Public, "", "", (*Console).signInPage),
		post("/console/sign-in", Public, "", "", (*Console).signIn),
		post("/console/preferences", Public, "", "", (*Console).setPreferences),
		post("/console/sign-out", Leaving, "", "", (*Console).signOut),
		fresh(get("/console/password", SignedIn, "", "", (*Console).passwordPage)),
		freshSecrets(post("/console/password", SignedIn, "", "", (*Console).changePassword)),
		get("/console/sessions", Own, access.OwnLogins, access.Own, (*Console).sessionsPage),
		post("/console/sessions/:session/revoke", Own, access.OwnLogins, access.Own, (*Console).revokeSession),
	}
}

func homeRoutes() []Route {
	return []Route{
		get("/console", Start, access.Home, access.Read, (*Console).home),
		get("/console/search", InQuery, access.Payments, access.Read, (*Console).search),
	}
}

func paymentRoutes() []Route {
	return []Route{
		get(scoped+"/payments", InMerchant, access.Payments, access.Read, (*Console).paymentsPage),
		get(scoped+"/payments/:payment", InMerchant, access.Payments, access.Read, (*Console).paymentPage),
		post(scoped+"/payments/:payment/sync", InMerchant, access.Payments, access.Sync, (*Console).syncPayment),
		post(scoped+"/payments/:payment/close", InMerchant, access.Payments, access.Close, (*Console).closePayment),
	}
}

func accountRoutes() []Route {
	return append(wizardRoutes(), []Route{
		get(scoped+"/accounts", InMerchant, access.Accounts, access.Read, (*Console).accountsPage),
		get(scoped+"/accounts/:account", InMerchant, access.Accounts, access.Read, (*Console).accountPage),
		get(scoped+"/accounts/:account/edit", InMerchant, access.Accounts, access.Write, (*Console).accountEditPage),
		post(scoped+"/accounts/:account/edit", InMerchant, access.Accounts, access.Write, (*Console).editAccount),
		post(scoped+"/accounts/:account/probe", InMerchant, access.Accounts, access.Write, (*Console).probeAccount),
		post(scoped+"/accounts/:account/certificates", InMerchant, access.Accounts, access.Write, (*Console).refreshCertificates),
		fresh(post(scoped+"/accounts/:account/enable", InMerchant, access.Accounts, access.Write, (*Console).enableAccount)),
		post(scoped+"/accounts/:account/disable", InMerchant, access.Accounts, access.Write, (*Console).disableAccount),
	}...)
}

func keyRoutes() []Route {
	return []Route{
		get(scoped+"/keys", InMerchant, access.Keys, access.Read, (*Console).keysPage),
		fresh(post(scoped+"/keys", InMerchant, access.Keys, access.Write, (*Console).createKey)),
		fresh(get(scoped+"/keys/new", InMerchant, access.Keys, access.Write, (*Console).keyForm)),
		fresh(post(scoped+"/keys/:key/roll", InMerchant, access.Keys, access.Write, (*Console).rollKey)),
		fresh(post(scoped+"/keys/:key/revoke", InMerchant, access.Keys, access.Write, (*Console).revokeKey)),
	}
}

func webhookRoutes() []Route {
	return []Route{
		get(scoped+"/webhooks", InMerchant, access.Webhooks, access.Read, (*Console).webhooksPage),
		post(scoped+"/webhooks", InMerchant, access.Webhooks, access.Write, (*Console).createEndpoint),
		get(scoped+"/webhooks/new", InMerchant, access.Webhooks, access.Write, (*Console).endpointForm),
		get(scoped+"/webhooks/:endpoint", InMerchant, access.Webhooks, access.Read, (*Console).endpointPage),
		get(scoped+"/webhooks/:endpoint/edit", InMerchant, access.Webhooks, access.Write, (*Console).endpointEditForm),
		post(scoped+"/webhooks/:endpoint/edit", InMerchant, access.Webhooks, access.Write, (*Console).editEndpoint),
		post(scoped+"/webhooks/:endpoint/test", InMerchant, access.Webhooks, access.Write, (*Console).testEndpoint),
		fresh(post(scoped+"/webhooks/:endpoint/rotate", InMerchant, access.Webhooks, access.Write, (*Console).rotateSecret)),
		post(scoped+"/webhooks/:endpoint/enable", InMerchant, access.Webhooks, access.Write, (*Console).enableEndpoint),
		post(scoped+"/webhooks/:endpoint/disable", InMerchant, access.Webhooks, access.Write, (*Console).disableEndpoint),
		post(scoped+"/webhooks/:endpoint/delete", InMerchant, access.Webhooks, access.Write, (*Console).deleteEndpoint),
	}
}

func deliveryRoutes() []Route {
	return []Route{
		get(scoped+"/deliveries", InMerchant, access.Deliveries, access.Read, (*Console).deliveriesPage),
		post(scoped+"/deliveries/resend", InMerchant, access.Deliveries, access.Resend, (*Console).resendAll),
		get(scoped+"/deliveries/:delivery", InMerchant, access.Deliveries, access.Read, (*Console).deliveryPage),
		post(scoped+"/deliveries/:delivery/resend", InMerchant, access.Deliveries, access.Resend, (*Console).resend),
	}
}
