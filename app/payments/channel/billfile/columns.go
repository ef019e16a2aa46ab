package billfile

import (
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Columns finds a file's columns by their names.
type Columns struct {
	names []string
}

// NewColumns takes the names of a header in its line. A name that is there twice
// would make cells ambiguous.
func NewColumns(names []string, line int) (Columns, error) {
	for i, name := range names {
		if name != "" && slices.Contains(names[:i], name) {
			return Columns{}, &channel.BillError{Line: line, Code: channel.BillColumnRepeated, Detail: name}
		}
	}
	return Columns{names: names}, nil
}

// Len is how many cells a line has.
func (c Columns) Len() int { return len(c.names) }

// Name returns the name of the i-th column.
func (c Columns) Name(i int) string { return c.names[i] }

// Find returns where a column is, -1 when the file has none of the names.
func (c Columns) Find(names ...string) int {
	for _, name := range names {
		if i := slices.Index(c.names, name); i >= 0 {
			return i
		}
	}
	return -1
}

// Finder looks up the columns that a reader needs and notes what is missing.
type Finder struct {
	Columns
	Missing []string
}

// Need returns where a required column is; other names are older or newer
// spellings of it.
func (f *Finder) Need(names ...string) int {
	i := f.Find(names...)
	if i < 0 {
		f.Missing = append(f.Missing, names[0])
	}
	return i
}

// Err is a BillError of the header's line that names what is missing, or nil.
func (f *Finder) Err(line int) error {
	if len(f.Missing) == 0 {
		return nil
	}
	return &channel.BillError{Line: line, Code: channel.BillColumnMissing, Detail: strings.Join(f.Missing, ", ")}
}

// Cell returns a cell, "" for a column that the file does not have.
func Cell(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

// foundLimit bounds what an error quotes of a cell.
const foundLimit = 40

// Found words a cell that cannot be read, with its column, for an error.
func Found(column, cell string) string {
	if r := []rune(cell); len(r) > foundLimit {
		cell = string(r[:foundLimit]) + "…"
	}
	return column + ": " + cell
}
