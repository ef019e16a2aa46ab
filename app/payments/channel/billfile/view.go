package billfile

import (
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Sheet cuts the lines of an original into cells, for people to look at. It
// judges nothing: what does not fit is shown as it stands.
type Sheet struct {
	Columns []string // the table's names in the file's own words; nil for none
}

// SheetOf finds the names among the first lines of a file: the first line that is
// neither a note nor a row.
func SheetOf(first []string) Sheet {
	for _, line := range first {
		if line == "" || line[0] == '#' || line[0] == '`' || !strings.Contains(line, ",") {
			continue
		}
		var s Sheet
		for _, name := range strings.Split(strings.TrimPrefix(line, "\ufeff"), ",") {
			s.Columns = append(s.Columns, strings.Trim(name, " \t`\""))
		}
		return s
	}
	return Sheet{}
}

// Cells returns as many cells as there are columns, those that name a payer
// masked, or false for a line that is none of the table's.
func (s Sheet) Cells(line string) ([]string, bool) {
	if len(s.Columns) == 0 || line == "" || line[0] == '#' {
		return nil, false
	}
	cells := s.fit(cut(line))
	if len(cells) != len(s.Columns) {
		return nil, false
	}
	for i, name := range s.Columns {
		if slices.Contains(payers, name) && cells[i] != name {
			cells[i] = channel.Mask(cells[i])
		}
	}
	return cells, true
}

// fit gives what is too much in a row to what was sold, whose own words may hold
// the end of a cell.
func (s Sheet) fit(cells []string) []string {
	more, sold := len(cells)-len(s.Columns), slices.Index(s.Columns, "商品名称")
	if more <= 0 || sold < 0 {
		return cells
	}
	return slices.Concat(cells[:sold], []string{strings.Join(cells[sold:sold+more+1], ",")}, cells[sold+more+1:])
}

// payers are the columns that name a payer.
var payers = []string{"用户标识", "对方账户", "对方账号"}

// cut splits a row at the ends of its cells: WeChat begins each with a backtick,
// Alipay ends those of text with a TAB.
func cut(line string) []string {
	if line[0] == '`' {
		return strings.Split(line[1:], ",`")
	}
	cells := strings.Split(line, ",")
	for i, c := range cells {
		cells[i] = strings.Trim(c, " \t")
	}
	return cells
}
