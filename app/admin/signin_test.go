package admin_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
)

func (w *world) signIn(t *testing.T, u access.User, former string) admin.SignedIn {
	t.Helper()
	in, err := w.admin.SignIn(context.Background(), admin.Credentials{
		Email: u.Email, Password: password, IP: "192.0.2.7", UserAgent: "Firefox", FormerToken: former,
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (w *world) signedIn(t *testing.T, token string) bool {
	t.Helper()
	_, _, err := w.access.Session(context.Background(), token)
	if err != nil && !app.Is(err, app.Unauthenticated) {
		t.Fatal(err)
	}
	return err == nil
}

func TestSigningInAndOutIsAudited(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		in := w.signIn(t, w.owner1, "")
		r := w.last(t, audit.Platform)
		if r.Action != "session.open" || r.ActorID != w.owner1.ID || r.ActorIP != "192.0.2.7" || !strings.Contains(r.After, in.Session.ID) {
			t.Errorf("audit row %+v", r)
		}
		if strings.Contains(r.After, in.Token) {
			t.Error("the token is in the audit row")
		}
		again := w.signIn(t, w.owner1, in.Token)
		if w.signedIn(t, in.Token) || !w.signedIn(t, again.Token) {
			t.Error("signing in again does not replace the session")
		}
		for range 2 {
			if err := w.admin.SignOut(as(w.owner1), again.Session); err != nil {
				t.Fatal(err)
			}
		}
		if w.signedIn(t, again.Token) {
			t.Error("still signed in")
		}
		if r := w.last(t, audit.Platform); r.Action != "session.close" || r.Target != w.owner1.ID {
			t.Errorf("audit row %+v", r)
		}
	})
}

func TestALockedAccountIsAuditedOnceAndAnUnknownOneNever(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		rows := len(w.trail(t, audit.Platform))
		for _, email := range []string{w.owner1.Email, "unknown@example.com"} {
			for i := range 12 {
				_, err := w.admin.SignIn(context.Background(), admin.Credentials{Email: email, Password: "wrong", IP: fmt.Sprintf("198.51.100.%d", i)})
				if i < 9 && !app.Is(err, app.Unauthenticated) || i >= 9 && !app.Is(err, app.RateLimited) {
					t.Fatalf("%s, attempt %d: %v", email, i+1, err)
				}
			}
		}
		trail := w.trail(t, audit.Platform)[rows:]
		if len(trail) != 1 || trail[0].Action != "sign_in.locked" || trail[0].Target != w.owner1.ID || trail[0].ActorIP != "198.51.100.9" {
			t.Errorf("audited %+v", trail)
		}
	})
}

// Whoever has somebody's session and guesses at their password there locks it as
// at the sign-in, and that is recorded alike.
func TestGuessesAtTheCurrentPasswordThatLockItAreAudited(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		here := w.signIn(t, w.owner1, "")
		rows := len(w.trail(t, audit.Platform))
		for i := range 12 {
			guess := admin.NewPassword{Session: here.Session, Token: here.Token, Current: "wrong", New: "a better pass phrase", IP: fmt.Sprintf("198.51.100.%d", i)}
			if _, err := w.admin.ChangePassword(as(w.owner1), guess); err == nil || i >= 9 && !app.Is(err, app.RateLimited) {
				t.Fatalf("guess %d: %v", i+1, err)
			}
		}
		trail := w.trail(t, audit.Platform)[rows:]
		if len(trail) != 1 || trail[0].Action != "sign_in.locked" || trail[0].Target != w.owner1.ID || trail[0].ActorIP != "198.51.100.9" {
			t.Errorf("audited %+v", trail)
		}
	})
}

func TestChangingOnesPassword(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		other, here := w.signIn(t, w.owner1, ""), w.signIn(t, w.owner1, "")
		change := admin.NewPassword{Session: here.Session, Token: here.Token, Current: password, New: "a better pass phrase", IP: "192.0.2.7"}

		for name, c := range map[string]struct {
			ctx    context.Context
			edit   func(*admin.NewPassword)
			reason string
		}{
			"wrong current":  {as(w.owner1), func(p *admin.NewPassword) { p.Current = "not the password" }, access.ReasonWrongCredentials},
			"too short":      {as(w.owner1), func(p *admin.NewPassword) { p.New = "short" }, "invalid_request"},
			"unchanged":      {as(w.owner1), func(p *admin.NewPassword) { p.New = password }, "invalid_request"},
			"somebody else":  {as(w.owner2), func(*admin.NewPassword) {}, "forbidden"},
			"nobody":         {context.Background(), func(*admin.NewPassword) {}, "forbidden"},
			"an older token": {as(w.owner1), func(p *admin.NewPassword) { p.Token = other.Token }, "signed_out"},
		} {
			p := change
			c.edit(&p)
			if _, err := w.admin.ChangePassword(c.ctx, p); reason(err) != c.reason {
				t.Errorf("%s: %v, want %s", name, err, c.reason)
			}
		}
		if !w.signedIn(t, other.Token) || !w.signedIn(t, here.Token) {
			t.Error("a refused change ended a session")
		}

		token, err := w.admin.ChangePassword(as(w.owner1), change)
		if err != nil {
			t.Fatal(err)
		}
		if w.signedIn(t, other.Token) || w.signedIn(t, here.Token) || !w.signedIn(t, token) {
			t.Error("only the new token may work")
		}
		if r := w.last(t, audit.Platform); r.Action != "user.change_password" || r.Before+r.After != "" {
			t.Errorf("audit row %+v", r)
		}
		if _, err := w.admin.SignIn(context.Background(), admin.Credentials{Email: w.owner1.Email, Password: password}); !app.Is(err, app.Unauthenticated) {
			t.Errorf("the old password: %v", err)
		}
	})
}

func TestOnesOwnSessions(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		a, b, c := w.signIn(t, w.owner1, ""), w.signIn(t, w.owner1, ""), w.signIn(t, w.owner1, "")
		foreign := w.signIn(t, w.owner2, "")
		if err := w.admin.RevokeOwnSession(as(w.owner1), foreign.Session.ID); !app.Is(err, app.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
		if err := w.admin.RevokeOwnSession(as(w.owner1), a.Session.ID); err != nil {
			t.Fatal(err)
		}
		if w.signedIn(t, a.Token) || !w.signedIn(t, b.Token) {
			t.Error("the wrong session ended")
		}
		if err := w.admin.RevokeOtherSessions(as(w.owner1), c.Session.ID); err != nil {
			t.Fatal(err)
		}
		if w.signedIn(t, b.Token) || !w.signedIn(t, c.Token) || !w.signedIn(t, foreign.Token) {
			t.Error("others: the wrong sessions ended")
		}
		if err := w.admin.RevokeSessions(as(w.root), w.owner1.ID); err != nil {
			t.Fatal(err)
		}
		if w.signedIn(t, c.Token) {
			t.Error("an administrator's revocation left a session")
		}
		if u, err := w.admin.UpdateProfile(as(w.owner2), "New Name", "zh-CN"); err != nil || u.Name != "New Name" || u.Locale != "zh-CN" {
			t.Errorf("profile %+v, %v", u, err)
		}
	})
}
