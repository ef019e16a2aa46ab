package passkeys

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Passkey is one registered passkey: the public half, and what the device said
// about it.
type Passkey struct {
	ID             string     `db:"id"`
	UserID         string     `db:"user_id"`
	Slot           int64      `db:"slot"` // 1 to PerUser
	CredentialHash string     `db:"credential_hash"`
	CredentialID   []byte     `db:"credential_id"`
	PublicKey      []byte     `db:"public_key"` // COSE
	Name           string     `db:"name"`
	Transports     string     `db:"transports"` // separated by commas
	SignCount      int64      `db:"sign_count"` // 0 for devices that do not count
	BackupEligible bool       `db:"backup_eligible"`
	BackedUp       bool       `db:"backed_up"` // its maker keeps a copy in step with other devices
	ClonedAt       app.Millis `db:"cloned_at"` // when its counter went back; 0 for never
	CreatedAt      app.Millis `db:"created_at"`
	LastUsedAt     app.Millis `db:"last_used_at"` // 0 for never
}

// Cloned reports whether the passkey is no longer trusted.
func (k Passkey) Cloned() bool { return k.ClonedAt != 0 }

func (k Passkey) credential() webauthn.Credential {
	c := webauthn.Credential{
		ID: k.CredentialID, PublicKey: k.PublicKey,
		Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
		Authenticator: webauthn.Authenticator{SignCount: uint32(k.SignCount)}, // 32 bits on the wire
	}
	for name := range strings.SplitSeq(k.Transports, ",") {
		if name != "" {
			c.Transport = append(c.Transport, protocol.AuthenticatorTransport(name))
		}
	}
	return c
}

func madeOf(c *webauthn.Credential) Passkey {
	var ways []string
	for _, t := range c.Transport {
		// What a browser may say later is not ours to know, but must fit.
		if app.PlainASCII(string(t), 20) && !strings.Contains(string(t), ",") && len(ways) < 8 {
			ways = append(ways, string(t))
		}
	}
	return Passkey{
		CredentialHash: hash(c.ID), CredentialID: c.ID, PublicKey: c.PublicKey, Transports: strings.Join(ways, ","),
		SignCount: int64(c.Authenticator.SignCount), BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState,
	}
}

// List returns a user's passkeys, the oldest first.
func (s *Service) List(ctx context.Context, q db.Querier, userID string) ([]Passkey, error) {
	keys, err := listPasskeys(ctx, q, userID)
	if err != nil {
		return nil, fmt.Errorf("list passkeys of %s: %w", userID, err)
	}
	return keys, nil
}

// Get returns one of the user's passkeys; NotFound.
func (s *Service) Get(ctx context.Context, q db.Querier, userID, id string) (Passkey, error) {
	k, err := readPasskey(ctx, q, userID, id)
	if errors.Is(err, db.ErrNoRows) {
		return Passkey{}, app.Errorf(app.NotFound, "no passkey %s", id)
	}
	if err != nil {
		return Passkey{}, fmt.Errorf("read passkey %s: %w", id, err)
	}
	return k, nil
}

// Rename gives a passkey another name. Codes: Invalid on field "name", NotFound.
func (s *Service) Rename(ctx context.Context, tx *db.Tx, userID, id, name string) (before, after Passkey, err error) {
	if name, err = CheckName(name); err != nil {
		return Passkey{}, Passkey{}, err
	}
	if before, err = s.Get(ctx, tx, userID, id); err != nil {
		return Passkey{}, Passkey{}, err
	}
	if err := renamePasskey(ctx, tx, userID, id, name); err != nil {
		return Passkey{}, Passkey{}, fmt.Errorf("rename passkey %s: %w", id, err)
	}
	after = before
	after.Name = name
	return before, after, nil
}

// Remove deletes a passkey and returns what it was; NotFound.
func (s *Service) Remove(ctx context.Context, tx *db.Tx, userID, id string) (Passkey, error) {
	k, err := s.Get(ctx, tx, userID, id)
	if err != nil {
		return Passkey{}, err
	}
	n, err := deletePasskey(ctx, tx, userID, id)
	if err != nil {
		return Passkey{}, fmt.Errorf("remove passkey %s: %w", id, err)
	}
	if n == 0 {
		return Passkey{}, app.Errorf(app.NotFound, "no passkey %s", id)
	}
	return k, nil
}
