package alipay

import (
	"crypto/rsa"
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Credentials is the JSON a merchant's account seals. Keys are PEM or bare
// base64, as Alipay's tools give them.
type Credentials struct {
	AppID           string `json:"app_id"`
	SellerID        string `json:"seller_id"` // the PID
	Mode            string `json:"mode"`
	AppPrivateKey   string `json:"app_private_key"`
	AlipayPublicKey string `json:"alipay_public_key,omitempty"` // public-key mode
	AppCert         string `json:"app_cert,omitempty"`          // certificate mode
	AlipayCert      string `json:"alipay_cert,omitempty"`
	AlipayRootCert  string `json:"alipay_root_cert,omitempty"`
}

// The modes: how an app and Alipay know each other's keys.
const (
	modePublicKey   = "public_key"
	modeCertificate = "certificate"
)

// keys are credentials ready for the SDK, which parses PEM itself.
type keys struct {
	appID, mode, private          string
	alipay                        *rsa.PublicKey // public-key mode
	alipayKey                     string
	appCert, alipayCert, rootCert string // certificate mode
	alipaySN                      string
}

func decode(raw json.RawMessage) (Credentials, error) {
	var c Credentials
	if err := json.Unmarshal(raw, &c); err != nil {
		return Credentials{}, err
	}
	if c.Mode == "" {
		c.Mode = modePublicKey
	}
	return c, nil
}

// Normalize returns the credentials as they should be stored: trimmed, keys in
// one form, app and seller taken from the app's certificate where they are
// blank; and what Inspect finds in them. Unreadable credentials come back
// unchanged.
func (d *Driver) Normalize(credentials json.RawMessage) (json.RawMessage, channel.Report) {
	if partner, ok := partnerOf(credentials); ok {
		stored, err := json.Marshal(partner)
		if err != nil {
			return credentials, d.Inspect(credentials)
		}
		return stored, d.Inspect(stored)
	}
	c, err := decode(credentials)
	if err != nil {
		return credentials, d.Inspect(credentials)
	}
	for _, field := range []*string{&c.AppID, &c.SellerID, &c.Mode} {
		*field = strings.TrimSpace(*field)
	}
	for _, file := range []*string{&c.AppPrivateKey, &c.AlipayPublicKey, &c.AppCert, &c.AlipayCert, &c.AlipayRootCert} {
		*file = keyfile.Normalize(*file)
	}
	certificate, _ := keyfile.Read(c.AppCert) // Inspect names what is wrong with it
	c.fillFrom(certificate)
	stored, err := json.Marshal(c)
	if err != nil {
		return credentials, d.Inspect(credentials)
	}
	return stored, d.Inspect(stored)
}

// fillFrom takes what is blank from the app's certificate.
func (c *Credentials) fillFrom(f keyfile.File) {
	seller, appID, ok := certificateName(f)
	if !ok {
		return
	}
	if c.AppID == "" {
		c.AppID = appID
	}
	if c.SellerID == "" {
		c.SellerID = seller
	}
}

// certificateName splits an app certificate's common name "PID-app id".
func certificateName(f keyfile.File) (seller, appID string, ok bool) {
	if f.Kind != keyfile.Certificate {
		return "", "", false
	}
	seller, appID, ok = strings.Cut(f.Certificates[0].Subject.CommonName, "-")
	return seller, appID, ok && isNumber(seller) && isNumber(appID)
}
