package trade

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Mode is how a merchant verifies the channel: by public key or certificate.
type Mode string

// The modes.
const (
	PublicKey   Mode = "public_key"
	Certificate Mode = "certificate"
	// Both is a WeChat merchant between the two: answers follow the request's
	// Wechatpay-Serial, notifications are signed by certificate until they switch.
	Both Mode = "both"
)

// Merchant is one simulated merchant and everything its channel hands out.
type Merchant struct {
	// ID is the WeChat mchid (10 digits) or the Alipay app_id (16 digits).
	ID      string
	Channel app.Channel
	Mode    Mode
	AppID   string
	// SellerID is the Alipay PID (2088…); empty for WeChat.
	SellerID  string
	CreatedAt app.Millis
	// FeeRate is what the channel takes of each payment and gives back of each
	// refund.
	FeeRate app.Rate
	// Version grows with every key rotation: caches of parsed keys key on it.
	Version int64
	WeChat  *WeChatKeys // set for WeChat
	Alipay  *AlipayKeys // set for Alipay
}

// WeChatKeys are a WeChat merchant's credentials and the channel's own keys.
// Keys are PEM, private ones PKCS#8; they are worth nothing outside.
type WeChatKeys struct {
	APIv3Key    string `json:"api_v3_key"`
	SerialNo    string `json:"serial_no"`
	PrivateKey  string `json:"private_key"`
	Certificate string `json:"certificate"`
	// PublicKeyID is PUB_KEY_ID_…; the private half signs answers.
	PublicKeyID      string `json:"public_key_id"`
	PublicKey        string `json:"public_key"`
	PublicKeyPrivate string `json:"public_key_private"`
	// Platform lists the platform certificates, newest last. A merchant in
	// public-key mode has none, as WeChat gives newcomers none.
	Platform []PlatformCertificate `json:"platform,omitempty"`
}

// PlatformCertificate is one certificate WeChat signs with.
type PlatformCertificate struct {
	SerialNo    string     `json:"serial_no"`
	Certificate string     `json:"certificate"`
	PrivateKey  string     `json:"private_key"`
	EffectiveAt app.Millis `json:"effective_at"`
	ExpiresAt   app.Millis `json:"expires_at"`
}

// AlipayKeys are an Alipay app's credentials and the channel's own keys, PEM,
// private ones PKCS#8.
type AlipayKeys struct {
	AppPrivateKey    string `json:"app_private_key"`
	AppPublicKey     string `json:"app_public_key"`
	AlipayPrivateKey string `json:"alipay_private_key"`
	AlipayPublicKey  string `json:"alipay_public_key"`
	AppCert          string `json:"app_cert"`
	AlipayCert       string `json:"alipay_cert"`
	AlipayRootCert   string `json:"alipay_root_cert"`
}

// DefaultFeeRate is what both channels take of most merchants: 0.60 %.
const DefaultFeeRate app.Rate = 6000

// OpenMerchant opens a merchant at the channel with fresh keys and the usual fee
// rate. An unknown channel or mode is Invalid.
func (s *Service) OpenMerchant(ctx context.Context, channel app.Channel, mode Mode) (Merchant, error) {
	return s.OpenMerchantAt(ctx, channel, mode, DefaultFeeRate)
}

// OpenMerchantAt is OpenMerchant with a fee rate of the merchant's own.
func (s *Service) OpenMerchantAt(ctx context.Context, channel app.Channel, mode Mode, rate app.Rate) (Merchant, error) {
	if !channel.Valid() {
		return Merchant{}, app.InvalidField("channel", "unknown", "channel %q: want wechat or alipay", channel)
	}
	if mode == "" {
		mode = PublicKey
	}
	if err := checkMode(channel, mode); err != nil {
		return Merchant{}, err
	}
	m := Merchant{Channel: channel, Mode: mode, FeeRate: rate, CreatedAt: app.ToMillis(s.clock.Now()), Version: 1}
	if err := s.equip(ctx, &m); err != nil {
		return Merchant{}, fmt.Errorf("open %s merchant: %w", channel, err)
	}
	if err := insertMerchant(ctx, s.db, m); err != nil {
		return Merchant{}, fmt.Errorf("open %s merchant %s: %w", channel, m.ID, err)
	}
	return m, nil
}

func checkMode(channel app.Channel, mode Mode) error {
	switch {
	case mode == PublicKey, mode == Certificate, mode == Both && channel == app.WeChat:
		return nil
	case mode == Both:
		return app.InvalidField("mode", "unsupported", "mode both is WeChat's, for its change from certificates to public keys: want public_key or certificate")
	}
	return app.InvalidField("mode", "unknown", "mode %q: want public_key, certificate or, at WeChat, both", mode)
}

// HasCertificates reports whether WeChat signs for the merchant by platform
// certificates.
func (m Merchant) HasCertificates() bool {
	return m.Channel == app.WeChat && (m.Mode == Certificate || m.Mode == Both)
}

// equip gives m its numbers and keys.
func (s *Service) equip(ctx context.Context, m *Merchant) error {
	ca, err := s.authority(ctx, m.Channel)
	if err != nil {
		return err
	}
	if m.Channel == app.WeChat {
		m.ID, m.AppID = "16"+digits(8), "wx"+lowerHex(8)
		m.WeChat, err = issueWeChat(ca, m.ID, m.Mode, s.clock.Now())
		return err
	}
	m.ID, m.SellerID = "9021"+digits(12), "2088"+digits(12)
	m.AppID = m.ID
	m.Alipay, err = issueAlipay(ca, m.ID, m.SellerID, s.clock.Now())
	return err
}

// Merchant returns the merchant of a mchid or app_id, or NotFound. Merchants
// are kept in memory: they only change by rotation.
func (s *Service) Merchant(ctx context.Context, channel app.Channel, id string) (Merchant, error) {
	s.mu.RLock()
	m, ok := s.merchants[id]
	s.mu.RUnlock()
	if !ok {
		var err error
		if m, err = selectMerchant(ctx, s.db, id); err != nil {
			if errors.Is(err, db.ErrNoRows) {
				return Merchant{}, noMerchant(channel, id)
			}
			return Merchant{}, fmt.Errorf("read sandbox merchant %s: %w", id, err)
		}
		s.keep(m)
	}
	if m.Channel != channel {
		return Merchant{}, noMerchant(channel, id)
	}
	return m, nil
}

func noMerchant(channel app.Channel, id string) error {
	return app.Errorf(app.NotFound, "the sandbox has no %s merchant %q: open one with POST /sandbox/merchants", channel, id)
}

func (s *Service) keep(m Merchant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.merchants[m.ID]; !ok || old.Version < m.Version {
		s.merchants[m.ID] = m
	}
}

// Merchants lists the newest merchants, at most limit.
func (s *Service) Merchants(ctx context.Context, limit int) ([]Merchant, error) {
	return selectMerchants(ctx, s.db, limit)
}
