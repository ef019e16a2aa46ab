package alipay

import (
	"context"
	"io"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The columns of the trades' bill.
func detailColumns() []string {
	return []string{
		"支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "门店编号", "门店名称", "操作员", "终端号", "对方账户",
		"订单金额（元）", "商家实收（元）", "支付宝红包（元）", "集分宝（元）", "支付宝优惠（元）", "商家优惠（元）", "券核销金额（元）", "券名称",
		"商家红包消费金额（元）", "卡消费金额（元）", "退款批次号/请求号", "服务费（元）", "分润（元）", "备注",
	}
}

// The columns of the summary beside it.
func summaryColumns() []string {
	return []string{
		"门店编号", "门店名称", "交易订单总笔数", "退款订单总笔数", "订单金额（元）", "商家实收（元）", "支付宝优惠（元）", "商家优惠（元）",
		"卡消费金额（元）", "服务费（元）", "分润（元）", "实收净额（元）",
	}
}

// billSums are what the rows add up to: payments and what is given back apart,
// fees as the merchant bears them.
type billSums struct {
	payments, refunds int64
	paid, refunded    app.Money
	fees              app.Money
}

func (s *billSums) add(r trade.BillRow) {
	if r.Kind == trade.RowRefund {
		s.refunds++
		s.refunded += r.Amount
		s.fees += r.Fee
		return
	}
	s.payments++
	s.paid += r.Amount
	s.fees -= r.Fee
}

const dayLayout = "2006年01月02日 15:04:05"

// head is what stands above the rows of every file.
func (b *billText) head(title, list string, o owner) {
	b.comment("支付宝%s查询", title)
	b.comment("账号：[%s]", o.account())
	b.comment("起始日期：[%s]   终止日期：[%s]", o.Day.Start().Format(dayLayout), o.Day.End().Format(dayLayout))
	b.comment("%s%s列表%s", strings.Repeat("-", 41), list, strings.Repeat("-", 40))
}

func (b *billText) exported(at app.Millis) {
	b.comment("导出时间：[%s]", at.Time().In(app.Beijing).Format(dayLayout))
}

// writeDetail writes the rows and returns what they add up to.
func writeDetail(ctx context.Context, w io.Writer, b *trade.Bill, o owner) (billSums, error) {
	text, sums := newBillText(w), billSums{}
	text.head("业务明细", "业务明细", o)
	text.header(detailColumns())
	last := false // whether a row waits to be ended
	if err := b.Rows(ctx, func(r trade.BillRow) error {
		if last {
			text.end(false)
		}
		last = true
		sums.add(r)
		text.detail(r)
		return text.err
	}); err != nil {
		return sums, err
	}
	if last {
		text.end(b.Flaws.Truncated)
	}
	if last && b.Flaws.Truncated {
		return sums, text.flush()
	}
	off := b.Flaws.SummaryOff
	text.comment("%s业务明细列表结束%s", strings.Repeat("-", 41), strings.Repeat("-", 36))
	text.comment("交易合计：%d笔，商家实收共%s元，商家优惠共0.00元", sums.payments, (sums.paid + off).Yuan())
	text.comment("退款合计：%d笔，商家实收退款共-%s元，商家优惠退款共0.00元", sums.refunds, sums.refunded.Yuan())
	text.exported(b.At)
	return sums, text.flush()
}

// detail begins a row.
func (b *billText) detail(r trade.BillRow) {
	kind, sign, request := "交易", app.Money(1), ""
	if r.Kind == trade.RowRefund {
		kind, sign, request = "退款", -1, r.Refund.OutRefundNo
	}
	b.text(r.Trade.ChannelTradeNo)
	b.text(r.Trade.OutTradeNo)
	b.text(kind)
	b.plain(r.Trade.Subject)
	b.plain(formatTime(created(r.Trade)))
	b.plain(formatTime(r.At))
	for range 4 { // the store, the cashier and the terminal
		b.text("")
	}
	b.text(maskedLogin)
	b.yuan(sign * r.Amount)
	b.yuan(sign * r.Amount)
	for range 5 { // what coupons paid
		b.yuan(0)
	}
	b.plain("") // a coupon's name
	b.text("0.00")
	b.yuan(0)
	b.text(request)
	b.yuan(-sign * r.Fee)
	b.yuan(0)
	b.plain("")
}

// created is when the trade came to be: at the payer's scan, where it waited for
// one.
func created(t trade.Trade) app.Millis {
	if t.ScannedAt != 0 {
		return t.ScannedAt
	}
	return t.CreatedAt
}

// writeSummary writes the sums by store. The sandbox's merchants have none, so
// there is the one row of what belongs to no store, and the total.
func writeSummary(w io.Writer, b *trade.Bill, o owner, s billSums) error {
	text := newBillText(w)
	text.head("业务汇总", "业务汇总", o)
	text.header(summaryColumns())
	for _, store := range []string{"", "合计"} {
		paid := s.paid + b.Flaws.SummaryOff
		text.text(store)
		text.text("")
		text.count(s.payments)
		text.count(s.refunds)
		text.yuan(paid - s.refunded)
		text.yuan(paid - s.refunded)
		for range 3 {
			text.yuan(0)
		}
		text.yuan(s.fees)
		text.yuan(0)
		text.yuan(paid - s.refunded + s.fees)
		text.end(false)
	}
	text.comment("%s业务汇总列表结束%s", strings.Repeat("-", 40), strings.Repeat("-", 37))
	text.exported(b.At)
	return text.flush()
}
