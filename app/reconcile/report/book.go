package report

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
)

// SheetRows is how many rows a sheet of a spreadsheet can have.
const SheetRows = 1_048_576

// Book is a spreadsheet being written, in bounded memory: rows go to temporary
// files until Write. Sheets are written one after the other, in their order.
type Book struct {
	file   *excelize.File
	rows   int // per sheet at most
	styles styles
	first  bool // the book's own first sheet is still to be used
	names  map[string]bool
}

type styles struct{ head, text, money, fee, count, title, boldText, boldMoney, boldFee, boldCount, line int }

// NewBook returns an empty book. Its temporary files lie in dir; "" is the
// system's. The caller closes it.
func NewBook(dir string) (*Book, error) {
	b := &Book{file: excelize.NewFile(excelize.Options{TmpDir: dir}), rows: SheetRows, first: true, names: map[string]bool{}}
	grouped, fine := "#,##0.00;-#,##0.00", "#,##0.00###;-#,##0.00###"
	text := "@"
	bold := &excelize.Font{Bold: true}
	under := []excelize.Border{{Type: "bottom", Color: "1F2328", Style: 1}}
	over := []excelize.Border{{Type: "top", Color: "1F2328", Style: 1}}
	whole := "#,##0"
	var err error
	style := func(s excelize.Style) int {
		id, one := b.file.NewStyle(&s)
		err = errors.Join(err, one)
		return id
	}
	right := &excelize.Alignment{Horizontal: "right"}
	b.styles = styles{
		head:     style(excelize.Style{Font: bold, Border: under, CustomNumFmt: &text, Alignment: &excelize.Alignment{Vertical: "center"}}),
		text:     style(excelize.Style{CustomNumFmt: &text}),
		money:    style(excelize.Style{CustomNumFmt: &grouped, Alignment: right}),
		fee:      style(excelize.Style{CustomNumFmt: &fine, Alignment: right}),
		count:    style(excelize.Style{CustomNumFmt: &whole, Alignment: right}),
		title:    style(excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}, CustomNumFmt: &text}),
		boldText: style(excelize.Style{Font: bold, Border: over, CustomNumFmt: &text}), boldMoney: style(excelize.Style{Font: bold, Border: over, CustomNumFmt: &grouped, Alignment: right}),
		boldFee: style(excelize.Style{Font: bold, Border: over, CustomNumFmt: &fine, Alignment: right}), boldCount: style(excelize.Style{Font: bold, Border: over, CustomNumFmt: &whole, Alignment: right}),
		line: style(excelize.Style{Border: under, CustomNumFmt: &text}),
	}
	if err != nil {
		return nil, fmt.Errorf("make a spreadsheet: %w", err)
	}
	return b, nil
}

// add begins a sheet.
func (b *Book) add(name string) (*excelize.StreamWriter, error) {
	if b.names[name] {
		return nil, fmt.Errorf("two sheets named %q", name)
	}
	b.names[name] = true
	var err error
	if b.first {
		b.first = false
		err = b.file.SetSheetName(b.file.GetSheetName(0), name)
	} else {
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return nil, fmt.Errorf("add the sheet %q: %w", name, err)
	}
	return b.file.NewStreamWriter(name)
}

// Write writes the book to w, once every sheet has ended. excelize would gather
// the whole file in memory first: it is given an archive that goes to w instead,
// and its own buffer stays empty.
func (b *Book) Write(w io.Writer) error {
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) })
	if _, err := b.file.WriteToBuffer(); err != nil {
		return fmt.Errorf("write a spreadsheet: %w", err)
	}
	return nil
}

// Close removes the temporary files.
func (b *Book) Close() error { return b.file.Close() }

// value is a cell of the style of its kind.
func (b *Book) value(v any, bold bool) excelize.Cell {
	s := b.styles
	text, money, fee, count := s.text, s.money, s.fee, s.count
	if bold {
		text, money, fee, count = s.boldText, s.boldMoney, s.boldFee, s.boldCount
	}
	switch v := v.(type) {
	case string:
		return excelize.Cell{StyleID: text, Value: Escape(v)}
	case app.Money:
		return excelize.Cell{StyleID: money, Value: MoneyCell(v)}
	case app.Millifen:
		return excelize.Cell{StyleID: fee, Value: Cell(v)}
	case int64:
		return excelize.Cell{StyleID: count, Value: v}
	}
	return excelize.Cell{StyleID: text}
}

// Fact is one line of a sheet of facts: a name and its value.
type Fact struct {
	Name  string
	Value any
}

// Facts writes a sheet of names and values under a title; a Fact without a name
// is an empty line. Signatures are the names of lines to be signed at its foot.
func (b *Book) Facts(name, title string, facts []Fact, signatures []string) error {
	sw, err := b.add(name)
	if err != nil {
		return err
	}
	if err := errors.Join(sw.SetColWidth(1, 1, 26), sw.SetColWidth(2, 2, 34)); err != nil {
		return err
	}
	row := 1
	write := func(cells ...any) {
		err = errors.Join(err, sw.SetRow(fmt.Sprintf("A%d", row), cells))
		row++
	}
	write(excelize.Cell{StyleID: b.styles.title, Value: Escape(title)})
	row++
	for _, f := range facts {
		if f.Name == "" {
			row++
			continue
		}
		write(excelize.Cell{StyleID: b.styles.text, Value: Escape(f.Name)}, b.value(f.Value, false))
	}
	for _, s := range signatures {
		row++
		write(excelize.Cell{StyleID: b.styles.text, Value: Escape(s)}, excelize.Cell{StyleID: b.styles.line, Value: " "})
	}
	if err != nil {
		return fmt.Errorf("write the sheet %q: %w", name, err)
	}
	return sw.Flush()
}

// Sheet is a table being written: a frozen header with a filter, rows, and a
// last row of totals. A table longer than a sheet goes on in a further sheet.
type Sheet struct {
	book    *Book
	name    string
	part    int
	columns []Column
	sw      *excelize.StreamWriter
	row     int // last written, from 1
	cells   []any
}

// Sheet begins a table.
func (b *Book) Sheet(name string, columns []Column) (*Sheet, error) {
	s := &Sheet{book: b, name: name, columns: columns, cells: make([]any, len(columns))}
	return s, s.open()
}

// open begins the table's next sheet.
func (s *Sheet) open() error {
	s.part++
	name := s.name
	if s.part > 1 {
		name = fmt.Sprintf("%s-%d", s.name, s.part)
	}
	var err error
	if s.sw, err = s.book.add(name); err != nil {
		return err
	}
	for i, c := range s.columns {
		if err := s.sw.SetColWidth(i+1, i+1, columnWidth(c)); err != nil {
			return err
		}
	}
	if err := s.sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, c := range s.columns {
		s.cells[i] = excelize.Cell{StyleID: s.book.styles.head, Value: Escape(c.Title)}
	}
	s.row = 1
	return s.sw.SetRow("A1", s.cells)
}

// Row writes one row, a value for each column.
func (s *Sheet) Row(row []any) error {
	if s.row == s.book.rows-1 { // the last is the totals'
		if err := s.end(); err != nil {
			return err
		}
		if err := s.open(); err != nil {
			return err
		}
	}
	return s.write(row, false)
}

func (s *Sheet) write(row []any, bold bool) error {
	if len(row) != len(s.columns) {
		return fmt.Errorf("a row of %d cells under %d columns", len(row), len(s.columns))
	}
	for i, v := range row {
		s.cells[i] = nil
		if v != nil || bold {
			s.cells[i] = s.book.value(v, bold)
		}
	}
	s.row++
	ref, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	return s.sw.SetRow(ref, s.cells)
}

// Close writes the totals, unless there are none, and ends the table. The filter
// leaves the totals out.
func (s *Sheet) Close(totals []any) error {
	last := s.row
	if totals != nil {
		if err := s.write(totals, true); err != nil {
			return err
		}
	}
	return s.flush(last)
}

func (s *Sheet) end() error { return s.flush(s.row) }

func (s *Sheet) flush(last int) error {
	corner, err := excelize.CoordinatesToCellName(len(s.columns), max(last, 1))
	if err != nil {
		return err
	}
	if err := s.book.file.AutoFilter(s.sw.Sheet, "A1:"+corner, nil); err != nil {
		return fmt.Errorf("filter the sheet %q: %w", s.sw.Sheet, err)
	}
	return s.sw.Flush()
}
