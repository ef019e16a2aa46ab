package paymentstest

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Driver returns the channel's real driver.
func (s *Shop) Driver(c app.Channel) channel.Driver { return s.clients.pool.Driver(c) }

// Provider registers a new sandbox merchant's credentials as a service
// provider's, and returns it with the app that it has at WeChat.
func (s *Shop) Provider(c app.Channel) (provider merchants.Provider, appID string) {
	s.T.Helper()
	box, err := s.Sandbox.Trades().OpenMerchant(s.Ctx, c, trade.PublicKey)
	if err != nil {
		s.T.Fatal(err)
	}
	provider, report, err := s.Merchants.RegisterProvider(s.Ctx, merchants.ProviderRegistration{
		Mode: app.Test, Channel: c, Name: "Provider", Credentials: s.credentials(box),
	}, s.clients.pool.Driver(c), s.clients.probe)
	if err != nil {
		s.T.Fatalf("register a provider at %s: %v %+v", c, err, report)
	}
	return provider, box.AppID
}

// Partner registers and enables the account of a new merchant under the
// provider. appID is the provider's app, for WeChat.
func (s *Shop) Partner(p merchants.Provider, appID string) merchants.Account {
	s.T.Helper()
	named := p.Identity
	in := merchants.Registration{MerchantID: s.Scope.MerchantID, Mode: app.Test, Channel: p.Channel, Name: "Partner", ProviderID: p.ID}
	if p.Channel == app.Alipay {
		named = p.AppID
	}
	sub, err := s.Sandbox.Trades().OpenSubMerchant(s.Ctx, p.Channel, named)
	if err != nil {
		s.T.Fatal(err)
	}
	if p.Channel == app.Alipay {
		in.Credentials = encode(s.T, map[string]string{"app_auth_token": sub.Token, "seller_id": sub.SellerID})
	} else {
		in.Credentials = encode(s.T, map[string]string{"sub_mchid": sub.ID})
		in.AppIDs = []merchants.AppInput{{AppID: appID, Kind: merchants.AppOfficial}}
	}
	a, report, err := s.Merchants.RegisterAccount(s.Ctx, in, s.clients.pool.Driver(p.Channel))
	if err != nil {
		s.T.Fatalf("register a merchant under %s: %v %+v", p.ID, err, report)
	}
	if a, err = s.Merchants.EnableAccount(s.Ctx, a.MerchantID, a.ID, s.clients.probe); err != nil {
		s.T.Fatalf("enable a merchant under %s: %v", p.ID, err)
	}
	return a
}
