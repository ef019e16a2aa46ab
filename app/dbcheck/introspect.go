package dbcheck

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app/db"
)

// Introspect reads the schema, and what in it breaks the rules of its engine:
// lax SQLite tables, MySQL columns under a collation that folds case.
func (e Engine) Introspect(ctx context.Context) (Schema, []string, error) {
	if e.Dialect == db.SQLite {
		return e.introspectSQLite(ctx)
	}
	return e.introspectMySQL(ctx)
}

var checkConstraint = regexp.MustCompile(`(?i)\bCHECK\s*\(`)

func checks(definition string) int { return len(checkConstraint.FindAllString(definition, -1)) }

// bookkeeping is goose's own table.
func bookkeeping(table string) bool { return strings.Contains(table, "goose") }

func (e Engine) introspectSQLite(ctx context.Context) (Schema, []string, error) {
	schema, problems := Schema{}, []string(nil)
	tables, err := e.strings(ctx, `SELECT m.name, m.sql, l.strict FROM sqlite_master m JOIN pragma_table_list l ON l.name = m.name WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range tables {
		name := row[0]
		if bookkeeping(name) {
			continue
		}
		if row[2] != "1" {
			problems = append(problems, fmt.Sprintf("table %s is not STRICT", name))
		}
		t := newTable()
		t.Checks = checks(row[1])
		if err := e.sqliteTable(ctx, name, t); err != nil {
			return nil, nil, err
		}
		schema[name] = t
	}
	return schema, problems, nil
}

func (e Engine) sqliteTable(ctx context.Context, name string, t *Table) error {
	columns, err := e.strings(ctx, `SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY pk`, name)
	if err != nil {
		return err
	}
	var primary []string
	for _, c := range columns {
		inKey := c[4] != "0"
		if inKey {
			primary = append(primary, c[0])
		}
		t.Columns[c[0]] = Column{Kind: c[1], NotNull: c[2] == "1" || inKey, Default: plainDefault(c[3])}
	}
	indexes, err := e.strings(ctx, `SELECT i.name, i."unique", c.name, i.partial FROM pragma_index_list(?) i JOIN pragma_index_info(i.name) c WHERE i.origin <> 'pk' ORDER BY i.name, c.seqno`, name)
	if err != nil {
		return err
	}
	t.addIndexes(slices.DeleteFunc(indexes, onlyFaster), "")
	t.Primary = strings.Join(primary, ", ")
	return nil
}

func (e Engine) introspectMySQL(ctx context.Context) (Schema, []string, error) {
	schema, problems := Schema{}, []string(nil)
	tables, err := e.strings(ctx, `SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()`)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range tables {
		name := row[0]
		if bookkeeping(name) {
			continue
		}
		if row[1] != "InnoDB" {
			problems = append(problems, fmt.Sprintf("table %s uses the engine %s", name, row[1]))
		}
		t := newTable()
		bad, err := e.mysqlTable(ctx, name, t)
		if err != nil {
			return nil, nil, err
		}
		schema[name], problems = t, append(problems, bad...)
	}
	return schema, problems, nil
}

func (e Engine) mysqlTable(ctx context.Context, name string, t *Table) ([]string, error) {
	var problems []string
	columns, err := e.strings(ctx, `SELECT column_name, data_type, is_nullable, column_default, collation_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?`, name)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		t.Columns[c[0]] = Column{Kind: kindOfMySQL(c[1]), NotNull: c[2] == "NO", Default: plainDefault(c[3])}
		if c[4] != "" && c[4] != "utf8mb4_bin" && c[4] != "ascii_bin" {
			problems = append(problems, fmt.Sprintf("column %s.%s folds letters by %s", name, c[0], c[4]))
		}
	}
	indexes, err := e.strings(ctx, `SELECT index_name, CASE non_unique WHEN 0 THEN 1 ELSE 0 END, column_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? ORDER BY index_name, seq_in_index`, name)
	if err != nil {
		return nil, err
	}
	t.addIndexes(indexes, "PRIMARY")
	definition, err := e.strings(ctx, "SHOW CREATE TABLE `"+name+"`")
	if err != nil {
		return nil, err
	}
	t.Checks = checks(definition[0][1])
	return problems, nil
}

func kindOfMySQL(dataType string) string {
	switch dataType {
	case "tinyint", "smallint", "int", "bigint":
		return "INTEGER"
	case "char", "varchar", "text", "mediumtext", "longtext":
		return "TEXT"
	case "binary", "varbinary", "blob", "mediumblob", "longblob":
		return "BLOB"
	}
	return dataType
}

// plainDefault strips what the engines put around a default: MariaDB and SQLite
// quote texts, MySQL does not; MariaDB writes NULL for none.
func plainDefault(s string) string {
	if s == "NULL" {
		return ""
	}
	return strings.Trim(s, "'")
}

// onlyFaster reports whether an index row of SQLite belongs to a partial index
// that is not unique. MySQL has none, but its keys end in the primary key, which
// serves what SQLite needs a partial index for. A unique one changes what the
// table accepts, so it is marked and will be found missing in MySQL.
func onlyFaster(row []string) bool {
	if row[3] != "1" {
		return false
	}
	row[2] += " (partial)"
	return row[1] != "1"
}
