package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The reasons a sign-in is refused, the same for known and unknown emails.
const (
	ReasonWrongCredentials = "wrong_credentials"
	ReasonSignInLocked     = "sign_in_locked"    // this failure locked the account
	ReasonTooManyAttempts  = "too_many_attempts" // refused without looking at the password
)

// Authenticate checks an email and a password, given from the client address
// ip. Codes: Unauthenticated (wrong_credentials, also for a disabled user),
// RateLimited (sign_in_locked, too_many_attempts; detail retry_after_seconds),
// Unavailable. Texts and time do not tell whether the email is known.
func (s *Service) Authenticate(ctx context.Context, email, password, ip string) (User, error) {
	email, invalid := NormalEmail(email)
	at, err := s.admit(ctx, email, ip)
	if err != nil {
		return User{}, err
	}
	u, encoded, err := readUserByEmail(ctx, s.db, email)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return User{}, fmt.Errorf("sign in: %w", err)
	}
	if invalid != nil || err != nil || u.State != Active {
		encoded = ""
	}
	ok, outdated, err := s.hasher.matches(ctx, password, encoded)
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, at.refusal()
	}
	if err := s.forgive(ctx, at); err != nil {
		return User{}, err
	}
	if outdated {
		return u, s.rehash(ctx, u.ID, password, encoded)
	}
	return u, nil
}

// Reauthenticate checks the password of a signed-in user again, before an act
// that asks for it. Codes as Authenticate.
func (s *Service) Reauthenticate(ctx context.Context, userID, password, ip string) error {
	u, err := s.User(ctx, s.db, userID)
	if err != nil {
		return err
	}
	_, err = s.Authenticate(ctx, u.Email, password, ip)
	return err
}

// rehash brings an old hash to today's cost, unless the password changed meanwhile.
func (s *Service) rehash(ctx context.Context, userID, password, old string) error {
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := replaceHash(ctx, s.db, userID, old, encoded); err != nil {
		return fmt.Errorf("renew password hash of %s: %w", userID, err)
	}
	return nil
}

func wrongCredentials() error {
	return app.Errorf(app.Unauthenticated, "the email or the password is wrong").WithReason(ReasonWrongCredentials)
}
