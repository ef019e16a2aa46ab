package access

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"

	"github.com/piaohao/piaohao/app"
)

const (
	minPasswordRunes = 12
	maxPasswordBytes = 256
	hashPatience     = 5 * time.Second
)

// PasswordHash is a hashed password, made by HashPassword only. It is hashed
// before the transaction that stores it, so none waits for the hashing.
type PasswordHash struct{ encoded string }

// HashPassword checks the rules (12 characters at least, 256 bytes at most, not
// one character over and over) and hashes. Codes: Invalid on field "password",
// Unavailable when too many hashes are waiting.
func (s *Service) HashPassword(ctx context.Context, password string) (PasswordHash, error) {
	switch {
	case utf8.RuneCountInString(password) < minPasswordRunes:
		return PasswordHash{}, app.InvalidField("password", "too_short", "a password has at least %d characters", minPasswordRunes)
	case len(password) > maxPasswordBytes:
		return PasswordHash{}, app.InvalidField("password", "too_long", "a password has at most %d bytes", maxPasswordBytes)
	case distinctRunes(password) < 5:
		return PasswordHash{}, app.InvalidField("password", "too_simple", "a password has at least 5 different characters")
	}
	encoded, err := s.hasher.hash(ctx, password)
	return PasswordHash{encoded}, err
}

// NewPassword returns a random password of 24 characters, for showing once.
func NewPassword() string { return randomText(18) }

func distinctRunes(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// hasher runs argon2id, few at once: each takes 64 MiB for its time, and a
// flood of sign-ins must not take the machine's memory.
type hasher struct {
	params *argon2id.Params
	slots  *semaphore.Weighted
	// nobody is a hash that no password matches and that costs what a real one
	// costs, so an unknown email takes as long as a wrong password.
	nobody string
	// idle gives the memory of hashing back to the machine once nobody signs in
	// any more; the runtime by itself would keep it for minutes.
	idle *time.Timer
}

const hashIdle = 2 * time.Second

func newHasher(p *argon2id.Params, atOnce int) *hasher {
	random := func(n uint32) string {
		b := make([]byte, n)
		rand.Read(b)
		return base64.RawStdEncoding.EncodeToString(b)
	}
	nobody := fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism, random(p.SaltLength), random(p.KeyLength))
	idle := time.AfterFunc(hashIdle, debug.FreeOSMemory)
	return &hasher{params: p, slots: semaphore.NewWeighted(int64(atOnce)), nobody: nobody, idle: idle}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	encoded, err := argon2id.CreateHash(password, h.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return encoded, nil
}

// matches reports whether password is the one behind encoded, and whether that
// hash was made at another cost than today's. An empty encoded never matches.
func (h *hasher) matches(ctx context.Context, password, encoded string) (ok, outdated bool, err error) {
	release, err := h.slot(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	possible := encoded != "" && len(password) <= maxPasswordBytes
	if !possible {
		encoded, password = h.nobody, password[:min(len(password), maxPasswordBytes)]
	}
	ok, used, err := argon2id.CheckHash(password, encoded)
	if err != nil {
		return false, false, fmt.Errorf("check password: %w", err)
	}
	return ok && possible, *used != *h.params, nil
}

func (h *hasher) slot(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return nil, app.Errorf(app.Unavailable, "too many people are signing in at once; try again in a moment").WithCause(err)
	}
	return func() {
		h.slots.Release(1)
		h.idle.Reset(hashIdle)
	}, nil
}

// randomText returns n random bytes as URL-safe text.
func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
