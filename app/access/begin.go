package access

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

// beginThrottle bounds what an address may begin and leave unfinished, where
// each beginning is a row here or a call to somebody else: a passkey's
// challenge, a way to an identity provider and back.
func beginThrottle() throttle {
	return throttle{failures: 60, lock: time.Minute, maxLock: time.Hour, forget: 10 * time.Minute}
}

// Begin counts something that the address begins. Code: RateLimited
// (too_many_attempts; detail retry_after_seconds).
func (s *Service) Begin(ctx context.Context, ip string) error {
	now := s.now()
	var wait time.Duration
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		lockedFor, until, err := countAttempt(ctx, tx, begun(ip), beginThrottle(), now)
		wait = max(lockedFor, time.Duration(until-now)*time.Millisecond)
		return err
	})
	if err != nil {
		return fmt.Errorf("throttle what is begun: %w", err)
	}
	if wait > 0 {
		return tooMany(ReasonTooManyAttempts, wait)
	}
	return nil
}

// Finish takes a Begin back, within the transaction of what came of it.
func (s *Service) Finish(ctx context.Context, tx *db.Tx, ip string) error {
	if err := takeBackFailure(ctx, tx, begun(ip)); err != nil {
		return fmt.Errorf("throttle what is begun: %w", err)
	}
	return nil
}

func begun(ip string) string { return "begun:" + addressSubject(ip) }
