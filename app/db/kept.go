package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// keeping opens SQLite connections that keep their statements compiled. SQLite
// runs inside this process, and parsing a statement anew took a quarter of its
// time. (On MySQL it is one round trip with or without: nothing is kept.)
type keeping struct{ driver.Connector }

// sqliteConn is what modernc's connections can do and database/sql asks for.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// Connect opens one connection.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of type %T cannot keep statements", conn), conn.Close())
	}
	return &keptConn{sqliteConn: full, kept: map[string]*keptStmt{}}, nil
}

// maxKept bounds the statements of a connection. The program has fewer; lists
// with optional filters and IN lists of any length could make more.
const maxKept = 300

// keptConn is used by one goroutine at a time, as database/sql promises.
type keptConn struct {
	sqliteConn
	kept map[string]*keptStmt
}

// keptStmt is a compiled statement. While rows of it are being read, the same
// text runs by itself: running it again would begin those rows anew.
type keptStmt struct {
	exec    driver.StmtExecContext
	query   driver.StmtQueryContext
	close   func() error
	reading bool
}

// ExecContext runs a statement that returns no rows.
func (c *keptConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.exec.ExecContext(ctx, args)
}

// QueryContext runs a statement that returns rows.
func (c *keptConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.query.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.reading = true
	return &keptRows{Rows: rows, of: s}, nil
}

// statement returns the compiled statement, nil when the text is to run by
// itself: without arguments it may be a script or change the schema.
func (c *keptConn) statement(ctx context.Context, query string, args []driver.NamedValue) (*keptStmt, error) {
	if s := c.kept[query]; s != nil {
		if s.reading {
			return nil, nil
		}
		return s, nil
	}
	if len(args) == 0 || len(c.kept) >= maxKept {
		return nil, nil
	}
	compiled, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s := &keptStmt{close: compiled.Close}
	var executes, queries bool
	s.exec, executes = compiled.(driver.StmtExecContext)
	s.query, queries = compiled.(driver.StmtQueryContext)
	if !executes || !queries {
		return nil, compiled.Close()
	}
	c.kept[query] = s
	return s, nil
}

// Close releases the statements with the connection.
func (c *keptConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.close())
	}
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// keptRows frees its statement for the next use.
type keptRows struct {
	driver.Rows
	of *keptStmt
}

// Close ends the reading.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	r.of.reading = false
	return err
}
