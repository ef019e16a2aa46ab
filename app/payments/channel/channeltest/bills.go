package channeltest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Trades reads a trades bill and copies its lines.
func Trades(r channel.BillReader, s channel.BillSource) ([]channel.BillLine, channel.BillTotals, error) {
	var lines []channel.BillLine
	totals, err := r.ReadTrades(s, func(l *channel.BillLine) error {
		lines = append(lines, *l)
		return nil
	})
	return lines, totals, err
}

// Funds reads a funds bill and copies its lines.
func Funds(r channel.BillReader, s channel.BillSource) ([]channel.FundLine, channel.FundTotals, error) {
	var lines []channel.FundLine
	totals, err := r.ReadFunds(s, func(l *channel.FundLine) error {
		lines = append(lines, *l)
		return nil
	})
	return lines, totals, err
}

// Source is a bill of the day whose bytes are in memory.
func Source(raw []byte, f channel.BillFormat, like channel.BillSource) channel.BillSource {
	like.Bytes, like.Size, like.Format = bytes.NewReader(raw), int64(len(raw)), f
	return like
}

// Gzipped packs a text.
func Gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// File reads a file of testdata.
func File(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Spoil replaces what must be in a text.
func Spoil(t testing.TB, text []byte, old, by string) []byte {
	t.Helper()
	if !strings.Contains(string(text), old) {
		t.Fatalf("%q is not in the text", old)
	}
	return []byte(strings.Replace(string(text), old, by, 1))
}

// WantBroken fails unless err is a BillError of the code in the line; a line of
// -1 is any.
func WantBroken(t testing.TB, err error, code string, line int) {
	t.Helper()
	var broken *channel.BillError
	if !errors.As(err, &broken) || broken.Code != code || (line >= 0 && broken.Line != line) {
		t.Errorf("%v, want %s in line %d", err, code, line)
	}
}

// SameAgain reads a bill that fuzzing made up, twice: it must be refused with a
// BillError, or read the same both times.
func SameAgain(t *testing.T, read func() (any, error)) {
	t.Helper()
	first, err := read()
	if err != nil {
		var broken *channel.BillError
		if !errors.As(err, &broken) {
			t.Fatalf("%v is a %T, want a BillError", err, err)
		}
		if broken.Code == "" || broken.Line < 0 {
			t.Fatalf("%+v says nothing", broken)
		}
		return
	}
	again, err := read()
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Fatalf("read %+v, and then %+v, %v", first, again, err)
	}
}

// EachCut cuts bytes after each of them.
func EachCut(whole []byte, check func(name string, cut []byte)) {
	for n := range whole {
		check(fmt.Sprintf("cut after %d of %d bytes", n, len(whole)), whole[:n])
	}
}
