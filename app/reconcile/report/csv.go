package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
)

// CSV writes a table as comma-separated values for spreadsheets: UTF-8 with a
// byte order mark, CRLF. Ids that look like numbers or dates end in a TAB, as in the
// channels' own bills, so that they stay text; amounts are bare decimals, negative ones
// too.
type CSV struct {
	out     *csv.Writer
	buf     *bufio.Writer
	columns int
	cells   []string
}

// NewCSV begins a table on w.
func NewCSV(w io.Writer, columns []Column) (*CSV, error) {
	buf := bufio.NewWriterSize(w, 1<<16)
	if _, err := buf.WriteString("\ufeff"); err != nil {
		return nil, err
	}
	c := &CSV{out: csv.NewWriter(buf), buf: buf, columns: len(columns), cells: make([]string, len(columns))}
	c.out.UseCRLF = true
	for i, col := range columns {
		c.cells[i] = Escape(col.Title)
	}
	return c, c.out.Write(c.cells)
}

// Row writes one row, a value for each column.
func (c *CSV) Row(row []any) error {
	if len(row) != c.columns {
		return fmt.Errorf("a row of %d cells under %d columns", len(row), c.columns)
	}
	for i, v := range row {
		c.cells[i] = Plain(v)
		if s, text := v.(string); text && misread(s) {
			c.cells[i] += "\t"
		}
	}
	return c.out.Write(c.cells)
}

// Close writes what is still held. It does not close the writer below.
func (c *CSV) Close() error {
	c.out.Flush()
	if err := c.out.Error(); err != nil {
		return err
	}
	return c.buf.Flush()
}
