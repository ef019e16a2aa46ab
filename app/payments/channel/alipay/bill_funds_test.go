package alipay_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// TestFunds: each movement with its sign and kind; the file runs from new to old.
func TestFunds(t *testing.T) {
	raw := channeltest.File(t, "bill_fund.csv.zip")
	lines, totals, err := channeltest.Funds(reader, channeltest.Source(raw, channel.BillZip, billOf))
	if err != nil || len(lines) != 6 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	want := channel.FundLine{
		Row: 7, At: at(15, 0, 0), FlowNo: "300000000000000005", BusinessNo: "2026112422001156780501000002",
		Number: "att_01KAV3M7Q2WXYZ0000000005E2", Kind: channel.FundFee, RawKind: "退费", Amount: 5, Balance: 109146, Note: "退回服务费",
	}
	if got := lines[1]; !got.At.Equal(want.At) {
		t.Errorf("at %v", got.At)
	}
	if lines[1].At = want.At; lines[1] != want {
		t.Errorf("\n got %+v\nwant %+v", lines[1], want)
	}
	kinds := map[channel.FundKind]app.Money{channel.FundPayment: 10028, channel.FundFee: -2, channel.FundRefund: -880, channel.FundOther: -50000}
	if !maps.Equal(totals.ByKind, kinds) || totals.Opening != 100000 || totals.Closing != 59146 || totals.Breaks != 0 ||
		totals.Opening+totals.Movement() != totals.Closing || totals.Differences() != nil || totals.StatedRows != 6 {
		t.Errorf("totals %+v, differ by %+v", totals, totals.Differences())
	}
}

// TestFundsOfOtherShapes: signs may be left to the columns' names, cells may be
// blank, and the columns stand in another order.
func TestFundsOfOtherShapes(t *testing.T) {
	text := string(channeltest.File(t, "bill_fund.csv"))
	text = strings.NewReplacer("0.00,-500.00", ",500.00", "12.00,0.00", "12.00, ", "共-508.87元", "共508.87元").Replace(text)
	_, totals, err := channeltest.Funds(reader, funds(t, gbk(t, text)))
	if err != nil || totals.Differences() != nil || totals.Outgoing != 50887 || totals.Closing != 59146 {
		t.Errorf("%+v %v", totals, err)
	}
}

// TestBrokenFunds: whatever is wrong is refused with its line and reason, and
// last lines that disagree are told.
func TestBrokenFunds(t *testing.T) {
	for name, c := range map[string]struct {
		old, by, code string
		line          int
	}{
		"another kind":       {"#支付宝账务明细查询", "#支付宝业务明细查询", channel.BillHeading, 1},
		"no balance":         {"账户余额（元）", "余额（元）", channel.BillColumnMissing, 5},
		"another day":        {"2026-11-24 18:00:00", "2026-11-23 18:00:00", channel.BillWrongDay, 6},
		"no time":            {"2026-11-24 18:00:00", "", channel.BillTime, 6},
		"no number":          {"300000000000000006", "", channel.BillNumber, 6},
		"both ways":          {"0.00,-500.00", "1.00,-500.00", channel.BillAmount, 6},
		"a negative income":  {"0.05,0.00", "-0.05,0.00", channel.BillAmount, 7},
		"a bad outgoing":     {"0.00,-500.00", "0.00,x", channel.BillAmount, 6},
		"a bad balance":      {"591.46", "", channel.BillAmount, 6},
		"no outgoings":       {"#支出合计", "#支出", channel.BillSummaryMissing, -1},
		"a total of words":   {"#收入合计：3笔", "#收入合计：三笔", channel.BillSummary, 14},
		"no end of the list": {"账务明细列表结束", "账务明细列表", channel.BillSummaryMissing, 12},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := channeltest.Funds(reader, funds(t, spoiled(t, "bill_fund.csv", c.old, c.by)))
			channeltest.WantBroken(t, err, c.code, c.line)
		})
	}
	_, totals, err := channeltest.Funds(reader, funds(t, spoiled(t, "bill_fund.csv", "#收入合计：3笔，共100.33元", "#收入合计：4笔，共100.34元")))
	want := []channel.SumDifference{
		{Sum: channel.SumRows, Stated: 7, Summed: 6}, {Sum: channel.SumIncomes, Stated: 4, Summed: 3}, {Sum: channel.SumIncome, Stated: 10034, Summed: 10033},
	}
	if err != nil || !reflect.DeepEqual(totals.Differences(), want) {
		t.Errorf("%+v %v", totals.Differences(), err)
	}
	raw := zipped(t, entry{billName + "账务明细.csv", file(t, "bill_fund.csv")}, entry{billName + "账务明细(汇总).csv", spoiled(t, "bill_fund_summary.csv", "合计", "总计")})
	_, _, err = channeltest.Funds(reader, channeltest.Source(raw, channel.BillZip, billOf))
	channeltest.WantBroken(t, err, channel.BillSummaryMissing, -1)
}

// TestTheFeeOfAWithdrawalIsNoTrades: whoever reads the balance against the trades
// must not find it among their fees.
func TestTheFeeOfAWithdrawalIsNoTrades(t *testing.T) {
	text := strings.Replace(string(channeltest.File(t, "bill_fund.csv")), "支付宝\t,提现\t,\t", "支付宝\t,收费\t,提现服务费\t", 1)
	text = strings.Replace(text, "支付宝\t,交易付款\t,\t", "支付宝\t,交易付款\t,提现机押金转账\t", 1) // as its payer wrote
	if !strings.Contains(text, "提现服务费") || !strings.Contains(text, "提现机") {
		t.Fatal("the file has no such row")
	}
	_, totals, err := channeltest.Funds(reader, funds(t, gbk(t, text)))
	if err != nil || totals.ByKind[channel.FundFee] != -2 || totals.ByKind[channel.FundOther] != -50000 || totals.ByKind[channel.FundPayment] != 10028 {
		t.Errorf("%+v %v", totals.ByKind, err)
	}
}
