package wechat_test

import (
	"errors"
	"maps"
	"reflect"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// TestFunds: each movement with its sign and kind, and the balance at both ends.
func TestFunds(t *testing.T) {
	lines, totals, err := channeltest.Funds(reader, bill(t, "bill_funds.csv"))
	if err != nil {
		t.Fatal(err)
	}
	want := []channel.FundLine{
		{
			Row: 2, At: at(0, 0, 1), FlowNo: "1900000001202611240000000000001", BusinessNo: "4200002961202611241000000001",
			Voucher: "4200002961202611241000000001", Kind: channel.FundPayment, RawKind: "交易", Amount: 100, Balance: 100100,
		},
		{
			Row: 3, At: at(0, 0, 1), FlowNo: "1900000001202611240000000000002", BusinessNo: "4200002961202611241000000001",
			Voucher: "4200002961202611241000000001", Kind: channel.FundFee, RawKind: "交易 扣除交易手续费", Amount: -1, Balance: 100099, Note: "扣除交易手续费0.01元",
		},
		{
			Row: 4, At: at(10, 2, 59), FlowNo: "1900000001202611240000000000003", BusinessNo: "50302008882026112410000000001",
			Voucher: "REF4200002961202611241000000002", Kind: channel.FundRefund, RawKind: "退款", Amount: -2850, Balance: 97249, Note: "缺货, 已联系",
		},
		{
			Row: 5, At: at(10, 2, 59), FlowNo: "1900000001202611240000000000004", BusinessNo: "50302008882026112410000000001",
			Voucher: "REF4200002961202611241000000002", Kind: channel.FundFee, RawKind: "退款 退回交易手续费", Amount: 17, Balance: 97266,
		},
		{
			Row: 6, At: at(18, 0, 0), FlowNo: "1900000001202611240000000000005", BusinessNo: "1900000001WX20261124",
			Kind: channel.FundOther, RawKind: "提现", Amount: -90000, Balance: 7266,
		},
	}
	for i := range want {
		if i >= len(lines) || !lines[i].At.Equal(want[i].At) {
			t.Fatalf("line %d of %d is %+v", i, len(lines), lines)
		}
		if lines[i].At = want[i].At; lines[i] != want[i] {
			t.Errorf("line %d\n got %+v\nwant %+v", i, lines[i], want[i])
		}
	}
	kinds := map[channel.FundKind]app.Money{channel.FundPayment: 100, channel.FundFee: 16, channel.FundRefund: -2850, channel.FundOther: -90000}
	if !maps.Equal(totals.ByKind, kinds) || totals.Opening != 100000 || totals.Closing != 7266 || totals.Breaks != 0 ||
		totals.Opening+totals.Movement() != totals.Closing || totals.Differences() != nil {
		t.Errorf("totals %+v, differ by %+v", totals, totals.Differences())
	}
}

// TestBrokenFunds: whatever is wrong is refused with its line and reason, and a
// summary that disagrees is told.
func TestBrokenFunds(t *testing.T) {
	for name, c := range map[string]struct {
		old, by, code string
		line          int
	}{
		"no balance":       {"账户结余(元)", "余额", channel.BillColumnMissing, 1},
		"another day":      {"`2026-11-24 18", "`2026-11-25 18", channel.BillWrongDay, 6},
		"no time":          {"`2026-11-24 18:00:00", "`18:00", channel.BillTime, 6},
		"no number":        {"`1900000001202611240000000000005", "`", channel.BillNumber, 6},
		"another way":      {"`支出,`0.01", "`冻结,`0.01", channel.BillState, 3},
		"a negative one":   {"`支出,`0.01", "`支出,`-0.01", channel.BillAmount, 3},
		"no amount":        {"`支出,`0.01", "`支出,`", channel.BillAmount, 3},
		"a bad balance":    {"`1001.00", "`1001.00元", channel.BillAmount, 2},
		"no summary":       {"资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`5.0,`2.0,`1.17,`3.0,`928.51\r\n", "", channel.BillSummaryMissing, 6},
		"a summary of two": {"资金流水总笔数,收入笔数", "资金流水总笔数,笔数", channel.BillColumnMissing, 7},
		"words":            {"`5.0,`2.0", "`5.0,`two", channel.BillSummary, 8},
	} {
		t.Run(name, func(t *testing.T) {
			raw := channeltest.Spoil(t, channeltest.File(t, "bill_funds.csv"), c.old, c.by)
			_, _, err := channeltest.Funds(reader, channeltest.Source(raw, channel.BillPlain, billOf))
			channeltest.WantBroken(t, err, c.code, c.line)
		})
	}
	raw := channeltest.Spoil(t, channeltest.File(t, "bill_funds.csv"), "`3.0,`928.51", "`4,`929.51")
	_, totals, err := channeltest.Funds(reader, channeltest.Source(raw, channel.BillPlain, billOf))
	want := []channel.SumDifference{{Sum: channel.SumOutgoings, Stated: 4, Summed: 3}, {Sum: channel.SumOutgoing, Stated: 92951, Summed: 92851}}
	if err != nil || !reflect.DeepEqual(totals.Differences(), want) {
		t.Errorf("%+v %v", totals.Differences(), err)
	}
	whole := channeltest.File(t, "bill_funds.csv")
	channeltest.EachCut(whole[:len(whole)-len(",`928.51\r\n")], func(name string, cut []byte) {
		_, _, err := channeltest.Funds(reader, channeltest.Source(cut, channel.BillPlain, billOf))
		var broken *channel.BillError
		if !errors.As(err, &broken) {
			t.Fatalf("%s: %v", name, err)
		}
	})
}

// TestWordsCannotWriteCells: a ",`" in people's own words stays theirs, whatever
// they look like.
func TestWordsCannotWriteCells(t *testing.T) {
	const words = "茶,`,`0.00000,`0.00%,`9999.00,`0.00,`"
	raw := channeltest.Spoil(t, channeltest.File(t, "bill_all.csv"), "龙井茶, 一罐", words)
	lines, totals, err := channeltest.Trades(reader, channeltest.Source(raw, channel.BillPlain, billOf))
	if err != nil || totals.Differences() != nil || lines[0].Subject != words {
		t.Fatalf("%+v %v", lines, err)
	}
	lines[0].Subject = billLines()[0].Subject
	wantLines(t, lines, billLines())

	raw = channeltest.Spoil(t, channeltest.File(t, "bill_funds.csv"), "缺货, 已联系", words)
	funds, _, err := channeltest.Funds(reader, channeltest.Source(raw, channel.BillPlain, billOf))
	if err != nil || funds[2].Note != words || funds[2].Voucher != "REF4200002961202611241000000002" {
		t.Errorf("%+v %v", funds, err)
	}
	// Without the one column of words nobody's may be told from a cell.
	raw = channeltest.Spoil(t, raw, "备注", "其他")
	_, _, err = channeltest.Funds(reader, channeltest.Source(raw, channel.BillPlain, billOf))
	channeltest.WantBroken(t, err, channel.BillColumns, 4)
}

// TestTheFeeOfAWithdrawalIsNoTrades: whoever reads the balance against the trades
// must not find it among their fees.
func TestTheFeeOfAWithdrawalIsNoTrades(t *testing.T) {
	raw := channeltest.Spoil(t, channeltest.File(t, "bill_funds.csv"), "`提现,`提现", "`提现,`扣除提现手续费")
	_, totals, err := channeltest.Funds(reader, channeltest.Source(raw, channel.BillPlain, billOf))
	if err != nil || totals.ByKind[channel.FundFee] != 16 || totals.ByKind[channel.FundOther] != -90000 {
		t.Errorf("%+v %v", totals.ByKind, err)
	}
}
