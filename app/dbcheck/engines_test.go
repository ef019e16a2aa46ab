package dbcheck

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// engines returns both engines, migrated.
func engines(t *testing.T, m db.Migrations) []Engine {
	t.Helper()
	path := filepath.Join(t.TempDir(), "check.db")
	mysqlURL := dbtest.NewMySQLURL(t)
	return []Engine{
		{db.SQLite, open(t, m, "sqlite:"+path, "sqlite", "file:"+path)},
		{db.MySQL, open(t, m, mysqlURL, "mysql", strings.TrimPrefix(mysqlURL, "mysql:"))},
	}
}

// open migrates the database at url and connects to it from below.
func open(t *testing.T, m db.Migrations, url, driver, dsn string) *sql.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}
