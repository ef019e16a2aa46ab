package access

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func open(t testing.TB, s *Service, u User, replaces string) (string, Session) {
	t.Helper()
	var token string
	var session Session
	inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
		var err error
		token, session, err = s.Open(ctx, tx, NewSession{UserID: u.ID, IP: "192.0.2.1", UserAgent: "Firefox", Stage: StageActive, Replaces: replaces})
		return err
	})
	return token, session
}

func signedIn(t *testing.T, s *Service, token string) bool {
	t.Helper()
	_, _, err := s.Session(t.Context(), token)
	if err != nil && !app.Is(err, app.Unauthenticated) {
		t.Fatal(err)
	}
	return err == nil
}

func TestASessionIsKnownByItsTokenOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u := addUser(t, s, "u@example.com")
		token, session := open(t, s, u, "")
		got, who, err := s.Session(t.Context(), token)
		if err != nil || got != session || who.ID != u.ID {
			t.Fatalf("session %+v of %+v, %v", got, who, err)
		}
		var stored string
		if err := d.Get(t.Context(), &stored, `SELECT token_hash FROM sessions`); err != nil {
			t.Fatal(err)
		}
		if len(token) != 43 || strings.Contains(stored, token) {
			t.Errorf("token %q is stored as %q", token, stored)
		}
		for _, wrong := range []string{"", stored, session.ID, token[1:], strings.ToUpper(token)} {
			if signedIn(t, s, wrong) {
				t.Errorf("%q opens the session", wrong)
			}
		}
	})
}

func TestASessionEndsWhenIdleAndInTheEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := newService(d, clock)
		u := addUser(t, s, "u@example.com")
		idle, _ := open(t, s, u, "")
		clock.pass(30 * time.Minute)
		if signedIn(t, s, idle) {
			t.Error("open after 30 idle minutes")
		}
		busy, _ := open(t, s, u, "")
		for range 12*60/20 - 1 {
			clock.pass(20 * time.Minute)
			if !signedIn(t, s, busy) {
				t.Fatal("a used session ended")
			}
		}
		clock.pass(20 * time.Minute)
		if signedIn(t, s, busy) {
			t.Error("open after twelve hours")
		}
		clock.pass(31 * 24 * time.Hour)
		if err := s.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := d.Get(t.Context(), &left, `SELECT COUNT(*) FROM sessions`); err != nil || left != 0 {
			t.Errorf("%d sessions left, %v", left, err)
		}
	})
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := newService(d, clock)
		token, opened := open(t, s, addUser(t, s, "u@example.com"), "")
		clock.pass(59 * time.Second)
		if got, _, _ := s.Session(t.Context(), token); got.LastSeenAt != opened.LastSeenAt {
			t.Error("noted before a minute passed")
		}
		clock.pass(time.Second)
		if got, _, _ := s.Session(t.Context(), token); got.LastSeenAt != opened.LastSeenAt.Add(time.Minute) {
			t.Error("not noted after a minute")
		}
	})
}

func TestSigningInEndsTheSessionTheBrowserCameWith(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		attacker, victim := addUser(t, s, "a@example.com"), addUser(t, s, "v@example.com")
		planted, _ := open(t, s, attacker, "")
		token, _ := open(t, s, victim, planted)
		if token == planted || signedIn(t, s, planted) {
			t.Error("the planted token still works")
		}
		if !signedIn(t, s, token) {
			t.Error("the new one does not")
		}
	})
}

func TestARotatedTokenReplacesTheOldOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := newService(d, clock)
		old, session := open(t, s, addUser(t, s, "u@example.com"), "")
		clock.pass(time.Minute)
		var token string
		inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
			token, err = s.Rotate(ctx, tx, session, old, StageActive)
			return err
		})
		if signedIn(t, s, old) || !signedIn(t, s, token) {
			t.Error("the old token works or the new one does not")
		}
		if got, _, _ := s.Session(t.Context(), token); got.AuthenticatedAt != session.AuthenticatedAt.Add(time.Minute) {
			t.Error("the authentication is not fresh")
		}
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := s.Rotate(t.Context(), tx, session, old, StageActive)
			return err
		})
		if !app.Is(err, app.Unauthenticated) {
			t.Errorf("rotating with the old token: %v", err)
		}
	})
}

func TestASessionWithoutItsSecondFactorOpensNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u := addUser(t, s, "u@example.com")
		var token string
		var half Session
		inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
			token, half, err = s.Open(ctx, tx, NewSession{UserID: u.ID, Stage: StageSecondFactor})
			return err
		})
		if signedIn(t, s, token) {
			t.Fatal("signed in with the password alone")
		}
		if _, _, err := s.PendingSession(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
			token, err = s.Rotate(ctx, tx, half, token, StageActive)
			return err
		})
		if !signedIn(t, s, token) {
			t.Error("not signed in with both")
		}
		if _, _, err := s.PendingSession(t.Context(), token); err == nil {
			t.Error("still waiting for the second factor")
		}
	})
}

func TestRevoking(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(d, newClock())
		u, other := addUser(t, s, "u@example.com"), addUser(t, s, "o@example.com")
		first, _ := open(t, s, u, "")
		second, one := open(t, s, u, "")
		third, kept := open(t, s, u, "")
		foreign, theirs := open(t, s, other, "")
		err := d.InTx(t.Context(), func(tx *db.Tx) error { return s.Revoke(t.Context(), tx, u.ID, theirs.ID) })
		if !app.Is(err, app.NotFound) || !signedIn(t, s, foreign) {
			t.Errorf("revoking somebody else's session: %v", err)
		}
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error { return s.Revoke(ctx, tx, u.ID, one.ID) })
		if signedIn(t, s, second) || !signedIn(t, s, first) {
			t.Error("the wrong session ended")
		}
		if list, err := s.Sessions(t.Context(), u.ID); err != nil || len(list) != 2 || list[0].ID != kept.ID {
			t.Errorf("listed %+v, %v", list, err)
		}
		hash, err := s.HashPassword(t.Context(), "another long password")
		if err != nil {
			t.Fatal(err)
		}
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
			return s.SetPassword(ctx, tx, u.ID, hash, false, kept.ID)
		})
		if signedIn(t, s, first) || !signedIn(t, s, third) || !signedIn(t, s, foreign) {
			t.Error("a new password ends the user's other sessions and nothing else")
		}
	})
}
