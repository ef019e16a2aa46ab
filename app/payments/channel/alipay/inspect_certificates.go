package alipay

import (
	"crypto/md5" // Alipay names certificates by it; nothing is secured with it
	"crypto/x509"
	"encoding/hex"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// role is which of the three files of certificate mode a certificate is.
type role string

const (
	roleApp    role = "app_cert"
	roleAlipay role = "alipay_cert"
	roleRoot   role = "alipay_root_cert"
)

const expiresSoon = 30 * 24 * time.Hour

// certificates checks the three files, whichever field each was put in.
func (e *examination) certificates() {
	e.root = e.certificate(roleRoot, e.credentials.AlipayRootCert)
	e.appCert = e.certificate(roleApp, e.credentials.AppCert)
	alipayCert := e.certificate(roleAlipay, e.credentials.AlipayCert)
	if e.root.Kind == keyfile.Certificate {
		e.keys.rootCert = keyfile.Normalize(e.credentials.AlipayRootCert)
		e.pass(codeRootOK, string(roleRoot))
	}
	if e.appCert.Kind == keyfile.Certificate {
		e.appCertificate()
	}
	if alipayCert.Kind == keyfile.Certificate {
		e.alipayCertificate(alipayCert)
	}
}

// certificate reads one file and reports it unless it is what it should be.
func (e *examination) certificate(want role, text string) keyfile.File {
	file, _ := keyfile.Read(text) // its Kind says what was wrong
	field := string(want)
	switch {
	case file.Kind == keyfile.None:
		e.fail(codeCertificateMissing, field)
	case file.Kind == keyfile.Unknown || file.Kind == keyfile.Encrypted:
		e.fail(codeCertificateUnreadable, field)
	case file.Kind != keyfile.Certificate:
		e.fail(codeCertificateOther, field, "found", string(file.Kind))
	case e.roleOf(file) != want:
		e.fail(codeCertificateSwapped, field, "found", string(e.roleOf(file)))
	default:
		return file
	}
	return keyfile.File{}
}

// roleOf tells the files apart: a root certifies itself, the app's certificate
// is named "PID-app id" or holds the app's key, the third is Alipay's.
func (e *examination) roleOf(f keyfile.File) role {
	first := f.Certificates[0]
	_, _, named := certificateName(f)
	switch {
	case first.IsCA && first.Issuer.String() == first.Subject.String():
		return roleRoot
	case named || f.SameKey(e.private):
		return roleApp
	}
	return roleAlipay
}

func (e *examination) appCertificate() {
	const field = string(roleApp)
	leaf := e.appCert.Certificates[0]
	if e.private.Kind == keyfile.Private && !e.appCert.SameKey(e.private) {
		e.fail(codeKeyMismatch, field)
		return
	}
	e.keys.appCert = keyfile.Normalize(e.credentials.AppCert)
	e.report.Facts["app_cert_sn"] = certSN(leaf)
	e.validity(field, leaf)
}

func (e *examination) alipayCertificate(f keyfile.File) {
	const field = string(roleAlipay)
	leaf := f.Certificates[0]
	if f.Public == nil {
		e.fail(codeCertificateUnreadable, field)
		return
	}
	if e.root.Kind == keyfile.Certificate && !certified(leaf, f.Certificates[1:], e.root.Certificates) {
		e.fail(codeUntrusted, field, "issuer", leaf.Issuer.CommonName)
		return
	}
	e.keys.alipayCert, e.keys.alipaySN = keyfile.Normalize(e.credentials.AlipayCert), certSN(leaf)
	e.report.Facts["alipay_cert_sn"] = e.keys.alipaySN
	e.validity(field, leaf)
}

// certified reports whether the leaf's chain ends in the root file. Alipay's
// leaf file carries its intermediate; dates are judged apart.
func certified(leaf *x509.Certificate, intermediates, roots []*x509.Certificate) bool {
	rootPool, between := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range roots {
		rootPool.AddCert(c)
	}
	for _, c := range intermediates {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: rootPool, Intermediates: between, CurrentTime: leaf.NotBefore.Add(time.Minute),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err == nil
}

// validity judges a certificate's dates and keeps the earliest end.
func (e *examination) validity(field string, c *x509.Certificate) {
	if e.report.ExpiresAt.IsZero() || c.NotAfter.Before(e.report.ExpiresAt) {
		e.report.ExpiresAt = c.NotAfter
	}
	expiry := c.NotAfter.UTC().Format(time.RFC3339)
	switch left := c.NotAfter.Sub(e.now); {
	case left <= 0:
		e.fail(codeCertificateExpired, field, "expires_at", expiry)
	case left < expiresSoon:
		e.add(channel.CheckWarning, codeCertificateExpiring, field, "expires_at", expiry)
	default:
		e.pass(codeCertificateOK, field, "sn", certSN(c), "expires_at", expiry)
	}
}

// certSN is the number by which Alipay names a certificate: the MD5 of issuer
// and decimal serial (https://opendocs.alipay.com/common/056zub).
func certSN(c *x509.Certificate) string {
	sum := md5.Sum([]byte(c.Issuer.String() + c.SerialNumber.String()))
	return hex.EncodeToString(sum[:])
}
