// Package passkeys registers users' passkeys and checks what is signed with
// them (Web Authentication, level 3). A passkey here is always discoverable and
// always verifies its user, by a PIN, a finger or a face, so it counts as both
// factors. It opens no session and writes no audit rows: the administrators'
// services do, in the transactions they pass in.
package passkeys

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
)

// PerUser is how many passkeys a user may have; the table's CHECK says so too.
const PerUser = 10

// Service keeps passkeys.
type Service struct {
	db    *db.DB
	users Users
	clock app.Clock
	site  Site
	web   *webauthn.WebAuthn // nil where the site cannot have passkeys
}

// Users finds whose a passkey is.
type Users interface {
	// User returns a user by id; NotFound.
	User(ctx context.Context, q db.Querier, id string) (access.User, error)
}

// Site is what browsers bind passkeys to.
type Site struct {
	Origin string // such as https://pay.example.com
	Host   string
	// Usable is false where the host is an address of numbers: browsers bind
	// passkeys to names only.
	Usable bool
}

// New returns a Service for the site at baseURL. It fails for a URL without a host.
func New(d *db.DB, users Users, clock app.Clock, baseURL string) (*Service, error) {
	site, err := siteOf(baseURL)
	if err != nil {
		return nil, err
	}
	s := &Service{db: d, users: users, clock: clock, site: site}
	if !site.Usable {
		return s, nil
	}
	s.web, err = webauthn.New(&webauthn.Config{
		RPID: site.Host, RPDisplayName: "票号 Piaohao", RPOrigins: []string{site.Origin},
		// Which maker's device it is makes no difference here.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: ceremonyLife, TimeoutUVD: ceremonyLife},
			Registration: webauthn.TimeoutConfig{Timeout: ceremonyLife, TimeoutUVD: ceremonyLife},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", site.Origin, err)
	}
	return s, nil
}

// siteOf writes an origin as browsers do: without the scheme's own port.
func siteOf(baseURL string) (Site, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Hostname() == "" {
		return Site{}, fmt.Errorf("passkeys: %q has no host", baseURL)
	}
	host := u.Host
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		host = u.Hostname()
	}
	_, numbers := netip.ParseAddr(u.Hostname())
	return Site{Origin: u.Scheme + "://" + host, Host: u.Hostname(), Usable: numbers != nil}, nil
}

// Site says what passkeys are bound to, and whether there can be any.
func (s *Service) Site() Site { return s.site }

// unusable is the error of every act where the site cannot have passkeys.
func (s *Service) unusable() error {
	return app.Errorf(app.Unavailable, "passkeys need a host name, and server.base_url names the address %s", s.site.Host).WithReason("passkeys_unusable")
}

// ReasonRefused is the reason of every answer of a device that proves nothing,
// whatever is wrong with it.
const ReasonRefused = "passkey_refused"

func refused(cause error) error {
	return app.Errorf(app.Unauthenticated, "the passkey was not accepted").WithReason(ReasonRefused).WithCause(cause)
}
