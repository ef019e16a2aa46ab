package wechat_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// fuzzed limits what fuzzing may unpack.
func fuzzed(raw []byte, gzip bool) channel.BillSource {
	format := channel.BillPlain
	if gzip {
		format = channel.BillGzip
	}
	s := channeltest.Source(raw, format, billOf)
	s.MaxUnpacked = 1 << 20
	return s
}

func FuzzReadTrades(f *testing.F) {
	for _, name := range []string{"bill_all.csv", "bill_all_later.csv", "bill_success.csv", "bill_refund.csv", "bill_partner.csv", "bill_reversed.csv"} {
		raw := channeltest.File(f, name)
		f.Add(raw, false)
		f.Add(channeltest.Gzipped(f, raw), true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, gzip bool) {
		channeltest.SameAgain(t, func() (any, error) {
			lines, totals, err := channeltest.Trades(reader, fuzzed(raw, gzip))
			return []any{lines, totals}, err
		})
	})
}

func FuzzReadFunds(f *testing.F) {
	raw := channeltest.File(f, "bill_funds.csv")
	f.Add(raw, false)
	f.Add(channeltest.Gzipped(f, raw), true)
	f.Fuzz(func(t *testing.T, raw []byte, gzip bool) {
		channeltest.SameAgain(t, func() (any, error) {
			lines, totals, err := channeltest.Funds(reader, fuzzed(raw, gzip))
			return []any{lines, totals}, err
		})
	})
}
