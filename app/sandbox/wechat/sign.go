package wechat

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// signature is the set of headers that prove a message is the channel's.
type signature struct {
	timestamp, nonce, serial, value string
}

// sign signs a body with the key the serial names, or the merchant's usual one.
func (k *keys) sign(serial string, now time.Time, body []byte) (signature, error) {
	serial, key := k.signer(serial)
	s := signature{timestamp: strconv.FormatInt(now.Unix(), 10), nonce: randomHex(16), serial: serial}
	digest := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n", s.timestamp, s.nonce, body))
	raw, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return signature{}, fmt.Errorf("sign as %s: %w", serial, err)
	}
	s.value = base64.StdEncoding.EncodeToString(raw)
	return s, nil
}

// put writes the headers through set.
func (s signature) put(set func(name, value string)) {
	set("Wechatpay-Timestamp", s.timestamp)
	set("Wechatpay-Nonce", s.nonce)
	set("Wechatpay-Serial", s.serial)
	set("Wechatpay-Signature", s.value)
	set("Wechatpay-Signature-Type", scheme)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// requestID looks like the real gateway's.
func requestID() string { return "08" + strings.ToUpper(randomHex(20)) + "-0" }
