package wechat_test

import (
	"encoding/json"
	"testing"
)

// TestInspectUnderAProvider: the provider's mchid and the merchant's sub_mchid;
// and what is wrong with either stops both.
func TestInspectUnderAProvider(t *testing.T) {
	provider := account(credentials(nil), "public_key", nil).Credentials
	r := driver().InspectSub(provider, subCredentials(subMchID, "", ""))
	if !r.OK() || r.Identity != mchID || r.SubIdentity != subMchID || r.Facts["sub_mchid"] != subMchID {
		t.Errorf("report %+v", r)
	}
	for name, c := range map[string]struct {
		provider, own json.RawMessage
		code          string
	}{
		"keys of its own":        {provider, provider, "wechat.sub_mchid_missing"},
		"no sub_mchid":           {provider, subCredentials("", "", ""), "wechat.sub_mchid_missing"},
		"a provider without key": {account(credentials(nil), "public_key", map[string]string{"private_key": ""}).Credentials, subCredentials(subMchID, "", ""), "wechat.private_key_missing"},
		"no object":              {provider, json.RawMessage(`[]`), "wechat.credentials_unreadable"},
	} {
		r := driver().InspectSub(c.provider, c.own)
		if r.OK() || !hasCheck(r, c.code) {
			t.Errorf("%s: %+v", name, r.Checks)
		}
	}
}
