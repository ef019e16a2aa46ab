package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// throttle is one counter's rule: after so many failures each further one
// locks, for twice as long as the one before; a pause forgets them.
type throttle struct {
	failures int64
	lock     time.Duration
	maxLock  time.Duration
	forget   time.Duration
}

func accountThrottle() throttle {
	return throttle{failures: 10, lock: time.Minute, maxLock: time.Hour, forget: 24 * time.Hour}
}

// addressThrottle is wider: an office shares one address.
func addressThrottle() throttle {
	return throttle{failures: 50, lock: 5 * time.Minute, maxLock: time.Hour, forget: time.Hour}
}

func (t throttle) lockFor(failures int64) time.Duration {
	if failures < t.failures {
		return 0
	}
	return min(t.lock<<min(failures-t.failures, 16), t.maxLock)
}

// attempt is one admitted try.
type attempt struct {
	account, address string
	lockedFor        time.Duration // what its failure has locked the account for
}

func (a attempt) refusal() error {
	if a.lockedFor > 0 {
		return tooMany(ReasonSignInLocked, a.lockedFor)
	}
	return wrongCredentials()
}

func tooMany(reason string, wait time.Duration) error {
	return app.Errorf(app.RateLimited, "too many failed attempts to sign in; try again later").WithReason(reason).
		WithDetail("retry_after_seconds", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
}

// admit counts the attempt as failed before the password is looked at, so that
// a hundred guesses sent at once do not all slip past a count of nine; success
// takes the count back. The counter is keyed by the email as given, so unknown
// accounts lock as known ones do.
func (s *Service) admit(ctx context.Context, email, ip string) (attempt, error) {
	digest := sha256.Sum256([]byte(email))
	return s.admitTo(ctx, "account:"+hex.EncodeToString(digest[:]), ip)
}

// admitTo is admit for any subject that is guessed at.
func (s *Service) admitTo(ctx context.Context, subject, ip string) (attempt, error) {
	at := attempt{account: subject, address: addressSubject(ip)}
	now := s.now()
	var until app.Millis
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		at.lockedFor, until = 0, 0
		var err error
		if _, until, err = countAttempt(ctx, tx, at.address, addressThrottle(), now); err != nil || until > 0 {
			return err
		}
		at.lockedFor, until, err = countAttempt(ctx, tx, at.account, accountThrottle(), now)
		return err
	})
	if err != nil {
		return attempt{}, fmt.Errorf("throttle sign-in: %w", err)
	}
	if until > 0 {
		return attempt{}, tooMany(ReasonTooManyAttempts, time.Duration(until-now)*time.Millisecond)
	}
	return at, nil
}

// countAttempt counts one failure of subject. until is not 0 when the subject
// is locked; nothing is counted then. lockedFor is the lock this failure set.
func countAttempt(ctx context.Context, tx *db.Tx, subject string, rule throttle, now app.Millis) (lockedFor time.Duration, until app.Millis, err error) {
	if err := forgetFailures(ctx, tx, subject, now.Add(-rule.forget), now); err != nil {
		return 0, 0, err
	}
	n, err := addFailure(ctx, tx, subject, now)
	if err != nil {
		return 0, 0, err
	}
	state, err := readThrottle(ctx, tx, subject)
	switch {
	case errors.Is(err, db.ErrNoRows):
		if err := insertThrottle(ctx, tx, subject, now); !db.IsDuplicate(err) {
			return 0, 0, err
		}
		// Another server's attempt came first: count behind it.
		return countAttempt(ctx, tx, subject, rule, now)
	case err != nil:
		return 0, 0, err
	case n == 0 && state.LockedUntil <= now:
		// The row came between the count and the look: count again.
		return countAttempt(ctx, tx, subject, rule, now)
	case n == 0:
		return 0, state.LockedUntil, nil
	}
	if lockedFor = rule.lockFor(state.Failures); lockedFor > 0 {
		err = lockThrottle(ctx, tx, subject, now.Add(lockedFor))
	}
	return lockedFor, 0, err
}

// forgive clears the account's failures and takes the address's count back.
func (s *Service) forgive(ctx context.Context, at attempt) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := takeBackFailure(ctx, tx, at.address); err != nil {
			return err
		}
		return clearThrottle(ctx, tx, at.account)
	})
	if err != nil {
		return fmt.Errorf("throttle sign-in: %w", err)
	}
	return nil
}

// addressSubject counts an IPv6 client by its /64, which one client owns whole.
func addressSubject(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "address:unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return "address:" + a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return "address:unknown"
	}
	return "address:" + p.String()
}
