package alipay_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// billLines are those of bill_trade.csv.
func billLines() []channel.BillLine {
	return []channel.BillLine{
		{
			Row: 6, Kind: channel.LinePayment, At: at(9, 0, 0), Number: "att_01KAV3M7Q2WXYZ0000000005E1", RawState: "交易",
			ChannelTradeNo: "2026112422001156780501000001", Subject: "龙井茶", Amount: 1200, Settlement: 1200, Fee: 7000,
		},
		{
			Row: 7, Kind: channel.LinePayment, At: at(0, 0, 0), Number: "att_01KAV3M7Q2WXYZ0000000005E2", RawState: "交易",
			ChannelTradeNo: "2026112422001156780501000002", Subject: `礼盒, "大号", 红`, Amount: 8880, Settlement: 8680, Fee: 52000,
		},
		{
			Row: 8, Kind: channel.LineRefund, At: at(15, 0, 0), Number: "att_01KAV3M7Q2WXYZ0000000005E2", RawState: "退款",
			ChannelTradeNo: "2026112422001156780501000002", RefundNumber: "rfd_01KAV3M7Q2WXYZ0000000006F1", RefundState: channel.RefundSucceeded,
			Subject: `礼盒, "大号", 红`, Amount: 880, Settlement: 880, Fee: 5000,
		},
		{
			Row: 9, Kind: channel.LineRefund, At: at(23, 59, 59), Number: "SHOP-9", RawState: "退款",
			ChannelTradeNo: "2026112022001156780501000009", RefundNumber: "SHOP-9", RefundState: channel.RefundSucceeded,
			Subject: "普洱", Amount: 100, Settlement: 100,
		},
	}
}

func wantLines(t *testing.T, got, want []channel.BillLine) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range want {
		if !got[i].At.Equal(want[i].At) {
			t.Errorf("line %d at %v, want %v", i, got[i].At, want[i].At)
		}
		got[i].At, want[i].At = time.Time{}, time.Time{}
		if got[i] != want[i] {
			t.Errorf("line %d\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

// TestTrades reads a zip as Alipay packs it: names and texts in GBK, TABs behind
// words, a summary beside the details.
func TestTrades(t *testing.T) {
	raw := channeltest.File(t, "bill_trade.csv.zip")
	lines, totals, err := channeltest.Trades(reader, channeltest.Source(raw, channel.BillZip, billOf))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines, billLines())
	want := channel.BillSums{
		Rows: 4, Payments: 2, Refunds: 2, Amount: 10080, Settlement: 9880, Refunded: 980, RefundedSettlement: 980, Fee: 54000,
	}
	stated := channel.BillSums{Payments: 2, Refunds: 2, Settlement: 9880, RefundedSettlement: 980, Fee: 54000}
	if totals.Summed != want || totals.Stated != stated || len(totals.Says) != 5 || totals.Differences() != nil {
		t.Errorf("totals %+v, differ by %+v", totals, totals.Differences())
	}
}

// TestFixturesAreReadable: the zips hold the texts beside them.
func TestFixturesAreReadable(t *testing.T) {
	for name, texts := range map[string][]string{
		"bill_trade.csv.zip": {"bill_trade.csv", "bill_trade_summary.csv"}, "bill_fund.csv.zip": {"bill_fund.csv", "bill_fund_summary.csv"},
	} {
		raw := channeltest.File(t, name)
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil || len(z.File) != len(texts) {
			t.Fatalf("%s: %v", name, err)
		}
		for i, text := range texts {
			r, err := z.File[i].Open()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, file(t, text)) || !z.File[i].NonUTF8 {
				t.Errorf("%s does not hold %s in GBK: %v", name, text, err)
			}
		}
	}
}

// TestTradesOfOtherShapes: columns come and go over the years, brackets have two
// widths, and some files are filled up with commas or lack the summary.
func TestTradesOfOtherShapes(t *testing.T) {
	plain := string(channeltest.File(t, "bill_trade.csv"))
	lf := strings.ReplaceAll(plain, "\r\n", "\n")
	narrow := strings.NewReplacer("（", "(", "）", ")").Replace(plain)
	filled := strings.NewReplacer("明细查询\r\n", "明细查询,,,,\r\n", "0.00元\r\n", "0.00元,,,,\r\n", "：[", ":[", "合计：", "合计:").Replace(plain)
	day := strings.Replace(plain, "终止日期：[2026年11月25日 00:00:00]", "终止日期：[2026年11月24日 23:59:59]", 1)
	for name, text := range map[string]string{"LF": lf, "narrow brackets": narrow, "filled up": filled, "to its last second": day} {
		s := channeltest.Source(zipped(t, entry{billName + "业务明细.csv", gbk(t, text)}), channel.BillZip, billOf)
		lines, totals, err := channeltest.Trades(reader, s)
		if err != nil || totals.Differences() != nil || len(totals.Says) != 4 {
			t.Errorf("%s: %+v %v", name, totals, err)
			continue
		}
		wantLines(t, lines, billLines())
	}
	// A column that came later, and two that went.
	old := []string{"支付宝红包（元）,集分宝（元）,", "12.00,12.00,0.00,0.00,", "88.80,86.80,1.00,0.00,", "-8.80,-8.80,0.00,0.00,", "-1.00,-1.00,0.00,0.00,"}
	now := []string{"结算方式,", "12.00,12.00,later,", "88.80,86.80,later\t,", "-8.80,-8.80,\t,", "-1.00,-1.00,,"}
	text := plain
	for i := range old {
		text = string(channeltest.Spoil(t, []byte(text), old[i], now[i]))
	}
	lines, _, err := channeltest.Trades(reader, trades(t, gbk(t, text)))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines, billLines())
}

// TestSummaryOfTrades: last lines or a summary that disagree with the rows are
// told, not refused.
func TestSummaryOfTrades(t *testing.T) {
	for _, c := range []struct {
		file, old, by  string
		sum            channel.BillSum
		stated, summed int64
	}{
		{"bill_trade.csv", "交易合计：2笔", "交易合计：3笔", channel.SumPayments, 3, 2},
		{"bill_trade.csv", "退款合计：2笔", "退款合计：1笔", channel.SumRefunds, 1, 2},
		{"bill_trade.csv", "商家实收共98.80元", "商家实收共98.81元", channel.SumSettlement, 9881, 9880},
		{"bill_trade.csv", "商家实收退款共-9.80元", "商家实收退款共-9.79元", channel.SumRefundedSettlement, 979, 980},
		{"bill_trade_summary.csv", "合计\t,\t,2,2", "合计\t,\t,5,2", channel.SumPayments, 5, 2},
		{"bill_trade_summary.csv", "合计\t,\t,2,2", "合计\t,\t,2,3", channel.SumRefunds, 3, 2},
		{"bill_trade_summary.csv", "合计\t,\t,2,2,91.00,89.00,0.00,0.00,0.00,-0.54", "合计\t,\t,2,2,91.00,89.00,0.00,0.00,0.00,-0.55", channel.SumFee, 55, 54},
	} {
		texts := map[string][]byte{"bill_trade.csv": file(t, "bill_trade.csv"), "bill_trade_summary.csv": file(t, "bill_trade_summary.csv")}
		texts[c.file] = spoiled(t, c.file, c.old, c.by)
		raw := zipped(t, entry{billName + "业务明细(汇总).csv", texts["bill_trade_summary.csv"]}, entry{billName + "业务明细.csv", texts["bill_trade.csv"]})
		_, totals, err := channeltest.Trades(reader, channeltest.Source(raw, channel.BillZip, billOf))
		want := []channel.SumDifference{{Sum: c.sum, Stated: c.stated, Summed: c.summed}}
		if err != nil || !reflect.DeepEqual(totals.Differences(), want) {
			t.Errorf("%s: %+v %v, want %+v", c.by, totals.Differences(), err, want)
		}
	}
}

// TestBrokenTrades: whatever is wrong is refused with its line and reason.
func TestBrokenTrades(t *testing.T) {
	for name, c := range map[string]struct {
		old, by, code string
		line          int
	}{
		"another kind":         {"#支付宝业务明细查询", "#支付宝账务明细查询", channel.BillHeading, 1},
		"no title":             {"#支付宝业务明细查询\r\n", "", channel.BillHeading, 1},
		"no account":           {"#账号", "#别的", channel.BillHeading, 5},
		"another account":      {"[20880000000001560156]", "[20880000000001570156]", channel.BillNotOurs, 2},
		"half an account":      {"[20880000000001560156]", "[2088000000000]", channel.BillNotOurs, 2},
		"no period":            {"#起始日期", "#日期", channel.BillHeading, 5},
		"another day":          {"[2026年11月24日", "[2026年11月23日", channel.BillWrongDay, 3},
		"two days":             {"[2026年11月25日", "[2026年11月26日", channel.BillWrongDay, 3},
		"a month":              {"[2026年11月24日", "[2026年11月01日", channel.BillWrongDay, 3},
		"no number":            {"商户订单号", "订单号", channel.BillColumnMissing, 5},
		"no fee":               {"服务费（元）", "费（元）", channel.BillColumnMissing, 5},
		"a column twice":       {"门店编号", "操作员", channel.BillColumnRepeated, 5},
		"another type":         {"交易\t,龙井茶", "充值\t,龙井茶", channel.BillState, 6},
		"no order":             {"att_01KAV3M7Q2WXYZ0000000005E1", "", channel.BillNumber, 6},
		"a number with a NUL":  {"att_01KAV3M7Q2WXYZ0000000005E1", "att_01KAV3M7Q2\x00", channel.BillNumber, 6},
		"a row of another day": {"2026-11-24 09:00:00", "2026-11-25 00:00:00", channel.BillWrongDay, 6},
		"no time":              {"2026-11-24 09:00:00", "09:00", channel.BillTime, 6},
		"a negative payment":   {"12.00,12.00", "-12.00,12.00", channel.BillAmount, 6},
		"a positive refund":    {"-1.00,-1.00", "1.00,-1.00", channel.BillAmount, 9},
		"a finer amount":       {"12.00,12.00", "12.001,12.00", channel.BillAmount, 6},
		"a word for an amount": {"12.00,12.00", "12.00,twelve", channel.BillAmount, 6},
		"a fee of words":       {"-0.07", "seven", channel.BillAmount, 6},
		"a cell less":          {"-0.07,0.00,", "-0.07,", channel.BillColumns, 6},
		"no end of the list":   {"业务明细列表结束", "业务明细列表", channel.BillSummaryMissing, -1},
		"no payments' total":   {"#交易合计", "#合计", channel.BillSummaryMissing, -1},
		"no refunds' total":    {"#退款合计", "#合计", channel.BillSummaryMissing, -1},
		"a total of words":     {"#交易合计：2笔", "#交易合计：二笔", channel.BillSummary, 11},
		"a total cut":          {"商家实收共98.80元", "商家实收", channel.BillSummary, 11},
		"a row after the end":  {"#导出时间", "2026112422001156780501000001\t\r\n#导出时间", channel.BillAfterSummary, 13},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := channeltest.Trades(reader, trades(t, spoiled(t, "bill_trade.csv", c.old, c.by)))
			channeltest.WantBroken(t, err, c.code, c.line)
		})
	}
	_, _, err := channeltest.Trades(reader, trades(t, channeltest.File(t, "bill_trade.csv")))
	channeltest.WantBroken(t, err, channel.BillEncoding, 1) // UTF-8 in a place for GBK
	bad := bytes.Replace(file(t, "bill_trade.csv"), gbk(t, "龙井茶"), []byte{0xff, 0xff}, 1)
	_, _, err = channeltest.Trades(reader, trades(t, bad))
	channeltest.WantBroken(t, err, channel.BillEncoding, 6)
	rare := bytes.Replace(file(t, "bill_trade.csv"), gbk(t, "龙井茶"), []byte{0x84, 0x31, 0xa4, 0x37}, 1)
	if lines, _, err := channeltest.Trades(reader, trades(t, rare)); err != nil || lines[0].Subject != "\ufffd" {
		t.Errorf("a genuine U+FFFD: %v", err)
	}
	_, _, err = channeltest.Trades(reader, trades(t, nil))
	channeltest.WantBroken(t, err, channel.BillHeading, 0)
}

// TestBrokenZips: what is in a zip is known beforehand, and whole.
func TestBrokenZips(t *testing.T) {
	details, summary := file(t, "bill_trade.csv"), file(t, "bill_trade_summary.csv")
	good := entry{billName + "业务明细.csv", details}
	sums := billName + "业务明细(汇总).csv"
	for name, c := range map[string]struct {
		code    string
		entries []entry
	}{
		"nothing":              {channel.BillPacking, nil},
		"summary alone":        {channel.BillPacking, []entry{{sums, summary}}},
		"the other kind":       {channel.BillPacking, []entry{{billName + "账务明细.csv", details}}},
		"a program":            {channel.BillPacking, []entry{good, {"setup.exe", nil}}},
		"details twice":        {channel.BillPacking, []entry{good, good}},
		"a folder":             {channel.BillPacking, []entry{{"a/" + good.name, details}}},
		"out of its place":     {channel.BillPacking, []entry{{"../" + good.name, details}}},
		"no csv":               {channel.BillPacking, []entry{{billName + "业务明细.xls", details}}},
		"no account":           {channel.BillPacking, []entry{{"业务明细.csv", details}}},
		"another account":      {channel.BillNotOurs, []entry{{"20880000000001570156_20261124_业务明细.csv", details}}},
		"another day":          {channel.BillWrongDay, []entry{{"20880000000001560156_20261123_业务明细.csv", details}}},
		"a summary of others":  {channel.BillNotOurs, []entry{good, {sums, spoiled(t, "bill_trade_summary.csv", "[20880000000001560156]", "[20880000000001570156]")}}},
		"a summary of old":     {channel.BillWrongDay, []entry{good, {sums, spoiled(t, "bill_trade_summary.csv", "[2026年11月24日", "[2026年11月23日")}}},
		"a summary of nothing": {channel.BillSummaryMissing, []entry{good, {sums, spoiled(t, "bill_trade_summary.csv", "合计\t,", "总计\t,")}}},
		"a summary of words":   {channel.BillSummary, []entry{good, {sums, spoiled(t, "bill_trade_summary.csv", "合计\t,\t,2", "合计\t,\t,two")}}},
		"a fee of words":       {channel.BillSummary, []entry{good, {sums, spoiled(t, "bill_trade_summary.csv", "合计\t,\t,2,2,91.00,89.00,0.00,0.00,0.00,-0.54", "合计\t,\t,2,2,91.00,89.00,0.00,0.00,0.00,-")}}},
		"a summary in UTF-8":   {channel.BillEncoding, []entry{good, {sums, channeltest.File(t, "bill_trade_summary.csv")}}},
		"a short row":          {channel.BillColumns, []entry{good, {sums, spoiled(t, "bill_trade_summary.csv", "合计\t,\t,2,2,91.00,89.00,0.00,0.00,0.00,-0.54,0.00,88.46", "合计\t,2")}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := channeltest.Trades(reader, channeltest.Source(zipped(t, c.entries...), channel.BillZip, billOf))
			channeltest.WantBroken(t, err, c.code, -1)
		})
	}
	whole := channeltest.File(t, "bill_trade.csv.zip")
	channeltest.EachCut(whole, func(name string, cut []byte) {
		_, _, err := channeltest.Trades(reader, channeltest.Source(cut, channel.BillZip, billOf))
		var broken *channel.BillError
		if !errors.As(err, &broken) || (len(cut) > 4 && broken.Code != channel.BillTruncated) {
			t.Fatalf("%s: %v", name, err)
		}
	})
	for n := range whole {
		altered := bytes.Clone(whole)
		altered[n] ^= 0x10
		lines, _, err := channeltest.Trades(reader, channeltest.Source(altered, channel.BillZip, billOf))
		var broken *channel.BillError
		if err == nil {
			wantLines(t, lines, billLines()) // such as the time of an entry
		} else if !errors.As(err, &broken) {
			t.Fatalf("byte %d altered: %v is a %T", n, err, err)
		}
	}
	_, _, err := channeltest.Trades(reader, channeltest.Source([]byte("<html>login</html>"), channel.BillZip, billOf))
	channeltest.WantBroken(t, err, channel.BillPacking, 0)
	_, _, err = channeltest.Trades(reader, channeltest.Source(details, channel.BillPlain, billOf))
	channeltest.WantBroken(t, err, channel.BillPacking, 0)
	many := make([]entry, 20)
	for i := range many {
		many[i] = good
	}
	_, _, err = channeltest.Trades(reader, channeltest.Source(zipped(t, many...), channel.BillZip, billOf))
	channeltest.WantBroken(t, err, channel.BillPacking, 0)
}

// TestCutTrades: details that end too early are refused, wherever that is.
func TestCutTrades(t *testing.T) {
	whole := file(t, "bill_trade.csv")
	last := bytes.Index(whole, gbk(t, "，商家优惠退款共"))
	channeltest.EachCut(whole[:last], func(name string, cut []byte) {
		if bytes.HasSuffix(cut, gbk(t, "元")) { // then the last total has been said
			return
		}
		_, _, err := channeltest.Trades(reader, channeltest.Source(zipped(t, entry{billName + "业务明细.csv", cut}), channel.BillZip, billOf))
		var broken *channel.BillError
		if !errors.As(err, &broken) {
			t.Fatalf("%s: %v", name, err)
		}
	})
}

// TestEndlessTrades: a bomb is refused before it has unpacked.
func TestEndlessTrades(t *testing.T) {
	head, _, _ := bytes.Cut(file(t, "bill_trade.csv"), []byte("2026112422001156780501000001"))
	row, _, _ := bytes.Cut(file(t, "bill_trade.csv")[len(head):], []byte("\n"))
	s := trades(t, append(bytes.Clone(head), bytes.Repeat(append(row, '\n'), 20_000)...))
	s.MaxUnpacked = 1 << 20
	_, _, err := channeltest.Trades(reader, s)
	channeltest.WantBroken(t, err, channel.BillTooLarge, -1)
	_, _, err = channeltest.Trades(reader, trades(t, append(bytes.Clone(head), make([]byte, 32<<20)...)))
	channeltest.WantBroken(t, err, channel.BillLineTooLong, 6)
}

// TestWordsCannotWriteCells: commas in people's own words stay theirs. Where they
// look like a row themselves nobody can tell, and the bill is refused.
func TestWordsCannotWriteCells(t *testing.T) {
	forged := "茶,2026-11-24 08:59:00,2026-11-24 09:00:00,,,,,x,0.01,0.01,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,,0.00,0.00,"
	read := func(old, by string) ([]channel.BillLine, error) {
		lines, _, err := channeltest.Trades(reader, trades(t, spoiled(t, "bill_trade.csv", old, by)))
		return lines, err
	}
	for _, words := range []string{"茶, 红, 绿", "茶,2026-11-24 09:00:00", "a,b,c,d,e,f", "茶\t,罐", ",,,", "茶,99.00,99.00", forged} {
		for _, tab := range []string{"\t", ""} { // some files have none behind the subject
			lines, err := read("龙井茶\t", words+tab)
			if err != nil {
				t.Errorf("%q: %v", words+tab, err)
				continue
			}
			want := billLines()
			want[0].Subject = words
			wantLines(t, lines, want)
		}
	}
	if lines, err := read("**佳(yan***@example.com)", "佳, 又名茶"); err != nil || lines[0].Amount != 1200 {
		t.Errorf("a payer with a comma: %+v %v", lines, err)
	}
	if lines, err := read("龙井茶\t,2026-11-24 08:59:00,2026-11-24 09:00:00,\t,\t,\t,\t,**佳(yan***@example.com)\t", "龙井,茶,2026-11-24 08:59:00,2026-11-24 09:00:00,,,,,佳,佳"); err != nil || lines[0].Amount != 1200 {
		t.Errorf("without any TAB: %+v %v", lines, err)
	}
	_, err := read("龙井茶\t", strings.ReplaceAll(forged, ",", "\t,"))
	channeltest.WantBroken(t, err, channel.BillColumns, 6)
	_, err = read("龙井茶\t", strings.Repeat(",", 40))
	channeltest.WantBroken(t, err, channel.BillColumns, 6)
}

// TestStopReading: an error of the caller's comes back as it is.
func TestStopReading(t *testing.T) {
	stop := errors.New("stop")
	if _, err := reader.ReadTrades(trades(t, file(t, "bill_trade.csv")), func(*channel.BillLine) error { return stop }); err != stop {
		t.Errorf("trades: %v", err)
	}
	if _, err := reader.ReadFunds(funds(t, file(t, "bill_fund.csv")), func(*channel.FundLine) error { return stop }); err != stop {
		t.Errorf("funds: %v", err)
	}
}
