package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// ReasonTooManyForms marks the refusal of a form that was sent too often.
const ReasonTooManyForms = "too_many_forms"

// formThrottle is for forms that anybody may send: an office shares one address.
func formThrottle(perHour int64) throttle {
	return throttle{failures: perHour, lock: 10 * time.Minute, maxLock: time.Hour, forget: time.Hour}
}

// CountForm counts a form that anybody may send against the client's address.
// From the perHour-th within an hour on it is RateLimited for a while, longer
// each time, with the detail "retry_after_seconds".
func (s *Service) CountForm(ctx context.Context, form, ip string, perHour int64) error {
	return s.countForm(ctx, form, addressSubject(ip), formThrottle(perHour))
}

// CountEmail counts a form that anybody may send against the email it is about,
// known or not. Beyond perDay within a day it is RateLimited.
func (s *Service) CountEmail(ctx context.Context, form, email string, perDay int64) error {
	digest := sha256.Sum256([]byte(email))
	return s.countForm(ctx, form, "email:"+hex.EncodeToString(digest[:]), throttle{failures: perDay, lock: 12 * time.Hour, maxLock: 24 * time.Hour, forget: 24 * time.Hour})
}

func (s *Service) countForm(ctx context.Context, form, subject string, rule throttle) error {
	now := s.now()
	var until app.Millis
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		_, until, err = countAttempt(ctx, tx, form+":"+subject, rule, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("throttle form %s: %w", form, err)
	}
	if until > 0 {
		return tooMany(ReasonTooManyForms, time.Duration(until-now)*time.Millisecond)
	}
	return nil
}
