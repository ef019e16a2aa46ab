package wechat_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

const serialNo = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"

// certificate certifies a key under a name for a time.
func certificate(key *rsa.PrivateKey, name string, life time.Duration) string {
	serial, _ := new(big.Int).SetString(serialNo, 16)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func raw(fields map[string]string) json.RawMessage {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return b
}

var smallKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return key
})

func driver() *wechat.Driver { return wechat.New(channel.NewTransport(), app.SystemClock{}) }

// status returns the outcome of a check, "" when it is not in the report.
func status(r channel.Report, code string) channel.CheckStatus {
	for _, c := range r.Checks {
		if c.Code == code {
			return c.Status
		}
	}
	return ""
}

const year = 365 * 24 * time.Hour

// TestInspectNamesTheMistake: each mistake people make, under its own code,
// and none of them lets a client open.
func TestInspectNamesTheMistake(t *testing.T) {
	own, other := merchantKey(), platformKey()
	small := smallKey()
	for name, c := range map[string]struct {
		change map[string]string
		code   string
		opens  bool
	}{
		"no mchid":                    {map[string]string{"mchid": ""}, "wechat.mchid_missing", false},
		"odd mchid":                   {map[string]string{"mchid": "wx123"}, "wechat.mchid_malformed", false},
		"another merchant's":          {map[string]string{"certificate": certificate(own, "1900000002", year)}, "wechat.mchid_mismatch", false},
		"no serial":                   {map[string]string{"serial_no": ""}, "wechat.serial_missing", false},
		"odd serial":                  {map[string]string{"serial_no": "PUB_KEY_ID_1"}, "wechat.serial_malformed", false},
		"another serial":              {map[string]string{"serial_no": "1234", "certificate": certificate(own, mchID, year)}, "wechat.serial_mismatch", false},
		"no key":                      {map[string]string{"private_key": ""}, "wechat.private_key_missing", false},
		"broken key":                  {map[string]string{"private_key": "-----BEGIN"}, "wechat.private_key_unreadable", false},
		"public as private":           {map[string]string{"private_key": publicPEM(&own.PublicKey)}, "wechat.private_key_other", false},
		"certificate as key":          {map[string]string{"private_key": certificate(own, mchID, year)}, "wechat.private_key_other", false},
		"encrypted key":               {map[string]string{"private_key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"}, "wechat.private_key_encrypted", false},
		"small key":                   {map[string]string{"private_key": privatePEM(small)}, "wechat.private_key_size", false},
		"certificate of other key":    {map[string]string{"certificate": certificate(other, mchID, year)}, "wechat.key_mismatch", false},
		"platform certificate as own": {map[string]string{"certificate": certificate(other, "Tenpay.com sign", year)}, "wechat.certificate_is_platform", false},
		"key as certificate":          {map[string]string{"certificate": privatePEM(own)}, "wechat.certificate_other", false},
		"broken certificate":          {map[string]string{"certificate": "x"}, "wechat.certificate_unreadable", false},
		"expired certificate":         {map[string]string{"certificate": certificate(own, mchID, -time.Minute)}, "wechat.certificate_expired", true},
		"expiring certificate":        {map[string]string{"certificate": certificate(own, mchID, 24*time.Hour)}, "wechat.certificate_expiring", true},
		"no APIv3 key":                {map[string]string{"api_v3_key": ""}, "wechat.api_v3_key_missing", false},
		"newline in APIv3 key":        {map[string]string{"api_v3_key": apiV3Key + "\n"}, "wechat.api_v3_key_newline", false},
		"short APIv3 key":             {map[string]string{"api_v3_key": apiV3Key[:31]}, "wechat.api_v3_key_length", false},
		"unknown mode":                {map[string]string{"mode": "v2"}, "wechat.mode_unknown", false},
		"no public key id":            {map[string]string{"public_key_id": ""}, "wechat.public_key_id_missing", false},
		"serial as public key id":     {map[string]string{"public_key_id": serialNo}, "wechat.public_key_id_prefix", false},
		"no public key":               {map[string]string{"public_key": ""}, "wechat.public_key_missing", false},
		"broken public key":           {map[string]string{"public_key": "x"}, "wechat.public_key_unreadable", false},
		"own public key":              {map[string]string{"public_key": publicPEM(&own.PublicKey)}, "wechat.public_key_is_own", false},
		"own certificate":             {map[string]string{"public_key": certificate(own, mchID, year)}, "wechat.merchant_certificate_as_platform", false},
		"platform certificate":        {map[string]string{"public_key": certificate(other, "Tenpay.com sign", year)}, "wechat.platform_certificate_as_key", false},
		"private as public":           {map[string]string{"public_key": privatePEM(other)}, "wechat.public_key_other", false},
		"small public key":            {map[string]string{"public_key": publicPEM(&small.PublicKey)}, "wechat.public_key_size", false},
		"both, without public key":    {map[string]string{"mode": "both", "public_key": ""}, "wechat.public_key_missing", false},
	} {
		fields := raw(credentials(c.change))
		r := driver().Inspect(fields)
		want := channel.CheckFailed
		if c.code == "wechat.certificate_expiring" {
			want = channel.CheckWarning
		}
		if got := status(r, c.code); got != want {
			t.Errorf("%s: %s is %q in %+v", name, c.code, got, r.Checks)
		}
		_, err := driver().Open(channel.Account{Gateway: "https://example.com", Credentials: fields})
		if c.opens != (err == nil) || (err != nil && channel.KindOf(err) != channel.KindConfig) {
			t.Errorf("%s: open says %v", name, err)
		}
		if shown := fmt.Sprintf("%+v %v", r, err); strings.Contains(shown, apiV3Key[:30]) || strings.Contains(shown, "BEGIN") {
			t.Errorf("%s: the report shows a key: %s", name, shown)
		}
	}
}

// TestInspectReadsTheCertificate: what the certificate says need not be typed.
func TestInspectReadsTheCertificate(t *testing.T) {
	fields := credentials(map[string]string{"mchid": "", "serial_no": "", "certificate": certificate(merchantKey(), mchID, year)})
	r := driver().Inspect(raw(fields))
	if !r.OK() || r.Identity != mchID || r.Facts["serial_no"] != serialNo || r.ExpiresAt.IsZero() || r.Facts["public_key_id"] != publicKeyID {
		t.Errorf("report %+v", r)
	}
	if _, err := driver().Open(channel.Account{Gateway: "https://example.com", Credentials: raw(fields)}); err != nil {
		t.Errorf("open: %v", err)
	}
	for _, c := range r.Checks {
		if c.Status != channel.CheckPassed || !strings.HasSuffix(c.Code, "_ok") {
			t.Errorf("check %+v", c)
		}
	}
}

// TestNormalize: whatever form people paste becomes the one that is stored.
func TestNormalize(t *testing.T) {
	pkcs1 := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(merchantKey()))
	fields := credentials(map[string]string{
		"mchid": "", "serial_no": "", "api_v3_key": apiV3Key + "\n", "private_key": pkcs1,
		"certificate": strings.ReplaceAll(certificate(merchantKey(), mchID, year), "\n", "\r\n"), "public_key_id": " " + publicKeyID,
	})
	stored, r := driver().Normalize(raw(fields))
	if !r.OK() {
		t.Fatalf("report %+v", r.Checks)
	}
	var got wechat.Credentials
	if err := json.Unmarshal(stored, &got); err != nil {
		t.Fatal(err)
	}
	if got.MchID != mchID || got.SerialNo != serialNo || got.APIv3Key != apiV3Key || got.PublicKeyID != publicKeyID ||
		got.PrivateKey != privatePEM(merchantKey()) || strings.Contains(got.Certificate, "\r") {
		t.Errorf("stored %+v", got)
	}
	again, _ := driver().Normalize(stored)
	if string(again) != string(stored) {
		t.Error("normalising twice changes something")
	}
	if same, r := driver().Normalize([]byte(`[1]`)); string(same) != `[1]` || r.OK() {
		t.Errorf("unreadable credentials became %s, %+v", same, r)
	}
}
