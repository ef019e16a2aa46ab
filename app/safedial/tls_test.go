package safedial

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOldTLSIsRefused(t *testing.T) {
	for version, accepted := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		s.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		res, err := Client(Options{AllowPrivate: true, RootCAs: roots}).Get(s.URL)
		if err == nil {
			res.Body.Close()
		}
		if (err == nil) != accepted {
			t.Errorf("%s: %v, want accepted %v", tls.VersionName(version), err, accepted)
		}
		s.Close()
	}
}

func TestAnUnknownCertificateIsRefused(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	res, err := Client(Options{AllowPrivate: true}).Get(s.URL)
	if err == nil {
		res.Body.Close()
		t.Fatal("a certificate nobody signed was accepted")
	}
}
