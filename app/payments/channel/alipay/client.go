package alipay

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"

	sdk "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// client is one app at Alipay, for itself or for a merchant who authorised it.
// Its keys were parsed once.
type client struct {
	appID string
	// partner is the merchant for whom a provider's app calls; zero for an app
	// that takes money for itself.
	partner PartnerCredentials
	// sellerID is the PID of the merchant whose money it is.
	sellerID string
	gateway  *url.URL
	files    *http.Client
	sdk      *sdk.Client
	clock    app.Clock
	// keyName names what verifies: a certificate's number, or the public key's
	// fingerprint. certSN is empty in public-key mode.
	keyName string
	certSN  string
}

// newClient never tells the SDK that it is in production: there an unknown
// certificate number makes it download one and trust it without looking at the
// root. The gateway comes from configuration either way.
func (d *Driver) newClient(gateway string, k keys) (*client, error) {
	base, err := url.Parse(gateway)
	if err != nil || base.Host == "" {
		return nil, configError("alipay.gateway_malformed", err)
	}
	hc := channel.HTTPClient(channel.Recording(d.transport, redact))
	s, err := sdk.New(k.appID, k.private, false,
		sdk.WithSandboxGateway(gateway), sdk.WithHTTPClient(hc), sdk.WithTimeLocation(app.Beijing))
	if err != nil {
		return nil, configError(codePrivateKeyUnreadable, err)
	}
	c := &client{
		appID: k.appID, sdk: s, clock: d.clock, gateway: base,
		files: channel.FileClient(channel.RecordingFiles(d.files, redact)),
	}
	if k.mode == modeCertificate {
		if err := c.loadCertificates(k); err != nil {
			return nil, err
		}
		return c, nil
	}
	if err := s.LoadAliPayPublicKey(k.alipayKey); err != nil {
		return nil, configError(codePublicKeyUnreadable, err)
	}
	if c.keyName, err = fingerprint(k); err != nil {
		return nil, configError(codePublicKeyUnreadable, err)
	}
	return c, nil
}

func (c *client) loadCertificates(k keys) error {
	if err := c.sdk.LoadAppCertPublicKey(k.appCert); err != nil {
		return configError(codeCertificateUnreadable, err)
	}
	if err := c.sdk.LoadAliPayRootCert(k.rootCert); err != nil {
		return configError(codeCertificateUnreadable, err)
	}
	if err := c.sdk.LoadAlipayCertPublicKey(k.alipayCert); err != nil {
		return configError(codeCertificateUnreadable, err)
	}
	c.certSN, c.keyName = k.alipaySN, k.alipaySN
	return nil
}

func fingerprint(k keys) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(k.alipay)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(der)
	return "sha256:" + hex.EncodeToString(sum[:8]), nil
}

// payload begins the parameters of one method. They are built one by one,
// since the SDK's own types send empty strings for what is unset and fail over
// numbers in fields we do not read.
func (c *client) payload(method string) *sdk.Payload {
	// The SDK leaves out a blank parameter.
	return sdk.NewPayload(method).AddParam("app_auth_token", c.partner.AppAuthToken)
}

// call sends one request and reads the node of its answer into answer. Any
// verified code but success is an error.
func (c *client) call(ctx context.Context, operation string, p *sdk.Payload, answer result) error {
	if err := c.send(ctx, operation, p, answer); err != nil {
		return err
	}
	return answer.verified().failure()
}

// send sends one request and reads the node of its answer into answer, which
// has verified when there is no error, whatever its code.
func (c *client) send(ctx context.Context, operation string, p *sdk.Payload, answer result) error {
	err := guard(func() error {
		return c.sdk.Request(channel.WithOperation(ctx, operation), p, answer)
	})
	if err != nil {
		return failure(err)
	}
	return nil
}

// guard turns a panic of the SDK over a malformed answer into an error.
func guard(send func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the SDK stumbled: %v", channel.ErrUnreadable, p)
		}
	}()
	return send()
}
