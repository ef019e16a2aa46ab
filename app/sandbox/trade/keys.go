package trade

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// keyBits is what both channels use.
const keyBits = 2048

// keyPair is an RSA key with its PEM texts.
type keyPair struct {
	key             *rsa.PrivateKey
	private, public string
}

// KeySource makes RSA keys of 2048 bits. No two keys of one Service may be the
// same.
type KeySource func() (*rsa.PrivateKey, error)

func freshKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }

// pair makes a key with its texts.
func (source KeySource) pair() (keyPair, error) {
	key, err := source()
	if err != nil {
		return keyPair{}, fmt.Errorf("generate key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return keyPair{}, fmt.Errorf("encode private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return keyPair{}, fmt.Errorf("encode public key: %w", err)
	}
	return keyPair{key: key, private: encodePEM("PRIVATE KEY", private), public: encodePEM("PUBLIC KEY", public)}, nil
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// ParsePrivateKey reads a PKCS#8 PEM key as this package writes it.
func ParsePrivateKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("private key: not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("private key: %T is not RSA", parsed)
	}
	return key, nil
}

// ParseCertificate reads a PEM certificate.
func ParseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("certificate: not PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// authority is the sandbox's own certificate authority for one channel.
type authority struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
	pem  string
	keys KeySource
}

func newAuthority(keys KeySource, subject pkix.Name, now time.Time) (certificate, privateKey string, err error) {
	pair, err := keys.pair()
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: subject,
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(20, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &pair.key.PublicKey, pair.key)
	if err != nil {
		return "", "", fmt.Errorf("create authority: %w", err)
	}
	return encodePEM("CERTIFICATE", der), pair.private, nil
}

// issued is a certificate with its key; serial is upper-case hex, as WeChat
// writes serial numbers.
type issued struct {
	keyPair
	cert, serial      string
	notBefore, expiry time.Time
}

// issue signs a certificate of five years over a fresh key.
func (a authority) issue(subject pkix.Name, now time.Time) (issued, error) {
	pair, err := a.keys.pair()
	if err != nil {
		return issued{}, err
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: subject,
		NotBefore: now.Add(-time.Hour).UTC().Truncate(time.Second), NotAfter: now.AddDate(5, 0, 0).UTC().Truncate(time.Second),
		KeyUsage:           x509.KeyUsageDigitalSignature | x509.KeyUsageDataEncipherment,
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &pair.key.PublicKey, a.key)
	if err != nil {
		return issued{}, fmt.Errorf("issue certificate: %w", err)
	}
	serial := strings.ToUpper(fmt.Sprintf("%040x", template.SerialNumber))
	return issued{keyPair: pair, cert: encodePEM("CERTIFICATE", der), serial: serial, notBefore: template.NotBefore, expiry: template.NotAfter}, nil
}

// newSerial is a positive number of exactly 20 bytes, so that every rendering
// of it has 40 hex digits.
func newSerial() *big.Int {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b)
}

func digits(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = '0' + b[i]%10
	}
	return string(b)
}

func lowerHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
