package db

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Pool is the state of the connections that write; on SQLite there is one.
type Pool struct {
	Open, InUse, Max int
	Waits            int64 // how often a caller had to wait for a connection, since the start
}

// Pool returns the state of the writing connections.
func (d *DB) Pool() Pool {
	s := d.write.Stats()
	return Pool{Open: s.OpenConnections, InUse: s.InUse, Max: s.MaxOpenConnections, Waits: s.WaitCount}
}

// Engine names the database and its version, such as "sqlite 3.50.4" or
// "mysql 10.11.6-MariaDB".
func (d *DB) Engine(ctx context.Context) (string, error) {
	query := `SELECT VERSION()`
	if d.dialect == SQLite {
		query = `SELECT sqlite_version()`
	}
	var version string
	if err := d.read.GetContext(ctx, &version, query); err != nil {
		return "", fmt.Errorf("ask the database's version: %w", outage(err))
	}
	return string(d.dialect) + " " + version, nil
}

// Skew is how far this machine's clock is ahead of the database's, measured now;
// 0 on SQLite, which has no clock of its own.
func (d *DB) Skew(ctx context.Context) (time.Duration, error) {
	if d.dialect == SQLite || d.clock.fixed != nil {
		return 0, nil
	}
	d.clock.mu.Lock()
	defer d.clock.mu.Unlock()
	before := time.Now()
	var ms int64
	if err := d.clock.conn.GetContext(ctx, &ms, "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"); err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", outage(err))
	}
	middle := before.Add(time.Since(before) / 2)
	return middle.Sub(app.Millis(ms).Time()), nil
}
