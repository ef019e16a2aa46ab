package payments_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestAMerchantUnderAProviderIsPaidByTheProvidersKeys(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, method := range bothMethods {
			provider, appID := s.Provider(method.Channel())
			account := s.Partner(provider, appID)
			for _, drop := range []bool{false, true} {
				in := paymentstest.Order("P-"+string(method)+map[bool]string{true: "-dropped"}[drop], method)
				in.AccountID = account.ID
				p := s.Create(in)
				var request channel.PayRequest
				var raw string
				if err := s.DB.Get(s.Ctx, &raw, `SELECT request FROM attempts WHERE id = ?`, p.AttemptID); err != nil {
					s.T.Fatal(err)
				}
				if err := json.Unmarshal([]byte(raw), &request); err != nil {
					s.T.Fatal(err)
				}
				if !strings.HasSuffix(request.NotifyURL, "/callbacks/"+string(method.Channel())+"/"+account.ID) {
					s.T.Errorf("%s: notifications go to %s, not to the account's own address", method, request.NotifyURL)
				}
				if drop {
					s.Fault(method.Channel(), trade.DropNotification, 1)
				}
				s.Pay(p.Action.CodeURL)
				if drop {
					if _, err := s.Payments.Sync(s.Ctx, s.Scope, p.ID); err != nil {
						s.T.Fatal(err)
					}
				}
				if got := s.Await(p.ID, payments.StatusSucceeded); got.AccountID != account.ID {
					s.T.Errorf("%s: %+v", method, got)
				}
			}
		}
	})
}

func TestNewProviderKeysAreUsedWithoutARestart(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		provider, appID := s.Provider(app.Alipay)
		account := s.Partner(provider, appID)
		order := func(no string) payments.CreateInput {
			in := paymentstest.Order(no, channel.AlipayQR)
			in.AccountID = account.ID
			return in
		}
		s.Create(order("K-1"))
		right, err := s.Merchants.ProviderCredentials(s.Ctx, account)
		if err != nil {
			s.T.Fatal(err)
		}
		s.rekey(provider, withKey(s.T, right))
		if out, err := s.Payments.Create(s.Ctx, s.Scope, order("K-2"), nil); err == nil && !out.Unknown {
			s.T.Errorf("an order signed by a key that Alipay does not know was accepted: %+v", out.View)
		}
		s.rekey(provider, right)
		s.Create(order("K-3"))
	})
}

// rekey gives the provider other credentials, unproven.
func (s *shop) rekey(p merchants.Provider, credentials json.RawMessage) {
	s.T.Helper()
	if _, report, err := s.Merchants.UpdateProviderCredentials(s.Ctx, p.ID, credentials, s.Driver(p.Channel), nil); err != nil {
		s.T.Fatalf("%v %+v", err, report)
	}
}

// withKey replaces the private key by another.
func withKey(t testing.TB, credentials json.RawMessage) json.RawMessage {
	t.Helper()
	var fields map[string]string
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(err, json.Unmarshal(credentials, &fields)); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	fields["app_private_key"] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	changed, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
