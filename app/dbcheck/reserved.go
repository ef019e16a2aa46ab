package dbcheck

import "github.com/pingcap/tidb/pkg/parser/ast"

// reserved are words that MySQL 8.4 or MariaDB 11 reserve and TiDB's parser
// accepts as names.
var reserved = map[string]bool{
	"cube": true, "empty": true, "except": true, "function": true, "grouping": true,
	"intersect": true, "json_table": true, "lateral": true, "manual": true, "of": true,
	"offset": true, "parallel": true, "qualify": true, "recursive": true, "returning": true,
	"rows": true, "system": true, "tablesample": true, "window": true,
}

// names refuses reserved words as names.
func (v *visitor) names(n ast.Node) {
	switch n := n.(type) {
	case *ast.ColumnName:
		v.name(n.Name.L)
	case *ast.TableName:
		v.name(n.Name.L)
	case *ast.TableSource:
		v.name(n.AsName.L)
	case *ast.SelectField:
		v.name(n.AsName.L)
	case *ast.Constraint:
		v.name(n.Name)
	}
}

func (v *visitor) name(name string) {
	if reserved[name] {
		v.refuse("%q is reserved in MySQL 8.4 or MariaDB: choose another name", name)
	}
}
