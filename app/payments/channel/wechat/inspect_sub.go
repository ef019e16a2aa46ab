package wechat

import (
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// SubCredentials name a merchant under a service provider, whose keys sign for
// it. SubAppID is the merchant's own app and may be empty: then payers are in the
// provider's. SpAppID is the provider's app that orders in the merchant's own
// name besides.
type SubCredentials struct {
	SubMchID string `json:"sub_mchid"`
	SubAppID string `json:"sub_appid,omitempty"`
	SpAppID  string `json:"sp_appid,omitempty"`
}

// isSub reports whether credentials are those of a merchant under a provider.
func isSub(raw json.RawMessage) bool {
	var c map[string]json.RawMessage
	if json.Unmarshal(raw, &c) != nil {
		return false
	}
	_, named := c["sub_mchid"]
	return named
}

// examineSub reads what names a merchant under a provider. The settlement
// identity is the provider's, so it stays open.
func examineSub(raw json.RawMessage) (SubCredentials, channel.Report) {
	e := &examination{report: channel.Report{Facts: map[string]string{}}}
	var sub SubCredentials
	if err := json.Unmarshal(raw, &sub); err != nil {
		e.fail(codeUnreadable, "")
		return SubCredentials{}, e.report
	}
	switch {
	case sub.SubMchID == "":
		e.fail(codeSubMchIDMissing, "sub_mchid")
	case !isMchID(sub.SubMchID):
		e.fail(codeSubMchIDMalformed, "sub_mchid")
	default:
		e.report.SubIdentity, e.report.Facts["sub_mchid"] = sub.SubMchID, sub.SubMchID
		e.pass(codeSubMchIDOK, "sub_mchid", "sub_mchid", sub.SubMchID)
	}
	e.appID("sub_appid", sub.SubAppID, codeSubAppIDOK, codeSubAppIDMalformed)
	e.appID("sp_appid", sub.SpAppID, codeSpAppIDOK, codeSpAppIDMalformed)
	if sub.SubAppID != "" && sub.SpAppID == "" {
		e.add(channel.CheckWarning, codeSpAppIDMissing, "sp_appid", "sub_appid", sub.SubAppID)
	}
	return sub, e.report
}

// appID checks an app id, which may be left out.
func (e *examination) appID(field, appID, ok, malformed string) {
	switch {
	case appID == "":
	case !isAppID(appID):
		e.fail(malformed, field)
	default:
		e.report.Facts[field] = appID
		e.pass(ok, field, field, appID)
	}
}

// isAppID reports whether s looks like "wx" and 16 letters and digits.
func isAppID(s string) bool {
	return strings.HasPrefix(s, "wx") && len(s) <= 32 && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// normalizeSub trims what names a merchant under a provider.
func normalizeSub(raw json.RawMessage) (json.RawMessage, channel.Report) {
	stored := raw
	var sub SubCredentials
	if json.Unmarshal(raw, &sub) == nil {
		for _, field := range []*string{&sub.SubMchID, &sub.SubAppID, &sub.SpAppID} {
			*field = strings.TrimSpace(*field)
		}
		if trimmed, err := json.Marshal(sub); err == nil {
			stored = trimmed
		}
	}
	_, report := examineSub(stored)
	return stored, report
}
