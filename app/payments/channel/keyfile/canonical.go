package keyfile

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
)

// Canonical writes the file as PEM, the one form in which keys are stored:
// PKCS#8 for private keys, PKIX for public ones, every certificate of a
// bundle. It is "" for what is neither.
func (f File) Canonical() (string, error) {
	switch f.Kind {
	case Private:
		der, err := x509.MarshalPKCS8PrivateKey(f.Private)
		if err != nil {
			return "", fmt.Errorf("encode private key: %w", err)
		}
		return block("PRIVATE KEY", der), nil
	case Public:
		der, err := x509.MarshalPKIXPublicKey(f.Public)
		if err != nil {
			return "", fmt.Errorf("encode public key: %w", err)
		}
		return block("PUBLIC KEY", der), nil
	case Certificate:
		var all strings.Builder
		for _, der := range f.DER {
			all.WriteString(block("CERTIFICATE", der))
		}
		return all.String(), nil
	}
	return "", nil
}

// Normalize returns the canonical form of a text, or the text trimmed where it
// cannot be read: whoever inspects it names the problem.
func Normalize(text string) string {
	file, err := Read(text)
	if err != nil {
		return clean(text)
	}
	canonical, err := file.Canonical()
	if err != nil || canonical == "" {
		return clean(text)
	}
	return canonical
}

// SameKey reports whether both files are about the same RSA key.
func (f File) SameKey(other File) bool {
	return f.Public != nil && other.Public != nil && f.Public.Equal(other.Public)
}

// Bits returns the RSA key's size, 0 without one.
func (f File) Bits() int {
	if f.Public == nil {
		return 0
	}
	return f.Public.N.BitLen()
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// Fingerprint names the RSA key of the file without telling it: the first bytes
// of the SHA-256 of its public half. "" without one.
func (f File) Fingerprint() string {
	if f.Public == nil {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(f.Public)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:8])
}
