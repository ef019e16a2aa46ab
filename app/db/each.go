package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// Row is a row that Each has come to, in the driver's own values: converting
// them as database/sql does cost more than reading them.
type Row struct {
	values []driver.Value
	err    error
}

// Text is a column of text, without a copy: valid until the next row. It is empty
// for NULL.
func (r *Row) Text(i int) []byte {
	switch v := r.values[i].(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	case nil:
		return nil
	}
	r.is(i, "text")
	return nil
}

// Int is a column of whole numbers.
func (r *Row) Int(i int) int64 {
	v, ok := r.values[i].(int64)
	if !ok {
		r.is(i, "a number")
	}
	return v
}

// is notes that a column is not what it is read as; Each returns it.
func (r *Row) is(i int, not string) {
	r.err = errors.Join(r.err, fmt.Errorf("column %d is a %T, not %s", i+1, r.values[i], not))
}

// Each streams the rows of a query through scan on a connection of its own, in
// bounded memory. scan must not use the database: collect, then write. The row is
// the same each time.
func (d *DB) Each(ctx context.Context, query string, args []any, scan func(row *Row) error) error {
	query, args, err := expand(query, args)
	if err != nil {
		return err
	}
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	for try := 1; ; try++ {
		begun, err := d.each(ctx, query, named, scan)
		if begun || try == badTries || !errors.Is(err, driver.ErrBadConn) {
			return err
		}
	}
}

// badTries is how many connections are tried that the server may have closed, as
// database/sql does it.
const badTries = 3

// each reports whether the query has begun.
func (d *DB) each(ctx context.Context, query string, args []driver.NamedValue, scan func(row *Row) error) (begun bool, err error) {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return false, outage(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(raw any) (err error) {
		rows, done, err := d.stream(ctx, raw, query, args)
		if err != nil {
			return outage(err)
		}
		begun = true
		defer func() { err = errors.Join(err, outage(rows.Close()), outage(done())) }()
		return eachOf(ctx, rows, scan)
	})
	return begun, err
}

// stream runs a query on a connection of the driver. MySQL's sends numbers as
// text unless the statement was prepared.
func (d *DB) stream(ctx context.Context, raw any, query string, args []driver.NamedValue) (driver.Rows, func() error, error) {
	conn, ok := raw.(interface {
		driver.QueryerContext
		driver.ConnPrepareContext
	})
	if !ok {
		return nil, nil, fmt.Errorf("a connection of type %T cannot stream", raw)
	}
	if d.dialect == SQLite {
		rows, err := conn.QueryContext(ctx, query, args)
		return rows, func() error { return nil }, err
	}
	s, err := conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	prepared, ok := s.(driver.StmtQueryContext)
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("a statement of type %T cannot stream", s), s.Close())
	}
	rows, err := prepared.QueryContext(ctx, args)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return rows, s.Close, nil
}

func eachOf(ctx context.Context, rows driver.Rows, scan func(row *Row) error) error {
	row := &Row{values: make([]driver.Value, len(rows.Columns()))}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch err := rows.Next(row.values); {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return fmt.Errorf("read rows: %w", outage(err))
		}
		if err := errors.Join(scan(row), row.err); err != nil {
			return err
		}
	}
}
