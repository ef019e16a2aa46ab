package alipay_test

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
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
)

const year = 365 * 24 * time.Hour

var rootKey = sync.OnceValue(newKey)

// issue certifies a key under a name by the root; a nil key is the root itself.
func issue(key *rsa.PrivateKey, name string, life time.Duration) string {
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Root R1"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(10 * year), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := root
	if key == nil {
		key = rootKey()
	} else {
		leaf = &x509.Certificate{
			SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, rootKey())
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// certified are the credentials of an app in certificate mode.
func certified(change map[string]string) map[string]string {
	c := map[string]string{
		"app_id": appID, "seller_id": sellerID, "mode": "certificate", "app_private_key": privatePEM(appKey()),
		"app_cert": issue(appKey(), sellerID+"-"+appID, year), "alipay_cert": issue(alipayKey(), "Alipay", year),
		"alipay_root_cert": issue(nil, "", 0),
	}
	for field, value := range change {
		c[field] = value
	}
	return c
}

func keyed(change map[string]string) map[string]string {
	c := credentials()
	for field, value := range change {
		c[field] = value
	}
	return c
}

func raw(fields map[string]string) json.RawMessage {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return b
}

func driver() *alipay.Driver { return alipay.New(channel.NewTransport(), app.SystemClock{}) }

// TestInspectNamesTheMistake: each mistake people make, under its own code and
// field, and none of them lets a client open.
func TestInspectNamesTheMistake(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	selfMade := certified(nil)
	type mistake struct {
		fields      map[string]string
		code, field string
	}
	for name, c := range map[string]mistake{
		"no app id":             {keyed(map[string]string{"app_id": ""}), "alipay.app_id_missing", "app_id"},
		"odd app id":            {keyed(map[string]string{"app_id": "my app"}), "alipay.app_id_malformed", "app_id"},
		"no seller":             {keyed(map[string]string{"seller_id": ""}), "alipay.seller_id_missing", "seller_id"},
		"odd seller":            {keyed(map[string]string{"seller_id": "me@example.com"}), "alipay.seller_id_malformed", "seller_id"},
		"no key":                {keyed(map[string]string{"app_private_key": ""}), "alipay.private_key_missing", "app_private_key"},
		"broken key":            {keyed(map[string]string{"app_private_key": "x"}), "alipay.private_key_unreadable", "app_private_key"},
		"public as private":     {keyed(map[string]string{"app_private_key": publicPEM(&appKey().PublicKey)}), "alipay.private_key_other", "app_private_key"},
		"encrypted key":         {keyed(map[string]string{"app_private_key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"}), "alipay.private_key_encrypted", "app_private_key"},
		"small key":             {keyed(map[string]string{"app_private_key": privatePEM(small)}), "alipay.private_key_size", "app_private_key"},
		"no public key":         {keyed(map[string]string{"alipay_public_key": ""}), "alipay.public_key_missing", "alipay_public_key"},
		"broken public key":     {keyed(map[string]string{"alipay_public_key": "x"}), "alipay.public_key_unreadable", "alipay_public_key"},
		"the app's own":         {keyed(map[string]string{"alipay_public_key": publicPEM(&appKey().PublicKey)}), "alipay.public_key_is_own", "alipay_public_key"},
		"private as public":     {keyed(map[string]string{"alipay_public_key": privatePEM(alipayKey())}), "alipay.public_key_other", "alipay_public_key"},
		"small public key":      {keyed(map[string]string{"alipay_public_key": publicPEM(&small.PublicKey)}), "alipay.public_key_size", "alipay_public_key"},
		"unknown mode":          {keyed(map[string]string{"mode": "md5"}), "alipay.mode_unknown", "mode"},
		"no certificate":        {certified(map[string]string{"app_cert": ""}), "alipay.certificate_missing", "app_cert"},
		"broken certificate":    {certified(map[string]string{"alipay_cert": "x"}), "alipay.certificate_unreadable", "alipay_cert"},
		"key as certificate":    {certified(map[string]string{"alipay_root_cert": privatePEM(appKey())}), "alipay.certificate_other", "alipay_root_cert"},
		"app's as Alipay's":     {certified(map[string]string{"alipay_cert": selfMade["app_cert"]}), "alipay.certificate_swapped", "alipay_cert"},
		"Alipay's as app's":     {certified(map[string]string{"app_cert": selfMade["alipay_cert"]}), "alipay.certificate_swapped", "app_cert"},
		"root as Alipay's":      {certified(map[string]string{"alipay_cert": selfMade["alipay_root_cert"]}), "alipay.certificate_swapped", "alipay_cert"},
		"Alipay's as root":      {certified(map[string]string{"alipay_root_cert": selfMade["alipay_cert"]}), "alipay.certificate_swapped", "alipay_root_cert"},
		"of another key":        {certified(map[string]string{"app_cert": issue(alipayKey(), sellerID+"-"+appID, year)}), "alipay.key_mismatch", "app_cert"},
		"of another app":        {certified(map[string]string{"app_id": "2021000000000009"}), "alipay.app_id_mismatch", "app_id"},
		"of another seller":     {certified(map[string]string{"seller_id": "2088000000000009"}), "alipay.seller_id_mismatch", "seller_id"},
		"of another root":       {certified(map[string]string{"alipay_cert": selfSigned(alipayKey(), "Alipay")}), "alipay.certificate_untrusted", "alipay_cert"},
		"certificate in key md": {keyed(map[string]string{"alipay_public_key": selfMade["alipay_cert"]}), "alipay.public_key_other", "alipay_public_key"},
	} {
		r := driver().Inspect(raw(c.fields))
		found := false
		for _, check := range r.Checks {
			found = found || check.Code == c.code && check.Field == c.field && check.Status == channel.CheckFailed
		}
		if !found {
			t.Errorf("%s: no %s of %s in %+v", name, c.code, c.field, r.Checks)
		}
		_, err := driver().Open(channel.Account{Gateway: "https://example.com/gateway.do", Credentials: raw(c.fields)})
		if channel.KindOf(err) != channel.KindConfig {
			t.Errorf("%s: open says %v", name, err)
		}
		if shown := fmt.Sprintf("%+v %v", r, err); strings.Contains(shown, "BEGIN") {
			t.Errorf("%s: the report shows a key: %s", name, shown)
		}
	}
}

// selfSigned is a leaf that no root has certified.
func selfSigned(key *rsa.PrivateKey, name string) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now(), NotAfter: time.Now().Add(year)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestInspectCertificates: names, numbers and dates come from the files.
func TestInspectCertificates(t *testing.T) {
	fields := certified(map[string]string{"app_id": "", "seller_id": ""})
	r := driver().Inspect(raw(fields))
	if !r.OK() || r.Identity != sellerID || r.Facts["app_id"] != appID || len(r.Facts["alipay_cert_sn"]) != 32 || r.ExpiresAt.IsZero() {
		t.Errorf("report %+v", r)
	}
	soon := certified(map[string]string{"alipay_cert": issue(alipayKey(), "Alipay", 24*time.Hour)})
	r = driver().Inspect(raw(soon))
	if !r.OK() || time.Until(r.ExpiresAt) > 25*time.Hour {
		t.Errorf("expiring soon: %+v", r)
	}
	gone := certified(map[string]string{"app_cert": issue(appKey(), sellerID+"-"+appID, -time.Minute)})
	if driver().Inspect(raw(gone)).OK() {
		t.Error("an expired certificate passes")
	}
	if _, err := driver().Open(channel.Account{Gateway: "https://example.com/gateway.do", Credentials: raw(gone)}); err != nil {
		t.Errorf("open orders of an expired certificate cannot be queried: %v", err)
	}
}

// TestNormalize: whatever form people paste becomes the one that is stored.
func TestNormalize(t *testing.T) {
	bare := base64.StdEncoding.EncodeToString
	pkcs8, err := x509.MarshalPKCS8PrivateKey(appKey())
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&alipayKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"pkcs1 pem": privatePEM(appKey()), "bare pkcs8": bare(pkcs8), "bare pkcs1": bare(x509.MarshalPKCS1PrivateKey(appKey())),
	} {
		stored, r := driver().Normalize(raw(keyed(map[string]string{"app_private_key": key, "alipay_public_key": bare(public), "app_id": " " + appID})))
		if !r.OK() {
			t.Fatalf("%s: %+v", name, r.Checks)
		}
		var got alipay.Credentials
		if err := json.Unmarshal(stored, &got); err != nil {
			t.Fatal(err)
		}
		if got.AppID != appID || got.AlipayPublicKey != publicPEM(&alipayKey().PublicKey) ||
			got.AppPrivateKey != string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})) {
			t.Errorf("%s: stored %+v", name, got)
		}
	}
	if same, r := driver().Normalize([]byte(`[1]`)); string(same) != `[1]` || r.OK() {
		t.Errorf("unreadable credentials became %s, %+v", same, r)
	}
}
