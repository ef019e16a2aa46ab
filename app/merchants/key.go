package merchants

import (
	"net/netip"

	"github.com/piaohao/piaohao/app"
)

// KeyKind is how a key proves who calls.
type KeyKind string

// Bearer keys are sent with each call; only their hash is kept.
const Bearer KeyKind = "bearer"

// Scope is one thing a key may do.
type Scope string

// The scopes. A key without any may do everything.
const (
	PaymentsWrite  Scope = "payments:write"
	PaymentsRead   Scope = "payments:read"
	RefundsWrite   Scope = "refunds:write"
	RefundsRead    Scope = "refunds:read"
	EventsRead     Scope = "events:read"
	WebhooksWrite  Scope = "webhooks:write"
	WebhooksRead   Scope = "webhooks:read"
	StatementsRead Scope = "statements:read"
)

// Scopes lists every scope, in the order in which pages show them.
func Scopes() []Scope {
	return []Scope{PaymentsWrite, PaymentsRead, RefundsWrite, RefundsRead, EventsRead, WebhooksWrite, WebhooksRead, StatementsRead}
}

// Key is a merchant's API key in one mode. It does not hold the secret.
type Key struct {
	ID         string // key_…
	MerchantID string
	Mode       app.Mode
	Name       string
	Kind       KeyKind
	Prefix     string // the secret's first characters, such as "sk_test_AbCd"
	Scopes     []Scope
	AllowedIPs []netip.Prefix // empty allows every address
	ExpiresAt  app.Millis     // 0 means never
	LastUsedAt app.Millis     // to the minute; 0 means never
	RevokedAt  app.Millis
	RolledFrom string // the key this one replaces
	RolledTo   string // the key that replaces this one
	MadeBy     string // the user who was shown the secret; "" when nobody knows
	CreatedAt  app.Millis
}

// ActiveAt reports whether the key is accepted at that time.
func (k Key) ActiveAt(at app.Millis) bool {
	return k.RevokedAt == 0 && (k.ExpiresAt == 0 || at < k.ExpiresAt)
}

// Principal is who an authenticated call is from.
type Principal struct {
	MerchantID string
	Mode       app.Mode
	KeyID      string
	Prefix     string
	Scopes     []string // empty allows everything
}

// May reports whether the key's scopes allow s.
func (p Principal) May(s Scope) bool {
	if len(p.Scopes) == 0 {
		return true
	}
	for _, has := range p.Scopes {
		if has == string(s) {
			return true
		}
	}
	return false
}
