package dbcheck

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Schema is what a migrated database holds, in terms both engines share.
type Schema map[string]*Table

// Table is one table.
type Table struct {
	Columns map[string]Column
	Primary string          // its columns, in order
	Indexes map[string]bool // "UNIQUE a, b" or "a, b"
	Checks  int             // how many CHECK constraints
}

// Column is one column. Kind is INTEGER, TEXT or BLOB, or the engine's own word
// for what has no place in either.
type Column struct {
	Kind    string
	NotNull bool
	Default string
}

func newTable() *Table {
	return &Table{Columns: map[string]Column{}, Indexes: map[string]bool{}}
}

// addIndexes takes rows of (index, 1 when unique, column), in order of columns.
// ignore names the index of the primary key.
func (t *Table) addIndexes(rows [][]string, ignore string) {
	columns, unique := map[string][]string{}, map[string]bool{}
	for _, r := range rows {
		columns[r[0]] = append(columns[r[0]], r[2])
		unique[r[0]] = r[1] == "1"
	}
	for name, list := range columns {
		index := strings.Join(list, ", ")
		switch {
		case name == ignore:
			t.Primary = index
		case unique[name]:
			t.Indexes["UNIQUE "+index] = true
		default:
			t.Indexes[index] = true
		}
	}
}

// Compare returns how two schemas differ, in sentences that name both.
func Compare(a Schema, aName string, b Schema, bName string) []string {
	var differences []string
	for _, name := range union(a, b) {
		x, y := a[name], b[name]
		switch {
		case x == nil:
			differences = append(differences, fmt.Sprintf("table %s is missing in %s", name, aName))
		case y == nil:
			differences = append(differences, fmt.Sprintf("table %s is missing in %s", name, bName))
		default:
			for _, d := range compareTables(x, aName, y, bName) {
				differences = append(differences, "table "+name+": "+d)
			}
		}
	}
	return differences
}

func compareTables(a *Table, aName string, b *Table, bName string) []string {
	var differences []string
	report := func(format string, args ...any) {
		differences = append(differences, fmt.Sprintf(format, args...))
	}
	for _, name := range union(a.Columns, b.Columns) {
		x, inA := a.Columns[name]
		y, inB := b.Columns[name]
		if x != y || inA != inB {
			report("column %s is %+v in %s, %+v in %s", name, x, aName, y, bName)
		}
	}
	if a.Primary != b.Primary {
		report("the primary key is (%s) in %s, (%s) in %s", a.Primary, aName, b.Primary, bName)
	}
	for _, index := range union(a.Indexes, b.Indexes) {
		if !a.Indexes[index] {
			report("index (%s) is missing in %s", index, aName)
		}
		if !b.Indexes[index] {
			report("index (%s) is missing in %s", index, bName)
		}
	}
	if a.Checks != b.Checks {
		report("%d CHECK constraints in %s, %d in %s", a.Checks, aName, b.Checks, bName)
	}
	return differences
}

func union[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
