package alipay_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// FuzzReadTrades takes the zip itself; FuzzReadDetails what is packed in it,
// where a checksum would stop the fuzzing.
func FuzzReadTrades(f *testing.F) {
	f.Add(channeltest.File(f, "bill_trade.csv.zip"))
	f.Add(channeltest.File(f, "bill_fund.csv.zip"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := channeltest.Source(raw, channel.BillZip, billOf)
		s.MaxUnpacked = 1 << 20
		sameTrades(t, s)
		sameFunds(t, s)
	})
}

func FuzzReadDetails(f *testing.F) {
	f.Add(file(f, "bill_trade.csv"), file(f, "bill_trade_summary.csv"))
	f.Fuzz(func(t *testing.T, details, summary []byte) {
		s := channeltest.Source(zipped(t, entry{billName + "业务明细.csv", details}, entry{billName + "业务明细(汇总).csv", summary}), channel.BillZip, billOf)
		s.MaxUnpacked = 1 << 20
		sameTrades(t, s)
	})
}

func FuzzReadFunds(f *testing.F) {
	f.Add(file(f, "bill_fund.csv"), file(f, "bill_fund_summary.csv"))
	f.Fuzz(func(t *testing.T, details, summary []byte) {
		s := channeltest.Source(zipped(t, entry{billName + "账务明细.csv", details}, entry{billName + "账务明细(汇总).csv", summary}), channel.BillZip, billOf)
		s.MaxUnpacked = 1 << 20
		sameFunds(t, s)
	})
}

func sameTrades(t *testing.T, s channel.BillSource) {
	channeltest.SameAgain(t, func() (any, error) {
		lines, totals, err := channeltest.Trades(reader, s)
		return []any{lines, totals}, err
	})
}

func sameFunds(t *testing.T, s channel.BillSource) {
	channeltest.SameAgain(t, func() (any, error) {
		lines, totals, err := channeltest.Funds(reader, s)
		return []any{lines, totals}, err
	})
}
