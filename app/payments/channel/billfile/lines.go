// Package billfile reads what every channel's bill has in common: packed bytes
// in bounded memory, lines, columns that are found by their names, and exact
// amounts and times.
package billfile

import (
	"bytes"
	"errors"
	"io"

	"github.com/piaohao/piaohao/app/payments/channel"
)

const (
	// MaxLine bounds a line. The longest real one has about a thousand bytes.
	MaxLine = 64 << 10
	// blockSize is how much is read at once.
	blockSize = 128 << 10
)

// Lines reads a text line by line.
type Lines struct {
	r      io.Reader
	buf    []byte
	at     int // of the next line in buf
	end    int
	ended  bool  // r gave its last byte
	number int   // of the line that Next returned last
	left   int64 // how much may still be read
}

// NewLines reads at most limit bytes of r.
func NewLines(r io.Reader, limit int64) *Lines {
	return &Lines{r: r, buf: make([]byte, blockSize), left: limit}
}

// Number is the number of the line that Next returned last, from 1; 0 before.
func (l *Lines) Number() int { return l.number }

// Next returns the next line without its end, LF or CRLF; io.EOF after the last
// one. The bytes are good until the next call. The last line may lack its end.
func (l *Lines) Next() ([]byte, error) {
	for {
		if i := bytes.IndexByte(l.buf[l.at:l.end], '\n'); i >= 0 {
			line := l.buf[l.at : l.at+i]
			l.at += i + 1
			return l.take(line)
		}
		if l.end-l.at > MaxLine {
			return nil, l.tooLong()
		}
		if l.ended {
			return l.last()
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

func (l *Lines) take(line []byte) ([]byte, error) {
	if len(line) > MaxLine {
		return nil, l.tooLong()
	}
	l.number++
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

func (l *Lines) last() ([]byte, error) {
	if l.at == l.end {
		return nil, io.EOF
	}
	line := l.buf[l.at:l.end]
	l.at = l.end
	return l.take(line)
}

func (l *Lines) tooLong() error {
	return &channel.BillError{Line: l.number + 1, Code: channel.BillLineTooLong, Detail: "no end of line"}
}

// fill reads another block behind what is left of the last one.
func (l *Lines) fill() error {
	if l.at > 0 {
		l.end = copy(l.buf, l.buf[l.at:l.end])
		l.at = 0
	}
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	if l.left -= int64(n); l.left < 0 {
		return &channel.BillError{Line: l.number, Code: channel.BillTooLarge, Detail: "longer than a bill may be"}
	}
	if errors.Is(err, io.EOF) {
		l.ended = true
		return nil
	}
	return located(err, l.number)
}

// located sets the line of a packing's error, where it became unreadable.
func located(err error, line int) error {
	var broken *channel.BillError
	if errors.As(err, &broken) && broken.Line == 0 {
		broken.Line = line
	}
	return err
}
