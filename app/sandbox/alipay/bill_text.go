package alipay

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app"
)

// billText writes one of Alipay's files: GBK, CRLF, cells without quotes. Its
// first error stays and is returned by flush.
type billText struct {
	w    *bufio.Writer
	gbk  *encoding.Encoder
	line []byte
	err  error
}

func newBillText(w io.Writer) *billText {
	return &billText{w: bufio.NewWriterSize(w, 64<<10), gbk: encoding.ReplaceUnsupported(simplifiedchinese.GBK.NewEncoder())}
}

// comment writes a line that begins with "#".
func (b *billText) comment(format string, args ...any) {
	b.put(fmt.Appendf([]byte{'#'}, format, args...))
}

// header writes the columns' names.
func (b *billText) header(columns []string) {
	b.put([]byte(strings.Join(columns, ",")))
}

// text adds a cell that ends with a TAB, so that spreadsheets take it as text.
func (b *billText) text(s string) {
	b.plain(s)
	b.line = append(b.line[:len(b.line)-1], '\t', ',')
}

// plain adds any other cell. Nothing is quoted: a comma in a shop's words stands
// as it is. What would end the line becomes a blank.
func (b *billText) plain(s string) {
	b.line = append(append(b.line, cellSafe.Replace(s)...), ',')
}

var cellSafe = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ")

func (b *billText) count(n int64) { b.plain(strconv.FormatInt(n, 10)) }

func (b *billText) yuan(m app.Money) { b.plain(m.Yuan()) }

// end ends a row. A row that is cut breaks off in its middle.
func (b *billText) end(cut bool) {
	row := b.line[:len(b.line)-1]
	b.line = b.line[:0]
	if !cut {
		b.put(row)
		return
	}
	half := b.encode(row)
	b.write(half[:len(half)/2])
}

func (b *billText) put(line []byte) {
	b.write(b.encode(line))
	b.write([]byte("\r\n"))
}

// unsupported is what ReplaceUnsupported writes for a character that GBK has
// not; no character of GBK has this byte.
const unsupported = 0x1a

func (b *billText) encode(line []byte) []byte {
	out, err := b.gbk.Bytes(line)
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("write in GBK: %w", err)
	}
	if bytes.IndexByte(out, unsupported) >= 0 {
		out = bytes.ReplaceAll(out, []byte{unsupported}, []byte("?"))
	}
	return out
}

func (b *billText) write(p []byte) {
	if b.err == nil {
		_, b.err = b.w.Write(p)
	}
}

func (b *billText) flush() error {
	if b.err != nil {
		return b.err
	}
	return b.w.Flush()
}

// inGBK is a file's name as it stands in the zip.
func inGBK(s string) (string, error) { return simplifiedchinese.GBK.NewEncoder().String(s) }
