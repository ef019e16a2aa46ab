package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Stage is how far a sign-in has come. Only an active session is one; the
// other waits for its second factor and opens no page but that form.
type Stage string

// The stages of a session.
const (
	StageActive       Stage = "active"
	StageSecondFactor Stage = "second_factor"
)

// Session is a signed-in browser. The token itself is only in its cookie; the
// database has its SHA-256.
type Session struct {
	ID              string     `db:"id"`
	UserID          string     `db:"user_id"`
	Stage           Stage      `db:"stage"`
	Methods         Methods    `db:"methods"` // by which its user was recognised
	IP              string     `db:"ip"`      // at sign-in
	UserAgent       string     `db:"user_agent"`
	CreatedAt       app.Millis `db:"created_at"`
	AuthenticatedAt app.Millis `db:"authenticated_at"` // when a password or factor was last given
	LastSeenAt      app.Millis `db:"last_seen_at"`     // to the minute
	ExpiresAt       app.Millis `db:"expires_at"`       // the absolute limit
}

// NewSession is what a session begins with.
type NewSession struct {
	UserID, IP, UserAgent string
	Stage                 Stage
	Methods               Methods // "" is the password
	// ProvenAt is when the user last showed who they are, where that was earlier: a
	// provider may vouch for somebody whom it asked this morning. 0 is now.
	ProvenAt app.Millis
	// Replaces is the token the browser came with, if any: it ends, so a token
	// planted before the sign-in is worth nothing after it.
	Replaces string
}

// Open starts a session and returns its token: 256 random bits for the cookie.
func (s *Service) Open(ctx context.Context, tx *db.Tx, n NewSession) (string, Session, error) {
	now := s.clock.Now()
	at := app.ToMillis(now)
	if n.Replaces != "" {
		if err := revokeByToken(ctx, tx, tokenHash(n.Replaces), at); err != nil {
			return "", Session{}, fmt.Errorf("end the former session: %w", err)
		}
	}
	if n.Methods == "" {
		n.Methods = MethodsOf(ByPassword)
	}
	if n.ProvenAt == 0 || n.ProvenAt > at {
		n.ProvenAt = at
	}
	token := randomText(32)
	session := Session{
		ID: app.NewID(app.PrefixSession, now), UserID: n.UserID, Stage: n.Stage, Methods: n.Methods, IP: n.IP, UserAgent: clip(n.UserAgent, 255),
		CreatedAt: at, AuthenticatedAt: n.ProvenAt, LastSeenAt: at, ExpiresAt: at.Add(s.config.AbsoluteLimit),
	}
	if err := insertSession(ctx, tx, session, tokenHash(token)); err != nil {
		return "", Session{}, fmt.Errorf("open session for %s: %w", n.UserID, err)
	}
	if err := markSignIn(ctx, tx, n.UserID, at); err != nil {
		return "", Session{}, fmt.Errorf("open session for %s: %w", n.UserID, err)
	}
	return token, session, nil
}

func (s *Service) find(ctx context.Context, token string) (Session, User, error) {
	if token == "" {
		return Session{}, User{}, signedOut()
	}
	now := s.now()
	session, err := readSession(ctx, s.db, tokenHash(token), now, now.Add(-s.config.IdleLimit))
	if errors.Is(err, db.ErrNoRows) {
		return Session{}, User{}, signedOut()
	}
	if err != nil {
		return Session{}, User{}, fmt.Errorf("read session: %w", err)
	}
	u, err := readUser(ctx, s.db, session.UserID)
	if errors.Is(err, db.ErrNoRows) || err == nil && u.State != Active {
		return Session{}, User{}, signedOut()
	}
	if err != nil {
		return Session{}, User{}, fmt.Errorf("read session's user: %w", err)
	}
	if err := s.touch(ctx, &session, now); err != nil {
		return Session{}, User{}, err
	}
	return session, u, nil
}

const touchEvery = time.Minute

// touch notes the use at most once a minute: a page view should not commit.
func (s *Service) touch(ctx context.Context, session *Session, now app.Millis) error {
	if session.LastSeenAt > now.Add(-touchEvery) {
		return nil
	}
	if err := touchSession(ctx, s.db, session.ID, now, now.Add(-touchEvery)); err != nil {
		return fmt.Errorf("touch session %s: %w", session.ID, err)
	}
	session.LastSeenAt = now
	return nil
}

// Rotate gives a session a new token, and with it a new stage and a fresh
// authentication by the methods: after a second factor, a password change or a
// step-up. The old token is worth nothing from the commit on. Unauthenticated
// when it ended.
func (s *Service) Rotate(ctx context.Context, tx *db.Tx, session Session, oldToken string, stage Stage, by ...Method) (string, error) {
	token := randomText(32)
	n, err := rotateSession(ctx, tx, session.ID, tokenHash(oldToken), tokenHash(token), stage, session.Methods.With(by...), s.now())
	if err != nil {
		return "", fmt.Errorf("rotate session %s: %w", session.ID, err)
	}
	if n == 0 {
		return "", signedOut()
	}
	return token, nil
}

// Fresh reports whether the session's user has shown who they are within
// Config.FreshFor: what dangerous acts ask for.
func (s *Service) Fresh(session Session) bool {
	return session.AuthenticatedAt > s.now().Add(-s.config.FreshFor)
}

// Sessions lists a user's open sessions, newest first.
func (s *Service) Sessions(ctx context.Context, userID string) ([]Session, error) {
	now := s.now()
	list, err := listSessions(ctx, s.db, userID, now, now.Add(-s.config.IdleLimit))
	if err != nil {
		return nil, fmt.Errorf("list sessions of %s: %w", userID, err)
	}
	return list, nil
}

// Revoke ends one session of the user. NotFound when it is not open or not theirs.
func (s *Service) Revoke(ctx context.Context, tx *db.Tx, userID, sessionID string) error {
	n, err := revokeSession(ctx, tx, userID, sessionID, s.now())
	if err != nil {
		return fmt.Errorf("revoke session %s: %w", sessionID, err)
	}
	if n == 0 {
		return app.Errorf(app.NotFound, "no open session %s", sessionID)
	}
	return nil
}

// RevokeAll ends all sessions of the user but the one with the id except.
func (s *Service) RevokeAll(ctx context.Context, tx *db.Tx, userID, except string) error {
	if err := revokeSessions(ctx, tx, userID, except, s.now()); err != nil {
		return fmt.Errorf("revoke sessions of %s: %w", userID, err)
	}
	return nil
}

// Purge deletes sessions and views of merchants that ended, and throttle counters
// that were last touched, more than thirty days ago. It is an hourly job; the
// audit log goes on to say what was looked into, and why.
func (s *Service) Purge(ctx context.Context) error {
	before := s.now().Add(-30 * 24 * time.Hour)
	err := errors.Join(
		deleteSessions(ctx, s.db, before), deleteThrottles(ctx, s.db, before), deleteViews(ctx, s.db, before),
		deleteDevices(ctx, s.db, before.Add(-deviceLife)),
	)
	if err != nil {
		return fmt.Errorf("purge sessions: %w", err)
	}
	return nil
}

// deviceLife is for how long beyond that a browser stays known.
const deviceLife = 150 * 24 * time.Hour

func signedOut() error {
	return app.Errorf(app.Unauthenticated, "sign in to continue").WithReason("signed_out")
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func clip(s string, runes int) string {
	r := []rune(strings.ToValidUTF8(s, "�"))
	return string(r[:min(len(r), runes)])
}
