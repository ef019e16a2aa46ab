// Package wechat adapts WeChat Pay v3, on the official SDK, for direct merchants
// and for merchants under a service provider. Every provider name of the
// protocol stays in this package.
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
	files     http.RoundTripper // for bills
	clock     app.Clock
}

var _ channel.Driver = (*Driver)(nil)

// New returns a driver whose clients share the transport. The clock dates
// certificates; signatures are dated by the SDK, from the machine's clock.
func New(transport http.RoundTripper, clock app.Clock) *Driver {
	return &Driver{transport: transport, files: channel.FileTransport(transport), clock: clock}
}

// Name returns app.WeChat.
func (d *Driver) Name() app.Channel { return app.WeChat }

// Methods lists what the driver can take payments by.
func (d *Driver) Methods() []channel.Method {
	return []channel.Method{
		channel.WeChatNative, channel.WeChatJSAPI, channel.WeChatMini, channel.WeChatH5, channel.WeChatApp, channel.WeChatCode,
	}
}

// Open builds a client from an account's credentials, or from its service
// provider's where it is under one. It parses the keys and dials nothing:
// platform certificates are fetched by the first call.
func (d *Driver) Open(account channel.Account) (channel.Client, error) {
	var sub SubCredentials
	own := account.Credentials
	if account.Provider != nil {
		var report channel.Report
		if sub, report = examineSub(account.Credentials); !report.OK() {
			bad, _ := blocking(report)
			return nil, configError(bad.Code, nil)
		}
		own = account.Provider
	}
	if isSub(own) {
		return nil, configError(codeProviderMissing, nil)
	}
	keys, report := examine(own, d.clock.Now())
	if bad, found := blocking(report); found {
		return nil, configError(bad.Code, nil)
	}
	c, err := d.newClient(account.Gateway, keys, sub)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Inspect reads credentials offline and names what is wrong with each. Those
// with a sub_mchid are a merchant's under a service provider.
func (d *Driver) Inspect(credentials json.RawMessage) channel.Report {
	if isSub(credentials) {
		_, report := examineSub(credentials)
		return report
	}
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
