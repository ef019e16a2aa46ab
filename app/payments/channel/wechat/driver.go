// Package wechat adapts WeChat Pay v3 for direct merchants, on the official
// SDK. Every provider name of the protocol stays in this package.
package wechat

import (
	"encoding/json"
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Driver opens WeChat Pay clients.
type Driver struct {
	transport http.RoundTripper
	clock     app.Clock
}

var _ channel.Driver = (*Driver)(nil)

// New returns a driver whose clients share the transport. The clock dates
// certificates; signatures are dated by the SDK, from the machine's clock.
func New(transport http.RoundTripper, clock app.Clock) *Driver {
	return &Driver{transport: transport, clock: clock}
}

// Name returns app.WeChat.
func (d *Driver) Name() app.Channel { return app.WeChat }

// Methods lists what the driver can take payments by.
func (d *Driver) Methods() []channel.Method { return []channel.Method{channel.WeChatNative} }

// Open builds a client from an account's credentials. It parses the keys and
// dials nothing: platform certificates are fetched by the first call.
func (d *Driver) Open(account channel.Account) (channel.Client, error) {
	keys, report := examine(account.Credentials, d.clock.Now())
	if bad, found := blocking(report); found {
		return nil, configError(bad.Code, nil)
	}
	return d.newClient(account.Gateway, keys)
}

// Inspect reads credentials offline and names what is wrong with each.
func (d *Driver) Inspect(credentials json.RawMessage) channel.Report {
	_, report := examine(credentials, d.clock.Now())
	return report
}

// blocking returns the first finding that makes a client impossible. An
// expired certificate is not one: the keys work until WeChat says otherwise,
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
	return &channel.Error{Kind: channel.KindConfig, Channel: app.WeChat, Code: code, Cause: cause}
}
