package alipay

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

var _ channel.BillReader = (*Driver)(nil)

// The kinds of a row.
const (
	rowPayment = "交易"
	rowRefund  = "退款"
)

// tradeColumns are where the details have what we read.
type tradeColumns struct {
	tradeNo, number, kind, subject, at, amount, settlement, requestNo, fee int
}

func findTradeColumns(c billfile.Columns, line int) (tradeColumns, error) {
	f := &billfile.Finder{Columns: c}
	t := tradeColumns{
		tradeNo: f.Need("支付宝交易号"), number: f.Need("商户订单号"), kind: f.Need("业务类型"), at: f.Need("完成时间"),
		amount: f.Need("订单金额(元)"), settlement: f.Need("商家实收(元)"), fee: f.Need("服务费(元)"),
		requestNo: f.Need("退款批次号/请求号", "退款批次号"), subject: f.Find("商品名称"),
	}
	return t, f.Err(line)
}

// ReadTrades reads a bill of type trade: a zip of the details, whose rows these
// are, and a summary, from which the fees' total is taken when it is there.
func (d *Driver) ReadTrades(s channel.BillSource, yield func(*channel.BillLine) error) (channel.BillTotals, error) {
	details, summary, err := tradesBill.entries(s)
	if err != nil {
		return channel.BillTotals{}, err
	}
	file, err := details.Open()
	if err != nil {
		return channel.BillTotals{}, err
	}
	defer file.Close()
	totals, err := readTrades(newBillText(file, billfile.Limit(s)), s, yield)
	if err != nil {
		return channel.BillTotals{}, err
	}
	if summary != nil {
		if err := tradeSummary(s, summary, &totals); err != nil {
			return channel.BillTotals{}, err
		}
	}
	return totals, nil
}

func readTrades(text *billText, s channel.BillSource, yield func(*channel.BillLine) error) (channel.BillTotals, error) {
	totals := channel.BillTotals{}
	if err := text.head(s, tradesBill.title); err != nil {
		return totals, err
	}
	at, err := findTradeColumns(text.columns, text.line())
	if err != nil {
		return totals, err
	}
	r := tradeRows{text: text, at: at, clock: billfile.NewClock(s.Day)}
	for {
		cells, after, err := text.row()
		if err != nil {
			return totals, err
		}
		if cells == nil {
			err := tradeFoot(text, after, &totals)
			return totals, err
		}
		if err := r.read(cells); err != nil {
			return totals, err
		}
		totals.Summed.Add(&r.line)
		if err := yield(&r.line); err != nil {
			return totals, err
		}
	}
}

// tradeFoot reads "#交易合计：2笔，商家实收共12.00元，…" and "#退款合计：1笔，
// 商家实收退款共-1.00元，…".
func tradeFoot(text *billText, after string, totals *channel.BillTotals) error {
	said := &totals.Stated
	err := text.foot(after, map[string]func(string) bool{
		"#交易合计": func(line string) bool {
			return counted(line, &said.Payments) && summed(line, "商家实收共", &said.Settlement)
		},
		"#退款合计": func(line string) bool {
			return counted(line, &said.Refunds) && summed(line, "商家实收退款共", &said.RefundedSettlement)
		},
	})
	if said.RefundedSettlement < 0 {
		said.RefundedSettlement = -said.RefundedSettlement
	}
	totals.Says = []channel.BillSum{channel.SumPayments, channel.SumRefunds, channel.SumSettlement, channel.SumRefundedSettlement}
	return err
}

// tradeRows reads the rows of the details into one line.
type tradeRows struct {
	text  *billText
	at    tradeColumns
	clock billfile.Clock
	line  channel.BillLine
}

func (r *tradeRows) read(cells []string) error {
	r.line = channel.BillLine{
		Row: r.text.line(), Number: cells[r.at.number], ChannelTradeNo: cells[r.at.tradeNo],
		RawState: cells[r.at.kind], Subject: billfile.Cell(cells, r.at.subject),
	}
	if r.line.Number == "" {
		return r.bad(channel.BillNumber, cells, r.at.number)
	}
	for _, column := range [...]int{r.at.number, r.at.tradeNo, r.at.requestNo} {
		if !billfile.Number(cells[column]) {
			return r.bad(channel.BillNumber, cells, column)
		}
	}
	at, inDay, ok := r.clock.Moment(cells[r.at.at])
	switch {
	case !ok:
		return r.bad(channel.BillTime, cells, r.at.at)
	case !inDay:
		return r.bad(channel.BillWrongDay, cells, r.at.at)
	}
	r.line.At = at
	switch r.line.RawState {
	case rowPayment:
		r.line.Kind = channel.LinePayment
		return r.amounts(cells, 1)
	case rowRefund:
		return r.refund(cells)
	}
	return r.bad(channel.BillState, cells, r.at.kind)
}

// refund reads a row whose amounts are negative. A refund in full that was asked
// for without a number of its own has the order's
// (https://opendocs.alipay.com/open/4b7cc5db_alipay.trade.refund).
func (r *tradeRows) refund(cells []string) error {
	r.line.Kind, r.line.RefundState = channel.LineRefund, channel.RefundSucceeded
	r.line.RefundNumber = or(cells[r.at.requestNo], r.line.Number)
	return r.amounts(cells, -1)
}

// amounts reads amounts that have the sign; the fee has the other one.
func (r *tradeRows) amounts(cells []string, sign app.Money) error {
	for _, a := range []struct {
		column int
		into   *app.Money
	}{{r.at.amount, &r.line.Amount}, {r.at.settlement, &r.line.Settlement}} {
		amount, ok := billfile.Fen(cells[a.column])
		if *a.into = sign * amount; !ok || *a.into < 0 {
			return r.bad(channel.BillAmount, cells, a.column)
		}
	}
	fee, ok := billfile.Millifen(cells[r.at.fee])
	if !ok {
		return r.bad(channel.BillAmount, cells, r.at.fee)
	}
	r.line.Fee = app.Millifen(-sign) * fee
	return nil
}

func (r *tradeRows) bad(code string, cells []string, column int) error {
	return r.text.broken(code, billfile.Found(r.text.columns.Name(column), cells[column]))
}
