// Package seal encrypts what the database must not be able to tell: channel
// credentials, shared secrets, second-factor seeds. Each ciphertext is bound to
// the row it belongs to, so one that is moved to another row does not open.
package seal

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrCannotOpen means that a ciphertext is not what was sealed for this row:
// altered, moved, or sealed by a key that the keyset does not have (any more).
var ErrCannotOpen = errors.New("the sealed value does not open")

// prefixLen is Tink's output prefix: a version byte and the key's id.
const prefixLen = 5

// Sealer seals and opens with one keyset: AES-256-GCM by the primary key, any
// enabled key to open. It is safe for concurrent use.
type Sealer struct {
	aead    tink.AEAD
	primary uint32
}

func newSealer(h *keyset.Handle) (*Sealer, error) {
	primitive, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("use keyset: %w", err)
	}
	primary, err := h.Primary()
	if err != nil {
		return nil, fmt.Errorf("use keyset: %w", err)
	}
	return &Sealer{aead: primitive, primary: primary.KeyID()}, nil
}

// Seal encrypts plain for the row rowID of the merchant; merchantID is empty
// for rows of the platform itself. The result is 33 bytes longer than plain.
func (s *Sealer) Seal(plain []byte, merchantID, rowID string) ([]byte, error) {
	if rowID == "" {
		return nil, errors.New("seal: no row to bind the value to")
	}
	sealed, err := s.aead.Encrypt(plain, associated(merchantID, rowID))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", rowID, err)
	}
	return sealed, nil
}

// Open returns what Seal was given for the same merchant and row, or
// ErrCannotOpen.
func (s *Sealer) Open(sealed []byte, merchantID, rowID string) ([]byte, error) {
	plain, err := s.aead.Decrypt(sealed, associated(merchantID, rowID))
	if err != nil {
		// Tink does not say why, and there is nothing more to learn from it.
		id, _ := KeyID(sealed)
		return nil, fmt.Errorf("open %s (key %d): %w", rowID, id, ErrCannotOpen)
	}
	return plain, nil
}

// Current reports whether sealed was sealed by the primary key; when not, its
// row is due to be sealed again.
func (s *Sealer) Current(sealed []byte) bool {
	id, err := KeyID(sealed)
	return err == nil && id == s.primary
}

// KeyID returns the id of the key that sealed a value.
func KeyID(sealed []byte) (uint32, error) {
	if len(sealed) < prefixLen {
		return 0, fmt.Errorf("%d bytes are too few to be sealed: %w", len(sealed), ErrCannotOpen)
	}
	return binary.BigEndian.Uint32(sealed[1:prefixLen]), nil
}

// associated is what a ciphertext is bound to. The length keeps ("a", "bc") and
// ("ab", "c") apart.
func associated(merchantID, rowID string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(merchantID)))
	b = append(b, merchantID...)
	return append(b, rowID...)
}
