package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Proof is given by somebody who is signed in, to show that it is still them: a
// code where they have a second factor, else the password.
type Proof struct {
	Session  access.Session // the one it is given in
	Token    string         // that session's
	Password string
	Code     string // or a recovery code
	IP       string
}

// Confirm makes the acting user's session fresh and returns its new token.
// Codes: Unauthenticated (wrong_credentials, wrong_code), RateLimited, Forbidden.
func (s *Service) Confirm(ctx context.Context, p Proof) (string, error) {
	userID, err := ownSession(ctx, p.Session)
	if err != nil {
		return "", err
	}
	method, err := s.checkProof(ctx, userID, p)
	if err != nil {
		return "", err
	}
	return s.Confirmed(ctx, p.Session, p.Token, method)
}

// checkProof does not take a password for whoever has a second factor: it may be
// saved in the browser that somebody else sits at, who would then remove the
// passkey or register another. Who has passkeys alone gives one, or a recovery
// code.
func (s *Service) checkProof(ctx context.Context, userID string, p Proof) (access.Method, error) {
	f, err := s.access.Factors(ctx, s.db, userID)
	if err != nil {
		return "", err
	}
	if f.Asked() {
		return s.checkCode(ctx, userID, Code{Code: p.Code, IP: p.IP})
	}
	if err := s.access.Reauthenticate(ctx, userID, p.Password, p.IP); err != nil {
		return "", s.withLock(ctx, userID, p.IP, err)
	}
	return access.ByPassword, nil
}

// Confirmed makes a session fresh by a method that the caller has checked, and
// returns its new token.
func (s *Service) Confirmed(ctx context.Context, session access.Session, token string, by access.Method) (string, error) {
	var renewed string
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		if renewed, err = s.access.Rotate(ctx, tx, session, token, session.Stage, by); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "session.confirm", Target: session.UserID,
			After: map[string]string{"session_id": session.ID, "method": string(by)},
		})
	})
	if err != nil {
		return "", fmt.Errorf("confirm session of %s: %w", session.UserID, err)
	}
	return renewed, nil
}

// withLock returns err and records the lock, if this failure made one.
func (s *Service) withLock(ctx context.Context, userID, ip string, err error) error {
	if app.CodeOf(err) != app.RateLimited {
		return err
	}
	u, readErr := s.access.User(ctx, s.db, userID)
	if readErr != nil {
		return err
	}
	if noteErr := s.noteLock(ctx, Credentials{Email: u.Email, IP: ip}, err); noteErr != nil {
		return noteErr
	}
	return err
}
