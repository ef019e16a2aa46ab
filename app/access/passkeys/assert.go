package passkeys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
)

// BeginSignIn returns what the browser needs to ask its person for any passkey
// of this site. Code: Unavailable ("passkeys_unusable").
func (s *Service) BeginSignIn(ctx context.Context, h Holder) (json.RawMessage, error) {
	if s.web == nil {
		return nil, s.unusable()
	}
	options, data, err := s.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("begin sign-in: %w", err)
	}
	return s.begin(ctx, ToSignIn, h, data, options)
}

// Begin returns what the browser needs to ask for one of u's passkeys. Codes:
// NotFound when they have none that may be used, Unavailable.
func (s *Service) Begin(ctx context.Context, p Purpose, u access.User, h Holder) (json.RawMessage, error) {
	if s.web == nil {
		return nil, s.unusable()
	}
	keys, err := s.List(ctx, s.db, u.ID)
	if err != nil {
		return nil, err
	}
	o := owner{u, keys}
	if len(o.WebAuthnCredentials()) == 0 {
		return nil, app.Errorf(app.NotFound, "%s has no passkey that may be used", u.ID)
	}
	options, data, err := s.web.BeginLogin(o, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", p, err)
	}
	return s.begin(ctx, p, h, data, options)
}

// Proof is a genuine signature by a user's passkey.
type Proof struct {
	User access.User
	Key  Passkey
	// Cloned says that the passkey's counter went back: two devices have it, and
	// neither is to be trusted.
	Cloned   bool
	count    uint32
	backedUp bool
}

// Prove checks the browser's answer to BeginSignIn (u is empty then: the answer
// says whose passkey it is) or to Begin for u. Whatever is wrong, and for a
// disabled user, the code is Unauthenticated (passkey_refused).
func (s *Service) Prove(ctx context.Context, p Purpose, u access.User, h Holder, answer string) (Proof, error) {
	if s.web == nil {
		return Proof{}, s.unusable()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Proof{}, refused(err)
	}
	data, err := s.take(ctx, p, h, parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return Proof{}, err
	}
	if p == ToSignIn {
		u = access.User{ID: string(parsed.Response.UserHandle)}
	}
	o, err := s.owner(ctx, u.ID)
	if err != nil {
		return Proof{}, err
	}
	var c *webauthn.Credential
	if p == ToSignIn {
		_, c, err = s.web.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil }, data, parsed)
	} else {
		c, err = s.web.ValidateLogin(o, data, parsed)
	}
	if err != nil {
		return Proof{}, refused(err)
	}
	proof := Proof{User: o.user, Cloned: c.Authenticator.CloneWarning, count: parsed.Response.AuthenticatorData.Counter, backedUp: c.Flags.BackupState}
	for _, k := range o.keys {
		if k.CredentialHash == hash(c.ID) {
			proof.Key = k
		}
	}
	return proof, nil
}

// owner reads an active user with their passkeys.
func (s *Service) owner(ctx context.Context, userID string) (owner, error) {
	if !app.ValidID(app.PrefixUser, userID) {
		return owner{}, refused(errors.New("the user handle is not one of ours"))
	}
	u, err := s.users.User(ctx, s.db, userID)
	if app.Is(err, app.NotFound) {
		return owner{}, refused(err)
	}
	if err != nil {
		return owner{}, err
	}
	if u.State != access.Active {
		return owner{}, refused(errors.New("the user is disabled"))
	}
	keys, err := s.List(ctx, s.db, userID)
	return owner{u, keys}, err
}

// Used notes that a proof was taken. Unauthenticated when the passkey was used
// with a later counter or removed meanwhile.
func (s *Service) Used(ctx context.Context, tx *db.Tx, p Proof) error {
	n, err := markUsed(ctx, tx, p.Key.ID, int64(p.count), p.backedUp, app.ToMillis(s.clock.Now()))
	if err != nil {
		return fmt.Errorf("note use of %s: %w", p.Key.ID, err)
	}
	if n == 0 {
		return refused(errors.New("it was removed or used meanwhile"))
	}
	return nil
}

// Distrust ends the use of a passkey that was copied; it stays listed. It
// reports whether this was news.
func (s *Service) Distrust(ctx context.Context, tx *db.Tx, p Proof) (bool, error) {
	n, err := markCloned(ctx, tx, p.Key.ID, app.ToMillis(s.clock.Now()))
	if err != nil {
		return false, fmt.Errorf("distrust %s: %w", p.Key.ID, err)
	}
	return n > 0, nil
}
