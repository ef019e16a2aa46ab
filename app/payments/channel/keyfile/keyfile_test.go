package keyfile_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func certificate(key *rsa.PrivateKey, name string) []byte {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	return must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
}

// TestRead: the same key in every form people have it in.
func TestRead(t *testing.T) {
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	pkcs1, pkcs8 := x509.MarshalPKCS1PrivateKey(key), must(x509.MarshalPKCS8PrivateKey(key))
	pkix, public1 := must(x509.MarshalPKIXPublicKey(&key.PublicKey)), x509.MarshalPKCS1PublicKey(&key.PublicKey)
	cert := certificate(key, "1900000001")
	encode := base64.StdEncoding.EncodeToString
	lines := strings.TrimSuffix(strings.TrimPrefix(pemOf("X", pkcs1), "-----BEGIN X-----\n"), "-----END X-----\n")
	for name, c := range map[string]struct {
		text string
		kind keyfile.Kind
		form string
	}{
		"pkcs8 pem":            {pemOf("PRIVATE KEY", pkcs8), keyfile.Private, "pkcs8"},
		"pkcs1 pem":            {pemOf("RSA PRIVATE KEY", pkcs1), keyfile.Private, "pkcs1"},
		"pkcs1 labelled pkcs8": {pemOf("PRIVATE KEY", pkcs1), keyfile.Private, "pkcs1"},
		"bare pkcs8":           {encode(pkcs8), keyfile.Private, "pkcs8"},
		"bare pkcs1, lines":    {lines, keyfile.Private, "pkcs1"},
		"dos line ends":        {strings.ReplaceAll(pemOf("PRIVATE KEY", pkcs8), "\n", "\r\n"), keyfile.Private, "pkcs8"},
		"byte order mark":      {"\ufeff" + pemOf("PRIVATE KEY", pkcs8), keyfile.Private, "pkcs8"},
		"out of json":          {strings.ReplaceAll(pemOf("PRIVATE KEY", pkcs8), "\n", `\n`), keyfile.Private, "pkcs8"},
		"public pem":           {pemOf("PUBLIC KEY", pkix), keyfile.Public, "pkix"},
		"bare public":          {" " + encode(pkix) + "\n", keyfile.Public, "pkix"},
		"public pkcs1":         {pemOf("RSA PUBLIC KEY", public1), keyfile.Public, "pkcs1"},
		"certificate":          {pemOf("CERTIFICATE", cert), keyfile.Certificate, "x509"},
		"bare certificate":     {encode(cert), keyfile.Certificate, "x509"},
	} {
		got, err := keyfile.Read(c.text)
		if err != nil || got.Kind != c.kind || got.Form != c.form {
			t.Errorf("%s: %s %s %v", name, got.Kind, got.Form, err)
			continue
		}
		if got.Public == nil || !got.Public.Equal(&key.PublicKey) || got.Bits() != 2048 || (c.kind == keyfile.Private) != (got.Private != nil) {
			t.Errorf("%s: not the key that was written", name)
		}
		canonical := keyfile.Normalize(c.text)
		again, err := keyfile.Read(canonical)
		if err != nil || again.Kind != c.kind || !again.SameKey(got) || keyfile.Normalize(canonical) != canonical || !strings.HasPrefix(canonical, "-----BEGIN ") {
			t.Errorf("%s: normalised to %.40q", name, canonical)
		}
	}
}

func TestReadOthers(t *testing.T) {
	ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	for name, c := range map[string]struct {
		text string
		kind keyfile.Kind
	}{
		"nothing":             {"", keyfile.None},
		"blanks":              {" \r\n\t", keyfile.None},
		"prose":               {"my key", keyfile.Unknown},
		"broken base64":       {"MIIEvQ", keyfile.Unknown},
		"broken pem":          {"-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----", keyfile.Unknown},
		"junk in pem":         {pemOf("PRIVATE KEY", []byte("junk")), keyfile.Unknown},
		"junk certificate":    {pemOf("CERTIFICATE", []byte("junk")), keyfile.Unknown},
		"elliptic key":        {pemOf("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ec))), keyfile.Unknown},
		"certificate request": {pemOf("CERTIFICATE REQUEST", []byte("x")), keyfile.Request},
		"encrypted":           {pemOf("ENCRYPTED PRIVATE KEY", []byte("x")), keyfile.Encrypted},
		"encrypted, old form": {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----", keyfile.Encrypted},
	} {
		got, err := keyfile.Read(c.text)
		if got.Kind != c.kind || (err != nil) != (c.kind == keyfile.Unknown) {
			t.Errorf("%s: %s %v, want %s", name, got.Kind, err, c.kind)
		}
		if err != nil && strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: the error quotes the text", name)
		}
	}
}

// TestBundle: a bundle keeps every certificate, also one that Go cannot read,
// as Alipay's root file has them.
func TestBundle(t *testing.T) {
	first, second := must(rsa.GenerateKey(rand.Reader, 2048)), must(rsa.GenerateKey(rand.Reader, 2048))
	text := pemOf("CERTIFICATE", []byte("SM2, unknown to Go")) + "\n" + pemOf("CERTIFICATE", certificate(first, "R1")) + pemOf("CERTIFICATE", certificate(second, "R2"))
	got, err := keyfile.Read(text)
	if err != nil || len(got.Certificates) != 2 || len(got.DER) != 3 || got.Certificates[0].Subject.CommonName != "R1" {
		t.Fatalf("%+v %v", got.Certificates, err)
	}
	if n := strings.Count(keyfile.Normalize(text), "BEGIN CERTIFICATE"); n != 3 {
		t.Errorf("%d certificates after normalising", n)
	}
	other, _ := keyfile.Read(pemOf("CERTIFICATE", certificate(second, "R1")))
	if got.SameKey(other) || got.SameKey(keyfile.File{}) || !got.SameKey(got) {
		t.Error("SameKey is wrong")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
	f.Add("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := keyfile.Read(text)
		if (err != nil) != (file.Kind == keyfile.Unknown) {
			t.Errorf("%s with %v", file.Kind, err)
		}
		_ = keyfile.Normalize(text)
	})
}
