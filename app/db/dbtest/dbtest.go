// Package dbtest gives tests a real database: a fresh SQLite file and a fresh
// database on a private MariaDB or MySQL server, migrated.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/sql"
)

// Option changes how a test database is opened.
type Option func(*settings)

type settings struct {
	clock      app.Clock
	migrations []db.Migrations
}

// WithClock injects the database's clock.
func WithClock(c app.Clock) Option { return func(s *settings) { s.clock = c } }

// WithSandbox migrates the sandbox's tables instead of the platform's.
func WithSandbox() Option {
	return func(s *settings) { s.migrations = []db.Migrations{sql.Sandbox()} }
}

func apply(opts []Option) settings {
	s := settings{migrations: []db.Migrations{sql.Platform()}}
	for _, o := range opts {
		o(&s)
	}
	return s
}

// key names the migrations.
func (s settings) key() string {
	key := ""
	for _, m := range s.migrations {
		key += m.Table + " "
	}
	return key
}

// Each runs f as the subtests "sqlite" and "mysql", each on a fresh migrated
// database. It never skips: without a server to start, the test fails.
func Each(t *testing.T, f func(t *testing.T, d *db.DB), opts ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, OpenSQLite(t, opts...)) })
	t.Run("mysql", func(t *testing.T) { f(t, OpenMySQL(t, opts...)) })
}

// OpenSQLite returns a fresh migrated SQLite database, closed with the test.
func OpenSQLite(t testing.TB, opts ...Option) *db.DB {
	t.Helper()
	return open(t, SQLiteURL(t, opts...), apply(opts), false)
}

// SQLiteURL returns the URL of a fresh migrated SQLite file, for db.Open and for
// other processes.
func SQLiteURL(t testing.TB, opts ...Option) string {
	t.Helper()
	return SQLiteAt(t, filepath.Join(t.TempDir(), "test.db"), opts...)
}

// SQLiteAt is SQLiteURL with the file at the path.
func SQLiteAt(t testing.TB, path string, opts ...Option) string {
	t.Helper()
	copyTemplate(t, apply(opts), path)
	return "sqlite:" + path
}

// OpenMySQL returns a fresh migrated database on the private server, of the test
// alone until it ends.
func OpenMySQL(t testing.TB, opts ...Option) *db.DB {
	t.Helper()
	return open(t, MySQLURL(t, opts...), apply(opts), false)
}

// MySQLURL is NewMySQLURL with the migrated tables.
func MySQLURL(t testing.TB, opts ...Option) string {
	t.Helper()
	name, done, err := lend(apply(opts))
	if err != nil {
		t.Fatalf("make a migrated database: %v", err)
	}
	t.Cleanup(func() {
		if err := done(); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	server, err := mysqlServer()
	if err != nil {
		t.Fatal(err)
	}
	return "mysql:" + server.dsn(name)
}

func open(t testing.TB, url string, s settings, migrate bool) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{URL: url, MaxConns: 16, Clock: s.clock})
	if err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	if migrate {
		for _, m := range s.migrations {
			if _, err := d.Migrate(context.Background(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return d
}

var templates struct {
	sync.Mutex
	bytes map[string][]byte
}

// copyTemplate migrates once per process and set of migrations; a test's
// database is a copy of that file.
func copyTemplate(t testing.TB, s settings, path string) {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	key := s.key()
	if templates.bytes[key] == nil {
		if templates.bytes == nil {
			templates.bytes = map[string][]byte{}
		}
		templates.bytes[key] = migratedFile(t, s)
	}
	if err := os.WriteFile(path, templates.bytes[key], 0o600); err != nil {
		t.Fatal(err)
	}
}

func migratedFile(t testing.TB, s settings) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.db")
	d, err := db.Open(context.Background(), db.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.migrations {
		if _, err := d.Migrate(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	// Closing checkpoints the write-ahead log into the file.
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var databases atomic.Int64

// NewMySQLURL creates an empty database on the private server and returns its
// URL for db.Open; other processes may connect to it too. It is dropped with
// the test.
func NewMySQLURL(t testing.TB) string {
	t.Helper()
	server, err := mysqlServer()
	if err != nil {
		t.Fatal(err)
	}
	name, err := server.create()
	if err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := server.drop(name); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return "mysql:" + server.dsn(name)
}
