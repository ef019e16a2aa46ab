package wechat

import (
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// fundColumns are where a funds bill has what we read.
type fundColumns struct {
	at, businessNo, flowNo, name, kind, direction, amount, balance, note, voucher int
}

func findFundColumns(c billfile.Columns) (fundColumns, error) {
	f := &billfile.Finder{Columns: c}
	t := fundColumns{
		at: f.Need("记账时间"), businessNo: f.Need("微信支付业务单号"), flowNo: f.Need("资金流水单号"),
		name: f.Need("业务名称"), kind: f.Need("业务类型"), direction: f.Need("收支类型"),
		amount: f.Need("收支金额(元)", "收支金额"), balance: f.Need("账户结余(元)", "账户结余"),
		note: f.Find("备注"), voucher: f.Find("业务凭证号"),
	}
	return t, f.Err(1)
}

// ReadFunds reads the bill of the basic account. It does not say whose it is:
// that it was asked for under the merchant's signature is all that binds it.
func (d *Driver) ReadFunds(s channel.BillSource, yield func(*channel.FundLine) error) (channel.FundTotals, error) {
	text, err := openBill(s, "资金流水总笔数", "备注")
	if err != nil {
		return channel.FundTotals{}, err
	}
	at, err := findFundColumns(text.columns)
	if err != nil {
		return channel.FundTotals{}, err
	}
	r := fundRows{text: text, at: at, clock: billfile.NewClock(s.Day)}
	sums := billfile.NewFunds()
	for {
		cells, err := text.row()
		if err != nil {
			return channel.FundTotals{}, err
		}
		if cells == nil {
			break
		}
		if err := r.read(cells); err != nil {
			return channel.FundTotals{}, err
		}
		sums.Add(&r.line)
		if err := yield(&r.line); err != nil {
			return channel.FundTotals{}, err
		}
	}
	totals := sums.Totals()
	if err := fundSummary(text, &totals); err != nil {
		return channel.FundTotals{}, err
	}
	return totals, nil
}

// fundRows reads the rows of a funds bill into one line.
type fundRows struct {
	text  *billText
	at    fundColumns
	clock billfile.Clock
	line  channel.FundLine
}

func (r *fundRows) read(cells []string) error {
	r.line = channel.FundLine{
		Row: r.text.line(), FlowNo: cells[r.at.flowNo], BusinessNo: cells[r.at.businessNo],
		Voucher: billfile.Cell(cells, r.at.voucher), Note: billfile.Cell(cells, r.at.note),
		Kind: fundKind(cells[r.at.name], cells[r.at.kind]), RawKind: rawKind(cells[r.at.name], cells[r.at.kind]),
	}
	at, inDay, ok := r.clock.Moment(cells[r.at.at])
	switch {
	case !ok:
		return r.bad(channel.BillTime, cells, r.at.at)
	case !inDay:
		return r.bad(channel.BillWrongDay, cells, r.at.at)
	case r.line.FlowNo == "":
		return r.bad(channel.BillNumber, cells, r.at.flowNo)
	}
	r.line.At = at
	return r.amounts(cells)
}

func (r *fundRows) amounts(cells []string) error {
	var ok bool
	if r.line.Amount, ok = billfile.Fen(cells[r.at.amount]); !ok || r.line.Amount < 0 {
		return r.bad(channel.BillAmount, cells, r.at.amount)
	}
	if r.line.Balance, ok = billfile.Fen(cells[r.at.balance]); !ok {
		return r.bad(channel.BillAmount, cells, r.at.balance)
	}
	switch cells[r.at.direction] {
	case "收入":
		return nil
	case "支出":
		r.line.Amount = -r.line.Amount
		return nil
	}
	return r.bad(channel.BillState, cells, r.at.direction)
}

func (r *fundRows) bad(code string, cells []string, column int) error {
	return r.text.broken(code, billfile.Found(r.text.columns.Name(column), cells[column]))
}

// fundKind reads 业务类型: 交易, 退款, 扣除交易手续费, 退回交易手续费, and whatever
// else moves a balance, such as a 提现 and the fee for it.
func fundKind(name, word string) channel.FundKind {
	switch {
	case strings.Contains(name, "提现"), strings.Contains(word, "提现"):
		return channel.FundOther
	case strings.Contains(word, "手续费"):
		return channel.FundFee
	case word == "交易":
		return channel.FundPayment
	case strings.Contains(word, "退款"): // and what came back of one that failed
		return channel.FundRefund
	}
	return channel.FundOther
}

// rawKind keeps both of WeChat's words where they differ.
func rawKind(name, kind string) string {
	if name == kind || name == "" {
		return kind
	}
	return name + " " + kind
}
