package alipay

import (
	"crypto/rsa"
	"errors"
	"strings"

	sdk "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// What a failure most likely means at Alipay. They are keys of translated
// sentences and stay as they are. The gateway refuses who it does not know
// without a signature, so these are advice, whatever verified.
const (
	reasonSign        = "alipay_sign"        // the app's key at Alipay is another's than our private key's
	reasonApp         = "alipay_app_id"      // there is no such app
	reasonAppState    = "alipay_app_state"   // the app is not online
	reasonMode        = "alipay_mode"        // the app is set up for the other mode
	reasonAppCert     = "alipay_app_cert"    // the app certificate is not the one in force
	reasonRootCert    = "alipay_root_cert"   // the root certificate is another's
	reasonPermission  = "alipay_permission"  // the product is not signed or not added to the app
	reasonIP          = "alipay_ip"          // this server's address is not on the app's list
	reasonToken       = "alipay_token"       // the merchant's authorisation has ended or is another's
	reasonUnverified  = "alipay_unverified"  // the answer is not signed by the key that was given
	reasonUnknownCert = "alipay_unknown_key" // Alipay signs by another certificate than the one given
)

// reasons are the sub-codes that say how an app is set up
// (https://opendocs.alipay.com/common/02km9f).
var reasons = map[string]string{
	"isv.invalid-signature":              reasonSign,
	"isv.invalid-app-id":                 reasonApp,
	"isv.app-id-not-exist":               reasonApp,
	"isv.app-offline":                    reasonAppState,
	"isv.app-status-error":               reasonAppState,
	"isv.missing-app-cert-sn":            reasonMode,
	"isv.missing-alipay-root-cert-sn":    reasonMode,
	"isv.missing-signature-key":          reasonSign,
	"isv.missing-signature-config":       reasonSign,
	"isv.app-cert-not-exist":             reasonAppCert,
	"isv.invalid-app-cert-sn":            reasonAppCert,
	"isv.app-cert-expired":               reasonAppCert,
	"isv.invalid-alipay-root-cert-sn":    reasonRootCert,
	"isv.insufficient-isv-permissions":   reasonPermission,
	"isv.insufficient-user-permissions":  reasonPermission,
	"isv.method-not-allowed":             reasonPermission,
	"ACQ.ACCESS_FORBIDDEN":               reasonPermission,
	"ACQ.PRODUCT_NOT_OPEN":               reasonPermission,
	"isv.invalid-timestamp":              channel.ReasonClock,
	"isv.invalid-ip":                     reasonIP,
	"isv.ip-not-in-whitelist":            reasonIP,
	"isv.app-ip-forbidden":               reasonIP,
	"aop.invalid-app-auth-token":         reasonToken,
	"aop.app-auth-token-time-out":        reasonToken,
	"aop.invalid-app-auth-token-no-api":  reasonToken,
	"aop.app-auth-token-not-exist":       reasonToken,
	"aop.unknow-error":                   channel.ReasonBusy,
	"isp.unknow-error":                   channel.ReasonBusy,
	"ACQ.SYSTEM_ERROR":                   channel.ReasonBusy,
	"AQC.SYSTEM_ERROR":                   channel.ReasonBusy,
	"isv.invalid-app-auth-token-no-auth": reasonToken,
}

// reasonOf says what the codes of an answer mean.
func reasonOf(code, subCode, message string) string {
	if reason := reasons[subCode]; reason != "" {
		return reason
	}
	switch {
	case strings.Contains(message, "白名单"):
		return reasonIP
	case code == codeTooMany || code == "20000":
		return channel.ReasonBusy
	case code == codeNoToken:
		return reasonToken
	case code == "40006":
		return reasonPermission
	}
	return ""
}

// failureReason says what a call means that brought no answer that could be
// believed.
func failureReason(err error) string {
	if reason := channel.NetworkReason(err); reason != "" {
		return reason
	}
	switch {
	case errors.Is(err, sdk.ErrAliPublicKeyNotFound):
		return reasonUnknownCert
	case errors.Is(err, rsa.ErrVerification):
		return reasonUnverified
	}
	return channel.ReasonUnreadable
}
