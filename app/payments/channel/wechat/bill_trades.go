package wechat

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

var _ channel.BillReader = (*Driver)(nil)

// The states of a row. A payment-code order that was reversed after it was paid
// has a row REVOKED besides its own SUCCESS: all of it went back.
const (
	rowPaid     = "SUCCESS"
	rowRefund   = "REFUND"
	rowReversed = "REVOKED"
)

// tradeColumns are where a trades bill has what we read.
type tradeColumns struct {
	at, appID, mchID, subMchID, tradeNo, number, tradeType, state, currency int
	settlement, amount, fee, rate, subject                                  int
	// Those of refunds are -1 in a bill of payments alone (SUCCESS).
	refundNo, refundNumber, refundSettlement, refundAmount, refundState int
	// A bill of refunds alone (REFUND) says when each was asked for; its 交易时间
	// may be the payment's.
	refundAt int
}

func findTradeColumns(c billfile.Columns) (tradeColumns, error) {
	f := &billfile.Finder{Columns: c}
	t := tradeColumns{
		at: f.Need("交易时间"), mchID: f.Need("商户号"), subMchID: f.Need("特约商户号", "子商户号"),
		tradeNo: f.Need("微信订单号"), number: f.Need("商户订单号"), state: f.Need("交易状态"),
		settlement: f.Need("应结订单金额"), amount: f.Need("订单金额"), fee: f.Need("手续费"),
		appID: f.Find("公众账号ID"), tradeType: f.Find("交易类型"), currency: f.Find("货币种类"),
		rate: f.Find("费率"), subject: f.Find("商品名称"), refundAt: f.Find("退款申请时间"),
		refundNo: -1, refundNumber: -1, refundSettlement: -1, refundAmount: -1, refundState: -1,
	}
	if f.Find("微信退款单号", "商户退款单号", "退款金额", "申请退款金额") >= 0 {
		t.refundNo, t.refundNumber = f.Need("微信退款单号"), f.Need("商户退款单号")
		t.refundSettlement, t.refundAmount = f.Need("退款金额"), f.Need("申请退款金额")
		t.refundState = f.Find("退款状态")
	}
	return t, f.Err(1)
}

// ReadTrades reads a bill of type ALL, and of SUCCESS and REFUND, which tell
// payments and refunds alone. It names the merchant in each row; without rows it
// names nobody.
func (d *Driver) ReadTrades(s channel.BillSource, yield func(*channel.BillLine) error) (channel.BillTotals, error) {
	text, err := openBill(s, "总交易单数", "商品名称", "商户数据包")
	if err != nil {
		return channel.BillTotals{}, err
	}
	at, err := findTradeColumns(text.columns)
	if err != nil {
		return channel.BillTotals{}, err
	}
	r := tradeRows{text: text, at: at, source: s, clock: billfile.NewClock(s.Day)}
	var totals channel.BillTotals
	for {
		cells, err := text.row()
		if err != nil {
			return channel.BillTotals{}, err
		}
		if cells == nil {
			break
		}
		if err := r.read(cells); err != nil {
			return channel.BillTotals{}, err
		}
		totals.Summed.Add(&r.line)
		if err := yield(&r.line); err != nil {
			return channel.BillTotals{}, err
		}
	}
	if err := tradeSummary(text, &totals); err != nil {
		return channel.BillTotals{}, err
	}
	return totals, nil
}

// tradeRows reads the rows of a trades bill into one line.
type tradeRows struct {
	text   *billText
	at     tradeColumns
	source channel.BillSource
	clock  billfile.Clock
	line   channel.BillLine
}

func (r *tradeRows) read(cells []string) error {
	if err := r.owner(cells); err != nil {
		return err
	}
	r.line = channel.BillLine{
		Row:   r.text.line(),
		AppID: billfile.Cell(cells, r.at.appID), Number: cells[r.at.number], ChannelTradeNo: cells[r.at.tradeNo],
		TradeType: billfile.Cell(cells, r.at.tradeType), RawState: cells[r.at.state], Subject: billfile.Cell(cells, r.at.subject),
	}
	if r.line.Number == "" {
		return r.text.broken(channel.BillNumber, r.text.columns.Name(r.at.number))
	}
	for _, column := range [...]int{r.at.number, r.at.tradeNo, r.at.refundNumber, r.at.refundNo} {
		if column >= 0 && !billfile.Number(cells[column]) {
			return r.bad(channel.BillNumber, cells, column)
		}
	}
	if currency := billfile.Cell(cells, r.at.currency); currency != "" && currency != app.CNY {
		return r.bad(channel.BillState, cells, r.at.currency)
	}
	if err := r.moment(cells); err != nil {
		return err
	}
	if err := r.charge(cells); err != nil {
		return err
	}
	switch {
	case r.line.RawState == rowPaid:
		return r.payment(cells)
	case (r.line.RawState == rowRefund || r.line.RawState == rowReversed) && r.at.refundNo >= 0:
		return r.refund(cells)
	}
	return r.bad(channel.BillState, cells, r.at.state)
}

// owner checks whose row it is; a merchant of its own has "0" for the
// sub-merchant.
func (r *tradeRows) owner(cells []string) error {
	sub := cells[r.at.subMchID]
	if sub == "0" {
		sub = ""
	}
	if cells[r.at.mchID] != r.source.Identity {
		return r.bad(channel.BillNotOurs, cells, r.at.mchID)
	}
	if sub != r.source.SubIdentity {
		return r.bad(channel.BillNotOurs, cells, r.at.subMchID)
	}
	return nil
}

func (r *tradeRows) moment(cells []string) error {
	column := r.at.at
	if r.at.refundAt >= 0 {
		column = r.at.refundAt
	}
	at, inDay, ok := r.clock.Moment(cells[column])
	switch {
	case !ok:
		return r.bad(channel.BillTime, cells, column)
	case !inDay:
		return r.bad(channel.BillWrongDay, cells, column)
	}
	r.line.At = at
	return nil
}

// charge reads the fee as the file signs it, and the rate.
func (r *tradeRows) charge(cells []string) error {
	fee, ok := billfile.Millifen(cells[r.at.fee])
	if !ok {
		return r.bad(channel.BillAmount, cells, r.at.fee)
	}
	r.line.Fee = fee
	text := billfile.Cell(cells, r.at.rate)
	if text == "" {
		return nil
	}
	if r.line.Rate, r.line.HasRate = billfile.Rate(text); !r.line.HasRate {
		return r.bad(channel.BillAmount, cells, r.at.rate)
	}
	return nil
}

func (r *tradeRows) payment(cells []string) error {
	r.line.Kind = channel.LinePayment
	return r.amounts(cells, r.at.amount, r.at.settlement)
}

// refund reads a row whose refund is positive and whose fee is negative: what is
// given back of it.
func (r *tradeRows) refund(cells []string) error {
	r.line.Kind, r.line.Fee = channel.LineRefund, -r.line.Fee
	r.line.RefundNumber, r.line.ChannelRefundNo = present(cells[r.at.refundNumber]), present(cells[r.at.refundNo])
	if err := r.amounts(cells, r.at.refundAmount, r.at.refundSettlement); err != nil {
		return err
	}
	if r.line.RawState == rowReversed {
		r.line.RefundState = channel.RefundSucceeded
		return nil
	}
	r.line.RefundState = billRefundState(billfile.Cell(cells, r.at.refundState))
	if r.line.RefundNumber == "" && r.line.ChannelRefundNo == "" {
		return r.bad(channel.BillNumber, cells, r.at.refundNumber)
	}
	return nil
}

func (r *tradeRows) amounts(cells []string, amount, settlement int) error {
	var ok bool
	if r.line.Amount, ok = billfile.Fen(cells[amount]); !ok || r.line.Amount < 0 {
		return r.bad(channel.BillAmount, cells, amount)
	}
	if r.line.Settlement, ok = billfile.Fen(cells[settlement]); !ok || r.line.Settlement < 0 {
		return r.bad(channel.BillAmount, cells, settlement)
	}
	return nil
}

func (r *tradeRows) bad(code string, cells []string, column int) error {
	return r.text.broken(code, billfile.Found(r.text.columns.Name(column), cells[column]))
}

// present is a number, which is "0" where there is none.
func present(number string) string {
	if number == "0" {
		return ""
	}
	return number
}

// billRefundState reads 退款状态, which is as of when the bill was made. A word
// that we do not know, or none, is pending: nothing depends on it.
func billRefundState(word string) channel.RefundState {
	switch word {
	case "SUCCESS":
		return channel.RefundSucceeded
	case "FAIL", "REFUNDCLOSE", "CLOSED":
		return channel.RefundClosed
	case "CHANGE", "ABNORMAL":
		return channel.RefundAbnormal
	}
	return channel.RefundPending
}
