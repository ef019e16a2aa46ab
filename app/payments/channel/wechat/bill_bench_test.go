package wechat_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

const benchLines = 100_000

// benchBill is a day of one merchant, with a refund in every tenth line.
func benchBill() []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额," +
		"微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n")
	for i := range benchLines {
		yuan := fmt.Sprintf("%d.%02d", i*7919%900, i*104729%100)
		paid, back, state, refund, fee := yuan, "0.00", "SUCCESS", "`0,`0", "0."+fmt.Sprintf("%05d", i*31%90000)
		kind := "`,`"
		if i%10 == 9 {
			paid, back, state, fee, kind = "0.00", yuan, "REFUND", "-"+fee, "`ORIGINAL,`SUCCESS"
			refund = fmt.Sprintf("`5030200888202611241%010d,`rfd_01KAV3M7Q2%016X", i*48271, i*69621)
		}
		fmt.Fprintf(&b, "`2026-11-24 %02d:%02d:%02d,`wx8888888888888888,`1900000001,`0,`,`4200002961202611241%09d,`att_01KAV3M7Q2%016X,`oUpF8u%022x,"+
			"`NATIVE,`%s,`OTHERS,`CNY,`%s,`0.00,%s,`%s,`0.00,%s,`票号茶庄 龙井一罐,`,`%s,`0.60%%,`%s,`%s,`\r\n",
			i/3600%24, i/60%60, i%60, i*16807%1_000_000_000, i*48271, i*69621, state, paid, refund, back, kind, fee, paid, back)
	}
	b.WriteString("总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`0,`0,`0,`0,`0,`0,`0\r\n")
	return b.Bytes()
}

func benchmarkTrades(b *testing.B, s channel.BillSource) {
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if _, err := reader.ReadTrades(s, func(*channel.BillLine) error { n++; return nil }); err != nil || n != benchLines {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N)*benchLines/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkReadTrades reads a bill of type ALL as it is kept, by gzip.
func BenchmarkReadTrades(b *testing.B) {
	benchmarkTrades(b, channeltest.Source(channeltest.Gzipped(b, benchBill()), channel.BillGzip, billOf))
}

// BenchmarkReadTradesPlain leaves the unpacking out.
func BenchmarkReadTradesPlain(b *testing.B) {
	benchmarkTrades(b, channeltest.Source(benchBill(), channel.BillPlain, billOf))
}
