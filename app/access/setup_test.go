package access

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// fakeClock stands still until it is moved.
type fakeClock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *fakeClock { return &fakeClock{at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *fakeClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// cheap makes password hashes quick; their cost is not what is tested.
func cheap() *argon2id.Params {
	return &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

func newService(d *db.DB, c app.Clock) *Service { return New(d, c, Config{Hash: cheap()}) }

const password = "correct horse battery"

func addUser(t testing.TB, s *Service, email string) User {
	t.Helper()
	hash, err := s.HashPassword(context.Background(), password)
	if err != nil {
		t.Fatal(err)
	}
	var u User
	inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
		var err error
		u, err = s.CreateUser(ctx, tx, NewUser{Email: email, Name: "Someone", Password: hash})
		return err
	})
	return u
}

func bind(t testing.TB, s *Service, u User, r Role, domain string) Binding {
	t.Helper()
	var b Binding
	inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
		var err error
		b, err = s.Bind(ctx, tx, u.ID, r, domain, "")
		return err
	})
	return b
}

func inTx(t testing.TB, s *Service, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	ctx := context.Background()
	if err := s.db.InTx(ctx, func(tx *db.Tx) error { return f(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}
