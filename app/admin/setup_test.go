package admin_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/alexedwards/argon2id"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// world is an installation with one administrator and two merchants, each with
// an owner.
type world struct {
	db             *db.DB
	access         *access.Service
	audit          *audit.Log
	admin          *admin.Service
	one, two       string // merchants
	root           access.User
	owner1, owner2 access.User
}

const password = "correct horse battery"

// inEach runs f in a fresh world on both databases.
func inEach(t *testing.T, f func(t *testing.T, w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := app.SystemClock{}
		cheap := &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
		a := access.New(d, clock, access.Config{Hash: cheap})
		l := audit.New(d, []byte("0123456789abcdef0123456789abcdef"), clock)
		w := &world{
			db: d, access: a, audit: l, admin: admin.New(d, a, l),
			one: app.NewID(app.PrefixMerchant, clock.Now()), two: app.NewID(app.PrefixMerchant, clock.Now()),
		}
		w.root = w.add(t, "root", admin.Grant{Role: access.PlatformAdmin, Domain: access.Platform})
		w.owner1 = w.add(t, "owner1", admin.Grant{Role: access.Owner, Domain: w.one})
		w.owner2 = w.add(t, "owner2", admin.Grant{Role: access.Owner, Domain: w.two})
		f(t, w)
		for _, chain := range []string{audit.Platform, w.one, w.two} {
			if p, err := l.Verify(context.Background(), chain); err != nil || len(p) > 0 {
				t.Errorf("chain %s: %v %v", chain, p, err)
			}
		}
	})
}

// add creates a user from the command line.
func (w *world) add(t *testing.T, name string, grants ...admin.Grant) access.User {
	t.Helper()
	u, _, err := w.admin.CreateUser(program(), admin.NewUser{Email: name + "@example.com", Name: name, Password: password, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func program() context.Context {
	return audit.WithActor(context.Background(), audit.System("command line"))
}

func as(u access.User) context.Context {
	return audit.WithActor(context.Background(), audit.Actor{Kind: audit.KindUser, ID: u.ID, Name: u.Name, IP: "192.0.2.1"})
}

func (w *world) allowed(t *testing.T, u access.User, domain string, o access.Object, a access.Action) bool {
	t.Helper()
	ok, err := w.access.Allowed(context.Background(), u.ID, domain, o, a)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// trail returns the chain's actions, oldest first.
func (w *world) trail(t *testing.T, chain string) []audit.Row {
	t.Helper()
	page, err := w.audit.List(context.Background(), audit.Filter{Chain: chain, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	rows := page.Rows
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows
}

func (w *world) last(t *testing.T, chain string) audit.Row {
	t.Helper()
	rows := w.trail(t, chain)
	return rows[len(rows)-1]
}

func reason(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		if e.Reason != "" {
			return e.Reason
		}
		return string(e.Code)
	}
	return fmt.Sprint(err)
}
