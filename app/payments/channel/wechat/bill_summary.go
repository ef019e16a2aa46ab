package wechat

import (
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// tradeSummary reads the last two lines of a trades bill. A bill of payments
// alone states nothing of refunds.
func tradeSummary(text *billText, totals *channel.BillTotals) error {
	r, err := newSummary(text)
	if err != nil {
		return err
	}
	said := &totals.Stated
	for _, sum := range []struct {
		sum  channel.BillSum
		name string
		read func(column int) bool
	}{
		{channel.SumRows, "总交易单数", r.count(&said.Rows)},
		{channel.SumSettlement, "应结订单总金额", r.fen(&said.Settlement)},
		{channel.SumRefundedSettlement, "退款总金额", r.fen(&said.RefundedSettlement)},
		{channel.SumFee, "手续费总金额", r.millifen(&said.Fee)},
		{channel.SumAmount, "订单总金额", r.fen(&said.Amount)},
		{channel.SumRefunded, "申请退款总金额", r.fen(&said.Refunded)},
	} {
		column := text.columns.Find(sum.name)
		if column < 0 {
			continue
		}
		if !sum.read(column) {
			return r.bad(column)
		}
		totals.Says = append(totals.Says, sum.sum)
	}
	return nil
}

// fundSummary reads the last two lines of a funds bill.
func fundSummary(text *billText, totals *channel.FundTotals) error {
	r, err := newSummary(text)
	if err != nil {
		return err
	}
	f := &billfile.Finder{Columns: text.columns}
	for _, sum := range []struct {
		column int
		read   func(column int) bool
	}{
		{f.Need("资金流水总笔数"), r.count(&totals.StatedRows)},
		{f.Need("收入笔数"), r.count(&totals.StatedIncomes)},
		{f.Need("收入金额"), r.fen(&totals.StatedIncome)},
		{f.Need("支出笔数"), r.count(&totals.StatedOutgoings)},
		{f.Need("支出金额"), r.fen(&totals.StatedOutgoing)},
	} {
		if sum.column >= 0 && !sum.read(sum.column) {
			return r.bad(sum.column)
		}
	}
	return f.Err(r.line - 1)
}
