package wechat

import (
	"cmp"
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The columns of the three trade bills, and of their summaries.
const (
	orderColumns = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
	refundTimes  = "退款申请时间,退款成功时间,"
	refundIDs    = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
	goods        = "商品名称,商户数据包,手续费,费率,订单金额,"

	allColumns     = orderColumns + refundIDs + goods + "申请退款金额,费率备注"
	successColumns = orderColumns + goods + "费率备注"
	refundColumns  = orderColumns + refundTimes + refundIDs + goods + "申请退款金额,费率备注"

	allSummary     = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
	successSummary = "总交易单数,应结订单总金额,手续费总金额,订单总金额"
)

// tradeSums are what the summary states.
type tradeSums struct {
	rows           int64
	paid, refunded app.Money
	fees           app.Money // taken less given back
}

func (s *tradeSums) add(r trade.BillRow) {
	s.rows++
	if r.Kind == trade.RowRefund {
		s.refunded += r.Amount
		s.fees -= r.Fee
		return
	}
	s.paid += r.Amount
	s.fees += r.Fee
}

// writeTrades writes a trade bill of the type and returns how many rows it has.
func writeTrades(ctx context.Context, b *trade.Bill, billType string, t *billText) (int64, error) {
	columns, summary := allColumns, allSummary
	switch billType {
	case billSuccess:
		columns, summary = successColumns, successSummary
	case billRefund:
		columns = refundColumns
	}
	if err := t.header(byteOrderMark + columns); err != nil {
		return 0, err
	}
	var sums tradeSums
	if err := b.Rows(ctx, func(r trade.BillRow) error {
		if billType == billSuccess && r.Kind != trade.RowPayment || billType == billRefund && r.Kind != trade.RowRefund {
			return nil
		}
		sums.add(r)
		return t.row(tradeCells(r, billType)...)
	}); err != nil {
		return 0, err
	}
	if err := t.header(summary); err != nil {
		return 0, err
	}
	return sums.rows, t.row(sums.cells(billType, b.Flaws.SummaryOff, t)...)
}

// cells are the summary's; off is what it claims too much of.
func (s tradeSums) cells(billType string, off app.Money, t *billText) []string {
	paid, fees := (s.paid + off).Yuan(), s.fees.Millifen().Yuan()
	if billType == billSuccess {
		return []string{t.count(s.rows), paid, fees, paid}
	}
	refunded := s.refunded.Yuan()
	return []string{t.count(s.rows), paid, refunded, zero, fees, paid, refunded}
}

const zero = "0.00"

// tradeCells are a row's cells in the bill of the type. A refund's row has the
// order's amounts 0, its own positive and the fee it gives back negative; a
// payment's has the refund's numbers 0.
func tradeCells(r trade.BillRow, billType string) []string {
	p := partiesOf(r.Trade)
	cells := make([]string, 0, 29)
	cells = append(cells,
		billTime(r.At), cmp.Or(p.SpAppID, p.AppID, r.Trade.AppID), cmp.Or(p.SpMchID, p.MchID), cmp.Or(p.SubMchID, "0"), "",
		r.Trade.ChannelTradeNo, r.Trade.OutTradeNo, r.Trade.PayerID, r.Trade.TradeType, tradeWord(r), "OTHERS", app.CNY)
	paid, refunded, fee := r.Amount.Yuan(), zero, r.Fee.Millifen()
	numbers := []string{"0", "0"}
	kind, state := "", ""
	if r.Kind == trade.RowRefund {
		paid, refunded, fee = zero, r.Amount.Yuan(), -fee
		kind, state = "ORIGINAL", billRefundState(r.State)
		if !r.Revoked {
			numbers = []string{r.Refund.ChannelRefundNo, r.Refund.OutRefundNo}
		}
	}
	cells = append(cells, paid, zero)
	if billType == billRefund {
		cells = append(cells, billTime(r.At), arrival(r))
	}
	if billType != billSuccess {
		cells = append(cells, numbers[0], numbers[1], refunded, zero, kind, state)
	}
	cells = append(cells, plain.Replace(r.Trade.Subject), plain.Replace(r.Trade.Attach), fee.Yuan(), r.Rate.String(), paid)
	if billType != billSuccess {
		cells = append(cells, refunded)
	}
	return append(cells, "")
}

// tradeWord is 交易状态. What a till took back (撤销) is REVOKED.
func tradeWord(r trade.BillRow) string {
	switch {
	case r.Revoked:
		return "REVOKED"
	case r.Kind == trade.RowRefund:
		return "REFUND"
	}
	return "SUCCESS"
}

// arrival is when the refund succeeded, empty where the bill says it has not.
func arrival(r trade.BillRow) string {
	if r.State != trade.RefundSucceeded {
		return ""
	}
	return billTime(cmp.Or(r.Refund.SucceededAt, r.At))
}
