package dbcheck

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
)

// Migrations checks the folders mysql and sqlite of files: the same names in
// both, forward only, and one CREATE TABLE (or, once released, one ALTER TABLE)
// in each of MySQL's, because MySQL commits each DDL by itself and a second that
// fails would leave the first.
func Migrations(files fs.FS) []Problem {
	var problems []Problem
	mysql, sqlite := names(files, "mysql"), names(files, "sqlite")
	for _, name := range union(mysql, sqlite) {
		for folder, has := range map[string]bool{"mysql": mysql[name], "sqlite": sqlite[name]} {
			if !has {
				problems = append(problems, Problem{path.Join(folder, name), "is missing"})
				continue
			}
			problems = append(problems, migration(files, folder, name)...)
		}
	}
	return append(problems, sameNumber(mysql)...)
}

func names(files fs.FS, folder string) map[string]bool {
	found := map[string]bool{}
	matches, _ := fs.Glob(files, folder+"/*.sql") // the pattern is well-formed
	for _, m := range matches {
		found[path.Base(m)] = true
	}
	return found
}

func sameNumber(files map[string]bool) []Problem {
	var problems []Problem
	byNumber := map[string]string{}
	for _, name := range union(files, nil) {
		number, _, _ := strings.Cut(name, "_")
		if other := byNumber[number]; other != "" {
			problems = append(problems, Problem{name, "has the number of " + other})
		}
		byNumber[number] = name
	}
	return problems
}

func migration(files fs.FS, folder, name string) []Problem {
	at := path.Join(folder, name)
	raw, err := fs.ReadFile(files, at)
	if err != nil {
		return []Problem{{at, err.Error()}}
	}
	text, ok := strings.CutPrefix(string(raw), "-- +goose Up\n")
	if !ok {
		return []Problem{{at, `does not begin with "-- +goose Up"`}}
	}
	if strings.Contains(text, "+goose") {
		return []Problem{{at, "has further goose marks: migrations go forward only, in plain statements"}}
	}
	if folder == "sqlite" { // applying it is the test of it
		return nil
	}
	return mysqlMigration(at, text)
}

func mysqlMigration(at, text string) []Problem {
	nodes, _, err := parser.New().Parse(text, "", "")
	if err != nil {
		return []Problem{{at, fmt.Sprintf("TiDB cannot parse it: %v", err)}}
	}
	if len(nodes) != 1 {
		return []Problem{{at, fmt.Sprintf("holds %d statements, want one", len(nodes))}}
	}
	switch n := nodes[0].(type) {
	case *ast.CreateTableStmt, *ast.AlterTableStmt:
	case *ast.InsertStmt: // rows derived from others are all there or none
		if n.Select == nil {
			return []Problem{{at, "inserts rows of its own, want INSERT ... SELECT"}}
		}
	case *ast.UpdateStmt: // so is a column that follows from others
	default:
		return []Problem{{at, fmt.Sprintf("is a %T, want one CREATE TABLE, ALTER TABLE, UPDATE or INSERT ... SELECT", nodes[0])}}
	}
	v := &visitor{}
	nodes[0].Accept(v)
	var problems []Problem
	for _, what := range append(v.problems, misread(text)...) {
		problems = append(problems, Problem{at, what})
	}
	return problems
}
