package channel_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// original is the text of a file of one of the channels' own tests.
func original(t *testing.T, name string) []string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(string(raw), "\r\n"), "\r\n")
}

func TestASheetCutsRowsByTheNamesOfTheFile(t *testing.T) {
	for file, want := range map[string]struct {
		first string
		n     int
	}{"wechat/testdata/bill_all.csv": {"交易时间", 27}, "alipay/testdata/bill_trade.csv": {"支付宝交易号", 25}} {
		lines := original(t, file)
		s := channel.BillSheetOf(lines)
		if len(s.Columns) != want.n || s.Columns[0] != want.first {
			t.Fatalf("%s: columns %v", file, s.Columns)
		}
		rows := 0
		for _, line := range lines {
			cells, ok := s.Cells(line)
			if !ok || cells[1] == s.Columns[1] {
				continue
			}
			rows++
			if len(cells) != want.n || strings.Contains(strings.Join(cells, ""), "\t") {
				t.Errorf("%s: %q", file, cells)
			}
		}
		if rows < 3 {
			t.Errorf("%s: %d rows", file, rows)
		}
	}
}

func TestASheetMasksPayers(t *testing.T) {
	lines := original(t, "wechat/testdata/bill_all.csv")
	s := channel.BillSheetOf(lines)
	const payer = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
	if !strings.Contains(strings.Join(lines, ""), payer) {
		t.Fatal("the file names no payer")
	}
	for _, line := range lines {
		if cells, _ := s.Cells(line); slices.Contains(cells, payer) {
			t.Errorf("%q names its payer", cells)
		}
	}
	// What a shop calls its goods cannot move the cells so that a payer shows.
	row := make([]string, len(s.Columns))
	row[slices.Index(s.Columns, "用户标识")], row[slices.Index(s.Columns, "商品名称")] = payer, "tea,`2 boxes"
	cells, ok := s.Cells("`" + strings.Join(row, ",`"))
	if !ok || slices.Contains(cells, payer) || !slices.Contains(cells, "tea,2 boxes") {
		t.Errorf("%v %q", ok, cells)
	}
}

func TestALineThatBreaksOffNamesNoPayer(t *testing.T) {
	lines := original(t, "wechat/testdata/bill_all.csv")
	s := channel.BillSheetOf(lines)
	const payer = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
	for _, line := range lines {
		at := strings.Index(line, payer)
		if at < 0 {
			continue
		}
		for _, end := range []int{at + 12, at + len(payer), at + len(payer) + 9} {
			cut := line[:end]
			if _, ok := s.Cells(cut); ok {
				t.Fatalf("%q is a row", cut)
			}
			if whole := s.Whole(cut); strings.Contains(whole, payer[:9]) || !strings.HasPrefix(whole, line[:at]) {
				t.Errorf("%q is shown as %q", cut, whole)
			}
		}
	}
	for _, line := range []string{"", "#账号：[20880000000000000156]", "总交易单数,应结订单总金额", "`12,`45.00"} {
		if whole := s.Whole(line); whole != line {
			t.Errorf("%q is shown as %q", line, whole)
		}
	}
}

func TestALineThatIsNoRowStaysWhole(t *testing.T) {
	s := channel.BillSheetOf([]string{"#note, with a comma", "a,b,c"})
	for _, line := range []string{"", "#total,1,2", "x", "1,2", "1,2,3,4"} {
		if cells, ok := s.Cells(line); ok {
			t.Errorf("%q became %q", line, cells)
		}
	}
	if _, ok := channel.BillSheetOf(nil).Cells("1,2,3"); ok {
		t.Error("a file without names has columns")
	}
}
