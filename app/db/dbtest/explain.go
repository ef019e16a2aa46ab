package dbtest

import (
	"context"
	"database/sql"
	"regexp"
	"strings"

	"github.com/piaohao/piaohao/app/db"
)

// Open returns the server's database, migrated.
func (o *Own) Open(opts ...Option) *db.DB {
	o.t.Helper()
	return open(o.t, o.URL(), apply(opts), true)
}

// literals are the values in a statement.
var literals = regexp.MustCompile(`'(?:[^'\\]|\\.|'')*'|\b\d+\b`)

// Queries returns an example of each SELECT that the database's user runs while
// f does, by its text without values.
func (o *Own) Queries(f func()) map[string]string {
	o.t.Helper()
	o.Admin("SET GLOBAL log_output = 'TABLE'")
	o.Admin("TRUNCATE TABLE mysql.general_log")
	o.Admin("SET GLOBAL general_log = 1")
	f()
	o.Admin("SET GLOBAL general_log = 0")
	rows, err := o.server.admin.Query("SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') AND user_host LIKE '" + ownUser + "%'")
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	queries := map[string]string{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			o.t.Fatal(err)
		}
		if strings.HasPrefix(text, "SELECT") {
			queries[literals.ReplaceAllString(text, "?")] = text
		}
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	return queries
}

// Step is one line of the server's plan for a statement.
type Step struct {
	Table, Access       string // Access "ALL" reads every row, "index" every entry of an index
	Possible, Key, Note string // "" for none
	Rows                int64  // the server's estimate of how many it reads
}

// Explain returns the server's plan for a statement.
func (o *Own) Explain(ctx context.Context, statement string) []Step {
	o.t.Helper()
	if _, err := o.server.admin.ExecContext(ctx, "USE own"); err != nil {
		o.t.Fatal(err)
	}
	rows, err := o.server.admin.QueryContext(ctx, "EXPLAIN "+statement)
	if err != nil {
		o.t.Fatalf("explain %s: %v", statement, err)
	}
	defer rows.Close()
	var steps []Step
	for rows.Next() {
		var id, rowCount sql.NullInt64
		var kind, table, access, possible, key, length, ref, extra sql.NullString
		if err := rows.Scan(&id, &kind, &table, &access, &possible, &key, &length, &ref, &rowCount, &extra); err != nil {
			o.t.Fatal(err)
		}
		steps = append(steps, Step{table.String, access.String, possible.String, key.String, extra.String, rowCount.Int64})
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	return steps
}
