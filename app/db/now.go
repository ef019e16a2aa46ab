package db

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/piaohao/piaohao/app"
)

// clock follows the database's clock: it asks once in a while and counts on
// with the machine's monotonic clock, so a stepped wall clock moves no lease.
type clock struct {
	fixed app.Clock
	conn  *sqlx.DB // asks the time; nil on SQLite

	mu    sync.Mutex
	base  app.Millis
	asked time.Time
}

const clockRefresh = 10 * time.Second

// Now returns the database's time in UTC milliseconds. All servers on one
// database agree on it to within its round trip; leases and schedules use it.
func (d *DB) Now(ctx context.Context) (app.Millis, error) {
	if d.clock.fixed != nil {
		return app.ToMillis(d.clock.fixed.Now()), nil
	}
	if d.dialect == SQLite {
		return app.ToMillis(time.Now()), nil
	}
	d.clock.mu.Lock()
	defer d.clock.mu.Unlock()
	if since := time.Since(d.clock.asked); !d.clock.asked.IsZero() && since < clockRefresh {
		return d.clock.base.Add(since), nil
	}
	var ms int64
	if err := d.clock.conn.GetContext(ctx, &ms, "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"); err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", outage(err))
	}
	d.clock.base, d.clock.asked = app.Millis(ms), time.Now()
	return d.clock.base, nil
}
