package trade

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// UploadAppKey replaces the public key by which Alipay knows an app, as the open
// platform's page does: PEM or bare base64. From then on the app signs with the
// private half, which the sandbox never had. Invalid for what is no RSA key of
// 2048 bits, and for an app in certificate mode.
func (s *Service) UploadAppKey(ctx context.Context, appID, text string) (Merchant, error) {
	m, err := s.Merchant(ctx, app.Alipay, appID)
	if err != nil {
		return Merchant{}, err
	}
	if m.Mode != PublicKey {
		return Merchant{}, app.InvalidField("public_key", "unsupported", "app %s is in certificate mode: its key stands in its certificate", m.ID)
	}
	public, err := appPublicKey(text)
	if err != nil {
		return Merchant{}, err
	}
	keys := *m.Alipay
	keys.AppPublicKey, keys.AppPrivateKey = public, ""
	m.Alipay = &keys
	m.Version++
	n, err := updateSecrets(ctx, s.db, m)
	if err != nil {
		return Merchant{}, fmt.Errorf("upload the key of %s: %w", m.ID, err)
	}
	if n != 1 {
		return Merchant{}, app.Errorf(app.Conflict, "the key of %s was changed by another request", m.ID)
	}
	s.keep(m)
	return m, nil
}

func appPublicKey(text string) (string, error) {
	invalid := app.InvalidField("public_key", "bad_format", "paste the app public key, RSA of %d bits, as PEM or base64", keyBits)
	der := []byte(nil)
	if block, _ := pem.Decode([]byte(strings.TrimSpace(text))); block != nil {
		der = block.Bytes
	} else if raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
		der = raw
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return "", invalid
	}
	if public, ok := key.(*rsa.PublicKey); !ok || public.N.BitLen() != keyBits {
		return "", invalid
	}
	return encodePEM("PUBLIC KEY", der), nil
}

// ParsePublicKey reads a PKIX PEM key as this package writes it.
func ParsePublicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("public key: not PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("public key: %T is not RSA", parsed)
	}
	return key, nil
}
