package alipay

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// examination collects what is found in one set of credentials.
type examination struct {
	credentials Credentials
	now         time.Time
	keys        keys
	report      channel.Report

	private, appCert, root keyfile.File
}

// examine reads credentials and names every problem. The keys are complete
// when blocking finds nothing in the report.
func examine(raw json.RawMessage, now time.Time) (keys, channel.Report) {
	e := &examination{now: now, report: channel.Report{Facts: map[string]string{}}}
	if p, ok := partnerOf(raw); ok {
		e.partner(p)
		return keys{}, e.report
	}
	c, err := decode(raw)
	if err != nil {
		e.fail(codeUnreadable, "")
		return keys{}, e.report
	}
	e.credentials, e.keys.mode = c, c.Mode
	e.privateKey()
	switch c.Mode {
	case modePublicKey:
		e.report.Facts["mode"] = modePublicKey
		e.publicKey()
	case modeCertificate:
		e.report.Facts["mode"] = modeCertificate
		e.certificates()
	default:
		e.fail(codeModeUnknown, "mode")
	}
	e.credentials.fillFrom(e.appCert)
	e.app()
	e.seller()
	return e.keys, e.report
}

func (e *examination) add(status channel.CheckStatus, code, field string, args ...string) {
	check := channel.Check{Code: code, Field: field, Status: status}
	for i := 0; i+1 < len(args); i += 2 {
		if check.Args == nil {
			check.Args = map[string]string{}
		}
		check.Args[args[i]] = args[i+1]
	}
	e.report.Checks = append(e.report.Checks, check)
}

// args are pairs of name and value.
func (e *examination) pass(code, field string, args ...string) {
	e.add(channel.CheckPassed, code, field, args...)
}

func (e *examination) fail(code, field string, args ...string) {
	e.add(channel.CheckFailed, code, field, args...)
}

// app checks the app id, also against the app's certificate.
func (e *examination) app() {
	const field = "app_id"
	appID := e.credentials.AppID
	_, certified, named := certificateName(e.appCert)
	switch {
	case appID == "":
		e.fail(codeAppIDMissing, field)
	case !isNumber(appID):
		e.fail(codeAppIDMalformed, field)
	case named && certified != appID:
		e.fail(codeAppIDMismatch, field, "given", appID, "certificate", certified)
	default:
		e.keys.appID = appID
		e.report.Facts[field] = appID
		e.pass(codeAppIDOK, field, field, appID)
	}
}

// seller checks the PID, to which the bills belong.
func (e *examination) seller() {
	const field = "seller_id"
	pid := e.credentials.SellerID
	certified, _, named := certificateName(e.appCert)
	switch {
	case pid == "":
		e.fail(codeSellerIDMissing, field)
	case len(pid) != 16 || !isNumber(pid) || !strings.HasPrefix(pid, "2088"):
		e.fail(codeSellerIDMalformed, field)
	case named && certified != pid:
		e.fail(codeSellerIDMismatch, field, "given", pid, "certificate", certified)
	default:
		e.report.Identity = pid
		e.report.Facts[field] = pid
		e.pass(codeSellerIDOK, field, field, pid)
	}
}

// privateKey checks the app's own key, in any form Alipay's tools write.
func (e *examination) privateKey() {
	const field = "app_private_key"
	file, _ := keyfile.Read(e.credentials.AppPrivateKey) // its Kind says what was wrong
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
		e.keys.private = keyfile.Normalize(e.credentials.AppPrivateKey)
		e.pass(codePrivateKeyOK, field, "form", file.Form)
	}
}

// publicKey checks Alipay's key. The classic mistake is to paste the app's own
// one (应用公钥), which stands beside it on the same page; deriving it from the
// private key proves it.
func (e *examination) publicKey() {
	const field = "alipay_public_key"
	file, _ := keyfile.Read(e.credentials.AlipayPublicKey)
	switch {
	case file.Kind == keyfile.None:
		e.fail(codePublicKeyMissing, field)
	case file.Kind == keyfile.Unknown || file.Kind == keyfile.Encrypted:
		e.fail(codePublicKeyUnreadable, field)
	case file.SameKey(e.private):
		e.fail(codePublicKeyIsOwn, field)
	case file.Kind != keyfile.Public:
		e.fail(codePublicKeyOther, field, "found", string(file.Kind))
	case file.Bits() != rsaBits:
		e.fail(codePublicKeySize, field, "bits", strconv.Itoa(file.Bits()))
	default:
		e.keys.alipay, e.keys.alipayKey = file.Public, keyfile.Normalize(e.credentials.AlipayPublicKey)
		e.pass(codePublicKeyOK, field)
	}
}

// rsaBits is what RSA2 demands.
const rsaBits = 2048

func isNumber(s string) bool {
	return len(s) >= 8 && len(s) <= 32 && strings.Trim(s, "0123456789") == ""
}
