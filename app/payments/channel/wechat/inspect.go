package wechat

import (
	"crypto/x509"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// examination collects what is found in one set of credentials.
type examination struct {
	credentials Credentials
	now         time.Time
	keys        keys
	report      channel.Report

	private, certificate keyfile.File
}

// examine reads credentials and names every problem. The keys are complete
// when blocking finds nothing in the report.
func examine(raw json.RawMessage, now time.Time) (keys, channel.Report) {
	e := &examination{now: now, report: channel.Report{Facts: map[string]string{}}}
	c, err := decode(raw)
	if err != nil {
		e.fail(codeUnreadable, "")
		return keys{}, e.report
	}
	e.credentials = c
	e.keys = keys{apiV3Key: c.APIv3Key, mode: c.Mode, publicKeyID: c.PublicKeyID}
	e.privateKey()
	e.merchantCertificate()
	e.credentials.fillFrom(e.certificate)
	e.merchant()
	e.serial()
	e.apiV3Key()
	e.platformKeys()
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

// merchant checks the mchid, also against the certificate's common name.
func (e *examination) merchant() {
	mchID := e.credentials.MchID
	switch {
	case mchID == "":
		e.fail(codeMchIDMissing, "mchid")
		return
	case !isMchID(mchID):
		e.fail(codeMchIDMalformed, "mchid")
		return
	}
	if e.certificate.Kind == keyfile.Certificate {
		name := e.certificate.Certificates[0].Subject.CommonName
		if isMchID(name) && name != mchID {
			e.fail(codeMchIDMismatch, "mchid", "given", mchID, "certificate", name)
			return
		}
	}
	e.keys.mchID, e.report.Identity = mchID, mchID
	e.report.Facts["mchid"] = mchID
	e.pass(codeMchIDOK, "mchid", "mchid", mchID)
}

// serial checks the serial number by which WeChat knows our certificate.
func (e *examination) serial() {
	serial := strings.ToUpper(strings.TrimSpace(e.credentials.SerialNo))
	switch {
	case serial == "":
		e.fail(codeSerialMissing, "serial_no")
		return
	case !isHex(serial):
		e.fail(codeSerialMalformed, "serial_no")
		return
	}
	if e.certificate.Kind == keyfile.Certificate && e.certificate.SameKey(e.private) {
		if certified := serialOf(e.certificate.Certificates[0]); strings.TrimLeft(serial, "0") != strings.TrimLeft(certified, "0") {
			e.fail(codeSerialMismatch, "serial_no", "given", serial, "certificate", certified)
			return
		}
	}
	e.keys.serialNo = serial
	e.report.Facts["serial_no"] = serial
	e.pass(codeSerialOK, "serial_no", "serial_no", serial)
}

// apiV3Key checks the length: 33 is 32 and the newline of the file it came from.
func (e *examination) apiV3Key() {
	key := e.credentials.APIv3Key
	switch {
	case key == "":
		e.fail(codeAPIv3KeyMissing, "api_v3_key")
	case len(key) != apiV3KeyLength && len(strings.TrimSpace(key)) == apiV3KeyLength:
		e.fail(codeAPIv3KeySpace, "api_v3_key", "length", strconv.Itoa(len(key)))
	case len(key) != apiV3KeyLength:
		e.fail(codeAPIv3KeyLength, "api_v3_key", "length", strconv.Itoa(len(key)))
	default:
		e.pass(codeAPIv3KeyOK, "api_v3_key")
	}
}

const apiV3KeyLength = 32

func serialOf(c *x509.Certificate) string { return utils.GetCertificateSerialNumber(*c) }

func isMchID(s string) bool { return len(s) >= 8 && len(s) <= 32 && isDigits(s) }

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func isHex(s string) bool { return len(s) <= 64 && strings.Trim(s, "0123456789ABCDEF") == "" }
