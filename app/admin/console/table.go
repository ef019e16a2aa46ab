package console

import (
	"net/http"
	"slices"

	"github.com/piaohao/piaohao/app/access"
)

// Place says in which domain a route's permission must be held.
type Place string

// The places. All but the first two ask for a permission.
const (
	Public     Place = "public"    // nobody needs to be signed in
	SignedIn   Place = "signed in" // whoever is signed in
	Own        Place = "own"       // what belongs to the user themselves
	OnPlatform Place = "platform"  // the platform's own pages
	InMerchant Place = "merchant"  // the merchant and mode in the path
	InQuery    Place = "query"     // the merchant and mode in the query
	Start      Place = "start"     // as InQuery, or the first merchant of the user
)

func (p Place) valid() bool {
	return slices.Contains([]Place{Public, SignedIn, Own, OnPlatform, InMerchant, InQuery, Start}, p)
}

func (p Place) asks() bool { return p != Public && p != SignedIn }

func (p Place) inMerchant() bool { return p == InMerchant || p == InQuery || p == Start }

// Route is one row of the table: who may ask what.
type Route struct {
	Method, Path string
	Place        Place
	Object       access.Object
	Action       access.Action
	handle       func(*Console, *request) error
}

// scoped is the start of every address about one merchant in one mode.
const scoped = "/console/m/:merchant/:mode"

// Table lists every route of the console.
func Table() []Route {
	return slices.Concat(
		signInRoutes(), homeRoutes(), paymentRoutes(),
	)
}

func get(path string, p Place, o access.Object, a access.Action, h func(*Console, *request) error) Route {
	return Route{http.MethodGet, path, p, o, a, h}
}

func post(path string, p Place, o access.Object, a access.Action, h func(*Console, *request) error) Route {
	return Route{http.MethodPost, path, p, o, a, h}
}

func signInRoutes() []Route {
	return []Route{
		get("/console/sign-in", Public, "", "", (*Console).signInPage),
		post("/console/sign-in", Public, "", "", (*Console).signIn),
		post("/console/preferences", Public, "", "", (*Console).setPreferences),
		post("/console/sign-out", SignedIn, "", "", (*Console).signOut),
		get("/console/password", SignedIn, "", "", (*Console).passwordPage),
		post("/console/password", SignedIn, "", "", (*Console).changePassword),
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
