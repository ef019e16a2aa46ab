package wechat

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/validators"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// sdkHost is where the SDK addresses every request.
const sdkHost = "api.mch.weixin.qq.com"

// client is one merchant at WeChat Pay. Its keys were parsed once.
type client struct {
	mchID        string // the service provider's own under one
	subMchID     string // the merchant's under a service provider, or ""
	desk         desk
	clock        app.Clock
	gateway      *url.URL
	sdk          *core.Client
	files        *core.Client   // streams what it gets, unverified: hashes prove it
	answers      auth.Validator // verifies answers the SDK leaves unverified
	notices      *notify.Handler
	apiV3Key     string        // opens what probes are about
	certificates *certificates // nil in public-key mode
	needsCerts   bool          // no other key verifies answers
}

func (d *Driver) newClient(gateway string, k keys, sub SubCredentials) (*client, error) {
	base, err := url.Parse(gateway)
	if err != nil || base.Host == "" {
		return nil, configError("wechat.gateway_malformed", err)
	}
	hc := channel.HTTPClient(channel.Rewrite(channel.Recording(d.transport, redact), sdkHost, base))
	c := &client{mchID: k.mchID, subMchID: sub.SubMchID, gateway: base, clock: d.clock, apiV3Key: k.apiV3Key, needsCerts: k.mode == modeCertificate}
	if k.mode != modePublicKey {
		boot, err := newSDK(hc, k, option.WithoutValidator())
		if err != nil {
			return nil, err
		}
		c.certificates = newCertificates(boot, k.apiV3Key, d.clock)
	}
	verifier := witness{c.verifier(k)}
	if c.sdk, err = newSDK(hc, k, option.WithVerifier(verifier)); err != nil {
		return nil, err
	}
	fc := channel.FileClient(channel.Rewrite(channel.RecordingFiles(d.files, redact), sdkHost, base))
	if c.files, err = newSDK(fc, k, option.WithoutValidator()); err != nil {
		return nil, err
	}
	c.desk = c.newDesk(sub)
	c.answers = validators.NewWechatPayResponseValidator(verifier)
	if c.notices, err = notify.NewRSANotifyHandler(k.apiV3Key, verifier); err != nil {
		return nil, configError(codeAPIv3KeyLength, err)
	}
	return c, nil
}

func (c *client) newDesk(sub SubCredentials) desk {
	if sub.SubMchID == "" {
		return direct{sdk: c.sdk, mchID: c.mchID}
	}
	return partner{sdk: c.sdk, spMchID: c.mchID, spAppID: sub.SpAppID, subMchID: sub.SubMchID, subAppID: sub.SubAppID}
}

func newSDK(hc *http.Client, k keys, validator core.ClientOption) (*core.Client, error) {
	sdk, err := core.NewClient(context.Background(),
		option.WithMerchantCredential(k.mchID, k.serialNo, k.private), validator, option.WithHTTPClient(hc))
	if err != nil {
		return nil, configError("wechat.client", err)
	}
	return sdk, nil
}

// verifier is what the merchant's mode demands; in the migration from
// certificates to the public key, both.
func (c *client) verifier(k keys) auth.Verifier {
	switch k.mode {
	case modeCertificate:
		return verifiers.NewSHA256WithRSAVerifier(c.certificates)
	case modeBoth:
		return verifiers.NewSHA256WithRSACombinedVerifier(c.certificates, k.publicKeyID, *k.public)
	}
	return verifiers.NewSHA256WithRSAPubkeyVerifier(k.publicKeyID, *k.public)
}

// call runs one operation of the SDK and turns whatever goes wrong into an
// *channel.Error.
func (c *client) call(ctx context.Context, operation string, send func(context.Context) (*core.APIResult, error)) error {
	ctx, heard := withVerdict(channel.WithOperation(ctx, operation))
	if err := c.readyCertificates(ctx); err != nil {
		return certificatesError(err)
	}
	result, err := guard(ctx, send)
	if err != nil {
		return c.failure(ctx, result, err, heard.verified)
	}
	return nil
}

// readyCertificates sees to it that answers can be verified. In the migration
// from certificates to the public key an account works without them.
func (c *client) readyCertificates(ctx context.Context) error {
	switch {
	case c.needsCerts:
		return c.certificates.ensure(ctx)
	case c.certificates != nil:
		c.certificates.renew()
	}
	return nil
}

// guard turns a panic of the SDK over a malformed answer into an error.
func guard(ctx context.Context, send func(context.Context) (*core.APIResult, error)) (result *core.APIResult, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the SDK stumbled: %v", channel.ErrUnreadable, p)
		}
	}()
	return send(ctx)
}
