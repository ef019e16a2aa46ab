// Package db opens the database and runs statements on it. It is the only
// package that knows which engine is underneath: every statement elsewhere is
// one portable text for MySQL (8.x, MariaDB 10.6+, TiDB) and SQLite.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"github.com/piaohao/piaohao/app"
)

// Dialect names the engine.
type Dialect string

// The engines.
const (
	SQLite Dialect = "sqlite"
	MySQL  Dialect = "mysql"
)

// Config says where the database is and how many connections to keep.
type Config struct {
	// URL is "sqlite:path/to/file.db" or "mysql:" followed by a DSN of
	// go-sql-driver, such as "mysql:piaohao:secret@tcp(127.0.0.1:3306)/piaohao".
	URL string
	// MaxConns bounds the pool (MySQL) or the readers (SQLite); 0 means 32 and 8.
	MaxConns int
	// Clock replaces the database's clock in simulations; nil in production.
	Clock app.Clock
}

// DB is an open database: one writer and a pool of readers on SQLite, one pool
// on MySQL. Its methods are safe for concurrent use.
type DB struct {
	write   *sqlx.DB
	read    *sqlx.DB
	dialect Dialect
	clock   clock
}

// Open connects, checks that the database answers and returns it. It does not
// migrate; see Migrate.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	kind, rest, ok := strings.Cut(cfg.URL, ":")
	if !ok || rest == "" {
		return nil, fmt.Errorf("database url %q: want sqlite:PATH or mysql:DSN", redactURL(cfg.URL))
	}
	var (
		d   *DB
		err error
	)
	switch Dialect(kind) {
	case SQLite:
		d, err = openSQLite(rest, cfg.MaxConns)
	case MySQL:
		d, err = openMySQL(rest, cfg.MaxConns)
	default:
		return nil, fmt.Errorf("database url %q: unknown engine %q, want sqlite or mysql", redactURL(cfg.URL), kind)
	}
	if err != nil {
		return nil, err
	}
	d.clock.fixed = cfg.Clock
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s database: %w", kind, err), d.Close())
	}
	return d, nil
}

func openSQLite(path string, maxConns int) (*DB, error) {
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("create the database's folder: %w", err)
		}
	}
	if maxConns == 0 {
		maxConns = 8
	}
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	// Immediate transactions: deferred ones lose updates when two upgrade at once.
	write, err := sqliteAt(file + "?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	// The writer creates the file, so it goes first.
	if err := write.Ping(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), write.Close())
	}
	read, err := sqliteAt(file + "?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(ON)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(maxConns)
	read.SetMaxIdleConns(maxConns)
	return &DB{write: write, read: read, dialect: SQLite}, nil
}

func sqliteAt(dsn string) (*sqlx.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(sql.OpenDB(keeping{connector}), "sqlite"), nil
}

func openMySQL(dsn string, maxConns int) (*DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("mysql dsn: %w", err)
	}
	if maxConns == 0 {
		maxConns = 32
	}
	// A compare-and-set must count matched rows, not changed ones.
	cfg.ClientFoundRows = true
	cfg.InterpolateParams = true
	cfg.Collation = "utf8mb4_bin"
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Logger = driverLog{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("mysql dsn: %w", err)
	}
	pool := sqlx.NewDb(sql.OpenDB(readCommitted{connector}), "mysql")
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	pool.SetConnMaxLifetime(30 * time.Minute)
	d := &DB{write: pool, read: pool, dialect: MySQL}
	// Now is also called inside transactions. With a connection of its own it
	// never waits for one that only those waiting transactions could give back.
	d.clock.conn = sqlx.NewDb(sql.OpenDB(connector), "mysql")
	d.clock.conn.SetMaxOpenConns(1)
	return d, nil
}

// readCommitted opens connections whose transactions are READ COMMITTED. Saying
// so for each transaction would cost each a round trip; the variable in the DSN
// has another name on MariaDB than on MySQL.
type readCommitted struct{ driver.Connector }

// Connect opens one connection.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	session, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver's connections run no statements"), conn.Close())
	}
	if _, err := session.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("set the isolation level: %w", err), conn.Close())
	}
	return conn, nil
}

// driverLog takes what the driver would write to standard error in a format of
// its own, such as connections that a restarted server has dropped.
type driverLog struct{}

// Print logs one message.
func (driverLog) Print(v ...any) { slog.Debug("mysql driver", "message", fmt.Sprint(v...)) }

// redactURL hides the password of a MySQL DSN.
func redactURL(u string) string {
	at := strings.LastIndex(u, "@")
	if at < 0 {
		return u
	}
	return "mysql:***" + u[at:]
}

// Dialect returns the engine.
func (d *DB) Dialect() Dialect { return d.dialect }

// Ping checks that both pools answer.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.write.PingContext(ctx); err != nil {
		return err
	}
	return d.read.PingContext(ctx)
}

// Close closes the pools.
func (d *DB) Close() error {
	if d.read == d.write {
		return errors.Join(d.clock.conn.Close(), d.write.Close())
	}
	return errors.Join(d.read.Close(), d.write.Close())
}
