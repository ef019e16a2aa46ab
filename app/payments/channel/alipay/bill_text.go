package alipay

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// maxBillColumns is far more than any bill has.
const maxBillColumns = 128

// billText is the text of one of a bill's files, in GB18030 (which GBK is part
// of): lines beginning with # around a line of names and the rows. Cells are not
// quoted; those of text mostly end with a TAB.
type billText struct {
	lines   *billfile.Lines
	decoder transform.Transformer
	decoded []byte
	columns billfile.Columns
	cells   [maxBillColumns]string
	words   wordColumns
}

func newBillText(r io.Reader, limit int64) *billText {
	return &billText{
		lines: billfile.NewLines(r, limit), decoder: simplifiedchinese.GB18030.NewDecoder(),
		decoded: make([]byte, 4*billfile.MaxLine),
	}
}

func (t *billText) line() int { return t.lines.Number() }

func (t *billText) broken(code, detail string) *channel.BillError {
	return &channel.BillError{Line: t.line(), Code: code, Detail: detail}
}

// next returns the next line as a string of its own.
func (t *billText) next() (string, error) {
	raw, err := t.lines.Next()
	if err != nil {
		return "", err
	}
	if ascii(raw) {
		return string(raw), nil
	}
	n, _, err := t.decoder.Transform(t.decoded, raw, true)
	if err != nil {
		return "", t.broken(channel.BillEncoding, "not GB18030")
	}
	// The decoder puts U+FFFD for what is wrong; a genuine one has four bytes.
	if bytes.Count(t.decoded[:n], replacement) != bytes.Count(raw, replacementGB) {
		return "", t.broken(channel.BillEncoding, "not GB18030")
	}
	return string(t.decoded[:n]), nil
}

var (
	replacement   = []byte(string(utf8.RuneError))
	replacementGB = []byte{0x84, 0x31, 0xa4, 0x37}
)

func ascii(line []byte) bool {
	for _, b := range line {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// must is next where the text must not end yet.
func (t *billText) must() (string, error) {
	line, err := t.next()
	if errors.Is(err, io.EOF) {
		return "", t.broken(channel.BillSummaryMissing, "the text ends before its last lines")
	}
	return line, err
}

// head reads the lines before the names, which say what the file is, whose and
// of which days, and then the names.
func (t *billText) head(s channel.BillSource, title string) error {
	first, err := t.next()
	if errors.Is(err, io.EOF) {
		return billfile.Broken(channel.BillHeading, "the file is empty")
	}
	if err != nil {
		return err
	}
	if note(first) != title {
		return t.broken(channel.BillHeading, billfile.Found("want "+title, note(first)))
	}
	account, period := false, false
	for {
		line, err := t.must()
		if err != nil {
			return err
		}
		if !strings.HasPrefix(line, "#") {
			return t.names(line, account && period)
		}
		switch line = note(line); {
		case strings.HasPrefix(line, "#账号"):
			account, err = true, t.owner(s, line)
		case strings.HasPrefix(line, "#起始日期"):
			period, err = true, t.period(s.Day, line)
		}
		if err != nil {
			return err
		}
	}
}

// note is a line beginning with #, without the commas that some files fill it up
// with.
func note(line string) string { return strings.TrimRight(line, ",\t ") }

func (t *billText) owner(s channel.BillSource, line string) error {
	account, _, ok := bracketed(line)
	if !ok || !owns(s, account) {
		return t.broken(channel.BillNotOurs, line)
	}
	return nil
}

// period checks the days that the file covers: its one day, to the next one's
// first or its own last second.
func (t *billText) period(day app.Day, line string) error {
	const layout = "2006年01月02日 15:04:05"
	from, rest, _ := bracketed(line)
	to, _, ok := bracketed(rest)
	start, end := day.Start(), day.End()
	if !ok || from != start.Format(layout) || (to != end.Format(layout) && to != end.Add(-1).Format(layout)) {
		return t.broken(channel.BillWrongDay, line)
	}
	return nil
}

// bracketed returns what stands in the first brackets, and what follows them.
func bracketed(s string) (inside, rest string, ok bool) {
	_, after, open := strings.Cut(s, "[")
	inside, rest, closed := strings.Cut(after, "]")
	return strings.TrimSpace(inside), rest, open && closed
}

func (t *billText) names(line string, introduced bool) error {
	if !introduced {
		return t.broken(channel.BillHeading, "no account or no period above the names")
	}
	names := strings.Split(brackets.Replace(line), ",")
	if len(names) > maxBillColumns {
		return t.broken(channel.BillColumns, "too many columns")
	}
	for i, name := range names {
		names[i] = strings.Trim(name, " \t\"")
	}
	var err error
	if t.columns, err = billfile.NewColumns(names, t.line()); err == nil {
		t.words = findWords(t.columns)
	}
	return err
}

// brackets come in both widths.
var brackets = strings.NewReplacer("（", "(", "）", ")")

// row returns the cells of the next row, which are good until the next call, or
// none and the first line after the rows.
func (t *billText) row() (cells []string, after string, err error) {
	line, err := t.must()
	if err != nil {
		return nil, "", err
	}
	if strings.HasPrefix(line, "#") {
		return nil, note(line), nil
	}
	cells, err = t.split(line)
	return cells, "", err
}

func (t *billText) split(line string) ([]string, error) {
	n, want, rest := 0, t.columns.Len(), line
	for {
		i := strings.IndexByte(rest, ',')
		if i < 0 || n == want {
			break
		}
		t.cells[n] = trimCell(rest[:i])
		n, rest = n+1, rest[i+1:]
	}
	if n == want {
		cells, ok := t.words.split(line, want)
		if !ok {
			return nil, t.broken(channel.BillColumns, "a row with too many cells")
		}
		return cells, nil
	}
	t.cells[n] = trimCell(rest)
	if n+1 < want {
		return nil, t.broken(channel.BillColumns, "a row with too few cells")
	}
	return t.cells[:want], nil
}

func trimCell(s string) string {
	if n := len(s); n == 0 || (s[0] > ' ' && s[n-1] > ' ') {
		return s
	}
	return strings.Trim(s, " \t")
}
