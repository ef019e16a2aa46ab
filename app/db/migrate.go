package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrations is a set of goose migrations: the folders "mysql" and "sqlite" of
// Files, recorded in Table.
type Migrations struct {
	Files fs.FS
	Table string
}

// Migrate brings the schema to the newest version and returns how many
// migrations it applied. Servers that start together migrate one after the
// other.
func (d *DB) Migrate(ctx context.Context, m Migrations) (int, error) {
	unlock, err := d.migrationLock(ctx, m.Table)
	if err != nil {
		return 0, err
	}
	defer unlock()

	sub, err := fs.Sub(m.Files, string(d.dialect))
	if err != nil {
		return 0, err
	}
	dialect := goose.DialectSQLite3
	if d.dialect == MySQL {
		dialect = goose.DialectMySQL
	}
	store, err := database.NewStore(dialect, m.Table)
	if err != nil {
		return 0, err
	}
	provider, err := goose.NewProvider("", d.write.DB, sub, goose.WithStore(store), goose.WithAllowOutofOrder(true))
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	return len(results), nil
}

// PendingMigrations returns how many migrations of m are not applied yet.
func (d *DB) PendingMigrations(ctx context.Context, m Migrations) (int, error) {
	sub, err := fs.Sub(m.Files, string(d.dialect))
	if err != nil {
		return 0, err
	}
	files, err := fs.Glob(sub, "*.sql")
	if err != nil {
		return 0, err
	}
	var applied int
	err = d.read.GetContext(ctx, &applied, "SELECT COUNT(*) FROM "+m.Table+" WHERE version_id > 0")
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", m.Table, err)
	}
	return len(files) - applied, nil
}

// migrationLock holds a named lock on one connection. SQLite has one writer, and
// goose's transactions are immediate, so it needs none.
func (d *DB) migrationLock(ctx context.Context, name string) (func(), error) {
	if d.dialect != MySQL {
		return func() {}, nil
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock migrations: %w", err)
	}
	var got sql.NullInt64
	// Named locks are per server, not per database: the name carries both.
	lock := "CONCAT(LEFT(DATABASE(), 40), '/', ?)"
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lock+", 60)", name).Scan(&got); err != nil {
		return nil, errors.Join(fmt.Errorf("lock migrations: %w", err), conn.Close())
	}
	if got.Int64 != 1 {
		return nil, errors.Join(errors.New("lock migrations: another server has been migrating for a minute"), conn.Close())
	}
	return func() {
		// A lost connection has released the lock already.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+lock+")", name)
		_ = conn.Close()
	}, nil
}
