package alipay

import (
	"crypto/md5" //nolint:gosec // Alipay names certificates by it; it secures nothing
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// keys are an app's keys and certificate numbers, parsed once.
type keys struct {
	version   int64
	mode      trade.Mode
	app       *rsa.PublicKey  // verifies what the app sends
	alipay    *rsa.PrivateKey // signs what the gateway sends
	appSN     string
	alipaySN  string
	rootSN    string
	appExpiry int64 // Unix seconds
}

// keyring keeps parsed keys by app id. Its zero value is ready.
type keyring struct{ byApp sync.Map }

func (r *keyring) of(m trade.Merchant) (*keys, error) {
	kept, _ := r.byApp.Load(m.ID)
	if k, ok := kept.(*keys); ok && k.version == m.Version {
		return k, nil
	}
	k, err := parseKeys(m)
	if err != nil {
		return nil, fmt.Errorf("keys of sandbox app %s: %w", m.ID, err)
	}
	r.byApp.Store(m.ID, k)
	return k, nil
}

func parseKeys(m trade.Merchant) (*keys, error) {
	appCert, err := trade.ParseCertificate(m.Alipay.AppCert)
	if err != nil {
		return nil, fmt.Errorf("app: %w", err)
	}
	public, ok := appCert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("app certificate: not an RSA key")
	}
	if m.Mode == trade.PublicKey { // it may have been uploaded since the certificate was issued
		if public, err = trade.ParsePublicKey(m.Alipay.AppPublicKey); err != nil {
			return nil, fmt.Errorf("app: %w", err)
		}
	}
	alipayCert, err := trade.ParseCertificate(m.Alipay.AlipayCert)
	if err != nil {
		return nil, fmt.Errorf("alipay: %w", err)
	}
	private, err := trade.ParsePrivateKey(m.Alipay.AlipayPrivateKey)
	if err != nil {
		return nil, fmt.Errorf("alipay: %w", err)
	}
	root, err := rootSN(m.Alipay.AlipayRootCert)
	if err != nil {
		return nil, err
	}
	return &keys{
		version: m.Version, mode: m.Mode, app: public, alipay: private, appSN: certSN(appCert),
		alipaySN: certSN(alipayCert), rootSN: root, appExpiry: appCert.NotAfter.Unix(),
	}, nil
}

// certSN is the number by which Alipay names a certificate: the MD5 of its
// issuer and its decimal serial number.
func certSN(cert *x509.Certificate) string {
	//nolint:gosec // see the import
	sum := md5.Sum([]byte(cert.Issuer.String() + cert.SerialNumber.String()))
	return hex.EncodeToString(sum[:])
}

// rootSN joins the numbers of a root file's RSA certificates by "_". Others
// may stand in the file; they do not count.
func rootSN(bundle string) (string, error) {
	var numbers []string
	for block, rest := pem.Decode([]byte(bundle)); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return "", fmt.Errorf("read root certificate: %w", err)
		}
		if cert.SignatureAlgorithm == x509.SHA256WithRSA || cert.SignatureAlgorithm == x509.SHA1WithRSA {
			numbers = append(numbers, certSN(cert))
		}
	}
	return strings.Join(numbers, "_"), nil
}
