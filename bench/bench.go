// Package bench measures the running product against the work that nothing can
// avoid. It starts the binary as operators do, the sandbox in a process of its
// own, and prints its results beside a floor measured in the same run.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

// Config says what is measured and for how long.
type Config struct {
	Binary string // the piaohao to run
	Dir    string // an empty folder for its data
	// Database is an empty database for the platform, as database.url names it;
	// "" is SQLite below Dir. Scratch is another of the same engine for the floor.
	Database, Scratch string

	Clients  int           // requests under way at once
	Rounds   int           // floor and product take turns this often
	Creating time.Duration // how long one round creates payments
	Orders   int           // how many payments one round has notified
	Webhooks int           // how many webhooks are timed
	Idle     time.Duration // how long memory settles before it is read

	// Truth is how many payments are paid without a notification, 0 for none;
	// each is created at some moment of TruthSpan and paid within TruthAge.
	Truth               int
	TruthSpan, TruthAge time.Duration

	// Lines is how many lines the bill has that is reconciled on a server, after
	// one of a tenth of them; 0 for none.
	Lines int

	day bool // trade the demo's first day, with differences in its bills
}

// Default returns a run of about three minutes, and two more on a server.
func Default() Config {
	return Config{
		Clients: 16, Rounds: 3, Creating: 4 * time.Second, Orders: 300, Webhooks: 100, Idle: 20 * time.Second,
		Truth: 150, TruthSpan: 40 * time.Second, TruthAge: 40 * time.Second,
		Lines: 1_000_000,
	}
}

// Run measures and prints to w.
func Run(ctx context.Context, cfg Config, w io.Writer) error {
	sqlite := cfg.Database == ""
	if sqlite {
		cfg.Database = "sqlite:" + filepath.Join(cfg.Dir, "piaohao.db")
		cfg.Scratch = "sqlite:" + filepath.Join(cfg.Dir, "scratch.db")
	}
	for _, url := range []string{cfg.Database, cfg.Scratch} {
		if err := checkEmpty(ctx, url); err != nil {
			return err
		}
	}
	r := report{w: w}
	r.head(cfg)
	if err := measurePayments(ctx, cfg, &r); err != nil {
		return fmt.Errorf("measure payments: %w", err)
	}
	if !sqlite {
		if err := measureReconciliation(ctx, cfg, &r); err != nil {
			return fmt.Errorf("measure reconciliation: %w", err)
		}
		return nil
	}
	if err := measureIdle(ctx, cfg, &r); err != nil {
		return fmt.Errorf("measure the idle server: %w", err)
	}
	return nil
}

// checkEmpty refuses a database that somebody uses: the bench leaves its orders
// in it.
func checkEmpty(ctx context.Context, url string) (err error) {
	d, err := db.Open(ctx, db.Config{URL: url, MaxConns: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var tables int
	if d.Dialect() == db.MySQL {
		err = d.Get(ctx, &tables, `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()`)
	} else {
		err = d.Get(ctx, &tables, `SELECT COUNT(*) FROM sqlite_master`)
	}
	if err == nil && tables > 0 {
		err = fmt.Errorf("a database to measure on must be empty, and this %s has %d tables", d.Dialect(), tables)
	}
	return err
}

// measurePayments runs creates, notifications and webhooks on one installation.
func measurePayments(ctx context.Context, cfg Config, r *report) (err error) {
	f, err := newFloor(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	in, err := install(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	for _, measure := range []func(context.Context, Config, *installation, *floor, *report) error{
		measureNotifications, measureCreates, measureWebhooks, measureTruth,
	} {
		if err := measure(ctx, cfg, in, f, r); err != nil {
			return errors.Join(err, in.trouble())
		}
	}
	return nil
}
