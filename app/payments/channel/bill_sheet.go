package channel

import (
	"slices"
	"strings"
)

// BillSheet cuts the lines of an original into cells, for people to look at. It
// judges nothing: what does not fit is shown as it stands.
type BillSheet struct {
	Columns []string // the table's names in the file's own words; nil for none
}

// BillSheetOf finds the names among the first lines of a file: the first line that is
// neither a note nor a row.
func BillSheetOf(first []string) BillSheet {
	for _, line := range first {
		if line == "" || line[0] == '#' || line[0] == '`' || !strings.Contains(line, ",") {
			continue
		}
		var s BillSheet
		for _, name := range strings.Split(strings.TrimPrefix(line, "\ufeff"), ",") {
			s.Columns = append(s.Columns, strings.Trim(name, " \t`\""))
		}
		return s
	}
	return BillSheet{}
}

// Cells returns as many cells as there are columns, those that name a payer
// masked, or false for a line that is none of the table's.
func (s BillSheet) Cells(line string) ([]string, bool) {
	if len(s.Columns) == 0 || line == "" || line[0] == '#' {
		return nil, false
	}
	cells := s.fit(cutRow(line))
	if len(cells) != len(s.Columns) {
		return nil, false
	}
	for i, name := range s.Columns {
		if slices.Contains(payerColumns, name) && cells[i] != name {
			cells[i] = Mask(cells[i])
		}
	}
	return cells, true
}

// Whole is a line that Cells does not cut, such as one that breaks off, with what
// stands where a payer would be masked.
func (s BillSheet) Whole(line string) string {
	if line == "" || line[0] == '#' {
		return line
	}
	begin, between := "", ","
	if line[0] == '`' {
		begin, between = "`", ",`"
	}
	cells := strings.Split(line[len(begin):], between)
	for i := range min(len(cells), len(s.Columns)) {
		cell := strings.Trim(cells[i], " \t")
		if slices.Contains(payerColumns, s.Columns[i]) && cell != s.Columns[i] {
			cells[i] = Mask(cell)
		}
	}
	return begin + strings.Join(cells, between)
}

// fit gives what is too much in a row to what was sold, whose own words may hold
// the end of a cell.
func (s BillSheet) fit(cells []string) []string {
	more, sold := len(cells)-len(s.Columns), slices.Index(s.Columns, "商品名称")
	if more <= 0 || sold < 0 {
		return cells
	}
	return slices.Concat(cells[:sold], []string{strings.Join(cells[sold:sold+more+1], ",")}, cells[sold+more+1:])
}

// payerColumns are the columns that name a payer.
var payerColumns = []string{"用户标识", "对方账户", "对方账号"}

// cutRow splits a row at the ends of its cells: WeChat begins each with a backtick,
// Alipay ends those of text with a TAB.
func cutRow(line string) []string {
	if line[0] == '`' {
		return strings.Split(line[1:], ",`")
	}
	cells := strings.Split(line, ",")
	for i, c := range cells {
		cells[i] = strings.Trim(c, " \t")
	}
	return cells
}
