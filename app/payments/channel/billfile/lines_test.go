package billfile_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

func all(r io.Reader, limit int64) (lines []string, err error) {
	l := billfile.NewLines(r, limit)
	for {
		line, err := l.Next()
		if err != nil {
			return lines, err
		}
		lines = append(lines, string(line))
		if l.Number() != len(lines) {
			return lines, errors.New("misnumbered")
		}
	}
}

// TestLinesEndAnyWay: LF, CRLF and the end of the text end a line, however the
// bytes come.
func TestLinesEndAnyWay(t *testing.T) {
	text := "a\r\n\nb\r\r\n" + strings.Repeat("x", billfile.MaxLine) + "\nlast"
	want := []string{"a", "", "b\r", strings.Repeat("x", billfile.MaxLine), "last"}
	for name, r := range map[string]io.Reader{
		"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)),
		"with the end": iotest.DataErrReader(strings.NewReader(text)),
	} {
		got, err := all(r, 1<<20)
		if err != io.EOF || strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %d lines, %v", name, len(got), err)
		}
	}
	if got, err := all(strings.NewReader(""), 1); err != io.EOF || got != nil {
		t.Errorf("of nothing: %q, %v", got, err)
	}
}

// TestBoundedLines: neither a line nor a text may be endless.
func TestBoundedLines(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		limit int64
		code  string
		line  int
	}{
		"long line":         {"a\n" + strings.Repeat("x", billfile.MaxLine+1) + "\n", 1 << 30, channel.BillLineTooLong, 2},
		"endless line":      {"a\n" + strings.Repeat("x", 1<<20), 1 << 30, channel.BillLineTooLong, 2},
		"long text":         {strings.Repeat("a\n", 1<<20), 1 << 20, channel.BillTooLarge, 1 << 19},
		"long without ends": {strings.Repeat("a", 100), 99, channel.BillTooLarge, 0},
	} {
		_, err := all(strings.NewReader(c.text), c.limit)
		var broken *channel.BillError
		if !errors.As(err, &broken) || broken.Code != c.code || (c.code == channel.BillLineTooLong && broken.Line != c.line) {
			t.Errorf("%s: %v, want %s in line %d", name, err, c.code, c.line)
		}
	}
	if _, err := all(strings.NewReader(strings.Repeat("a", 100)), 100); err != io.EOF {
		t.Errorf("as long as allowed: %v", err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// TestTheOriginalCannotBeRead: that is no fault of the file's.
func TestTheOriginalCannotBeRead(t *testing.T) {
	disk := errors.New("input/output error")
	for _, format := range []channel.BillFormat{channel.BillPlain, channel.BillGzip} {
		r, err := billfile.Text(channel.BillSource{Bytes: failing{disk}, Size: 100, Format: format})
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err != disk {
			t.Errorf("%s: %v, want the disk's error", format, err)
		}
	}
	if _, err := billfile.Entries(channel.BillSource{Bytes: failing{disk}, Size: 100, Format: channel.BillZip}); err != disk {
		t.Errorf("zip: %v, want the disk's error", err)
	}
}

// TestGzipIsChecked: cut, altered or followed by something else, it is broken.
func TestGzipIsChecked(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(bytes.Repeat([]byte("a bill's line\r\n"), 1000))
	_ = w.Close()
	whole := packed.Bytes()
	read := func(b []byte) (string, error) {
		r, err := billfile.Text(channel.BillSource{Bytes: bytes.NewReader(b), Size: int64(len(b)), Format: channel.BillGzip})
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(r)
		return string(text), err
	}
	text, err := read(whole)
	if err != nil || len(text) != 15000 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	var broken *channel.BillError
	for n := range whole {
		if _, err := read(whole[:n]); !errors.As(err, &broken) || broken.Code != channel.BillTruncated {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
		altered := bytes.Clone(whole)
		altered[n] ^= 0x20
		if got, err := read(altered); err == nil && got != text {
			t.Fatalf("byte %d altered: another text without an error", n)
		} else if err != nil && !errors.As(err, &broken) {
			t.Fatalf("byte %d altered: %v is a %T", n, err, err)
		}
	}
	if _, err := read(append(bytes.Clone(whole), "more"...)); !errors.As(err, &broken) || broken.Code != channel.BillTruncated && broken.Code != channel.BillPacking {
		t.Errorf("followed by something else: %v", err)
	}
	if _, err := read([]byte("<html>login</html> and more")); !errors.As(err, &broken) || broken.Code != channel.BillPacking {
		t.Errorf("a page: %v", err)
	}
	if _, err := billfile.Text(channel.BillSource{Format: "rar"}); !errors.As(err, &broken) || broken.Code != channel.BillPacking {
		t.Errorf("another format: %v", err)
	}
}
