package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/piaohao/piaohao/app"
)

var columns = []Column{
	{Title: "订单号", Kind: Text, Width: 30}, {Title: "金额", Kind: Money, Width: 12}, {Title: "手续费", Kind: Fee, Width: 12}, {Title: "笔数", Kind: Count},
}

var rows = [][]any{
	{"4200001234202611240000000001", app.Money(123456), app.Millifen(74_074), int64(1)},
	{"=1+1", app.Money(-5), app.Millifen(-5000), int64(2)},
	{"007", nil, nil, nil},
}

func book(t testing.TB, limit int, write func(b *Book)) *excelize.File {
	t.Helper()
	b, err := NewBook(t.TempDir())
	must(t, err)
	defer b.Close()
	if limit > 0 {
		b.rows = limit
	}
	write(b)
	var out bytes.Buffer
	must(t, b.Write(&out))
	f, err := excelize.OpenReader(&out, excelize.Options{RawCellValue: true})
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestASheetKeepsIDsAsTextAndAmountsAsNumbers(t *testing.T) {
	f := book(t, 0, func(b *Book) {
		must(t, b.Facts("汇总", "对账单", []Fact{{"商户", "=cmd|' /C calc'!A0"}, {}, {"净额", app.Money(1)}}, []string{"经办", "复核"}))
		s, err := b.Sheet("明细", columns)
		must(t, err)
		for _, r := range rows {
			must(t, s.Row(r))
		}
		must(t, s.Close([]any{"合计", app.Money(123451), app.Millifen(69_074), int64(3)}))
	})
	if got := strings.Join(f.GetSheetList(), " "); got != "汇总 明细" {
		t.Errorf("sheets %s", got)
	}
	got, err := f.GetRows("明细")
	must(t, err)
	want := [][]string{
		{"订单号", "金额", "手续费", "笔数"}, {"4200001234202611240000000001", "1234.56", "0.74074", "1"}, {"'=1+1", "-0.05", "-0.05", "2"}, {"007"},
		{"合计", "1234.51", "0.69074", "3"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("read back %q", got)
	}
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeInlineString, "A4": excelize.CellTypeInlineString, "B2": excelize.CellTypeNumber, "C3": excelize.CellTypeNumber} {
		kind, err := f.GetCellType("明细", cell)
		must(t, err)
		if kind != want && !(want == excelize.CellTypeNumber && kind == excelize.CellTypeUnset) {
			t.Errorf("%s is of type %d", cell, kind)
		}
	}
	panes, err := f.GetPanes("明细")
	must(t, err)
	if !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not frozen: %+v", panes)
	}
	filter := ""
	for _, n := range f.GetDefinedName() {
		if strings.Contains(n.Name, "FilterDatabase") {
			filter = n.RefersTo
		}
	}
	if !strings.Contains(filter, "$A$1:$D$4") {
		t.Errorf("the filter covers %q", filter)
	}
	if v, err := f.GetCellValue("汇总", "B3"); err != nil || v != "'=cmd|' /C calc'!A0" {
		t.Errorf("a fact reads %q, %v", v, err)
	}
	if v, _ := f.GetCellValue("汇总", "A7"); v != "经办" {
		t.Errorf("the first signature is %q", v)
	}
}

func TestATableGoesOnInFurtherSheets(t *testing.T) {
	const limit, n = 10, 20
	f := book(t, limit, func(b *Book) {
		s, err := b.Sheet("明细", columns)
		must(t, err)
		for i := range n {
			must(t, s.Row([]any{fmt.Sprint("A", i), app.Money(i), nil, nil}))
		}
		must(t, s.Close([]any{"合计", app.Money(190), nil, nil}))
	})
	if got := strings.Join(f.GetSheetList(), " "); got != "明细 明细-2 明细-3" {
		t.Fatalf("sheets %s", got)
	}
	seen := 0
	for _, name := range f.GetSheetList() {
		got, err := f.GetRows(name)
		must(t, err)
		if len(got) > limit || got[0][0] != "订单号" {
			t.Errorf("%s has %d rows, the first %v", name, len(got), got[0])
		}
		for _, r := range got[1:] {
			if r[0] == fmt.Sprint("A", seen) {
				seen++
			}
		}
	}
	if seen != n {
		t.Errorf("%d of %d rows in order", seen, n)
	}
	if last, _ := f.GetCellValue("明细-3", "B6"); last != "1.9" {
		t.Errorf("the total reads %q", last)
	}
}

func TestACSVIsWhatSpreadsheetsRead(t *testing.T) {
	var out bytes.Buffer
	c, err := NewCSV(&out, columns)
	must(t, err)
	for _, r := range rows {
		must(t, c.Row(r))
	}
	must(t, c.Close())
	want := "\ufeff订单号,金额,手续费,笔数\r\n4200001234202611240000000001\t,1234.56,0.74074,1\r\n'=1+1,-0.05,-0.05,2\r\n007\t,,,\r\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
	if err := c.Row([]any{"a"}); err == nil {
		t.Error("a short row was written")
	}
}

// A merchant's own numbers may look like numbers with exponents, or like dates,
// which spreadsheets rewrite when they open a CSV.
func TestNoIDIsTakenForANumberOrADate(t *testing.T) {
	for text, marked := range map[string]bool{
		"123456789012": true, "0012": true, "12E5": true, "20261124e10": true, "1-2": true, "2026-11": true, "2026-11-24": true, "24-Nov": true, "3-mar-2026": true,
		"MAR-2026": true, "Dec25": true, "SEPT2": true, "JUNE-1": true,
		"12345": false, "7": false, "0": false, "A-1": false, "12E5-1": false, "E5": false, "1-2-3-4": false, "12-ORDER": false, "MARS-1": false, "May": false, "茶-1": false,
		"2026-11-24 10:00:00 +08:00": false, "att_01JDEXAMPLE000000000000000": false, "0.60%": false, "": false,
	} {
		var out bytes.Buffer
		c, err := NewCSV(&out, []Column{{Title: "x"}, {Title: "y"}})
		must(t, err)
		must(t, c.Row([]any{text, "."}))
		must(t, c.Close())
		if got := strings.Contains(out.String(), "\t"); got != marked {
			t.Errorf("%q stands in a CSV as %q", text, out.String())
		}
	}
}

func TestNoTextBeginsAFormula(t *testing.T) {
	for _, s := range []string{"=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a", " =1", "\u3000=1", "\ufeff=1", "\x00=1", "\u00a0-1"} {
		got := Escape(s)
		if !strings.HasPrefix(got, "'") || strings.ContainsAny(got, "\r\n\x00") {
			t.Errorf("%q became %q", s, got)
		}
		var out bytes.Buffer
		c, err := NewCSV(&out, []Column{{Title: s}})
		must(t, err)
		must(t, c.Row([]any{s}))
		must(t, c.Close())
		read, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
		must(t, err)
		for _, r := range read {
			if !strings.HasPrefix(r[0], "'") {
				t.Errorf("%q stands in a file as %q", s, r[0])
			}
		}
	}
	for _, s := range []string{"", "茶", "a=b", "1+1", " 茶", "'=1"} {
		if got := Escape(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	if got := Plain(app.Money(-1234)); got != "-12.34" {
		t.Errorf("an amount was escaped: %q", got)
	}
}

// A book's rows lie in temporary files: what it holds in memory does not grow
// with them.
func TestALargeBookIsWrittenInBoundedMemory(t *testing.T) {
	dir := t.TempDir()
	b, err := NewBook(dir)
	must(t, err)
	s, err := b.Sheet("明细", columns)
	must(t, err)
	row := []any{"att_01JDEXAMPLE000000000000000", app.Money(123456), app.Millifen(74_074), int64(1)}
	before := heap()
	for range 200_000 {
		must(t, s.Row(row))
	}
	must(t, s.Close(nil))
	if grown := heap() - before; grown > 40<<20 {
		t.Errorf("200,000 rows hold %d MiB", grown>>20)
	}
	out, err := os.Create(filepath.Join(dir, "out.xlsx"))
	must(t, err)
	must(t, b.Write(out))
	must(t, out.Close())
	must(t, b.Close())
	if left, _ := filepath.Glob(filepath.Join(dir, "excelize-*")); len(left) != 0 {
		t.Errorf("left behind %v", left)
	}
}

// largest notes the largest piece that was written at once.
type largest struct{ n, all int }

func (l *largest) Write(p []byte) (int, error) {
	l.n, l.all = max(l.n, len(p)), l.all+len(p)
	return len(p), nil
}

func TestABookIsWrittenPieceByPiece(t *testing.T) {
	b, err := NewBook(t.TempDir())
	must(t, err)
	defer b.Close()
	s, err := b.Sheet("明细", columns)
	must(t, err)
	numbers := rand.New(rand.NewPCG(1, 2)) // what does not shrink much
	for range 20_000 {
		must(t, s.Row([]any{fmt.Sprintf("%016x%016x", numbers.Uint64(), numbers.Uint64()), app.Money(numbers.IntN(1_000_000)), nil, nil}))
	}
	must(t, s.Close(nil))
	var out largest
	must(t, b.Write(&out))
	if out.all < 400_000 || out.n > 64<<10 {
		t.Errorf("%d bytes, as many as %d at once", out.all, out.n)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkRows(b *testing.B) {
	book, err := NewBook(b.TempDir())
	must(b, err)
	defer book.Close()
	s, err := book.Sheet("明细", columns)
	must(b, err)
	row := []any{"att_01JDEXAMPLE000000000000000", app.Money(123456), app.Millifen(74_074), int64(1)}
	b.ReportAllocs()
	for b.Loop() {
		must(b, s.Row(row))
	}
}
