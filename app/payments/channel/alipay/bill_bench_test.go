package alipay_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// BenchmarkReadTrades reads a bill of type trade as it is kept.
func BenchmarkReadTrades(b *testing.B) {
	const lines = 100_000
	plain := string(channeltest.File(b, "bill_trade.csv"))
	start := strings.Index(plain, "2026112422001156780501000001")
	end := strings.Index(plain, "#-----------------------------------------业务明细列表结束")
	var text strings.Builder
	text.WriteString(plain[:start])
	for i := range lines {
		yuan := fmt.Sprintf("%d.%02d", i*7919%900, i*104729%100)
		fmt.Fprintf(&text, "2026112422001156%012d\t,att_01KAV3M7Q2%016X\t,交易\t,票号茶庄 龙井一罐\t,2026-11-24 08:00:00,2026-11-24 %02d:%02d:%02d,\t,\t,\t,\t,"+
			"**佳(yan***@example.com)\t,%s,%s,0.00,0.00,0.00,0.00,0.00,\t,0.00\t,0.00,\t,-0.%02d,0.00,\r\n",
			i*16807%1_000_000_000, i*48271, i/3600%24, i/60%60, i%60, yuan, yuan, i%100)
	}
	text.WriteString(plain[end:])
	s := trades(b, gbk(b, text.String()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if _, err := reader.ReadTrades(s, func(*channel.BillLine) error { n++; return nil }); err != nil || n != lines {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N)*lines/b.Elapsed().Seconds(), "lines/s")
}
