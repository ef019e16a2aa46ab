package wechat_test

import (
	"encoding/json"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

// TestConformance runs the suite in each of the modes in which WeChat signs.
func TestConformance(t *testing.T) {
	for _, mode := range []string{"public_key", "certificate", "both"} {
		t.Run(mode, func(t *testing.T) {
			channeltest.Run(t, func(t *testing.T) *channeltest.Harness { return newHarness(t, mode) })
		})
	}
}

// TestPartnerConformance runs the suite for a merchant under a service provider,
// beside another one under the same.
func TestPartnerConformance(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) *channeltest.Harness { return newPartnerHarness(t) })
}

func newPartnerHarness(t testing.TB) *channeltest.Harness {
	s := channeltest.StartSandbox(t)
	provider := s.OpenMerchant(t, app.WeChat, "public_key")
	stranger := s.OpenMerchant(t, app.WeChat, "public_key")
	mine := s.OpenSubMerchant(t, app.WeChat, provider["mchid"])
	other := s.OpenSubMerchant(t, app.WeChat, provider["mchid"])
	under := func(sub map[string]string, changes map[string]string) channel.Account {
		a := account(provider, "public_key", changes)
		a.Provider, a.Credentials = a.Credentials, subCredentials(sub["sub_mchid"], sub["sub_appid"], provider["appid"])
		return a
	}
	return &channeltest.Harness{
		Sandbox: s, Driver: wechat.New(channel.NewTransport(), app.SystemClock{}),
		Account: under(mine, nil), Other: under(other, nil),
		Foreign: under(mine, map[string]string{"private_key": stranger["private_key"], "certificate": ""}),
		Deaf:    under(mine, map[string]string{"public_key": stranger["public_key"]}),
		AppID:   provider["appid"], Identity: provider["mchid"], SubIdentity: mine["sub_mchid"], Method: channel.WeChatNative,
		BillAccount: mine["sub_mchid"],
		Methods:     partnerCases(provider, mine), CodeMethod: channel.WeChatCode, Refunds: true,
		Faults:  faults(),
		Secrets: []string{provider["api_v3_key"], keyLine(provider["private_key"])},
	}
}

func newHarness(t testing.TB, mode string) *channeltest.Harness {
	s := channeltest.StartSandbox(t)
	mine := s.OpenMerchant(t, app.WeChat, mode)
	other := s.OpenMerchant(t, app.WeChat, mode)
	h := &channeltest.Harness{
		Sandbox: s, Driver: wechat.New(channel.NewTransport(), app.SystemClock{}),
		Account: account(mine, mode, nil), Other: account(other, mode, nil),
		Foreign: account(mine, mode, map[string]string{"private_key": other["private_key"], "certificate": ""}),
		AppID:   mine["appid"], Identity: mine["mchid"], Method: channel.WeChatNative, BillAccount: mine["mchid"],
		Methods: methodCases(mine), CodeMethod: channel.WeChatCode, Refunds: true,
		Faults:  faults(),
		Secrets: []string{mine["api_v3_key"], keyLine(mine["private_key"])},
	}
	if mode == "public_key" {
		h.Deaf = account(mine, mode, map[string]string{"public_key": other["public_key"]})
	}
	return h
}

// faults are those that the sandbox's WeChat has.
func faults() map[string]bool {
	known := map[string]bool{}
	for _, f := range []string{
		"http_500", "garbage", "timeout_before", "timeout_after_success", "forge_answer", "unsigned_answer", "truncated",
		"refund_spacing", "refund_abnormal", "refund_closed",
	} {
		known[f] = true
	}
	return known
}

// account makes credentials of what the sandbox handed out, with changes.
func account(m map[string]string, mode string, changes map[string]string) channel.Account {
	c := map[string]string{"mode": mode}
	for _, field := range []string{"mchid", "api_v3_key", "serial_no", "private_key", "certificate"} {
		c[field] = m[field]
	}
	if mode != "certificate" {
		c["public_key_id"], c["public_key"] = m["public_key_id"], m["public_key"]
	}
	for field, value := range changes {
		c[field] = value
	}
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // a map of strings marshals
	}
	return channel.Account{ID: "acct_" + m["mchid"], Version: 1, Mode: app.Test, Gateway: m["gateway_url"], Credentials: raw}
}

// keyLine is a line from the middle of a PEM, to look for in texts.
func keyLine(pem string) string { return pem[len(pem)/2 : len(pem)/2+40] }
