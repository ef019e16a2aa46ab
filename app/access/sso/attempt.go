package sso

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// attemptLife is how long somebody may take at the provider.
const attemptLife = 10 * time.Minute

// clockLeeway is how far the provider's clock may be behind ours.
const clockLeeway = time.Minute

// Browser is the value of a cookie that binds an attempt to one browser. The
// nonce and PKCE's verifier follow from it, so the database holds neither.
type Browser string

// NewBrowser returns the value for a browser that has none.
func NewBrowser() Browser { return Browser(random()) }

func random() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (b Browser) derive(what, state string) string {
	m := hmac.New(sha256.New, []byte(b))
	m.Write([]byte(what + "." + state))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// Purpose is what somebody goes to a provider for.
type Purpose string

// The purposes.
const (
	ToSignIn  Purpose = "sign_in"
	ToLink    Purpose = "link"    // makes the identity there one's own here
	ToConfirm Purpose = "confirm" // shows again who one is; the provider must ask
)

// Goal is what an attempt is for.
type Goal struct {
	Purpose Purpose
	UserID  string // of whom is signed in here; empty to sign in
	Next    string // a path of the console to go on to
}

// Begin returns the address at the provider to send the browser to. Codes:
// NotFound, Unavailable (sso_down).
func (s *Service) Begin(ctx context.Context, name string, b Browser, g Goal) (string, error) {
	p, err := s.find(name)
	if err != nil {
		return "", err
	}
	published, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	state := random()
	err = insertAttempt(ctx, s.db, attempt{
		StateHash: hash(state), Provider: p.Name, Purpose: g.Purpose, Browser: hash(string(b)), UserID: g.UserID, Next: g.Next,
		ExpiresAt: app.ToMillis(s.clock.Now()).Add(attemptLife),
	})
	if err != nil {
		return "", fmt.Errorf("begin at %s: %w", p.Name, err)
	}
	asks := []oauth2.AuthCodeOption{oidc.Nonce(b.derive("nonce", state)), oauth2.S256ChallengeOption(b.derive("verifier", state))}
	if g.Purpose == ToConfirm {
		asks = append(asks, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return p.oauth(published).AuthCodeURL(state, asks...), nil
}

// Answer is what the provider has the browser bring.
type Answer struct {
	State, Code string
	Error       string // instead of a code
	Issuer      string // RFC 9207; empty for providers that do not say
}

// Arrival is somebody whom a provider vouches for.
type Arrival struct {
	Provider Provider
	Claims   Claims
	Goal     Goal
}

// Finish takes an answer, once, and checks everything about it. The goal is
// known even where it fails, once the attempt is. Codes: NotFound,
// Unauthenticated (sso_state, sso_refused, sso_invalid, sso_stale), Forbidden
// (sso_unverified, sso_domain), Unavailable (sso_down).
func (s *Service) Finish(ctx context.Context, name string, b Browser, a Answer) (Arrival, error) {
	p, err := s.find(name)
	if err != nil {
		return Arrival{}, err
	}
	arrival := Arrival{Provider: p.Provider}
	var begun time.Time
	if arrival.Goal, begun, err = s.take(ctx, p.Name, b, a.State); err != nil {
		return arrival, err
	}
	switch {
	case a.Issuer != "" && a.Issuer != p.Issuer:
		return arrival, failed(app.Unauthenticated, ReasonInvalid, "the answer says it is from another issuer")
	case a.Error != "":
		return arrival, failed(app.Unauthenticated, ReasonRefused, "%s answered %.60q", p.Name, a.Error)
	case a.Code == "":
		return arrival, failed(app.Unauthenticated, ReasonInvalid, "the answer carries no code")
	}
	arrival.Claims, err = p.exchange(ctx, b, a)
	if err == nil && arrival.Goal.Purpose == ToConfirm && arrival.Claims.AskedAt.Before(begun.Add(-clockLeeway)) {
		// Whoever sits at the browser can leave "prompt=login" out of the address.
		err = failed(app.Unauthenticated, ReasonStale, "%s did not ask again who it is", p.Name)
	}
	return arrival, err
}

// take returns what an attempt was for and when it began, and forgets it, so that
// no state counts twice.
func (s *Service) take(ctx context.Context, provider string, b Browser, state string) (Goal, time.Time, error) {
	refuse := failed(app.Unauthenticated, ReasonState, "this way in was begun in another browser, took too long, or is used up")
	if b == "" || state == "" {
		return Goal{}, time.Time{}, refuse
	}
	at, err := readAttempt(ctx, s.db, hash(state), provider, hash(string(b)), app.ToMillis(s.clock.Now()))
	if errors.Is(err, db.ErrNoRows) {
		return Goal{}, time.Time{}, refuse
	}
	if err != nil {
		return Goal{}, time.Time{}, fmt.Errorf("read attempt: %w", err)
	}
	n, err := deleteAttempt(ctx, s.db, at.StateHash)
	if err != nil {
		return Goal{}, time.Time{}, fmt.Errorf("take attempt: %w", err)
	}
	if n == 0 {
		return Goal{}, time.Time{}, refuse
	}
	return Goal{at.Purpose, at.UserID, at.Next}, at.ExpiresAt.Add(-attemptLife).Time(), nil
}

// exchange trades the code for the ID token and reads it.
func (p *provider) exchange(ctx context.Context, b Browser, a Answer) (Claims, error) {
	published, err := p.discover(ctx)
	if err != nil {
		return Claims{}, err
	}
	ctx = p.with(ctx)
	token, err := p.oauth(published).Exchange(ctx, a.Code, oauth2.VerifierOption(b.derive("verifier", a.State)))
	var said *oauth2.RetrieveError
	switch {
	case errors.As(err, &said) && said.Response.StatusCode < 500:
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "%s does not take the code back", p.Name).WithCause(err)
	case err != nil:
		return Claims{}, failed(app.Unavailable, ReasonDown, "%s gives no token for the code", p.Name).WithCause(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "%s gave no ID token", p.Name)
	}
	genuine, err := p.verifier(published).Verify(ctx, raw)
	if err != nil {
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "the ID token of %s does not verify", p.Name).WithCause(err)
	}
	return p.read(genuine, b.derive("nonce", a.State))
}

// Purge deletes attempts that nobody finished.
func (s *Service) Purge(ctx context.Context) error {
	if err := deleteAttempts(ctx, s.db, app.ToMillis(s.clock.Now())); err != nil {
		return fmt.Errorf("purge attempts to sign in: %w", err)
	}
	return nil
}
