package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Codes of an authenticator app are RFC 6238's as every app makes them: six
// digits of SHA-1 every thirty seconds. One step early or late is accepted, for
// a phone whose clock is off.
const (
	totpPeriod = 30
	totpSkew   = 1
	seedBytes  = 20
	seedLife   = 30 * time.Minute // between its page and the code that confirms it
)

// Sealer seals a seed for its user's row.
type Sealer interface {
	Seal(plain []byte, merchantID, rowID string) ([]byte, error)
	Open(sealed []byte, merchantID, rowID string) ([]byte, error)
}

// Seed is a new authenticator app's secret, before a code of it was given. It
// stands nowhere but on the page that shows it.
type Seed struct {
	Text   string // base32, for typing in
	URL    string // otpauth://, for the QR code
	Sealed string // for the form, which gives it back to EnrolTOTP
}

// NewSeed makes a secret for the user's authenticator app, which shows issuer
// as where it belongs.
func (s *Service) NewSeed(u User, issuer string) (Seed, error) {
	secret := make([]byte, seedBytes)
	rand.Read(secret)
	return s.seed(u, issuer, secret, s.clock.Now().Add(seedLife))
}

// SameSeed is a seed whose form is shown again. Invalid on field "seed" when it
// is another user's or too old.
func (s *Service) SameSeed(u User, issuer, sealed string) (Seed, error) {
	secret, until, err := s.openSeed(u.ID, sealed)
	if err != nil {
		return Seed{}, err
	}
	return s.seed(u, issuer, secret, until)
}

func (s *Service) seed(u User, issuer string, secret []byte, until time.Time) (Seed, error) {
	if s.config.Sealer == nil {
		return Seed{}, app.Errorf(app.Unavailable, "no keyset is configured to seal second factors with")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: u.Email, Secret: secret, Period: totpPeriod})
	if err != nil {
		return Seed{}, fmt.Errorf("make a seed: %w", err)
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	sealed, err := s.config.Sealer.Seal(append(plain, secret...), "", u.ID+":enrol")
	if err != nil {
		return Seed{}, fmt.Errorf("seal a seed: %w", err)
	}
	return Seed{Text: key.Secret(), URL: key.URL(), Sealed: base64.RawURLEncoding.EncodeToString(sealed)}, nil
}

func (s *Service) openSeed(userID, text string) ([]byte, time.Time, error) {
	old := app.InvalidField("seed", "expired", "this QR code is too old; scan the new one")
	if s.config.Sealer == nil {
		return nil, time.Time{}, old
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, time.Time{}, old
	}
	plain, err := s.config.Sealer.Open(sealed, "", userID+":enrol")
	if err != nil || len(plain) != 8+seedBytes {
		return nil, time.Time{}, old
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
	if !s.clock.Now().Before(until) {
		return nil, time.Time{}, old
	}
	return plain[8:], until, nil
}

// EnrolTOTP makes a seed the user's authenticator app, in place of any other,
// once a code shows that the app has it. That code is used up. Codes: Invalid
// on fields "seed" and "code".
func (s *Service) EnrolTOTP(ctx context.Context, tx *db.Tx, userID, sealedSeed, code string) error {
	secret, _, err := s.openSeed(userID, sealedSeed)
	if err != nil {
		return err
	}
	step, ok := s.stepOf(secret, code)
	if !ok {
		return app.InvalidField("code", "wrong", "that is not the code that the app shows now")
	}
	sealed, err := s.config.Sealer.Seal(secret, "", userID)
	if err != nil {
		return fmt.Errorf("seal the seed of %s: %w", userID, err)
	}
	if _, err := deleteTOTP(ctx, tx, userID); err != nil {
		return fmt.Errorf("store the seed of %s: %w", userID, err)
	}
	now := s.now()
	if err := insertTOTP(ctx, tx, totpRow{UserID: userID, Sealed: sealed, LastStep: step, CreatedAt: now, LastUsedAt: now}); err != nil {
		return fmt.Errorf("store the seed of %s: %w", userID, err)
	}
	return nil
}

// RemoveTOTP forgets the user's authenticator app. NotFound when they have none.
func (s *Service) RemoveTOTP(ctx context.Context, tx *db.Tx, userID string) error {
	n, err := deleteTOTP(ctx, tx, userID)
	if err != nil {
		return fmt.Errorf("remove the authenticator app of %s: %w", userID, err)
	}
	if n == 0 {
		return app.Errorf(app.NotFound, "%s has no authenticator app", userID)
	}
	return nil
}

// takeTOTP uses up a code: of codes sent twice, at once or later, one is taken.
func (s *Service) takeTOTP(ctx context.Context, userID, code string) (bool, error) {
	row, err := readTOTP(ctx, s.db, userID)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the authenticator app of %s: %w", userID, err)
	}
	if s.config.Sealer == nil {
		return false, app.Errorf(app.Unavailable, "no keyset is configured to open second factors with")
	}
	secret, err := s.config.Sealer.Open(row.Sealed, "", userID)
	if err != nil {
		return false, fmt.Errorf("open the seed of %s: %w", userID, err)
	}
	step, ok := s.stepOf(secret, code)
	if !ok {
		return false, nil
	}
	n, err := useStep(ctx, s.db, userID, step, s.now())
	if err != nil {
		return false, fmt.Errorf("use a code of %s: %w", userID, err)
	}
	return n == 1, nil
}

// stepOf finds the step of which code is the code, near the present one.
func (s *Service) stepOf(secret []byte, code string) (int64, bool) {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	now := s.clock.Now().Unix() / totpPeriod
	found, ok := int64(0), false
	for step := now - totpSkew; step <= now+totpSkew; step++ {
		want, err := hotp.GenerateCodeCustom(text, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && hmac.Equal([]byte(want), []byte(code)) {
			found, ok = step, true
		}
	}
	return found, ok
}

// isTOTP tells an app's code from a recovery code, once blanks are gone.
func isTOTP(code string) bool {
	return len(code) == 6 && strings.Trim(code, "0123456789") == ""
}

// ResealFactors seals every seed again that an older key has sealed, as current
// tells, and returns how many.
func (s *Service) ResealFactors(ctx context.Context, current func(sealed []byte) bool) (int, error) {
	count, after := 0, ""
	for {
		page, err := pageOfTOTP(ctx, s.db, after)
		if err != nil || len(page) == 0 {
			return count, err
		}
		for _, row := range page {
			after = row.UserID
			if current(row.Sealed) {
				continue
			}
			n, err := s.resealFactor(ctx, row)
			if err != nil {
				return count, err
			}
			count += int(n)
		}
	}
}

func (s *Service) resealFactor(ctx context.Context, row totpRow) (int64, error) {
	secret, err := s.config.Sealer.Open(row.Sealed, "", row.UserID)
	if err != nil {
		return 0, fmt.Errorf("reseal the seed of %s: %w", row.UserID, err)
	}
	sealed, err := s.config.Sealer.Seal(secret, "", row.UserID)
	if err != nil {
		return 0, fmt.Errorf("reseal the seed of %s: %w", row.UserID, err)
	}
	return replaceSeed(ctx, s.db, row.UserID, row.Sealed, sealed)
}
