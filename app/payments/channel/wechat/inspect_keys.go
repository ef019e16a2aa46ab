package wechat

import (
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

const (
	rsaBits     = 2048
	expiresSoon = 30 * 24 * time.Hour
)

// privateKey checks apiclient_key.pem.
func (e *examination) privateKey() {
	const field = "private_key"
	file, _ := keyfile.Read(e.credentials.PrivateKey) // its Kind says what was wrong
	e.private = file
	switch {
	case file.Kind == keyfile.None:
		e.fail(codePrivateKeyMissing, field)
	case file.Kind == keyfile.Encrypted:
		e.fail(codePrivateKeyEncrypted, field)
	case file.Kind == keyfile.Unknown:
		e.fail(codePrivateKeyUnreadable, field)
	case file.Kind != keyfile.Private:
		e.fail(codePrivateKeyOther, field, "found", string(file.Kind))
	case file.Bits() != rsaBits:
		e.fail(codePrivateKeySize, field, "bits", strconv.Itoa(file.Bits()))
	default:
		e.keys.private = file.Private
		e.pass(codePrivateKeyOK, field, "form", file.Form)
	}
}

// merchantCertificate checks apiclient_cert.pem, which may be left out.
func (e *examination) merchantCertificate() {
	const field = "certificate"
	file, _ := keyfile.Read(e.credentials.Certificate)
	switch {
	case file.Kind == keyfile.None:
		return
	case file.Kind == keyfile.Unknown:
		e.fail(codeCertificateUnreadable, field)
		return
	case file.Kind != keyfile.Certificate:
		e.fail(codeCertificateOther, field, "found", string(file.Kind))
		return
	}
	leaf := file.Certificates[0]
	if !isMchID(leaf.Subject.CommonName) {
		e.fail(codeCertificateIsPlatform, field, "name", leaf.Subject.CommonName)
		return
	}
	e.certificate = file
	if e.private.Kind == keyfile.Private && !file.SameKey(e.private) {
		e.fail(codeKeyMismatch, field, "serial_no", serialOf(leaf))
		return
	}
	e.report.ExpiresAt = leaf.NotAfter
	expiry := leaf.NotAfter.UTC().Format(time.RFC3339)
	e.report.Facts["certificate_expires_at"] = expiry
	switch left := leaf.NotAfter.Sub(e.now); {
	case left <= 0:
		e.fail(codeCertificateExpired, field, "expires_at", expiry)
	case left < expiresSoon:
		e.add(channel.CheckWarning, codeCertificateExpiring, field, "expires_at", expiry)
	default:
		e.pass(codeCertificateOK, field, "serial_no", serialOf(leaf), "expires_at", expiry)
	}
}

// platformKeys checks what verifies WeChat's signatures. Platform certificates
// are fetched, so in certificate mode there is nothing to read.
func (e *examination) platformKeys() {
	switch e.credentials.Mode {
	case modePublicKey, modeBoth:
		e.report.Facts["mode"] = e.credentials.Mode
		e.publicKeyID()
		e.publicKey()
	case modeCertificate:
		e.report.Facts["mode"] = modeCertificate
		e.pass(codeModeOK, "mode", "mode", modeCertificate)
	default:
		e.fail(codeModeUnknown, "mode")
	}
}

func (e *examination) publicKeyID() {
	const field = "public_key_id"
	id := e.credentials.PublicKeyID
	switch {
	case id == "":
		e.fail(codePublicKeyIDMissing, field)
	case !strings.HasPrefix(id, publicKeyPrefix) || strings.TrimSpace(id) != id:
		e.fail(codePublicKeyIDPrefix, field, "prefix", publicKeyPrefix)
	default:
		e.report.Facts[field] = id
		e.pass(codePublicKeyIDOK, field, field, id)
	}
}

// publicKey checks pub_key.pem. People paste our own key or certificate there,
// or a platform certificate, which belongs to the other mode.
func (e *examination) publicKey() {
	const field = "public_key"
	file, _ := keyfile.Read(e.credentials.PublicKey)
	switch {
	case file.Kind == keyfile.None:
		e.fail(codePublicKeyMissing, field)
	case file.Kind == keyfile.Unknown || file.Kind == keyfile.Encrypted:
		e.fail(codePublicKeyUnreadable, field)
	case file.Kind == keyfile.Certificate && (file.SameKey(e.private) || isMchID(file.Certificates[0].Subject.CommonName)):
		e.fail(codeMerchantCertificate, field, "serial_no", serialOf(file.Certificates[0]))
	case file.Kind == keyfile.Certificate:
		e.fail(codePlatformCertificate, field, "serial_no", serialOf(file.Certificates[0]))
	case file.SameKey(e.private):
		e.fail(codePublicKeyIsOwn, field)
	case file.Kind != keyfile.Public:
		e.fail(codePublicKeyOther, field, "found", string(file.Kind))
	case file.Bits() < rsaBits:
		e.fail(codePublicKeySize, field, "bits", strconv.Itoa(file.Bits()))
	default:
		e.keys.public = file.Public
		e.pass(codePublicKeyOK, field)
	}
}
