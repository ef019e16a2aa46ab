package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func reason(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return fmt.Sprint(err)
}

func try(s *Service, email, password, ip string) string {
	if _, err := s.Authenticate(context.Background(), email, password, ip); err != nil {
		return reason(err)
	}
	return "ok"
}

func TestOnlyTheRightPasswordSignsIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u := addUser(t, s, "U.Ser@Example.com")
		if got, err := s.Authenticate(t.Context(), " u.sEr@example.com", password, "192.0.2.1"); err != nil || got.ID != u.ID {
			t.Fatalf("%+v, %v", got, err)
		}
		for _, c := range [][2]string{{"u.ser@example.com", password + " "}, {"u.ser@example.com", ""}, {"other@example.com", password}, {"", ""}, {"not an address", password},
			{"u.ser@example.com", password + strings.Repeat("x", 300)}} {
			if got := try(s, c[0], c[1], "192.0.2.1"); got != ReasonWrongCredentials {
				t.Errorf("%q: %s", c[0], got)
			}
		}
		u.State = Disabled
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error { _, err := s.UpdateUser(ctx, tx, u); return err })
		if got := try(s, u.Email, password, "192.0.2.1"); got != ReasonWrongCredentials {
			t.Errorf("disabled: %s", got)
		}
	})
}

func TestTenFailuresLockAnAccountKnownOrNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := newService(d, clock)
		addUser(t, s, "known@example.com")
		for _, email := range []string{"known@example.com", "unknown@example.com"} {
			ip := func(i int) string { return fmt.Sprintf("198.51.100.%d", i) }
			for i := range 9 {
				if got := try(s, email, "wrong", ip(i)); got != ReasonWrongCredentials {
					t.Fatalf("%s, failure %d: %s", email, i+1, got)
				}
			}
			if got := try(s, email, "wrong", ip(10)); got != ReasonSignInLocked {
				t.Errorf("%s, failure 10: %s", email, got)
			}
			if got := try(s, email, password, ip(11)); got != ReasonTooManyAttempts {
				t.Errorf("%s, the right password while locked: %s", email, got)
			}
		}
		clock.pass(time.Minute)
		if got := try(s, "known@example.com", "wrong", "198.51.100.20"); got != ReasonSignInLocked {
			t.Errorf("failure 11: %s", got)
		}
		clock.pass(time.Minute)
		if got := try(s, "known@example.com", password, "198.51.100.20"); got != ReasonTooManyAttempts {
			t.Errorf("the second lock is not longer than the first: %s", got)
		}
		clock.pass(time.Minute)
		if got := try(s, "known@example.com", password, "198.51.100.20"); got != "ok" {
			t.Errorf("the right password after the lock: %s", got)
		}
		if got := try(s, "known@example.com", "wrong", "198.51.100.20"); got != ReasonWrongCredentials {
			t.Errorf("success did not clear the failures: %s", got)
		}
	})
}

func TestLocksDoubleUpToAnHour(t *testing.T) {
	rule := accountThrottle()
	want := map[int64]time.Duration{9: 0, 10: time.Minute, 11: 2 * time.Minute, 15: 32 * time.Minute, 16: time.Hour, 500: time.Hour}
	for failures, lock := range want {
		if got := rule.lockFor(failures); got != lock {
			t.Errorf("%d failures lock for %s, want %s", failures, got, lock)
		}
	}
}

func TestAnAddressThatTriesManyAccountsIsLocked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := newService(d, clock)
		u := addUser(t, s, "u@example.com")
		for i := range 50 {
			if got := try(s, fmt.Sprintf("u%d@example.com", i), "wrong", fmt.Sprintf("2001:db8::%d", i+1)); got != ReasonWrongCredentials {
				t.Fatalf("failure %d: %s", i+1, got)
			}
			// A sign-in that succeeds neither counts nor clears what was counted.
			if i < 49 && i%10 == 0 && try(s, u.Email, password, "2001:db8::ffff") != "ok" {
				t.Fatal("a colleague at the same address cannot sign in")
			}
		}
		if got := try(s, u.Email, password, "2001:db8::abcd"); got != ReasonTooManyAttempts {
			t.Errorf("the same network: %s", got)
		}
		if got := try(s, u.Email, password, "2001:db8:0:1::1"); got != "ok" {
			t.Errorf("another network: %s", got)
		}
		clock.pass(5 * time.Minute)
		if got := try(s, u.Email, password, "2001:db8::1"); got != "ok" {
			t.Errorf("after the lock: %s", got)
		}
	})
}

// TestGuessesSentAtOnceAreCountedBeforeTheyAreAnswered would find more than ten
// answers if the count followed the check.
func TestGuessesSentAtOnceAreCountedBeforeTheyAreAnswered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		addUser(t, s, "u@example.com")
		var looked atomic.Int64
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				if got := try(s, "u@example.com", "wrong", fmt.Sprintf("198.51.100.%d", i)); got != ReasonTooManyAttempts {
					looked.Add(1)
				}
			})
		}
		wg.Wait()
		if looked.Load() != 10 {
			t.Errorf("%d passwords were looked at, want 10", looked.Load())
		}
	})
}

func TestAnOldHashIsRenewedAtSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		addUser(t, newService(d, clock), "u@example.com")
		dearer := cheap()
		dearer.Memory = 128
		s := New(d, clock, Config{Hash: dearer})
		for range 2 {
			if got := try(s, "u@example.com", password, "192.0.2.1"); got != "ok" {
				t.Fatal(got)
			}
		}
		var hash string
		if err := d.Get(t.Context(), &hash, `SELECT password_hash FROM users`); err != nil || !strings.Contains(hash, "m=128,") {
			t.Errorf("hash %s, %v", hash, err)
		}
	})
}

func TestPasswordsAreRefusedBeforeTheyAreHashed(t *testing.T) {
	s := newService(nil, newClock())
	for _, p := range []string{"", "elevenchars", "票号票号票号票号票号票", "aaaaaaaaaaaa", "abababababab", strings.Repeat("correct", 40)} {
		if _, err := s.HashPassword(t.Context(), p); !app.Is(err, app.Invalid) {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{"twelve chars", "一二三四五六七八九十百千", NewPassword()} {
		if _, err := s.HashPassword(t.Context(), p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestNobodysHashCostsWhatARealOneCosts(t *testing.T) {
	h := newHasher(cheap(), 1)
	match, params, err := argon2id.CheckHash("", h.nobody)
	if err != nil || match || *params != *cheap() {
		t.Errorf("match %v at %+v, %v", match, params, err)
	}
}

func TestHashesWaitForASlot(t *testing.T) {
	h := newHasher(cheap(), 1)
	release, err := h.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.hash(ctx, password); !app.Is(err, app.Unavailable) {
		t.Errorf("a hash past the cap: %v", err)
	}
	release()
	if _, err := h.hash(t.Context(), password); err != nil {
		t.Error(err)
	}
}

func TestFormTokens(t *testing.T) {
	if !CheckFormToken("a", FormToken("a")) || CheckFormToken("b", FormToken("a")) || CheckFormToken("", FormToken("")) || CheckFormToken("a", "") {
		t.Error("session form tokens")
	}
	clock := newClock()
	f := NewForms([]byte("key"), clock)
	cookie, token := f.Issue()
	other, _ := f.Issue()
	if !f.Check(cookie, token) || f.Check(other, token) || f.Check("", token) || f.Check(cookie, "") || f.Check(cookie+"x", token) {
		t.Error("form cookies")
	}
	if NewForms([]byte("another"), clock).Check(cookie, token) {
		t.Error("another installation's cookie passes")
	}
	clock.pass(12 * time.Hour)
	if f.Check(cookie, token) {
		t.Error("an expired cookie passes")
	}
}

func TestUsersHaveOneAddressEach(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u := addUser(t, s, "One@Example.com")
		if u.Email != "one@example.com" {
			t.Errorf("stored as %s", u.Email)
		}
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := s.CreateUser(t.Context(), tx, NewUser{Email: "ONE@example.com", Name: "x"})
			return err
		})
		if reason(err) != "email_taken" {
			t.Errorf("a second user: %v", err)
		}
		for _, bad := range []string{"", "x", "a@b@c", "A <a@b.cn>", "用户@example.com", strings.Repeat("a", 190) + "@b.cn"} {
			if _, err := NormalEmail(bad); !app.Is(err, app.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		addUser(t, s, "two@example.com")
		page, next, err := s.Users(t.Context(), UserFilter{Limit: 1})
		if err != nil || len(page) != 1 || page[0].Email != "two@example.com" || next == "" {
			t.Fatalf("%+v %q %v", page, next, err)
		}
		page, next, err = s.Users(t.Context(), UserFilter{Limit: 1, Cursor: next})
		if err != nil || len(page) != 1 || page[0].ID != u.ID || next != "" {
			t.Errorf("%+v %q %v", page, next, err)
		}
		stale := u
		u.Name = "New"
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error { _, err := s.UpdateUser(ctx, tx, u); return err })
		err = d.InTx(t.Context(), func(tx *db.Tx) error { _, err := s.UpdateUser(t.Context(), tx, stale); return err })
		if reason(err) != "changed_meanwhile" {
			t.Errorf("a stale update: %v", err)
		}
	})
}
