package alipay_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestInspectUnderAProvider: the merchant's identity, the provider's app; and
// what is wrong with either stops both.
func TestInspectUnderAProvider(t *testing.T) {
	provider := account(credentials(), "public_key", nil).Credentials
	r := driver().InspectSub(provider, raw(partnerFields(nil)))
	if !r.OK() || r.Identity != subSeller || r.SubIdentity != "" || r.Facts["app_id"] != appID {
		t.Errorf("report %+v", r)
	}
	for name, c := range map[string]struct {
		provider, own json.RawMessage
		code          string
	}{
		"keys of its own":        {provider, provider, "alipay.app_auth_token_missing"},
		"no token":               {provider, raw(partnerFields(map[string]string{"app_auth_token": ""})), "alipay.app_auth_token_missing"},
		"a provider without key": {account(credentials(), "public_key", map[string]string{"app_private_key": ""}).Credentials, raw(partnerFields(nil)), "alipay.private_key_missing"},
		"no object":              {provider, json.RawMessage(`[]`), "alipay.app_auth_token_missing"},
	} {
		r := driver().InspectSub(c.provider, c.own)
		if r.OK() || !slices.ContainsFunc(r.Checks, func(x channel.Check) bool { return x.Code == c.code && x.Status == channel.CheckFailed }) {
			t.Errorf("%s: %+v", name, r.Checks)
		}
	}
}
