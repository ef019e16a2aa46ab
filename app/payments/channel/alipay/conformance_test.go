package alipay_test

import (
	"encoding/json"
	"testing"
	"time"

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

// TestConformanceUnderAProvider runs it for a merchant who authorised a
// provider's app.
func TestConformanceUnderAProvider(t *testing.T) {
	for _, mode := range []string{"public_key", "certificate"} {
		t.Run(mode, func(t *testing.T) {
			channeltest.Run(t, func(t *testing.T) *channeltest.Harness { return newPartnerHarness(t, mode) })
		})
	}
}

func newHarness(t testing.TB, mode string) *channeltest.Harness {
	s := channeltest.StartSandbox(t)
	mine := s.OpenMerchant(t, app.Alipay, mode)
	other := s.OpenMerchant(t, app.Alipay, mode)
	h := harness(t, s, mine)
	h.Account, h.Other = account(mine, mode, nil), account(other, mode, nil)
	h.Foreign, h.Deaf = foreign(mine, other, mode), deaf(mine, other, mode)
	h.Identity, h.BillAccount = mine["seller_id"], mine["app_id"]
	return h
}

func newPartnerHarness(t testing.TB, mode string) *channeltest.Harness {
	s := channeltest.StartSandbox(t)
	provider, stranger := s.OpenMerchant(t, app.Alipay, mode), s.OpenMerchant(t, app.Alipay, mode)
	mine := s.OpenSubMerchant(t, app.Alipay, provider["app_id"])
	h := harness(t, s, provider)
	h.Account = under(mine, account(provider, mode, nil))
	h.Other = under(s.OpenSubMerchant(t, app.Alipay, stranger["app_id"]), account(stranger, mode, nil))
	h.Foreign, h.Deaf = under(mine, foreign(provider, stranger, mode)), under(mine, deaf(provider, stranger, mode))
	h.Identity, h.BillAccount = mine["seller_id"], mine["auth_app_id"]
	h.Secrets = append(h.Secrets, mine["app_auth_token"])
	return h
}

// harness is what accounts of one app have in common.
func harness(t testing.TB, s *channeltest.Sandbox, m map[string]string) *channeltest.Harness {
	return &channeltest.Harness{
		Sandbox: s, Driver: alipay.New(channel.NewTransport(), app.SystemClock{}),
		AppID: m["app_id"], Method: channel.AlipayQR, Lazy: true,
		Methods: methodCases(t, s, m), CodeMethod: channel.AlipayCode, Refunds: true, Faults: faults(),
		Secrets: []string{keyLine(m["app_private_key"])},
	}
}

// faults are those that the sandbox's Alipay has.
func faults() map[string]bool {
	known := map[string]bool{}
	for _, f := range []string{
		"http_500", "garbage", "timeout_before", "timeout_after_success", "forge_answer", "unsigned_answer", "truncated",
	} {
		known[f] = true
	}
	return known
}

// foreign is an account with a key that the channel does not know; in
// certificate mode under a certificate that claims to be the app's.
func foreign(mine, other map[string]string, mode string) channel.Account {
	if mode == "public_key" {
		return account(mine, mode, map[string]string{"app_private_key": other["app_private_key"]})
	}
	return account(mine, mode, map[string]string{
		"app_private_key": privatePEM(appKey()), "app_cert": issue(appKey(), mine["seller_id"]+"-"+mine["app_id"], year),
	})
}

// deaf is an account that verifies by another merchant's key.
func deaf(mine, other map[string]string, mode string) channel.Account {
	if mode == "public_key" {
		return account(mine, mode, map[string]string{"alipay_public_key": other["alipay_public_key"]})
	}
	return account(mine, mode, map[string]string{"alipay_cert": other["alipay_cert"]})
}

// under makes an account's keys a provider's, for a merchant of its.
func under(sub map[string]string, a channel.Account) channel.Account {
	a.ID, a.Provider = "acct_"+sub["auth_app_id"], a.Credentials
	a.Credentials = raw(map[string]string{
		"app_auth_token": sub["app_auth_token"], "seller_id": sub["seller_id"], "auth_app_id": sub["auth_app_id"],
	})
	return a
}

// TestMerchantsOfOneProvider: they share keys, not orders. A message about the
// one names it, wherever it arrives.
func TestMerchantsOfOneProvider(t *testing.T) {
	h := newPartnerHarness(t, "public_key")
	a := h.Account
	sibling := h.OpenSubMerchant(t, app.Alipay, h.AppID)
	b := under(sibling, channel.Account{Version: 1, Mode: app.Test, Gateway: a.Gateway, Credentials: a.Provider})
	mine, err := h.Driver.Open(a)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := h.Driver.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	r := order(channel.AlipayQR)
	r.Number, r.AppID, r.NotifyURL = app.NewID(app.PrefixAttempt, time.Now()), h.AppID, h.NotifyURL()
	placed, err := mine.Pay(t.Context(), r)
	wantKind(t, err, "")
	h.Pay(t, placed.Action.CodeURL)
	message := h.Next(t)
	for _, c := range []channel.Client{mine, theirs} {
		notice, err := c.ParseNotification(t.Context(), message)
		wantKind(t, err, "")
		if notice.Trade.Identity != h.Identity || notice.Trade.Identity == sibling["seller_id"] {
			t.Errorf("a message about %s names %s", h.Identity, notice.Trade.Identity)
		}
	}
	notice, err := theirs.ParseNotification(t.Context(), message)
	wantKind(t, err, "")
	if notice.Trade.AppID == h.AppID {
		t.Error("a message about another merchant's app passes for one about ours")
	}
	_, err = theirs.Query(t.Context(), r.Number)
	wantKind(t, err, channel.KindNotExist)
	wantKind(t, theirs.Close(t.Context(), r.Number), channel.KindNotExist)
	wantKind(t, theirs.Reverse(t.Context(), r.Number), channel.KindNotExist)
	if _, err := theirs.Refund(t.Context(), channel.RefundRequest{
		Number: refundNumber, PaymentNumber: r.Number, Amount: 1, Total: 1, Currency: app.CNY,
	}); err == nil {
		t.Error("a sibling gives our money back")
	}
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
