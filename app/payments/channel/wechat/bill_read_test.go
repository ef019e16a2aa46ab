package wechat_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

// reader needs no transport.
var reader = wechat.New(nil, app.SystemClock{})

// billOf is whose the fixtures are.
var billOf = channel.BillSource{Day: "2026-11-24", Identity: "1900000001"}

func bill(t testing.TB, name string) channel.BillSource {
	t.Helper()
	return channeltest.Source(channeltest.File(t, name), channel.BillPlain, billOf)
}

func at(hour, minute, second int) time.Time {
	return time.Date(2026, 11, 24, hour, minute, second, 0, app.Beijing)
}

// billLines are those of bill_all.csv.
func billLines() []channel.BillLine {
	const appid = "wx8888888888888888"
	return []channel.BillLine{
		{
			Row: 2, Kind: channel.LinePayment, At: at(0, 0, 0), AppID: appid, Number: "att_01KAV3M7Q2WXYZ0000000001A1",
			ChannelTradeNo: "4200002961202611241000000001", TradeType: "NATIVE", RawState: "SUCCESS", Subject: "龙井茶, 一罐",
			Amount: 100, Settlement: 100, Fee: 1000, Rate: 6000, HasRate: true,
		},
		{
			Row: 3, Kind: channel.LinePayment, At: at(9, 30, 15), AppID: appid, Number: "att_01KAV3M7Q2WXYZ0000000001A2",
			ChannelTradeNo: "4200002961202611241000000002", TradeType: "JSAPI", RawState: "SUCCESS", Subject: "\"礼盒\",`大号",
			Amount: 12850, Settlement: 12050, Fee: 77000, Rate: 6000, HasRate: true,
		},
		{
			Row: 4, Kind: channel.LineRefund, At: at(10, 2, 59), AppID: appid, Number: "att_01KAV3M7Q2WXYZ0000000001A2",
			ChannelTradeNo: "4200002961202611241000000002", RefundNumber: "rfd_01KAV3M7Q2WXYZ0000000002B1",
			ChannelRefundNo: "50302008882026112410000000001", TradeType: "NATIVE", RawState: "REFUND", RefundState: channel.RefundPending,
			Subject: "\"礼盒\",`大号", Amount: 2850, Settlement: 2850, Fee: 17000, Rate: 6000, HasRate: true,
		},
		{
			Row: 5, Kind: channel.LinePayment, At: at(13, 45, 0), AppID: appid, Number: "SHOP-20261124-7",
			ChannelTradeNo: "4200002961202611241000000003", TradeType: "MICROPAY", RawState: "SUCCESS", Subject: "it's `tea`,",
			Amount: 1, Settlement: 1, Rate: 3800, HasRate: true,
		},
		{
			Row: 6, Kind: channel.LineRefund, At: at(23, 59, 59), AppID: appid, Number: "att_01KAV2AAAAAAAA0000000009Z9",
			ChannelTradeNo: "4200002961202611231000000009", RefundNumber: "50302008882026112410000000002",
			ChannelRefundNo: "50302008882026112410000000002", TradeType: "NATIVE", RawState: "REFUND", RefundState: channel.RefundSucceeded,
			Subject: "普洱 2005 年", Amount: 30000, Settlement: 30000, Fee: 180000, Rate: 6000, HasRate: true,
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

// TestTrades: the file as WeChat writes it, plain and by gzip, with columns that
// came later, without BOM and with LF, reads the same.
func TestTrades(t *testing.T) {
	want := channel.BillSums{
		Rows: 5, Payments: 3, Refunds: 2, Amount: 12951, Settlement: 12151, Refunded: 32850, RefundedSettlement: 32850, Fee: -119000,
	}
	for _, name := range []string{"bill_all.csv", "bill_all_later.csv"} {
		raw := channeltest.File(t, name)
		for format, s := range map[channel.BillFormat]channel.BillSource{
			channel.BillPlain: channeltest.Source(raw, channel.BillPlain, billOf),
			channel.BillGzip:  channeltest.Source(channeltest.Gzipped(t, raw), channel.BillGzip, billOf),
		} {
			lines, totals, err := channeltest.Trades(reader, s)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, format, err)
			}
			wantLines(t, lines, billLines())
			stated := want
			stated.Payments, stated.Refunds = 0, 0
			if totals.Summed != want || totals.Stated != stated || len(totals.Says) != 6 || totals.Differences() != nil {
				t.Errorf("%s: totals %+v, differ by %+v", name, totals, totals.Differences())
			}
		}
	}
}

// TestTradesOfOneKind: bills of payments or refunds alone. A refund's time there
// is when it was asked for.
func TestTradesOfOneKind(t *testing.T) {
	all := billLines()
	pays, totals, err := channeltest.Trades(reader, bill(t, "bill_success.csv"))
	if err != nil || totals.Differences() != nil || len(totals.Says) != 4 {
		t.Fatalf("payments: %+v %v", totals, err)
	}
	want := []channel.BillLine{all[0], all[1], all[3]}
	for i := range want {
		want[i].Row = i + 2
	}
	wantLines(t, pays, want)

	refunds, totals, err := channeltest.Trades(reader, bill(t, "bill_refund.csv"))
	if err != nil || totals.Differences() != nil {
		t.Fatalf("refunds: %+v %v", totals, err)
	}
	want = []channel.BillLine{all[2], all[4]}
	for i := range want {
		want[i].Row = i + 2
	}
	wantLines(t, refunds, want)
}

// TestTradesOfASubMerchant: they belong to the provider and to the one merchant.
func TestTradesOfASubMerchant(t *testing.T) {
	s := bill(t, "bill_partner.csv")
	s.Identity, s.SubIdentity = "1900000009", "1700000001"
	lines, totals, err := channeltest.Trades(reader, s)
	if err != nil || len(lines) != 1 || lines[0].Amount != 6600 || totals.Differences() != nil {
		t.Fatalf("%+v %+v %v", lines, totals, err)
	}
	for _, sub := range []string{"", "1700000002", "0"} {
		s.SubIdentity = sub
		_, _, err := channeltest.Trades(reader, s)
		channeltest.WantBroken(t, err, channel.BillNotOurs, 2)
	}
	own := bill(t, "bill_all.csv")
	own.SubIdentity = "1700000001"
	_, _, err = channeltest.Trades(reader, own)
	channeltest.WantBroken(t, err, channel.BillNotOurs, 2)
}

// TestReversedTrades: a payment-code order that was reversed after it was paid
// is a payment and a refund of all of it without a number.
func TestReversedTrades(t *testing.T) {
	lines, totals, err := channeltest.Trades(reader, bill(t, "bill_reversed.csv"))
	if err != nil || len(lines) != 2 || totals.Differences() != nil {
		t.Fatalf("%+v %+v %v", lines, totals, err)
	}
	back := lines[1]
	if back.Kind != channel.LineRefund || back.RawState != "REVOKED" || back.RefundNumber != "" || back.ChannelRefundNo != "" ||
		back.RefundState != channel.RefundSucceeded || back.Number != lines[0].Number || back.Amount != 2000 || back.Fee != lines[0].Fee {
		t.Errorf("the reversal is %+v", back)
	}
	if totals.Summed.Amount != totals.Summed.Refunded || totals.Summed.Fee != 0 {
		t.Errorf("it does not come to nothing: %+v", totals.Summed)
	}
}

// TestSummaryOfTrades: a summary that disagrees with its rows is told, not
// refused.
func TestSummaryOfTrades(t *testing.T) {
	raw := channeltest.File(t, "bill_all.csv")
	for _, c := range []struct {
		old, by        string
		sum            channel.BillSum
		stated, summed int64
	}{
		{"`5.0,`121.51", "`6.0,`121.51", channel.SumRows, 6, 5},
		{"`5.0,`121.51", "`5,`121.52", channel.SumSettlement, 12152, 12151},
		{"121.51,`328.50", "121.51,`328.49", channel.SumRefundedSettlement, 32849, 32850},
		{"-1.19,", "-1.20,", channel.SumFee, -120, -119},
		{"-1.19,`129.51", "-1.19,`0", channel.SumAmount, 0, 12951},
		{"129.51,`328.50", "129.51,`1328.50", channel.SumRefunded, 132850, 32850},
	} {
		_, totals, err := channeltest.Trades(reader, channeltest.Source(channeltest.Spoil(t, raw, c.old, c.by), channel.BillPlain, billOf))
		want := []channel.SumDifference{{Sum: c.sum, Stated: c.stated, Summed: c.summed}}
		if err != nil || !reflect.DeepEqual(totals.Differences(), want) {
			t.Errorf("%s: %+v %v, want %+v", c.by, totals.Differences(), err, want)
		}
	}
}

// TestBrokenTrades: whatever is wrong is refused with its line and reason.
func TestBrokenTrades(t *testing.T) {
	const second = "`2026-11-24 09:30:15,`wx8888888888888888,`1900000001,`0,`,`4200002961202611241000000002,`att_01KAV3M7Q2WXYZ0000000001A2"
	for name, c := range map[string]struct {
		old, by, code string
		line          int
	}{
		"no time":              {"交易时间", "时间", channel.BillColumnMissing, 1},
		"no order number":      {"商户订单号", "订单号", channel.BillColumnMissing, 1},
		"no refund number":     {"商户退款单号,", "别的,", channel.BillColumnMissing, 1},
		"no amount":            {"订单金额,代金券", "金额,代金券", channel.BillColumnMissing, 1},
		"a column twice":       {"设备号", "商户号", channel.BillColumnRepeated, 1},
		"another kind":         {"交易时间,公众账号ID,商户号", "记账时间,业务单号", channel.BillColumnMissing, 1},
		"another merchant":     {second, strings.Replace(second, "`1900000001", "`1900000002", 1), channel.BillNotOurs, 3},
		"a sub-merchant's":     {second, strings.Replace(second, "`0,", "`1700000001,", 1), channel.BillNotOurs, 3},
		"another day":          {second, strings.Replace(second, "11-24", "11-23", 1), channel.BillWrongDay, 3},
		"no such time":         {second, strings.Replace(second, "09:30:15", "09:30:75", 1), channel.BillTime, 3},
		"a time of other form": {second, strings.Replace(second, "2026-11-24 09:30:15", "2026/11/24 09:30", 1), channel.BillTime, 3},
		"no order":             {second, strings.Replace(second, "att_01KAV3M7Q2WXYZ0000000001A2", "", 1), channel.BillNumber, 3},
		"a number with a NUL":  {"att_01KAV3M7Q2WXYZ0000000001A2", "att_01KAV3M7Q2\x00", channel.BillNumber, 3},
		"an endless refund":    {"`rfd_01KAV3M7Q2WXYZ0000000002B1", "`" + strings.Repeat("9", 129), channel.BillNumber, 4},
		"no refund":            {"`50302008882026112410000000001,`rfd_01KAV3M7Q2WXYZ0000000002B1", "`0,`0", channel.BillNumber, 4},
		"a word for an amount": {"`128.50,", "`much,", channel.BillAmount, 3},
		"a finer amount":       {"`128.50,", "`128.505,", channel.BillAmount, 3},
		"a negative amount":    {"`128.50,", "`-128.50,", channel.BillAmount, 3},
		"a blank amount":       {"`128.50,", "`,", channel.BillAmount, 3},
		"a grouped amount":     {"`128.50,", "`1 28.50,", channel.BillAmount, 3},
		"a negative refund":    {"`28.50,`0.00,`ORIGINAL", "`-28.50,`0.00,`ORIGINAL", channel.BillAmount, 4},
		"a fee of words":       {"`0.77000", "`none", channel.BillAmount, 3},
		"a finer fee":          {"`0.77000", "`0.770001", channel.BillAmount, 3},
		"a rate above all":     {"`0.60%", "`160%", channel.BillAmount, 2},
		"a rate of words":      {"`0.60%", "`0.6", channel.BillAmount, 2},
		"another currency":     {"`CNY", "`USD", channel.BillState, 2},
		"another state":        {"`SUCCESS,`OTHERS", "`NOTPAY,`OTHERS", channel.BillState, 2},
		"a cell less":          {"`NATIVE,`SUCCESS", "`SUCCESS", channel.BillColumns, 2},
		"a cell more at last":  {"`\r\n`2026-11-24 09", "`,`,`\r\n`2026-11-24 09", channel.BillAmount, 2},
		"no backtick":          {"`2026-11-24 09:30:15", "2026-11-24 09:30:15", channel.BillColumns, 3},
		"a blank line":         {"`2026-11-24 09:30:15", "\r\n`2026-11-24 09:30:15", channel.BillColumns, 3},
		"no summary":           {"总交易单数,应", "合计,应", channel.BillColumns, 7},
		"a row after the end":  {"`5.0,", second + "\r\n`5.0,", channel.BillAfterSummary, 9},
		"a summary of words":   {"`5.0,", "`five,", channel.BillSummary, 8},
		"a summary twice":      {"`5.0,", "`5.0,`1,`2,`3,`4,`5,`6\r\n`5.0,", channel.BillAfterSummary, 9},
		"no summary row":       {"`5.0,", "5.0,", channel.BillSummary, 8},
		"a short summary":      {"`5.0,`121.51", "`121.51", channel.BillColumns, 8},
		"other bytes":          {"龙井茶", "\xc1\xfa\xbe\xae\xb2\xe8", channel.BillEncoding, 2},
		"names in GBK":         {"交易时间", "\xbd\xbb\xd2\xd7\xca\xb1\xbc\xe4", channel.BillEncoding, 1},
	} {
		t.Run(name, func(t *testing.T) {
			raw := channeltest.Spoil(t, channeltest.File(t, "bill_all.csv"), c.old, c.by)
			_, _, err := channeltest.Trades(reader, channeltest.Source(raw, channel.BillPlain, billOf))
			channeltest.WantBroken(t, err, c.code, c.line)
		})
	}
	_, _, err := channeltest.Trades(reader, channeltest.Source(nil, channel.BillPlain, billOf))
	channeltest.WantBroken(t, err, channel.BillHeading, 0)
	_, _, err = channeltest.Trades(reader, channeltest.Source(channeltest.File(t, "bill_all.csv"), channel.BillZip, billOf))
	channeltest.WantBroken(t, err, channel.BillPacking, 0)
	_, _, err = channeltest.Trades(reader, bill(t, "bill_funds.csv"))
	channeltest.WantBroken(t, err, channel.BillColumnMissing, 1)
	for _, other := range []channel.BillSource{{Day: "2026-11-25", Identity: "1900000001"}, {Day: "", Identity: "1900000001"}, {Day: "2026-11-24"}} {
		if _, _, err := channeltest.Trades(reader, channeltest.Source(channeltest.File(t, "bill_all.csv"), channel.BillPlain, other)); err == nil {
			t.Errorf("read as the bill of %q on %q", other.Identity, other.Day)
		}
	}
}

// TestMissingColumnsAreNamed: all of them at once.
func TestMissingColumnsAreNamed(t *testing.T) {
	raw := channeltest.Spoil(t, channeltest.File(t, "bill_all.csv"), "手续费,费率", "其他一,其他二")
	raw = channeltest.Spoil(t, raw, "微信订单号", "其他三")
	_, _, err := channeltest.Trades(reader, channeltest.Source(raw, channel.BillPlain, billOf))
	var broken *channel.BillError
	if !errors.As(err, &broken) || broken.Detail != "微信订单号, 手续费" {
		t.Errorf("%v", err)
	}
}

// TestCutTrades: a file that ends too early is refused, wherever that is.
func TestCutTrades(t *testing.T) {
	whole := channeltest.File(t, "bill_all.csv")
	last := len(whole) - len(",`328.50\r\n") // what the last cell says is for the hash to hold
	channeltest.EachCut(whole[:last], func(name string, cut []byte) {
		_, _, err := channeltest.Trades(reader, channeltest.Source(cut, channel.BillPlain, billOf))
		var broken *channel.BillError
		if !errors.As(err, &broken) {
			t.Fatalf("%s: %v", name, err)
		}
	})
	channeltest.EachCut(channeltest.Gzipped(t, whole), func(name string, cut []byte) {
		_, _, err := channeltest.Trades(reader, channeltest.Source(cut, channel.BillGzip, billOf))
		channeltest.WantBroken(t, err, channel.BillTruncated, -1)
	})
}

// TestEndlessTrades: what unpacks to too much is refused before it is read.
func TestEndlessTrades(t *testing.T) {
	raw := channeltest.File(t, "bill_all.csv")
	s := bill(t, "bill_all.csv")
	s.MaxUnpacked = int64(len(raw)) - 1
	_, _, err := channeltest.Trades(reader, s)
	channeltest.WantBroken(t, err, channel.BillTooLarge, -1)
	s.MaxUnpacked++
	if _, _, err := channeltest.Trades(reader, s); err != nil {
		t.Errorf("as long as allowed: %v", err)
	}
	bomb := channeltest.Source(channeltest.Gzipped(t, make([]byte, 64<<20)), channel.BillGzip, billOf)
	_, _, err = channeltest.Trades(reader, bomb)
	channeltest.WantBroken(t, err, channel.BillLineTooLong, 1)
}

// TestStopReading: an error of the caller's comes back as it is.
func TestStopReading(t *testing.T) {
	stop := errors.New("stop")
	lines := 0
	_, err := reader.ReadTrades(bill(t, "bill_all.csv"), func(*channel.BillLine) error {
		lines++
		return stop
	})
	if err != stop || lines != 1 {
		t.Errorf("%v after %d lines", err, lines)
	}
	if _, err = reader.ReadFunds(bill(t, "bill_funds.csv"), func(*channel.FundLine) error { return stop }); err != stop {
		t.Errorf("funds: %v", err)
	}
}
