package wechat

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// What a failure most likely means at WeChat Pay. They are keys of translated
// sentences and stay as they are. An answer that refuses who we are is often
// unsigned, so these are advice, whatever verified.
const (
	reasonSign           = "wechat_sign"            // our signature is not by the key of the certificate
	reasonSerial         = "wechat_serial"          // the serial number is another certificate's
	reasonMerchant       = "wechat_mchid"           // there is no such mchid
	reasonSubMerchant    = "wechat_sub_mchid"       // the sub_mchid is not under this provider
	reasonApp            = "wechat_app"             // the app is not bound to the mchid
	reasonIP             = "wechat_ip"              // this server's address is not on the merchant's list
	reasonPermission     = "wechat_permission"      // the product is not enabled
	reasonUnverified     = "wechat_unverified"      // the answer is not signed by the key that was given
	reasonDecrypt        = "wechat_decrypt"         // the APIv3 key does not open what WeChat sealed with it
	reasonNoCertificates = "wechat_no_certificates" // a merchant of the public-key mode
)

// signIssues tell apart what SIGN_ERROR is about, by the field that the answer
// names (https://pay.weixin.qq.com/doc/v3/merchant/4012365342) or, where it names
// none, by its message.
var signIssues = []struct{ field, words, reason string }{
	{"timestamp", "timestamp", channel.ReasonClock},
	{"serial_no", "证书序列号", reasonSerial},
	{"mchid", "商户号", reasonMerchant},
}

// reasonOf says what an answer of WeChat's means.
func reasonOf(a *core.APIError) string {
	said := a.Message
	switch a.Code {
	case "SIGN_ERROR":
		return signReason(a)
	case "MCH_NOT_EXISTS", "MCHID_NOT_EXIST":
		return reasonMerchant
	case "APPID_MCHID_NOT_MATCH", "APPID_NOT_EXIST":
		return reasonApp
	case "NO_AUTH":
		switch {
		case strings.Contains(strings.ToUpper(said), "IP"):
			return reasonIP
		case strings.Contains(said, "sub_mchid"), strings.Contains(said, "特约商户"), strings.Contains(said, "子商户"):
			return reasonSubMerchant
		}
		return reasonPermission
	case "SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR", "RATELIMIT_EXCEEDED", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED":
		return channel.ReasonBusy
	}
	switch {
	case strings.Contains(said, "sub_mchid"), strings.Contains(said, "特约商户"):
		return reasonSubMerchant
	case strings.Contains(strings.ToLower(said), "appid"):
		return reasonApp
	case strings.Contains(said, "商户号"), strings.Contains(said, "mchid"):
		return reasonMerchant
	case a.StatusCode == http.StatusForbidden:
		return reasonPermission
	case a.Code == "" && a.StatusCode >= http.StatusBadRequest:
		return channel.ReasonUnreadable
	}
	return ""
}

func signReason(a *core.APIError) string {
	detail, _ := a.Detail.(map[string]any)
	field, _ := detail["field"].(string)
	for _, issue := range signIssues {
		if field == issue.field || field == "" && strings.Contains(a.Message, issue.words) {
			return issue.reason
		}
	}
	return reasonSign
}

// failureReason says what a call means that brought no answer that could be
// believed. header is nil where none came, and now by the clock that the SDK dates by.
func failureReason(err error, header http.Header, verified bool, now time.Time) string {
	if reason := channel.NetworkReason(err); reason != "" {
		return reason
	}
	switch {
	case errors.Is(err, errDecrypt):
		return reasonDecrypt
	case header == nil:
		return ""
	case header.Get(headerSignature) == "":
		return channel.ReasonUnreadable
	case channel.Skewed(header, header.Get(headerTimestamp), now):
		return channel.ReasonClock
	case !verified:
		return reasonUnverified
	}
	return channel.ReasonUnreadable
}

const (
	headerSignature = "Wechatpay-Signature"
	headerTimestamp = "Wechatpay-Timestamp"
)
