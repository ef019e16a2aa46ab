package passkeys

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
)

// owner is a user as the protocol wants them. The user's id is random and says
// nothing about them, so it serves as the user handle.
type owner struct {
	user access.User
	keys []Passkey
}

// WebAuthnID is the user handle.
func (o owner) WebAuthnID() []byte { return []byte(o.user.ID) }

// WebAuthnName is shown where a person chooses between accounts.
func (o owner) WebAuthnName() string { return o.user.Email }

// WebAuthnDisplayName is shown beside it.
func (o owner) WebAuthnDisplayName() string { return o.user.Name }

// WebAuthnCredentials are the passkeys that may be used.
func (o owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, 0, len(o.keys))
	for _, k := range o.keys {
		if !k.Cloned() {
			out = append(out, k.credential())
		}
	}
	return out
}

// BeginRegister returns what the browser needs to make a passkey for u. Codes:
// Conflict ("passkeys_full"), Unavailable ("passkeys_unusable").
func (s *Service) BeginRegister(ctx context.Context, u access.User, h Holder) (json.RawMessage, error) {
	if s.web == nil {
		return nil, s.unusable()
	}
	keys, err := s.List(ctx, s.db, u.ID)
	if err != nil {
		return nil, err
	}
	if len(keys) >= PerUser {
		return nil, full()
	}
	// A device that has one already says so, instead of replacing it.
	var known []protocol.CredentialDescriptor
	for _, k := range keys {
		c := k.credential()
		known = append(known, c.Descriptor())
	}
	options, data, err := s.web.BeginRegistration(owner{u, keys}, webauthn.WithExclusions(known))
	if err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	return s.begin(ctx, ToRegister, h, data, options)
}

func full() error {
	return app.Errorf(app.Conflict, "a user has at most %d passkeys; remove one first", PerUser).WithReason("passkeys_full")
}

// Made is a passkey that a device has made and this server has checked.
type Made struct{ credential *webauthn.Credential }

// Check checks the browser's answer to BeginRegister. Codes: Unauthenticated
// (passkey_refused), Unavailable.
func (s *Service) Check(ctx context.Context, u access.User, h Holder, answer string) (Made, error) {
	if s.web == nil {
		return Made{}, s.unusable()
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return Made{}, refused(err)
	}
	data, err := s.take(ctx, ToRegister, h, parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return Made{}, err
	}
	c, err := s.web.CreateCredential(owner{user: u}, data, parsed)
	if err != nil {
		return Made{}, refused(err)
	}
	return Made{c}, nil
}

// CheckName trims a passkey's name: Invalid on field "name".
func CheckName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > 60 || !utf8.ValidString(name) {
		return "", app.InvalidField("name", "invalid", "a name has 1 to 60 characters")
	}
	return name, nil
}

// Add stores a passkey under a name. Codes: Invalid on field "name", Conflict
// ("passkeys_full", "passkey_known").
func (s *Service) Add(ctx context.Context, tx *db.Tx, u access.User, m Made, name string) (Passkey, error) {
	name, err := CheckName(name)
	if err != nil {
		return Passkey{}, err
	}
	now := s.clock.Now()
	k := madeOf(m.credential)
	k.ID, k.UserID, k.Name, k.CreatedAt = app.NewID(app.PrefixPasskey, now), u.ID, name, app.ToMillis(now)
	for {
		if k.Slot, err = s.freeSlot(ctx, tx, u.ID); err != nil {
			return Passkey{}, err
		}
		err = insertPasskey(ctx, tx, k)
		if err == nil {
			return k, nil
		}
		if !db.IsDuplicate(err) {
			return Passkey{}, fmt.Errorf("store passkey: %w", err)
		}
		// Another registration took the slot, unless it is this very passkey.
		known, err := countCredential(ctx, tx, k.CredentialHash)
		if err != nil {
			return Passkey{}, fmt.Errorf("store passkey: %w", err)
		}
		if known > 0 {
			return Passkey{}, app.Errorf(app.Conflict, "this passkey is registered already").WithReason("passkey_known")
		}
	}
}

// freeSlot is the lowest of the user's slots that is free.
func (s *Service) freeSlot(ctx context.Context, tx *db.Tx, userID string) (int64, error) {
	keys, err := s.List(ctx, tx, userID)
	if err != nil {
		return 0, err
	}
	taken := map[int64]bool{}
	for _, k := range keys {
		taken[k.Slot] = true
	}
	for slot := int64(1); slot <= PerUser; slot++ {
		if !taken[slot] {
			return slot, nil
		}
	}
	return 0, full()
}
