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
	// Device is a random text that the browser keeps (access.NewDevice), by which
	// it is known again.
	Device string
	// ProvenAt is when a provider last asked the user who they are; 0 is now.
	ProvenAt app.Millis
}

// SignedIn is an open session.
type SignedIn struct {
	Token   string // for the cookie, nowhere else
	Session access.Session
	User    access.User
}

// SignIn checks the password and opens a session. Whoever has a second factor
// must give it next (see Session.Stage, PassSecondFactor). While the user must
// change the password, show nothing but that form. Codes as access.Authenticate.
func (s *Service) SignIn(ctx context.Context, c Credentials) (SignedIn, error) {
	u, err := s.access.Authenticate(ctx, c.Email, c.Password, c.IP)
	if err != nil {
		return SignedIn{}, errors.Join(err, s.noteLock(ctx, c, err))
	}
	return s.Begin(ctx, u, c, access.ByPassword)
}

// Begin opens the session of a user whom the caller has recognised by a method.
// It waits for the second factor of whoever has one, unless the method is worth
// both.
func (s *Service) Begin(ctx context.Context, u access.User, c Credentials, by access.Method) (SignedIn, error) {
	in := SignedIn{User: u}
	methods, stage := access.MethodsOf(by), access.StageActive
	f, err := s.access.Factors(ctx, s.db, u.ID)
	if err != nil {
		return SignedIn{}, err
	}
	if f.Asked() && !methods.Both() {
		stage = access.StageSecondFactor
	}
	known := true
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		in.Token, in.Session, err = s.access.Open(ctx, tx, access.NewSession{
			UserID: u.ID, IP: c.IP, UserAgent: c.UserAgent, Stage: stage, Methods: methods, Replaces: c.FormerToken, ProvenAt: c.ProvenAt,
		})
		if err != nil {
			return err
		}
		if stage != access.StageActive {
			return s.audit.Record(ctx, tx, audit.Entry{
				Chain: audit.Platform, Actor: within(u, in.Session), Action: "session.begin", Target: u.ID, After: openedAs(in.Session),
			})
		}
		known, err = s.opened(ctx, tx, u, in.Session, c.Device)
		return err
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in %s: %w", u.ID, err)
	}
	if !known {
		s.tellNewDevice(ctx, u, in.Session)
	}
	return in, nil
}

// opened records a session that opens pages from now on, and reports whether
// its device was known.
func (s *Service) opened(ctx context.Context, tx *db.Tx, u access.User, session access.Session, device string) (known bool, err error) {
	known = true
	if device != "" {
		if known, err = s.access.KnownDevice(ctx, tx, u.ID, device); err != nil {
			return false, err
		}
	}
	return known, s.audit.Record(ctx, tx, audit.Entry{
		Chain: audit.Platform, Actor: within(u, session), Action: "session.open", Target: u.ID, After: openedAs(session),
	})
}

func openedAs(session access.Session) map[string]string {
	return map[string]string{"session_id": session.ID, "user_agent": session.UserAgent, "methods": string(session.Methods)}
}

// within is the user in a session that is just being opened.
func within(u access.User, session access.Session) audit.Actor {
	a := person(u, session.IP)
	a.Session, a.Agent = session.ID, session.UserAgent
	return a
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
