package webhooks

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// signingKey is an opened secret.
type signingKey struct {
	scheme Scheme
	key    []byte
}

// sign returns the value of webhook-signature: one signature per key, newest
// key first, over "id.timestamp.body" (Standard Webhooks 1.0.0, "Signature
// scheme").
func sign(keys []signingKey, id string, at time.Time, body string) string {
	content := id + "." + strconv.FormatInt(at.Unix(), 10) + "." + body
	out := make([]string, 0, len(keys))
	for _, k := range keys {
		out = append(out, string(k.scheme)+","+base64.StdEncoding.EncodeToString(k.sign([]byte(content))))
	}
	return strings.Join(out, " ")
}

func (k signingKey) sign(content []byte) []byte {
	if k.scheme == Ed25519 {
		return ed25519.Sign(ed25519.NewKeyFromSeed(k.key), content)
	}
	mac := hmac.New(sha256.New, k.key)
	mac.Write(content)
	return mac.Sum(nil)
}
