package billfile

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// View is a part of an original, for people to look at. It is read without
// judging: a broken file shows as far as it can be unpacked.
type View struct {
	// Columns are the names of the table in the file's own words, nil when the file
	// ended before them.
	Columns []string
	Lines   []ViewLine
	More    bool // the file goes on after the last of Lines
}

// ViewLine is one line of the unpacked text, numbered as the readers number it.
// Cells are as many as there are columns, or one, the line as a whole, where it
// is none of the table's. Numbers of payers are masked.
type ViewLine struct {
	Number int
	Cells  []string
	Whole  bool
}

// ReadView returns count lines from the line numbered from on. An error is a
// *BillError, with what could be read before it, or one of the source's bytes.
func ReadView(s channel.BillSource, from, count int) (View, error) {
	text, closing, err := details(s)
	if err != nil {
		return View{}, err
	}
	defer closing()
	var v View
	lines := NewLines(text, Limit(s))
	for {
		raw, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return v, nil
		}
		if err != nil {
			return v, err
		}
		n := lines.Number()
		if len(v.Lines) == count {
			v.More = true
			return v, nil
		}
		if v.Columns == nil {
			v.head(n, raw)
		}
		if n >= from {
			v.Lines = append(v.Lines, v.line(n, words(raw)))
		}
	}
}

// details opens the text that has the rows: in a zip, the entry that is no summary.
func details(s channel.BillSource) (io.Reader, func(), error) {
	if s.Format != channel.BillZip {
		r, err := Text(s)
		return r, func() {}, err
	}
	entries, err := Entries(s)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(entries, func(e Entry) bool { return !strings.Contains(e.Name, "汇总") })
	if i < 0 {
		return nil, nil, Broken(channel.BillPacking, "no entry with the details")
	}
	r, err := entries[i].Open()
	if err != nil {
		return nil, nil, err
	}
	return r, func() { _ = r.Close() }, nil // it was only read
}

// head takes the line of names: the first that neither is a note nor a row.
func (v *View) head(number int, raw []byte) {
	if number == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	}
	line := words(raw)
	if line == "" || line[0] == '#' || line[0] == '`' || !strings.Contains(line, ",") {
		return
	}
	for _, name := range strings.Split(line, ",") {
		v.Columns = append(v.Columns, strings.Trim(name, " \t`\""))
	}
}

func (v *View) line(number int, line string) ViewLine {
	line = strings.TrimPrefix(line, "\ufeff")
	if len(v.Columns) > 0 && line != "" && line[0] != '#' {
		if cells := v.fit(cut(line)); len(cells) == len(v.Columns) {
			for i, name := range v.Columns {
				if slices.Contains(payers, name) {
					cells[i] = channel.Mask(cells[i])
				}
			}
			return ViewLine{Number: number, Cells: cells}
		}
		line = strings.ReplaceAll(line, "\t", "")
	}
	return ViewLine{Number: number, Cells: []string{line}, Whole: true}
}

// fit gives what is too much in a row to what was sold, whose own words may hold
// the end of a cell.
func (v *View) fit(cells []string) []string {
	more, sold := len(cells)-len(v.Columns), slices.Index(v.Columns, "商品名称")
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

// words decodes a line: what is not UTF-8 is in GB18030.
func words(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	return string(decoded)
}
