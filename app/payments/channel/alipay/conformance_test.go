package alipay_test

import (
	"encoding/json"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// TestConformance runs the suite with plain keys and with certificates.
func TestConformance(t *testing.T) {
	for _, mode := range []string{"public_key", "certificate"} {
		t.Run(mode, func(t *testing.T) {
			channeltest.Run(t, func(t *testing.T) *channeltest.Harness { return newHarness(t, mode) })
		})
	}
}

func newHarness(t testing.TB, mode string) *channeltest.Harness {
	s := channeltest.StartSandbox(t)
	mine := s.OpenMerchant(t, app.Alipay, mode)
	other := s.OpenMerchant(t, app.Alipay, mode)
	h := &channeltest.Harness{
		Sandbox: s, Driver: alipay.New(channel.NewTransport(), app.SystemClock{}),
		Account: account(mine, mode, nil), Other: account(other, mode, nil),
		Foreign: account(mine, mode, map[string]string{"app_private_key": other["app_private_key"]}),
		AppID:   mine["app_id"], Identity: mine["seller_id"], Method: channel.AlipayQR, Lazy: true,
		Secrets: []string{keyLine(mine["app_private_key"])},
	}
	if mode == "public_key" {
		h.Deaf = account(mine, mode, map[string]string{"alipay_public_key": other["alipay_public_key"]})
	} else {
		// A stranger's key, under a certificate that claims to be the app's.
		h.Foreign = account(mine, mode, map[string]string{
			"app_private_key": privatePEM(appKey()), "app_cert": issue(appKey(), mine["seller_id"]+"-"+mine["app_id"], year),
		})
		h.Deaf = account(mine, mode, map[string]string{"alipay_cert": other["alipay_cert"]})
	}
	return h
}

// account makes credentials of what the sandbox handed out, with changes.
func account(m map[string]string, mode string, changes map[string]string) channel.Account {
	c := map[string]string{"mode": mode}
	fields := []string{"app_id", "seller_id", "app_private_key", "alipay_public_key"}
	if mode == "certificate" {
		fields = []string{"app_id", "seller_id", "app_private_key", "app_cert", "alipay_cert", "alipay_root_cert"}
	}
	for _, field := range fields {
		c[field] = m[field]
	}
	for field, value := range changes {
		c[field] = value
	}
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // a map of strings marshals
	}
	return channel.Account{ID: "acct_" + m["app_id"], Version: 1, Mode: app.Test, Gateway: m["gateway_url"], Credentials: raw}
}

// keyLine is a line from the middle of a PEM, to look for in texts.
func keyLine(pem string) string { return pem[len(pem)/2 : len(pem)/2+40] }
