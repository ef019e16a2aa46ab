// Package inbox is a webhook receiver for trying things out: it verifies what
// arrives by Standard Webhooks' own library and keeps the last messages.
package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Kept is how many messages an inbox remembers.
const Kept = 200

// MaxBody is the largest body taken, in bytes.
const MaxBody = 256 << 10

// Service receives webhooks into named inboxes.
type Service struct {
	db    *db.DB
	clock app.Clock
}

// New returns the receiver.
func New(d *db.DB, clock app.Clock) *Service { return &Service{db: d, clock: clock} }

// Message is one webhook as it arrived.
type Message struct {
	ID       string `db:"id"`
	Inbox    string `db:"inbox"`
	Verified bool   `db:"verified"`
	// Problem says why it is not verified.
	Problem    string     `db:"problem"`
	HeaderJSON string     `db:"headers"`
	Body       string     `db:"body"`
	ReceivedAt app.Millis `db:"received_at"`
}

// Header returns the message's headers.
func (m Message) Header() http.Header {
	h := http.Header{}
	_ = json.Unmarshal([]byte(m.HeaderJSON), &h) // written by Receive
	return h
}

// WebhookID returns the message's webhook-id, "" when it came without.
func (m Message) WebhookID() string { return m.Header().Get(standardwebhooks.HeaderWebhookID) }

// EventType returns the "type" of a JSON body, "" without one.
func (m Message) EventType() string {
	var body struct {
		Type string `json:"type"`
	}
	if json.Unmarshal([]byte(m.Body), &body) != nil {
		return ""
	}
	return body.Type
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// CheckName returns Invalid unless name can name an inbox: up to 40 lower-case
// letters, digits and hyphens.
func CheckName(name string) error {
	if !namePattern.MatchString(name) {
		return app.InvalidField("name", "invalid", "inbox %q: want up to 40 of a-z, 0-9 and -", name)
	}
	return nil
}

// SetSecret sets what the inbox verifies with, a "whsec_…" as the platform
// shows it. A name or secret that cannot be one is Invalid.
func (s *Service) SetSecret(ctx context.Context, name, secret string) error {
	if err := checkSecret(name, secret); err != nil {
		return err
	}
	err := insertInbox(ctx, s.db, name, secret, app.ToMillis(s.clock.Now()))
	if db.IsDuplicate(err) {
		err = updateSecret(ctx, s.db, name, secret)
	}
	if err != nil {
		return fmt.Errorf("set secret of inbox %s: %w", name, err)
	}
	return nil
}

// Register sets the secret of an inbox that has none yet; a later one changes
// nothing, so that a forged message cannot bring its own.
func (s *Service) Register(ctx context.Context, name, secret string) error {
	if err := checkSecret(name, secret); err != nil {
		return err
	}
	err := insertInbox(ctx, s.db, name, secret, app.ToMillis(s.clock.Now()))
	if err != nil && !db.IsDuplicate(err) {
		return fmt.Errorf("register inbox %s: %w", name, err)
	}
	return nil
}

func checkSecret(name, secret string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if _, err := standardwebhooks.NewWebhook(secret); err != nil || len(secret) < 24 || len(secret) > 255 {
		return app.InvalidField("secret", "invalid", "the secret is not a whsec_ followed by base64")
	}
	return nil
}

// Registered reports whether the inbox has a secret.
func (s *Service) Registered(ctx context.Context, name string) (bool, error) {
	secret, err := s.secret(ctx, name)
	return secret != "", err
}

func (s *Service) secret(ctx context.Context, name string) (string, error) {
	secret, err := selectSecret(ctx, s.db, name)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read inbox %s: %w", name, err)
	}
	return secret, nil
}

// Receive verifies a message on its raw bytes, stores it either way, and
// forgets what is older than the last 200.
func (s *Service) Receive(ctx context.Context, name string, header http.Header, body []byte) (Message, error) {
	if err := CheckName(name); err != nil {
		return Message{}, err
	}
	secret, err := s.secret(ctx, name)
	if err != nil {
		return Message{}, err
	}
	problem := verify(secret, header, body)
	headers, err := json.Marshal(header)
	if err != nil {
		return Message{}, fmt.Errorf("receive in inbox %s: %w", name, err)
	}
	now := s.clock.Now()
	m := Message{
		ID: app.NewID("ibx_", now), Inbox: name, Verified: problem == "", Problem: problem,
		HeaderJSON: strings.ToValidUTF8(string(headers), "�"), Body: printable(body), ReceivedAt: app.ToMillis(now),
	}
	if err := insertMessage(ctx, s.db, m); err != nil {
		return Message{}, fmt.Errorf("receive in inbox %s: %w", name, err)
	}
	if err := s.forget(ctx, name); err != nil {
		return Message{}, fmt.Errorf("forget in inbox %s: %w", name, err)
	}
	return m, nil
}

// NoSecret is the Problem of a message that came before its inbox had a secret:
// it could not be verified, which says nothing against it.
const NoSecret = "no secret was set for this inbox"

func verify(secret string, header http.Header, body []byte) (problem string) {
	if secret == "" {
		return NoSecret
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err == nil {
		err = hook.Verify(body, header)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// printable keeps text as it is; bytes that are none are marked as such.
func printable(body []byte) string {
	if utf8.Valid(body) {
		return string(body)
	}
	return strings.ToValidUTF8(string(body), "�")
}

// Messages lists the inbox's messages, newest first.
func (s *Service) Messages(ctx context.Context, name string) ([]Message, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	messages, err := selectMessages(ctx, s.db, name)
	if err != nil {
		return nil, fmt.Errorf("read inbox %s: %w", name, err)
	}
	return messages, nil
}

// Names lists the inboxes, in alphabetical order.
func (s *Service) Names(ctx context.Context) ([]string, error) {
	names, err := selectNames(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("list inboxes: %w", err)
	}
	return names, nil
}

func (s *Service) forget(ctx context.Context, name string) error {
	ids, err := selectNewestIDs(ctx, s.db, name)
	if err != nil || len(ids) <= Kept {
		return err
	}
	return deleteUpTo(ctx, s.db, name, ids[Kept])
}
