package passkeys_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/access/passkeys/passkeystest"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

const (
	origin = "https://pay.example.com"
	here   = passkeys.Holder("this browser")
)

type clock struct{ at time.Time }

func (c *clock) Now() time.Time { return c.at }

// world is a Service with two users, a device of one of them, and a passkey on it.
type world struct {
	*testing.T
	db     *db.DB
	clock  *clock
	access *access.Service
	keys   *passkeys.Service
	owner  access.User
	other  access.User
	device *passkeystest.Device
	key    passkeys.Passkey
}

func inEach(t *testing.T, f func(w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{T: t, db: d, clock: &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}}
		cheap := &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
		w.access = access.New(d, w.clock, access.Config{Hash: cheap})
		var err error
		if w.keys, err = passkeys.New(d, w.access, w.clock, origin); err != nil {
			t.Fatal(err)
		}
		w.owner, w.other = w.user("owner@example.com"), w.user("other@example.com")
		w.device = passkeystest.New(t, origin)
		w.device.Count = 1
		w.key = w.register(w.owner, w.device)
		f(w)
	})
}

func (w *world) user(email string) access.User {
	w.Helper()
	hash, err := w.access.HashPassword(w.Context(), "correct horse battery")
	if err != nil {
		w.Fatal(err)
	}
	var u access.User
	w.tx(func(tx *db.Tx) error {
		u, err = w.access.CreateUser(w.Context(), tx, access.NewUser{Email: email, Name: "Someone", Password: hash})
		return err
	})
	return u
}

func (w *world) tx(f func(tx *db.Tx) error) {
	w.Helper()
	if err := w.db.InTx(context.Background(), f); err != nil {
		w.Fatal(err)
	}
}

func (w *world) begin(p passkeys.Purpose, u access.User) json.RawMessage {
	w.Helper()
	var options json.RawMessage
	var err error
	switch p {
	case passkeys.ToRegister:
		options, err = w.keys.BeginRegister(w.Context(), u, here)
	case passkeys.ToSignIn:
		options, err = w.keys.BeginSignIn(w.Context(), here)
	default:
		options, err = w.keys.Begin(w.Context(), p, u, here)
	}
	if err != nil {
		w.Fatal(err)
	}
	return options
}

func (w *world) register(u access.User, d *passkeystest.Device) passkeys.Passkey {
	w.Helper()
	made, err := w.keys.Check(w.Context(), u, here, d.Create(w.begin(passkeys.ToRegister, u)))
	if err != nil {
		w.Fatal(err)
	}
	var k passkeys.Passkey
	w.tx(func(tx *db.Tx) error {
		k, err = w.keys.Add(w.Context(), tx, u, made, " Laptop ")
		return err
	})
	return k
}

// prove has the device sign what is begun, and takes the proof.
func (w *world) prove(p passkeys.Purpose, u access.User) (passkeys.Proof, error) {
	w.Helper()
	proof, err := w.keys.Prove(w.Context(), p, u, here, w.device.Get(w.begin(p, u)))
	if err != nil || proof.Cloned {
		return proof, err
	}
	return proof, w.db.InTx(w.Context(), func(tx *db.Tx) error { return w.keys.Used(w.Context(), tx, proof) })
}

func (w *world) refused(what string, err error) {
	w.Helper()
	if !app.Is(err, app.Unauthenticated) {
		w.Errorf("%s: %v", what, err)
	}
}

func TestAPasskeySaysWhoseItIs(t *testing.T) {
	inEach(t, func(w *world) {
		if w.key.Name != "Laptop" || w.key.Transports != "internal,hybrid" || w.key.SignCount != 1 {
			w.Errorf("registered %+v", w.key)
		}
		w.clock.at = w.clock.at.Add(time.Hour)
		for _, p := range []passkeys.Purpose{passkeys.ToSignIn, passkeys.ToSecondFactor, passkeys.ToConfirm} {
			proof, err := w.prove(p, w.owner)
			if err != nil || proof.User.ID != w.owner.ID || proof.Key.ID != w.key.ID {
				w.Fatalf("%s: %+v, %v", p, proof, err)
			}
		}
		k, err := w.keys.Get(w.Context(), w.db, w.owner.ID, w.key.ID)
		if err != nil || k.SignCount != 4 || k.LastUsedAt != app.ToMillis(w.clock.at) {
			w.Errorf("after three uses %+v, %v", k, err)
		}
	})
}

func TestWhatAPasskeyDoesNotProve(t *testing.T) {
	inEach(t, func(w *world) {
		prove := func(p passkeys.Purpose, u access.User, h passkeys.Holder, answer string) error {
			_, err := w.keys.Prove(w.Context(), p, u, h, answer)
			return err
		}
		answer := w.device.Get(w.begin(passkeys.ToSignIn, w.owner))
		w.refused("another browser's challenge", prove(passkeys.ToSignIn, access.User{}, "another browser", answer))
		w.refused("a challenge for something else", prove(passkeys.ToConfirm, w.owner, here, answer))
		if err := prove(passkeys.ToSignIn, access.User{}, here, answer); err != nil {
			w.Fatalf("the challenge was spoilt by who may not answer it: %v", err)
		}
		w.refused("the same answer again", prove(passkeys.ToSignIn, access.User{}, here, answer))

		answer = w.device.Get(w.begin(passkeys.ToSignIn, w.owner))
		w.clock.at = w.clock.at.Add(6 * time.Minute)
		w.refused("a late answer", prove(passkeys.ToSignIn, access.User{}, here, answer))

		w.refused("a tampered signature", prove(passkeys.ToSignIn, access.User{}, here, w.device.Tampered(w.begin(passkeys.ToSignIn, w.owner))))
		w.device.Origin = "https://pay.example.com.evil.example"
		w.refused("another origin", prove(passkeys.ToSignIn, access.User{}, here, w.device.Get(w.begin(passkeys.ToSignIn, w.owner))))
		w.device.Origin = "http://pay.example.com"
		w.refused("the same host in the clear", prove(passkeys.ToSignIn, access.User{}, here, w.device.Get(w.begin(passkeys.ToSignIn, w.owner))))
		w.device.Origin, w.device.Unverified = origin, true
		for _, p := range []passkeys.Purpose{passkeys.ToSignIn, passkeys.ToSecondFactor, passkeys.ToConfirm} {
			w.refused("a user who was not verified, "+string(p), prove(p, w.owner, here, w.device.Get(w.begin(p, w.owner))))
		}
		w.device.Unverified = false

		mine := w.register(w.other, w.device) // the device's newest passkey is the other user's now
		if mine.UserID != w.other.ID {
			w.Fatal("registered for somebody else")
		}
		options := w.begin(passkeys.ToConfirm, w.owner)
		stripped := map[string]map[string]any{}
		if err := json.Unmarshal(options, &stripped); err != nil {
			w.Fatal(err)
		}
		delete(stripped["publicKey"], "allowCredentials")
		forged, err := json.Marshal(stripped)
		if err != nil {
			w.Fatal(err)
		}
		w.refused("another user's passkey", prove(passkeys.ToConfirm, w.owner, here, w.device.Get(forged)))
		for _, nonsense := range []string{"", "{}", "null", `{"id":"x"}`} {
			w.refused("nonsense "+nonsense, prove(passkeys.ToSignIn, access.User{}, here, nonsense))
		}
	})
}

func TestACopiedPasskeyIsFoundOutAndTrustedNoMore(t *testing.T) {
	inEach(t, func(w *world) {
		if _, err := w.prove(passkeys.ToSignIn, w.owner); err != nil {
			w.Fatal(err)
		}
		w.device.Count = 1 // the copy has counted less
		proof, err := w.prove(passkeys.ToSignIn, w.owner)
		if err != nil || !proof.Cloned {
			w.Fatalf("a counter that went back: %+v, %v", proof, err)
		}
		// Whoever looked before the original came back takes nothing either.
		w.refused("a stale proof", w.db.InTx(w.Context(), func(tx *db.Tx) error { return w.keys.Used(w.Context(), tx, proof) }))
		for _, news := range []bool{true, false} {
			w.tx(func(tx *db.Tx) error {
				got, err := w.keys.Distrust(w.Context(), tx, proof)
				if got != news {
					w.Errorf("distrusted: news %v, want %v", got, news)
				}
				return err
			})
		}
		w.device.Count = 50
		_, err = w.prove(passkeys.ToSignIn, w.owner)
		w.refused("the original, afterwards", err)
		if _, err := w.keys.Begin(w.Context(), passkeys.ToConfirm, w.owner, here); !app.Is(err, app.NotFound) {
			w.Errorf("it may still be asked for: %v", err)
		}
	})
}

func TestThePasskeyOfSomebodyGoneIsDead(t *testing.T) {
	inEach(t, func(w *world) {
		disabled := w.owner
		disabled.State = access.Disabled
		w.tx(func(tx *db.Tx) error {
			var err error
			disabled, err = w.access.UpdateUser(w.Context(), tx, disabled)
			return err
		})
		_, err := w.prove(passkeys.ToSignIn, w.owner)
		w.refused("a disabled user", err)
		disabled.State = access.Active
		w.tx(func(tx *db.Tx) error { _, err := w.access.UpdateUser(w.Context(), tx, disabled); return err })
		if _, err := w.prove(passkeys.ToSignIn, w.owner); err != nil {
			w.Fatal(err)
		}
		options := w.begin(passkeys.ToSignIn, w.owner)
		w.tx(func(tx *db.Tx) error { _, err := w.keys.Remove(w.Context(), tx, w.owner.ID, w.key.ID); return err })
		_, err = w.keys.Prove(w.Context(), passkeys.ToSignIn, access.User{}, here, w.device.Get(options))
		w.refused("a passkey removed meanwhile", err)

		w.register(w.owner, w.device)
		w.tx(func(tx *db.Tx) error { return w.access.DeleteUser(w.Context(), tx, w.owner.ID) })
		_, err = w.prove(passkeys.ToSignIn, w.owner)
		w.refused("a deleted user", err)
		if left, err := w.keys.List(w.Context(), w.db, w.owner.ID); err != nil || len(left) > 0 {
			w.Errorf("left behind: %v, %v", left, err)
		}
	})
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	inEach(t, func(w *world) {
		check := func(u access.User, h passkeys.Holder, answer string) error {
			_, err := w.keys.Check(w.Context(), u, h, answer)
			return err
		}
		w.refused("another browser's", check(w.owner, "another browser", w.device.Create(w.begin(passkeys.ToRegister, w.owner))))
		w.refused("another user's", check(w.other, here, w.device.Create(w.begin(passkeys.ToRegister, w.owner))))
		w.device.Unverified = true
		w.refused("an unverified user", check(w.owner, here, w.device.Create(w.begin(passkeys.ToRegister, w.owner))))
		w.device.Unverified, w.device.Origin = false, "https://evil.example"
		w.refused("another origin", check(w.owner, here, w.device.Create(w.begin(passkeys.ToRegister, w.owner))))
		w.device.Origin = origin
		answer := w.device.Create(w.begin(passkeys.ToRegister, w.owner))
		if err := check(w.owner, here, answer); err != nil {
			w.Fatal(err)
		}
		w.refused("the same answer again", check(w.owner, here, answer))
		w.refused("nonsense", check(w.owner, here, "{}"))

		made, err := w.keys.Check(w.Context(), w.other, here, w.device.CreateAgain(w.begin(passkeys.ToRegister, w.other)))
		if err != nil {
			w.Fatal(err)
		}
		add := func(u access.User, m passkeys.Made, name string) error {
			return w.db.InTx(w.Context(), func(tx *db.Tx) error { _, err := w.keys.Add(w.Context(), tx, u, m, name); return err })
		}
		if err := add(w.other, made, "Copy"); !app.Is(err, app.Conflict) {
			w.Errorf("a credential that somebody has: %v", err)
		}
		for _, name := range []string{"", "  ", "\xff", fmt.Sprintf("%061d", 0)} {
			if err := add(w.other, made, name); !app.Is(err, app.Invalid) {
				w.Errorf("name %q: %v", name, err)
			}
		}
	})
}

func TestNobodyHasMoreThanTenPasskeys(t *testing.T) {
	inEach(t, func(w *world) {
		// All are begun while there is room, and finished at once.
		made := make([]passkeys.Made, passkeys.PerUser+3)
		for i := range made {
			var err error
			if made[i], err = w.keys.Check(w.Context(), w.owner, here, w.device.Create(w.begin(passkeys.ToRegister, w.owner))); err != nil {
				w.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for i, m := range made {
			all.Go(func() {
				err := w.db.InTx(context.Background(), func(tx *db.Tx) error {
					_, err := w.keys.Add(context.Background(), tx, w.owner, m, fmt.Sprint("Key ", i))
					return err
				})
				if err != nil && !app.Is(err, app.Conflict) {
					w.Error(err)
				}
			})
		}
		all.Wait()
		if list, err := w.keys.List(w.Context(), w.db, w.owner.ID); err != nil || len(list) != passkeys.PerUser {
			w.Errorf("%d passkeys, %v", len(list), err)
		}
		if _, err := w.keys.BeginRegister(w.Context(), w.owner, here); !app.Is(err, app.Conflict) {
			w.Errorf("one more may be begun: %v", err)
		}
	})
}

func TestAnAddressOfNumbersHasNoPasskeys(t *testing.T) {
	for base, usable := range map[string]bool{
		"http://localhost:8080": true, "https://pay.example.com": true, "https://pay.example.com:443": true,
		"http://127.0.0.1:8080": false, "http://[::1]:8080": false, "https://192.0.2.7": false,
	} {
		s, err := passkeys.New(nil, nil, app.SystemClock{}, base)
		if err != nil || s.Site().Usable != usable {
			t.Errorf("%s: %+v, %v", base, s.Site(), err)
			continue
		}
		if usable {
			continue
		}
		if _, err := s.BeginSignIn(t.Context(), here); !app.Is(err, app.Unavailable) {
			t.Errorf("%s: begun, %v", base, err)
		}
	}
}
