package wechat_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
)

// BenchmarkParseNotification stands beside BenchmarkVerify, the floor: one RSA
// verification, besides which a notification costs AES-GCM and JSON.
func BenchmarkParseNotification(b *testing.B) {
	c := offline(b)
	n := signed(genuine(), message("TRANSACTION.SUCCESS", paidPlain))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.ParseNotification(b.Context(), n); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify is one RSA-2048 verification.
func BenchmarkVerify(b *testing.B) {
	sum := sha256.Sum256([]byte("message"))
	signature, err := rsa.SignPKCS1v15(nil, platformKey(), crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(&platformKey().PublicKey, crypto.SHA256, sum[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}
