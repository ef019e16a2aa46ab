package wechat

import (
	"crypto/rsa"
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Credentials is the JSON a merchant's account seals. Keys are PEM, or
// whatever Normalize can read.
type Credentials struct {
	MchID       string `json:"mchid"`
	APIv3Key    string `json:"api_v3_key"`
	SerialNo    string `json:"serial_no"`
	PrivateKey  string `json:"private_key"`
	Certificate string `json:"certificate,omitempty"` // optional; fills serial_no and mchid
	Mode        string `json:"mode"`
	PublicKeyID string `json:"public_key_id,omitempty"`
	PublicKey   string `json:"public_key,omitempty"`
}

// The modes: which of WeChat's keys sign what it sends us. Both is for the
// migration from certificates to the public key.
const (
	modePublicKey   = "public_key"
	modeCertificate = "certificate"
	modeBoth        = "both"
)

// publicKeyPrefix begins the id of WeChat's public key; a certificate's serial
// never does.
const publicKeyPrefix = "PUB_KEY_ID_"

// keys are credentials ready for use.
type keys struct {
	mchID, serialNo, apiV3Key string
	mode                      string
	private                   *rsa.PrivateKey
	publicKeyID               string
	public                    *rsa.PublicKey
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
// one form, mchid and serial taken from the certificate where they are blank;
// and what Inspect finds in them. Unreadable credentials come back unchanged.
func (d *Driver) Normalize(credentials json.RawMessage) (json.RawMessage, channel.Report) {
	if isSub(credentials) {
		return normalizeSub(credentials)
	}
	c, err := decode(credentials)
	if err != nil {
		return credentials, d.Inspect(credentials)
	}
	for _, field := range []*string{&c.MchID, &c.APIv3Key, &c.SerialNo, &c.PublicKeyID, &c.Mode} {
		*field = strings.TrimSpace(*field)
	}
	for _, file := range []*string{&c.PrivateKey, &c.Certificate, &c.PublicKey} {
		*file = keyfile.Normalize(*file)
	}
	certificate, _ := keyfile.Read(c.Certificate) // Inspect names what is wrong with it
	c.fillFrom(certificate)
	c.SerialNo = strings.ToUpper(c.SerialNo)
	stored, err := json.Marshal(c)
	if err != nil {
		return credentials, d.Inspect(credentials)
	}
	return stored, d.Inspect(stored)
}

// fillFrom takes what is blank from the merchant's certificate, whose common
// name is the mchid.
func (c *Credentials) fillFrom(f keyfile.File) {
	if f.Kind != keyfile.Certificate || !isMchID(f.Certificates[0].Subject.CommonName) {
		return
	}
	if c.MchID == "" {
		c.MchID = f.Certificates[0].Subject.CommonName
	}
	if c.SerialNo == "" {
		c.SerialNo = serialOf(f.Certificates[0])
	}
}
