package wechat

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// billFile is what is known of a file once it is written.
type billFile struct {
	rows      int64
	at        app.Millis
	wrongHash bool // announce another hash
}

// writeBill writes the unpacked file, the same whenever it is asked for with the
// same moment.
func (g *Gateway) writeBill(ctx context.Context, r billRequest, w io.Writer) (billFile, error) {
	b, err := g.trades.OpenBill(ctx, r.query())
	if err != nil {
		return billFile{}, err
	}
	file := billFile{at: b.At, wrongHash: b.Flaws.WrongHash}
	file.rows, err = r.put(ctx, b, w)
	return file, err
}

// The files of a bill, as WriteBill takes them.
const (
	FileAll     = billAll
	FileSuccess = billSuccess
	FileRefund  = billRefund
	FileFunds   = "BASIC"
)

// WriteBill writes a file of an opened bill as the channel gives it out, not
// packed.
func WriteBill(ctx context.Context, w io.Writer, b *trade.Bill, file string) error {
	r := billRequest{File: tradeBill, Type: file, Day: b.Day}
	if file == FileFunds {
		r.File = fundBill
	}
	_, err := r.put(ctx, b, w)
	return err
}

// put writes the file, or the half of one that is planned to break off.
func (r billRequest) put(ctx context.Context, b *trade.Bill, w io.Writer) (rows int64, err error) {
	if !b.Flaws.Truncated {
		return r.write(ctx, b, w)
	}
	var size counter
	if rows, err = r.write(ctx, b, &size); err != nil {
		return rows, err
	}
	if _, err = r.write(ctx, b, &short{w: w, left: int64(size) / 2}); errors.Is(err, errShort) {
		err = nil
	}
	return rows, err
}

// write writes the whole file and returns how many rows it has.
func (r billRequest) write(ctx context.Context, b *trade.Bill, w io.Writer) (rows int64, err error) {
	text := &billText{w: bufio.NewWriterSize(w, 32<<10), day: r.Day}
	if r.File == fundBill {
		rows, err = writeFunds(ctx, b, text)
	} else {
		rows, err = writeTrades(ctx, b, r.Type, text)
	}
	if err != nil {
		return rows, err
	}
	return rows, text.w.Flush()
}

// billText writes a bill's lines: UTF-8 with a byte order mark, CRLF, every cell
// but the headers' after a backtick, and no quoting.
type billText struct {
	w    *bufio.Writer
	line []byte
	day  app.Day
}

const byteOrderMark = "\ufeff"

// header writes the names of columns, separated by commas.
func (t *billText) header(names string) error {
	_, err := t.w.WriteString(names + "\r\n")
	return err
}

func (t *billText) row(cells ...string) error {
	t.line = t.line[:0]
	for i, cell := range cells {
		if i > 0 {
			t.line = append(t.line, ',')
		}
		t.line = append(append(t.line, '`'), cell...)
	}
	t.line = append(t.line, '\r', '\n')
	_, err := t.w.Write(t.line)
	return err
}

// count writes a number of rows. Real bills have 12 and 45.0; here the odd days
// have the latter, so that nobody relies on either.
func (t *billText) count(n int64) string {
	text := strconv.FormatInt(n, 10)
	if odd := strings.ContainsRune("13579", rune(t.day[len(t.day)-1])); odd {
		return text + ".0"
	}
	return text
}

func billTime(at app.Millis) string {
	return at.Time().In(app.Beijing).Format("2006-01-02 15:04:05")
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// errShort ends a file that is planned to break off.
var errShort = errors.New("the file breaks off here, as planned")

// short writes the beginning of a file.
type short struct {
	w    io.Writer
	left int64
}

func (s *short) Write(p []byte) (int, error) {
	n, err := s.w.Write(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err == nil && n < len(p) {
		err = errShort
	}
	return n, err
}

// billRefundState is the trade bill's word for a refund's state: not those of
// the API.
func billRefundState(s trade.RefundState) string {
	switch s {
	case trade.RefundSucceeded:
		return "SUCCESS"
	case trade.RefundClosed:
		return "FAIL"
	case trade.RefundAbnormal:
		return "CHANGE"
	}
	return "PROCESSING"
}
