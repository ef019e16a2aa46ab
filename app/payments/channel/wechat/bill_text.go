package wechat

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// maxBillColumns is far more than any bill has.
const maxBillColumns = 128

// cellBreak ends a cell and begins the next.
const cellBreak = ",`"

// billText is the text of one of WeChat's bills: a line of names, the rows, and
// a summary of one line of names and one row. Each cell of a row begins with a
// backtick and nothing is quoted, so that ",`" alone ends a cell
// (https://pay.weixin.qq.com/doc/v3/merchant/4013071225).
type billText struct {
	lines   *billfile.Lines
	columns billfile.Columns
	// summaryName begins the summary's names.
	summaryName string
	// free is the first of the columns of people's own words, in which a ",`" may
	// stand; -1 without.
	free   int
	cells  [maxBillColumns]string
	pieces []string // of a line with too many, kept for the next such line
}

// openBill opens a bill and reads its names. free names the columns of people's
// own words, which stand beside each other.
func openBill(s channel.BillSource, summaryName string, free ...string) (*billText, error) {
	r, err := billfile.Text(s)
	if err != nil {
		return nil, err
	}
	t := &billText{lines: billfile.NewLines(r, billfile.Limit(s)), summaryName: summaryName}
	head, err := t.next()
	if errors.Is(err, io.EOF) {
		return nil, billfile.Broken(channel.BillHeading, "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	if t.columns, err = t.names(strings.TrimPrefix(head, "\ufeff")); err != nil {
		return nil, err
	}
	t.free = together(t.columns, free)
	return t, nil
}

// together returns the first of the columns if those that are there stand beside
// each other, and else -1.
func together(c billfile.Columns, names []string) int {
	first, last, found := c.Len(), -1, 0
	for _, name := range names {
		if i := c.Find(name); i >= 0 {
			first, last, found = min(first, i), max(last, i), found+1
		}
	}
	if found == 0 || last-first+1 != found {
		return -1
	}
	return first
}

func (t *billText) names(line string) (billfile.Columns, error) {
	names := billNames(line)
	if len(names) > maxBillColumns {
		return billfile.Columns{}, t.broken(channel.BillColumns, "too many columns")
	}
	return billfile.NewColumns(names, t.line())
}

// billNames splits a line of names, whose brackets come in both widths.
func billNames(line string) []string {
	names := strings.Split(brackets.Replace(line), ",")
	for i, name := range names {
		names[i] = strings.Trim(name, " \t`\"")
	}
	return names
}

var brackets = strings.NewReplacer("（", "(", "）", ")")

func (t *billText) line() int { return t.lines.Number() }

func (t *billText) broken(code, detail string) *channel.BillError {
	return &channel.BillError{Line: t.line(), Code: code, Detail: detail}
}

// next returns the next line as a string of its own.
func (t *billText) next() (string, error) {
	line, err := t.lines.Next()
	if err != nil {
		return "", err
	}
	if !utf8.Valid(line) {
		return "", t.broken(channel.BillEncoding, "not UTF-8")
	}
	return string(line), nil
}

// row returns the cells of the next row, which are good until the next call, or
// none at the names of the summary.
func (t *billText) row() ([]string, error) {
	line, err := t.next()
	if errors.Is(err, io.EOF) {
		return nil, t.broken(channel.BillSummaryMissing, "the text ends after a row")
	}
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(line, "`") {
		return t.split(line, t.columns.Len())
	}
	if strings.HasPrefix(line, t.summaryName) {
		t.columns, err = t.names(line)
		return nil, err
	}
	return nil, t.broken(channel.BillColumns, "neither a row nor the summary")
}

// split cuts a row at its cells' ends.
func (t *billText) split(line string, want int) ([]string, error) {
	n, rest := 0, line[1:]
	for {
		i := cellEnd(rest)
		if i < 0 || n == want {
			break
		}
		t.cells[n] = rest[:i]
		n, rest = n+1, rest[i+2:]
	}
	if n == want {
		return t.splitFree(line, want)
	}
	t.cells[n] = rest
	if n+1 < want {
		return nil, t.broken(channel.BillColumns, "a row with too few cells")
	}
	return t.cells[:want], nil
}

// cellEnd returns where a cellBreak stands first, or -1.
func cellEnd(s string) int {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], ',')
		if i < 0 || at+i+1 == len(s) {
			return -1
		}
		if s[at+i+1] == '`' {
			return at + i
		}
		at += i + 1
	}
}

// splitFree cuts a row whose own words hold a ",`": the columns before them are
// counted from the left, those behind from the right, so that no cell of another
// column can be written by a payer or a shop. Of two columns of words the first
// takes what is too much.
func (t *billText) splitFree(line string, want int) ([]string, error) {
	if t.free < 0 {
		return nil, t.broken(channel.BillColumns, "a row with too many cells")
	}
	t.pieces = append(t.pieces[:0], strings.Split(line[1:], cellBreak)...)
	words := t.free + len(t.pieces) - want + 1 // where the first column of words ends
	copy(t.cells[:], t.pieces[:t.free])
	t.cells[t.free] = strings.Join(t.pieces[t.free:words], cellBreak)
	copy(t.cells[t.free+1:], t.pieces[words:])
	return t.cells[:want], nil
}

// summary returns the summary's row and its line, after its names were met.
// Nothing may follow it.
func (t *billText) summary() (cells []string, line int, err error) {
	text, err := t.next()
	if errors.Is(err, io.EOF) {
		return nil, 0, t.broken(channel.BillSummaryMissing, "the text ends after the summary's names")
	}
	if err != nil {
		return nil, 0, err
	}
	t.free = -1
	if !strings.HasPrefix(text, "`") {
		return nil, 0, t.broken(channel.BillSummary, "not a row")
	}
	if cells, err = t.split(text, t.columns.Len()); err != nil {
		return nil, 0, err
	}
	line = t.line()
	return cells, line, t.ends()
}

// ends checks that only blank lines follow.
func (t *billText) ends() error {
	for {
		rest, err := t.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case strings.TrimSpace(rest) != "":
			return t.broken(channel.BillAfterSummary, "a line after the summary")
		}
	}
}
