package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"

	"github.com/piaohao/piaohao/app"
)

// outages are MySQL's and MariaDB's numbers for "not now": nothing is wrong
// with the statement, and the same one will do once the server can again.
var outages = []uint16{
	1021, 1026, 1114, // disk or table full, error writing a file
	1290, 1792, 1836, // read-only by option, transaction or mode
	1040, 1203, 1226, // too many connections
	1047, 1053, // a Galera node that is not ready; shutting down
	1158, 1159, 1160, 1161, 1927, // the connection broke
	1020, 1205, 1213, // still in conflict after every retry
	1317, 3024, // interrupted
}

// outage gives an error of the engine that says "not now" the code
// Unavailable, so that every surface answers 503 and nobody takes it for a
// fault of the request or the program. Other errors pass as they are.
func outage(err error) error {
	if err == nil || !isOutage(err) || app.Is(err, app.Unavailable) {
		return err
	}
	return app.Errorf(app.Unavailable, "the database cannot serve this now; try again").
		WithReason("database_unavailable").WithCause(err)
}

func isOutage(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return slices.Contains(outages, my.Number)
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		// The low byte: busy, locked, read-only, I/O error, full, cannot open.
		return slices.Contains([]int{5, 6, 8, 10, 13, 14}, lite.Code()&0xff)
	}
	var network net.Error
	return errors.As(err, &network) ||
		errors.Is(err, ErrCommitUnknown) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// Writable makes one small durable change, and so finds out about a database
// that answers but is read-only or full. It needs the platform's tables.
func (d *DB) Writable(ctx context.Context) error {
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	n, err := d.Exec(ctx, `UPDATE job_leases SET lease_until = ?, fence = fence + 1 WHERE name = 'readiness'`, now)
	if err == nil && n == 0 {
		_, err = d.Exec(ctx, `INSERT INTO job_leases (name, owner, lease_until, fence) VALUES ('readiness', '', ?, 0)`, now)
		if IsDuplicate(err) {
			return nil // another server was first, and wrote
		}
	}
	if err != nil {
		return fmt.Errorf("write to the database: %w", err)
	}
	return nil
}
