package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Why a key was refused, for logs. Callers get one answer for all of them, so a
// guesser learns nothing.
var (
	errKeyMalformed = errors.New("the key is malformed")
	errKeyUnknown   = errors.New("the key is unknown")
	errKeyRevoked   = errors.New("the key is revoked")
	errKeyExpired   = errors.New("the key has expired")
)

// Authenticate returns who calls with the bearer secret from the address ip. It
// costs one query; time tells nothing about secrets, since a key is found by the
// SHA-256 of the whole. Errors: Unauthenticated (invalid_api_key), Forbidden
// (ip_not_allowed, merchant_suspended, signature_required).
func (s *Service) Authenticate(ctx context.Context, bearer, ip string) (Principal, error) {
	if !wellFormed(bearer) {
		return Principal{}, refuseKey(errKeyMalformed)
	}
	row, err := selectCaller(ctx, s.db, hashSecret(bearer))
	if errors.Is(err, db.ErrNoRows) {
		return Principal{}, refuseKey(errKeyUnknown)
	}
	if err != nil {
		return Principal{}, fmt.Errorf("read API key: %w", err)
	}
	k, err := row.key()
	if err != nil {
		return Principal{}, err
	}
	now := s.now()
	switch {
	case k.RevokedAt != 0:
		return Principal{}, refuseKey(fmt.Errorf("%s: %w", k.ID, errKeyRevoked))
	case !k.ActiveAt(now):
		return Principal{}, refuseKey(fmt.Errorf("%s: %w", k.ID, errKeyExpired))
	}
	if err := admit(k, row, ip); err != nil {
		return Principal{}, err
	}
	s.uses.note(k.ID, now)
	return principal(k), nil
}

func refuseKey(why error) error {
	return app.Errorf(app.Unauthenticated, "the API key is missing or not valid").WithReason("invalid_api_key").WithCause(why)
}

// admit decides whether a genuine key may be used now and from there.
func admit(k Key, row callerRow, ip string) error {
	if row.MerchantStatus != Active {
		return app.Errorf(app.Forbidden, "the merchant is suspended").WithReason("merchant_suspended")
	}
	if !ipAllowed(k.AllowedIPs, ip) {
		return app.Errorf(app.Forbidden, "this API key may not be used from this address").WithReason("ip_not_allowed")
	}
	var settings Settings
	if err := json.Unmarshal([]byte(row.MerchantSettings), &settings); err != nil {
		return fmt.Errorf("settings of %s: %w", k.MerchantID, err)
	}
	if settings.RequireSignatureLive && k.Mode == app.Live && k.Kind == Bearer {
		return app.Errorf(app.Forbidden, "this merchant accepts only signed requests in live mode").WithReason("signature_required")
	}
	return nil
}

// ipAllowed matches the address with a list; an unreadable address matches only
// the empty list.
func ipAllowed(list []netip.Prefix, ip string) bool {
	if len(list) == 0 {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func principal(k Key) Principal {
	scopes := make([]string, len(k.Scopes))
	for i, x := range k.Scopes {
		scopes[i] = string(x)
	}
	return Principal{MerchantID: k.MerchantID, Mode: k.Mode, KeyID: k.ID, Prefix: k.Prefix, Scopes: scopes}
}
