package access

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Standing is what a session still lacks before it opens pages.
type Standing string

// The standings.
const (
	Complete       Standing = ""
	LacksFactor    Standing = "second_factor" // its user has a second factor and has not given it
	LacksEnrolment Standing = "enrolment"     // its user must have one, and has none
)

// halfLife is how long a password waits for its second factor.
const halfLife = 15 * time.Minute

// Recognise returns the session of a cookie's token, its user, and what it still
// lacks; it is for the pages on which that is given. All else asks Session.
// Unauthenticated when there is none, it has ended, or its user is disabled.
func (s *Service) Recognise(ctx context.Context, token string) (Session, User, Standing, error) {
	session, u, err := s.find(ctx, token)
	if err != nil {
		return Session{}, User{}, "", err
	}
	standing, err := s.standing(ctx, session)
	if err != nil {
		return Session{}, User{}, "", err
	}
	return session, u, standing, nil
}

func (s *Service) standing(ctx context.Context, session Session) (Standing, error) {
	if session.Stage != StageActive {
		if session.CreatedAt <= s.now().Add(-halfLife) {
			return "", signedOut()
		}
		return LacksFactor, nil
	}
	if session.Methods.Both() {
		return Complete, nil
	}
	required, err := s.SecondFactorRequired(ctx, session.UserID)
	if err != nil || !required {
		return Complete, err
	}
	f, err := s.Factors(ctx, s.db, session.UserID)
	if err != nil {
		return "", err
	}
	if f.Asked() {
		return LacksFactor, nil
	}
	return LacksEnrolment, nil
}

// Session returns the active session of a cookie's token and its user, and
// notes that it was used. Unauthenticated when there is none, it has ended,
// lacks a second factor that it needs, or its user is disabled.
func (s *Service) Session(ctx context.Context, token string) (Session, User, error) {
	session, u, standing, err := s.Recognise(ctx, token)
	if err == nil && standing != Complete {
		err = signedOut()
	}
	if err != nil {
		return Session{}, User{}, err
	}
	return session, u, nil
}

// PendingSession is Session for one that waits for its user's second factor.
func (s *Service) PendingSession(ctx context.Context, token string) (Session, User, error) {
	session, u, standing, err := s.Recognise(ctx, token)
	if err == nil && standing != LacksFactor {
		err = app.Errorf(app.Unauthenticated, "no sign-in waits for a second factor").WithReason("signed_out")
	}
	if err != nil {
		return Session{}, User{}, err
	}
	return session, u, nil
}
