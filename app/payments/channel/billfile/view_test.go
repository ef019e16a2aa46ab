package billfile_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// original is a file of one of the channels' own tests.
func original(t *testing.T, name string, f channel.BillFormat) channel.BillSource {
	t.Helper()
	raw, err := os.ReadFile("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return channeltest.Source(raw, f, channel.BillSource{})
}

func view(t *testing.T, s channel.BillSource, from, count int) billfile.View {
	t.Helper()
	v, err := billfile.ReadView(s, from, count)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAViewNumbersLinesAsTheReadersDo(t *testing.T) {
	s := original(t, "wechat/testdata/bill_all.csv", channel.BillPlain)
	v := view(t, s, 2, 3)
	if len(v.Columns) != 27 || v.Columns[0] != "交易时间" || len(v.Lines) != 3 || !v.More {
		t.Fatalf("view %+v", v)
	}
	first := v.Lines[0]
	if first.Number != 2 || first.Whole || first.Cells[0] != "2026-11-24 00:00:00" || first.Cells[2] != "1900000001" {
		t.Errorf("line %+v", first)
	}
	if packed := view(t, channeltest.Source(channeltest.Gzipped(t, read(t, s)), channel.BillGzip, s), 2, 3); packed.Lines[2].Cells[6] != v.Lines[2].Cells[6] {
		t.Errorf("packed %+v", packed.Lines[2])
	}
}

func read(t *testing.T, s channel.BillSource) []byte {
	t.Helper()
	raw := make([]byte, s.Size)
	if _, err := s.Bytes.ReadAt(raw, 0); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAViewMasksPayers(t *testing.T) {
	s := original(t, "wechat/testdata/bill_all.csv", channel.BillPlain)
	for _, l := range view(t, s, 1, 100).Lines {
		if strings.Contains(strings.Join(l.Cells, " "), "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o") {
			t.Errorf("line %d names its payer", l.Number)
		}
	}
	// What a shop calls its goods cannot move the cells so that a payer shows.
	raw := read(t, s)
	columns := view(t, s, 1, 1).Columns
	row := make([]string, len(columns))
	for i, name := range columns {
		row[i] = map[string]string{"用户标识": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "商品名称": "tea,`2 boxes"}[name]
	}
	raw = append(raw[:bytes.IndexByte(raw, '\n')+1], []byte("`"+strings.Join(row, ",`")+"\r\n")...)
	v := view(t, channeltest.Source(raw, channel.BillPlain, s), 2, 1)
	if l := v.Lines[0]; l.Whole || strings.Contains(strings.Join(l.Cells, " "), "M2pxb1Q9") || !strings.Contains(strings.Join(l.Cells, " "), "tea,2 boxes") {
		t.Errorf("line %+v", l)
	}
}

func TestAViewOfAZipShowsItsDetails(t *testing.T) {
	s := original(t, "alipay/testdata/bill_trade.csv.zip", channel.BillZip)
	v := view(t, s, 1, 100)
	if len(v.Columns) != 25 || v.Columns[0] != "支付宝交易号" || v.More {
		t.Fatalf("columns %v, more %v", v.Columns, v.More)
	}
	rows := 0
	for _, l := range v.Lines {
		if !l.Whole {
			rows++
			if strings.ContainsAny(strings.Join(l.Cells, ""), "\t\ufffd") {
				t.Errorf("line %d: %q", l.Number, l.Cells)
			}
		}
	}
	if rows < 3 || !v.Lines[0].Whole || v.Lines[0].Cells[0] != "#支付宝业务明细查询" {
		t.Errorf("%d rows, first line %q", rows, v.Lines[0].Cells)
	}
}

func TestAViewShowsABrokenFileAsFarAsItGoes(t *testing.T) {
	s := original(t, "wechat/testdata/bill_all.csv", channel.BillPlain)
	text := bytes.Repeat(read(t, s), 200)
	packed := channeltest.Gzipped(t, text)
	v, err := billfile.ReadView(channeltest.Source(packed[:len(packed)-12], channel.BillGzip, s), 1, 1_000_000)
	var broken *channel.BillError
	if !errors.As(err, &broken) || broken.Code != channel.BillTruncated || len(v.Lines) == 0 {
		t.Errorf("%d lines, %v", len(v.Lines), err)
	}
	if _, err := billfile.ReadView(channeltest.Source([]byte("PK"), channel.BillZip, s), 1, 10); !errors.As(err, &broken) {
		t.Errorf("no zip: %v", err)
	}
}

func TestAViewBeyondTheEndIsEmpty(t *testing.T) {
	v := view(t, original(t, "wechat/testdata/bill_all.csv", channel.BillPlain), 9999, 10)
	if len(v.Lines) != 0 || v.More || len(v.Columns) == 0 {
		t.Errorf("view %+v", v)
	}
}
