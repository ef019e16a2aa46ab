// Package alipay adapts Alipay's open platform, on the smartwalle SDK. Every
// provider name of the protocol stays in this package.
package alipay

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Driver opens Alipay clients.
type Driver struct {
	transport http.RoundTripper
	files     http.RoundTripper // for bills
	clock     app.Clock
}

var _ channel.Driver = (*Driver)(nil)

// New returns a driver whose clients share the transport. The clock dates
// certificates; requests are dated by the SDK, from the machine's clock.
func New(transport http.RoundTripper, clock app.Clock) *Driver {
	return &Driver{transport: transport, files: channel.FileTransport(transport), clock: clock}
}

// Name returns app.Alipay.
func (d *Driver) Name() app.Channel { return app.Alipay }

// Methods lists what the driver can take payments by.
func (d *Driver) Methods() []channel.Method { return slices.Clone(methods) }

// Open builds a client from an account's credentials, and a provider's where
// the account is under one. It parses the keys and dials nothing.
func (d *Driver) Open(account channel.Account) (channel.Client, error) {
	if account.Provider != nil {
		return d.openPartner(account)
	}
	if _, partner := partnerOf(account.Credentials); partner {
		return nil, configError(codeProviderMissing, nil)
	}
	keys, report := examine(account.Credentials, d.clock.Now())
	if bad, found := blocking(report); found {
		return nil, configError(bad.Code, nil)
	}
	c, err := d.newClient(account.Gateway, keys)
	if err != nil {
		return nil, err
	}
	c.sellerID = report.Identity
	return c, nil
}

// Inspect reads credentials offline and names what is wrong with each. Those
// with an app_auth_token are a merchant's under a provider.
func (d *Driver) Inspect(credentials json.RawMessage) channel.Report {
	_, report := examine(credentials, d.clock.Now())
	return report
}

// blocking returns the first finding that makes a client impossible. An
// expired certificate is not one: the keys work until Alipay says otherwise,
// and open orders still have to be queried.
func blocking(r channel.Report) (channel.Check, bool) {
	for _, c := range r.Checks {
		if c.Status == channel.CheckFailed && c.Code != codeCertificateExpired {
			return c, true
		}
	}
	return channel.Check{}, false
}

func configError(code string, cause error) *channel.Error {
	return &channel.Error{Kind: channel.KindConfig, Channel: app.Alipay, Code: code, Cause: cause}
}
