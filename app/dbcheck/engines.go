package dbcheck

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/piaohao/piaohao/app/db"
)

// Engine is a migrated database seen from below: this package asks questions
// that app/db has no business answering.
type Engine struct {
	Dialect db.Dialect
	Pool    *sql.DB
}

// Prepare has the engine compile a statement without running it.
func (e Engine) Prepare(ctx context.Context, text string, placeholders int) error {
	if e.Dialect == db.SQLite {
		return e.explain(ctx, text, placeholders)
	}
	statement, err := e.Pool.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer statement.Close()
	return nil
}

// explain compiles on SQLite, whose driver puts off preparing until a statement
// runs. The arguments do not matter, their number does.
func (e Engine) explain(ctx context.Context, text string, placeholders int) error {
	rows, err := e.Pool.QueryContext(ctx, "EXPLAIN "+text, make([]any, placeholders)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		// reading to the end surfaces what the driver put off
	}
	return rows.Err()
}

// strings reads rows of any columns as text, NULL as "".
func (e Engine) strings(ctx context.Context, query string, args ...any) ([][]string, error) {
	rows, err := e.Pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("introspect: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]string
	for rows.Next() {
		cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = c.String
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
