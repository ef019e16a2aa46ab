package wechat_test

import (
	"net/http"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// TestAnswersFollowTheSerialThatIsAskedFor while a merchant changes from
// certificates to the public key; one that names none gets the certificate.
func TestAnswersFollowTheSerialThatIsAskedFor(t *testing.T) {
	b := one(t, trade.Both)
	k := b.merchant.WeChat
	certificate := k.Platform[0].SerialNo
	for asked, want := range map[string]string{k.PublicKeyID: k.PublicKeyID, certificate: certificate, "": certificate, "unknown": certificate} {
		r := raw{uri: nativePath, body: b.orderBody(t, nil)}
		if asked != "" {
			r.header = map[string]string{"Wechatpay-Serial": asked}
		}
		got := b.send(t, r)
		if serial := got.header.Get("Wechatpay-Serial"); got.status != http.StatusOK || !got.verified || serial != want {
			t.Errorf("asked for %q: %d, signed by %s, verified %v; want %s", asked, got.status, serial, got.verified, want)
		}
	}
}

// TestNotificationsSwitchToThePublicKeyOneByOne, as they do over some days.
func TestNotificationsSwitchToThePublicKeyOneByOne(t *testing.T) {
	b := one(t, trade.Both)
	s := newSDK(t, b)
	b.plan(t, trade.SignWithPublicKey, 1)
	s.paid(t, b, "order-1")
	b.deliver(t)
	s.paid(t, b, "order-2")
	k := b.merchant.WeChat
	for i, m := range b.deliver(t) {
		if got, want := m.header.Get("Wechatpay-Serial"), []string{k.PublicKeyID, k.Platform[0].SerialNo}[i]; got != want {
			t.Errorf("notification %d is signed by %s, want %s", i, got, want)
		}
		if _, _, err := s.parse(t, b, m); err != nil {
			t.Errorf("notification %d: %v", i, err)
		}
	}
}

func TestOnlyAMigratingMerchantSwitches(t *testing.T) {
	b := one(t, trade.Certificate)
	_, err := b.trades.PlanFault(t.Context(), trade.Plan{Channel: app.WeChat, Account: b.merchant.ID, Fault: trade.SignWithPublicKey})
	if !app.Is(err, app.Invalid) {
		t.Errorf("a merchant that has only certificates: %v", err)
	}
	if _, err := b.trades.OpenMerchant(t.Context(), app.Alipay, trade.Both); !app.Is(err, app.Invalid) {
		t.Errorf("mode both at Alipay: %v", err)
	}
}
