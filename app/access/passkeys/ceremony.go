package passkeys

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Purpose is what a challenge may be answered for.
type Purpose string

// The purposes.
const (
	ToRegister     Purpose = "register"
	ToSignIn       Purpose = "sign_in"       // without a password; the device says who it is
	ToSecondFactor Purpose = "second_factor" // after a password
	ToConfirm      Purpose = "confirm"       // an act of somebody signed in
)

const ceremonyLife = 5 * time.Minute

// Holder is the browser that may answer: the value of a cookie that only it has.
type Holder string

func (h Holder) hash() string { return hash([]byte(h)) }

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// begin keeps a challenge until it is answered, once, or too old.
func (s *Service) begin(ctx context.Context, p Purpose, h Holder, data *webauthn.SessionData, options any) (json.RawMessage, error) {
	state, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("keep challenge: %w", err)
	}
	now := app.ToMillis(s.clock.Now())
	err = insertCeremony(ctx, s.db, ceremony{
		ChallengeHash: hash([]byte(data.Challenge)), Purpose: p, Holder: h.hash(), Data: string(state), ExpiresAt: now.Add(ceremonyLife),
	})
	if err != nil {
		return nil, fmt.Errorf("keep challenge: %w", err)
	}
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("write options: %w", err)
	}
	return text, nil
}

// take returns what a challenge was begun with and forgets it: no answer counts
// twice, and a wrong one spoils its challenge. Unauthenticated when there is
// none for this purpose and browser.
func (s *Service) take(ctx context.Context, p Purpose, h Holder, challenge string) (webauthn.SessionData, error) {
	var data webauthn.SessionData
	key := hash([]byte(challenge))
	c, err := readCeremony(ctx, s.db, key, p, h.hash(), app.ToMillis(s.clock.Now()))
	if errors.Is(err, db.ErrNoRows) {
		return data, refused(errors.New("no such challenge is open"))
	}
	if err != nil {
		return data, fmt.Errorf("read challenge: %w", err)
	}
	n, err := deleteCeremony(ctx, s.db, key)
	if err != nil {
		return data, fmt.Errorf("take challenge: %w", err)
	}
	if n == 0 {
		return data, refused(errors.New("the challenge was answered meanwhile"))
	}
	if err := json.Unmarshal([]byte(c.Data), &data); err != nil {
		return data, fmt.Errorf("read challenge: %w", err)
	}
	return data, nil
}

// Purge deletes challenges that nobody answered.
func (s *Service) Purge(ctx context.Context) error {
	if err := deleteCeremonies(ctx, s.db, app.ToMillis(s.clock.Now())); err != nil {
		return fmt.Errorf("purge challenges: %w", err)
	}
	return nil
}
