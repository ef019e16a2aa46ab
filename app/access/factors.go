package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// ReasonWrongCode is why a second factor is refused: never given by this app,
// used already, or somebody else's.
const ReasonWrongCode = "wrong_code"

// Require says whose sign-in needs a second factor whether they like it or not.
type Require string

// The rules. A merchant's own rule holds beside each of them.
const (
	RequirePlatform Require = "platform" // whoever holds a platform role
	RequireEveryone Require = "everyone"
	RequireNobody   Require = "nobody" // for trying things out on one's own machine
)

// Factors are what a user has beside the password.
type Factors struct {
	TOTP      bool
	TOTPSince app.Millis
	TOTPUsed  app.Millis
	// Passkeys are those that may be used; Copied those whose counter went back,
	// which are trusted no more.
	Passkeys, Copied int
	Recovery         int // codes left
}

// Second reports whether the user has a second factor that can be given.
// Recovery codes are none: they stand in for one. Nor is a copied passkey, so it
// never lets somebody give their last other factor up.
func (f Factors) Second() bool { return f.TOTP || f.Passkeys > 0 }

// Asked reports whether a password alone is not enough: the user has a second
// factor, or had one until it was copied. Whoever gets a passkey blocked must not
// make the password enough; its owner has the recovery codes.
func (f Factors) Asked() bool { return f.Second() || f.Copied > 0 }

// Factors returns what the user has. Inside a transaction pass it as q.
func (s *Service) Factors(ctx context.Context, q db.Querier, userID string) (Factors, error) {
	var f Factors
	row, err := readTOTP(ctx, q, userID)
	switch {
	case err == nil:
		f.TOTP, f.TOTPSince, f.TOTPUsed = true, row.CreatedAt, row.LastUsedAt
	case !errors.Is(err, db.ErrNoRows):
		return f, fmt.Errorf("read factors of %s: %w", userID, err)
	}
	if f.Passkeys, err = countPasskeys(ctx, q, userID); err != nil {
		return f, fmt.Errorf("read factors of %s: %w", userID, err)
	}
	if f.Copied, err = countCopied(ctx, q, userID); err != nil {
		return f, fmt.Errorf("read factors of %s: %w", userID, err)
	}
	if f.Recovery, err = countRecoveryCodes(ctx, q, userID); err != nil {
		return f, fmt.Errorf("read factors of %s: %w", userID, err)
	}
	return f, nil
}

// CheckCode takes a code of the user's authenticator app or a recovery code, and
// says which it was. A code counts once. Codes: Unauthenticated (wrong_code),
// RateLimited as Authenticate, counted for each user apart from passwords.
func (s *Service) CheckCode(ctx context.Context, userID, code, ip string) (Method, error) {
	at, err := s.admitTo(ctx, "factor:"+userID, ip)
	if err != nil {
		return "", err
	}
	method, code := ByRecovery, plainCode(clip(code, 100))
	take := s.takeRecovery
	if isTOTP(code) {
		method, take = ByTOTP, s.takeTOTP
	}
	ok, err := take(ctx, userID, code)
	if err != nil {
		return "", err
	}
	if !ok {
		if at.lockedFor > 0 {
			return "", tooMany(ReasonSignInLocked, at.lockedFor)
		}
		return "", app.Errorf(app.Unauthenticated, "the code is wrong or was used already").WithReason(ReasonWrongCode)
	}
	return method, s.forgive(ctx, at)
}

// ResetFactors takes the user's authenticator app, passkeys and recovery codes
// away, for whoever has lost them.
func (s *Service) ResetFactors(ctx context.Context, tx *db.Tx, userID string) error {
	if err := errors.Join(deleteFactors(ctx, tx, userID), deletePasskeys(ctx, tx, userID)); err != nil {
		return fmt.Errorf("reset factors of %s: %w", userID, err)
	}
	return nil
}

// DropRecoveryCodes is for whoever gives their last second factor up.
func (s *Service) DropRecoveryCodes(ctx context.Context, tx *db.Tx, userID string) error {
	if _, err := deleteRecoveryCodes(ctx, tx, userID); err != nil {
		return fmt.Errorf("drop recovery codes of %s: %w", userID, err)
	}
	return nil
}

// SecondFactorRequired reports whether the user may not go without one.
func (s *Service) SecondFactorRequired(ctx context.Context, userID string) (bool, error) {
	domain := ""
	switch s.config.Require {
	case RequireEveryone:
		return true, nil
	case RequirePlatform:
		domain = Platform
	}
	n, err := countRuledRoles(ctx, s.db, userID, domain)
	if err != nil {
		return false, fmt.Errorf("does %s need a second factor: %w", userID, err)
	}
	return n > 0, nil
}

// FactorRule reports whether the domain requires a second factor of everyone
// with a role in it.
func (s *Service) FactorRule(ctx context.Context, domain string) (bool, error) {
	n, err := countFactorRules(ctx, s.db, domain)
	if err != nil {
		return false, fmt.Errorf("read the second factor's rule of %s: %w", domain, err)
	}
	return n > 0, nil
}

// SetFactorRule makes the rule or ends it, and reports whether that was a change.
func (s *Service) SetFactorRule(ctx context.Context, tx *db.Tx, domain string, required bool, by string) (bool, error) {
	n, err := countFactorRules(ctx, tx, domain)
	if err == nil && (n > 0) != required {
		if required {
			err = insertFactorRule(ctx, tx, domain, by, s.now())
		} else {
			_, err = deleteFactorRule(ctx, tx, domain)
		}
		if err == nil || db.IsDuplicate(err) {
			return !db.IsDuplicate(err), nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("set the second factor's rule of %s: %w", domain, err)
	}
	return false, nil
}

// KnownDevice notes that the user signed in by the browser that keeps this
// random text, and reports whether they had done so before. Their very first
// browser counts as known: nobody needs to hear of it.
func (s *Service) KnownDevice(ctx context.Context, tx *db.Tx, userID, device string) (bool, error) {
	sum := sha256.Sum256([]byte(device))
	hash, now := hex.EncodeToString(sum[:]), s.now()
	n, err := seeDevice(ctx, tx, userID, hash, now)
	if err != nil || n > 0 {
		return n > 0, err
	}
	others, err := countDevices(ctx, tx, userID)
	if err != nil {
		return false, fmt.Errorf("know device of %s: %w", userID, err)
	}
	if err := insertDevice(ctx, tx, userID, hash, now); err != nil && !db.IsDuplicate(err) {
		return false, fmt.Errorf("know device of %s: %w", userID, err)
	}
	return others == 0, nil
}

// NewDevice returns the random text by which a browser is known.
func NewDevice() string { return randomText(16) }
