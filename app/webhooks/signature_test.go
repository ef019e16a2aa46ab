package webhooks

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func verifies(t *testing.T, secret string, r request) bool {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return wh.Verify([]byte(r.body), r.header) == nil
}

func TestTheReferenceLibraryVerifiesADelivery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		r := receive(t, nil)
		created := b.endpoint(r.URL)
		ev := b.happen(1)[0]
		b.fanOut()
		b.deliver()
		got := r.requests()
		if len(got) != 1 {
			t.Fatalf("%d requests", len(got))
		}
		if !verifies(t, created.Secret, got[0]) {
			t.Fatal("the reference library refuses the signature")
		}
		if got[0].body != ev.Payload {
			t.Fatalf("sent %s, stored %s", got[0].body, ev.Payload)
		}
		for name, want := range map[string]string{
			"webhook-id": ev.ID, "Content-Type": "application/json", "User-Agent": "Piaohao-Webhooks/1.0",
		} {
			if v := got[0].header.Get(name); v != want {
				t.Errorf("%s is %q, want %q", name, v, want)
			}
		}
		got[0].body = strings.Replace(got[0].body, "0", "1", 1)
		if verifies(t, created.Secret, got[0]) {
			t.Fatal("an altered body verifies: the test proves nothing")
		}
		if now := b.only(); now.Status != Succeeded || now.LastCode != 204 || now.DeliveredAt == 0 || now.NextAt != 0 {
			t.Fatalf("%+v", now)
		}
	})
}

func TestTheSpecificationsOwnExampleSignsTheSame(t *testing.T) {
	key, err := ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := sign([]signingKey{{HMAC, key}}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), `{"test": 2432232314}`)
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestAnAsymmetricSignatureStandsBesideTheShared(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	b := setup(t, d, nil, loopback())
	r := receive(t, nil)
	created, err := b.Create(t.Context(), merchant, app.Test, Input{URL: r.URL, Asymmetric: true})
	if err != nil {
		t.Fatal(err)
	}
	b.happen(1)
	b.fanOut()
	b.deliver()
	got := r.requests()[0]
	if !verifies(t, created.Secret, got) || !verifiesPublic(t, created.PublicKey, got) {
		t.Fatalf("signatures %q", got.header.Get("webhook-signature"))
	}
	got.body += " "
	if verifiesPublic(t, created.PublicKey, got) {
		t.Fatal("an altered body verifies")
	}
}

// verifiesPublic checks v1a as the specification describes it; the reference
// library in Go only knows v1.
func verifiesPublic(t *testing.T, public string, r request) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		t.Fatalf("public key %q: %v", public, err)
	}
	content := r.header.Get("webhook-id") + "." + r.header.Get("webhook-timestamp") + "." + r.body
	for _, s := range strings.Split(r.header.Get("webhook-signature"), " ") {
		if encoded, ok := strings.CutPrefix(s, "v1a,"); ok {
			sig, err := base64.StdEncoding.DecodeString(encoded)
			return err == nil && ed25519.Verify(key, []byte(content), sig)
		}
	}
	return false
}

func TestARotatedSecretSignsBesideTheNewForADay(t *testing.T) {
	clock := newStepped()
	clock.at = time.Now()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, clock, loopback())
		r := receive(t, nil)
		created := b.endpoint(r.URL)
		fresh, err := b.RotateSecret(t.Context(), merchant, app.Test, created.Endpoint.ID, HMAC)
		if err != nil {
			t.Fatal(err)
		}
		send := func() request {
			b.happen(1)
			b.fanOut()
			b.deliver()
			got := r.requests()
			return got[len(got)-1]
		}
		check := func(q request, old bool) {
			t.Helper()
			if n := len(strings.Split(q.header.Get("webhook-signature"), " ")); old != (n == 2) {
				t.Errorf("%d signatures", n)
			}
			if !verifiesAtAnyTime(t, fresh, q.header, q.body) {
				t.Error("the new secret does not verify")
			}
			if verifiesAtAnyTime(t, created.Secret, q.header, q.body) != old {
				t.Errorf("the old secret verifies: %v", !old)
			}
		}
		check(send(), true)
		clock.step(24*time.Hour - time.Minute)
		check(send(), true)
		clock.step(2 * time.Minute)
		check(send(), false)
	}, dbtest.WithClock(clock))
}

func verifiesAtAnyTime(t *testing.T, secret string, h http.Header, body string) bool {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return wh.VerifyIgnoringTimestamp([]byte(body), h) == nil
}

func TestSecretsHaveTheSpecifiedSize(t *testing.T) {
	for n, fits := range map[int]bool{23: false, 24: true, 64: true, 65: false} {
		if _, err := ParseSecret(formatSecret(make([]byte, n))); (err == nil) != fits {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for _, s := range []string{"", "whsec_", "whsec_!!", strings.TrimPrefix(formatSecret(make([]byte, 32)), "whsec_")} {
		if _, err := ParseSecret(s); !app.Is(err, app.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
	m, err := newMaterial(HMAC)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := ParseSecret(m.shown); err != nil || len(key) != 32 {
		t.Errorf("made %q: %d bytes, %v", m.shown, len(key), err)
	}
}

func TestSecretsAreStoredSealedForTheirRowOnly(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	b := setup(t, d, nil, loopback())
	r := receive(t, nil)
	one, two := b.endpoint(r.URL, "payment.succeeded"), b.endpoint(r.URL, "refund.succeeded")
	key, err := ParseSecret(one.Secret)
	if err != nil {
		t.Fatal(err)
	}
	var sealed []byte
	if err := d.Get(t.Context(), &sealed, `SELECT sealed FROM webhook_secrets WHERE endpoint_id = ?`, two.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sealed), string(key)) {
		t.Fatal("a secret lies open in the database")
	}
	// Someone with the database moves a secret they know to another's row.
	if _, err := d.Exec(t.Context(), `UPDATE webhook_secrets SET sealed = ? WHERE endpoint_id = ?`, sealed, one.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	b.happen(1)
	b.fanOut()
	b.deliver()
	if got := b.only(); got.Status != Pending || got.LastError == "" || len(r.requests()) != 0 {
		t.Fatalf("%d requests; %+v", len(r.requests()), got)
	}
}
