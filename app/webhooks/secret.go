package webhooks

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Scheme is a way of signing, named as in the webhook-signature header.
type Scheme string

// The schemes of Standard Webhooks.
const (
	HMAC    Scheme = "v1"  // HMAC-SHA256 with a shared secret
	Ed25519 Scheme = "v1a" // the receiver holds only the public key
)

const (
	secretPrefix    = "whsec_"
	publicKeyPrefix = "whpk_"
	secretIDPrefix  = "whs_"
	secretBytes     = 32
	minSecretBytes  = 24
	maxSecretBytes  = 64

	// rotationOverlap is how long a replaced secret goes on signing beside the
	// new one, so that a receiver can switch at any moment within it.
	rotationOverlap = 24 * time.Hour
)

// Secret is a signing key of an endpoint, without the key itself.
type Secret struct {
	ID         string     `db:"id"`
	EndpointID string     `db:"endpoint_id"`
	MerchantID string     `db:"merchant_id"`
	Scheme     Scheme     `db:"scheme"`
	PublicKey  string     `db:"public_key"` // "whpk_…" of an Ed25519 key, "" otherwise
	CreatedAt  app.Millis `db:"created_at"`
	ExpiresAt  app.Millis `db:"expires_at"` // 0 means it does not
	Sealed     []byte     `db:"sealed"`
}

// ParseSecret decodes "whsec_" and base64 into the 24 to 64 bytes of the key.
func ParseSecret(s string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(s, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < minSecretBytes || len(key) > maxSecretBytes {
		return nil, app.InvalidField("secret", "invalid", "a secret is %s and the base64 of %d to %d bytes", secretPrefix, minSecretBytes, maxSecretBytes)
	}
	return key, nil
}

func formatSecret(key []byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// material is a fresh key: what is sealed, and what is shown once.
type material struct {
	key    []byte // HMAC: the secret's bytes; Ed25519: the seed
	public string
	shown  string // the secret, or the public key
}

func newMaterial(scheme Scheme) (material, error) {
	key := make([]byte, secretBytes) // also the size of an ed25519 seed
	if _, err := rand.Read(key); err != nil {
		return material{}, fmt.Errorf("make a secret: %w", err)
	}
	if scheme == Ed25519 {
		pub := ed25519.NewKeyFromSeed(key).Public().(ed25519.PublicKey)
		public := publicKeyPrefix + base64.StdEncoding.EncodeToString(pub)
		return material{key: key, public: public, shown: public}, nil
	}
	return material{key: key, shown: formatSecret(key)}, nil
}

// seal makes the row of a new key of the endpoint.
func (s *Service) seal(e Endpoint, scheme Scheme, m material, now app.Millis) (Secret, error) {
	row := Secret{
		ID: app.NewID(secretIDPrefix, now.Time()), EndpointID: e.ID, MerchantID: e.MerchantID,
		Scheme: scheme, PublicKey: m.public, CreatedAt: now,
	}
	var err error
	row.Sealed, err = s.sealer.Seal(m.key, e.MerchantID, row.ID)
	if err != nil {
		return Secret{}, fmt.Errorf("seal secret of %s: %w", e.ID, err)
	}
	return row, nil
}
