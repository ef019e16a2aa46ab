package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Credentials is what a sign-in form sends, and whence.
type Credentials struct {
	Email, Password string
	IP, UserAgent   string
	FormerToken     string // of the session cookie the browser came with; it ends
}

// SignedIn is an open session.
type SignedIn struct {
	Token   string // for the cookie, nowhere else
	Session access.Session
	User    access.User
}

// SignIn checks the password and opens a session. While the user must change
// the password, show nothing but that form. Codes as access.Authenticate.
func (s *Service) SignIn(ctx context.Context, c Credentials) (SignedIn, error) {
	u, err := s.access.Authenticate(ctx, c.Email, c.Password, c.IP)
	if err != nil {
		return SignedIn{}, errors.Join(err, s.noteLock(ctx, c, err))
	}
	in := SignedIn{User: u}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		in.Token, in.Session, err = s.access.Open(ctx, tx, access.NewSession{
			UserID: u.ID, IP: c.IP, UserAgent: c.UserAgent, Stage: access.StageActive, Replaces: c.FormerToken,
		})
		if err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Actor: person(u, c.IP), Action: "session.open", Target: u.ID,
			After: map[string]string{"session_id": in.Session.ID, "user_agent": in.Session.UserAgent},
		})
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in %s: %w", u.ID, err)
	}
	return in, nil
}

func person(u access.User, ip string) audit.Actor {
	return audit.Actor{Kind: audit.KindUser, ID: u.ID, Name: u.Name, IP: ip}
}

// noteLock records that failures have locked a user's account. Single failures
// are counted, not recorded: anybody can make them.
func (s *Service) noteLock(ctx context.Context, c Credentials, refusal error) error {
	var e *app.Error
	if !errors.As(refusal, &e) || e.Reason != access.ReasonSignInLocked {
		return nil
	}
	u, err := s.access.UserByEmail(ctx, s.db, c.Email)
	if app.Is(err, app.NotFound) || app.Is(err, app.Invalid) {
		return nil
	}
	if err != nil {
		return err
	}
	actor := audit.System("sign-in throttle")
	actor.IP = c.IP
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Actor: actor, Action: "sign_in.locked", Target: u.ID,
			After: map[string]string{"retry_after_seconds": e.Details["retry_after_seconds"]},
		})
	})
}

// SignOut ends the session. One that has ended already is no error.
func (s *Service) SignOut(ctx context.Context, session access.Session) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.Revoke(ctx, tx, session.UserID, session.ID); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "session.close", Target: session.UserID,
			Before: map[string]string{"session_id": session.ID},
		})
	})
	if err != nil && !app.Is(err, app.NotFound) {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}
