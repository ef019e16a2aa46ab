// Package sso signs people in at identity providers by OpenID Connect: the
// authorization code flow with PKCE, state and nonce. A user is found by issuer
// and subject, never by what the provider may change. It opens no session and
// writes no audit rows: the administrators' services do, in the transactions
// they pass in.
package sso

import (
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
)

// Provider is an identity provider as it is configured.
type Provider struct {
	Name         string // in addresses: small letters, digits and hyphens
	Title        string // on the button
	Issuer       string // exactly as the provider writes it
	ClientID     string
	ClientSecret string
	Scopes       []string // openid is always asked for
	// AllowedDomains are the domains an email must be of; empty allows all.
	AllowedDomains []string
	// LinkByEmail lets the provider's word about an email find a user who has
	// no link yet.
	LinkByEmail bool
	// AutoCreate makes a user of whoever comes with a group that Roles names.
	AutoCreate  bool
	GroupsClaim string // where the groups stand in the ID token, by dots
	Roles       []RoleRule
	// TrustMFA takes the provider's word that it has asked for two factors (amr
	// has "mfa"); otherwise it counts as the first one.
	TrustMFA bool
}

// RoleRule is the role that a member of a group gets when their user is made.
type RoleRule struct {
	Group    string
	Role     access.Role
	Merchant string // empty for a platform role
}

// Config is what a Service is made of.
type Config struct {
	DB        *db.DB
	Clock     app.Clock
	BaseURL   string // of this server, without a trailing slash
	Providers []Provider
	// Client makes the HTTP client for a provider's endpoints.
	Client func(p Provider) *http.Client
}

// Service knows the identity providers, and whose identities are linked.
type Service struct {
	db        *db.DB
	clock     app.Clock
	providers []*provider
}

// New returns a Service. It asks no provider anything yet: one that is down
// keeps nobody from starting.
func New(c Config) *Service {
	s := &Service{db: c.DB, clock: c.Clock}
	for _, p := range c.Providers {
		s.providers = append(s.providers, &provider{
			Provider: p, clock: c.Clock, client: c.Client(p), redirect: c.BaseURL + "/console/sso/" + p.Name + "/callback",
		})
	}
	return s
}

// Providers lists the providers in the order of the configuration.
func (s *Service) Providers() []Provider {
	out := make([]Provider, 0, len(s.providers))
	for _, p := range s.providers {
		out = append(out, p.Provider)
	}
	return out
}

// Title is what people call an issuer: the configured title, or the issuer's
// address when it is configured no more.
func (s *Service) Title(issuer string) string {
	for _, p := range s.providers {
		if p.Issuer == issuer {
			return p.Title
		}
	}
	return issuer
}

func (s *Service) find(name string) (*provider, error) {
	for _, p := range s.providers {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, app.Errorf(app.NotFound, "no identity provider %q is configured", name)
}

// Why somebody cannot come in by a provider.
const (
	ReasonDown       = "sso_down"       // it does not answer
	ReasonState      = "sso_state"      // begun elsewhere, too long ago, or answered already
	ReasonRefused    = "sso_refused"    // the provider says no
	ReasonInvalid    = "sso_invalid"    // what it says does not pass
	ReasonStale      = "sso_stale"      // it was to ask again, and did not
	ReasonUnverified = "sso_unverified" // it does not vouch for the email
	ReasonDomain     = "sso_domain"     // the email is of another domain
	ReasonUnknown    = "sso_unknown"    // no user is linked; the same for a disabled one
	ReasonNoRole     = "sso_no_role"    // nobody's group gives a role
	ReasonTaken      = "sso_taken"      // the identity is another user's, or the user has one there
)

func failed(code app.Code, reason, format string, args ...any) *app.Error {
	return app.Errorf(code, format, args...).WithReason(reason)
}
