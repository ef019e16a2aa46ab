// Package passkeystest is a software authenticator: it makes passkeys and signs
// with them as a device does, and misbehaves where a test asks it to.
package passkeystest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Device holds passkeys. Its fields may be changed between uses.
type Device struct {
	t      testing.TB
	Origin string // where its browser says it is
	// Unverified leaves out asking for a PIN or a finger.
	Unverified bool
	// Count is the signature counter; 0 is a device that does not count.
	Count uint32
	keys  []*key
}

type key struct {
	id     []byte
	rp     string
	handle []byte
	secret *ecdsa.PrivateKey
}

// New returns a device in a browser at the origin.
func New(t testing.TB, origin string) *Device { return &Device{t: t, Origin: origin} }

var b64 = base64.RawURLEncoding

type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"` // of a request
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		User struct {
			ID string `json:"id"`
		} `json:"user"`
		AllowCredentials []struct {
			ID string `json:"id"`
		} `json:"allowCredentials"`
		UserVerification string `json:"userVerification"`
	} `json:"publicKey"`
}

func (d *Device) read(text []byte) options {
	d.t.Helper()
	var o options
	if err := json.Unmarshal(text, &o); err != nil || o.PublicKey.Challenge == "" {
		d.t.Fatalf("options %s: %v", text, err)
	}
	return o
}

func (d *Device) client(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

// data is the authenticator data: which site, what was checked, the counter.
func (d *Device) data(rp string, more byte) []byte {
	sum := sha256.Sum256([]byte(rp))
	flags := byte(0x01) | more // the user was present
	if !d.Unverified {
		flags |= 0x04
	}
	return binary.BigEndian.AppendUint32(append(sum[:], flags), d.Count)
}

// Create makes a passkey and returns the browser's answer.
func (d *Device) Create(text []byte) string {
	d.t.Helper()
	o := d.read(text)
	handle, err := b64.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		d.t.Fatal(err)
	}
	k := &key{id: make([]byte, 16), rp: o.PublicKey.RP.ID, handle: handle, secret: secret}
	rand.Read(k.id)
	d.keys = append(d.keys, k)
	return d.attest(k, o.PublicKey.Challenge)
}

// CreateAgain answers with the first passkey, as if it had just been made.
func (d *Device) CreateAgain(text []byte) string {
	d.t.Helper()
	return d.attest(d.keys[0], d.read(text).PublicKey.Challenge)
}

func (d *Device) attest(k *key, challenge string) string {
	d.t.Helper()
	point, err := k.secret.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	// COSE: an elliptic curve key, for ES256, on P-256, x and y.
	public, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		d.t.Fatal(err)
	}
	data := append(d.data(k.rp, 0x40), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(append(data, k.id...), public...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(k.id, map[string]any{
		"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", challenge)), "attestationObject": b64.EncodeToString(object),
		"transports": []string{"internal", "hybrid"},
	})
}

// Get signs with a passkey that the options allow, the newest first, and returns
// the browser's answer.
func (d *Device) Get(text []byte) string { return d.get(text, true) }

// Tampered signs, and changes a bit of what was signed.
func (d *Device) Tampered(text []byte) string { return d.get(text, false) }

func (d *Device) get(text []byte, genuine bool) string {
	d.t.Helper()
	o := d.read(text)
	var k *key
	for _, c := range slices.Backward(d.keys) {
		listed := slices.ContainsFunc(o.PublicKey.AllowCredentials, func(a struct {
			ID string `json:"id"`
		}) bool {
			return a.ID == b64.EncodeToString(c.id)
		})
		if listed || len(o.PublicKey.AllowCredentials) == 0 {
			k = c
			break
		}
	}
	if k == nil {
		k = d.keys[len(d.keys)-1] // a device that does not care what is allowed
	}
	if d.Count > 0 {
		d.Count++
	}
	data, client := d.data(o.PublicKey.RPID, 0), d.client("webauthn.get", o.PublicKey.Challenge)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(slices.Clone(data), sum[:]...))
	if !genuine {
		signed[0] ^= 1
	}
	signature, err := ecdsa.SignASN1(rand.Reader, k.secret, signed[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(k.id, map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(k.handle),
	})
}

func (d *Device) answer(id []byte, response map[string]any) string {
	d.t.Helper()
	text, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(id), "rawId": b64.EncodeToString(id), "type": "public-key",
		"response": response, "clientExtensionResults": map[string]any{},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}
