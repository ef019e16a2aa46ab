package alipay

import (
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// fundColumns are where the details of the account have what we read.
type fundColumns struct {
	flowNo, businessNo, number, at, income, outgoing, balance, kind, note int
}

func findFundColumns(c billfile.Columns, line int) (fundColumns, error) {
	f := &billfile.Finder{Columns: c}
	t := fundColumns{
		flowNo: f.Need("账务流水号"), businessNo: f.Need("业务流水号"), number: f.Need("商户订单号"), at: f.Need("发生时间"),
		income: f.Need("收入金额(+元)", "收入金额(元)", "收入金额"), outgoing: f.Need("支出金额(-元)", "支出金额(元)", "支出金额"),
		balance: f.Need("账户余额(元)", "账户余额"), kind: f.Need("业务类型"), note: f.Find("备注"),
	}
	return t, f.Err(line)
}

// ReadFunds reads a bill of type signcustomer: the movements of the merchant's
// balance. Its summary is checked to be whole.
func (d *Driver) ReadFunds(s channel.BillSource, yield func(*channel.FundLine) error) (channel.FundTotals, error) {
	details, summary, err := fundsBill.entries(s)
	if err != nil {
		return channel.FundTotals{}, err
	}
	file, err := details.Open()
	if err != nil {
		return channel.FundTotals{}, err
	}
	defer file.Close()
	totals, err := readFunds(newBillText(file, billfile.Limit(s)), s, yield)
	if err != nil {
		return channel.FundTotals{}, err
	}
	if summary != nil {
		if _, _, err := summaryRow(s, summary); err != nil {
			return channel.FundTotals{}, err
		}
	}
	return totals, nil
}

func readFunds(text *billText, s channel.BillSource, yield func(*channel.FundLine) error) (channel.FundTotals, error) {
	if err := text.head(s, fundsBill.title); err != nil {
		return channel.FundTotals{}, err
	}
	at, err := findFundColumns(text.columns, text.line())
	if err != nil {
		return channel.FundTotals{}, err
	}
	r := fundRows{text: text, at: at, clock: billfile.NewClock(s.Day)}
	sums := billfile.NewFunds()
	for {
		cells, after, err := text.row()
		if err != nil {
			return channel.FundTotals{}, err
		}
		if cells == nil {
			totals := sums.Totals()
			err := fundFoot(text, after, &totals)
			return totals, err
		}
		if err := r.read(cells); err != nil {
			return channel.FundTotals{}, err
		}
		sums.Add(&r.line)
		if err := yield(&r.line); err != nil {
			return channel.FundTotals{}, err
		}
	}
}

// fundFoot reads "#支出合计：1笔，共-1.00元" and "#收入合计：2笔，共12.00元".
func fundFoot(text *billText, after string, t *channel.FundTotals) error {
	err := text.foot(after, map[string]func(string) bool{
		"#支出合计": func(line string) bool {
			return counted(line, &t.StatedOutgoings) && summed(line, "共", &t.StatedOutgoing)
		},
		"#收入合计": func(line string) bool {
			return counted(line, &t.StatedIncomes) && summed(line, "共", &t.StatedIncome)
		},
	})
	if t.StatedOutgoing < 0 {
		t.StatedOutgoing = -t.StatedOutgoing
	}
	t.StatedRows = t.StatedIncomes + t.StatedOutgoings
	return err
}

// fundRows reads the rows of the account's details into one line.
type fundRows struct {
	text  *billText
	at    fundColumns
	clock billfile.Clock
	line  channel.FundLine
}

func (r *fundRows) read(cells []string) error {
	r.line = channel.FundLine{
		Row: r.text.line(), FlowNo: cells[r.at.flowNo], BusinessNo: cells[r.at.businessNo], Number: cells[r.at.number],
		RawKind: cells[r.at.kind], Note: billfile.Cell(cells, r.at.note),
	}
	r.line.Kind = fundKind(r.line.RawKind, r.line.Note)
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

// amounts reads the one of the two columns that is not empty or zero.
func (r *fundRows) amounts(cells []string) error {
	income, ok := blankFen(cells[r.at.income])
	if !ok || income < 0 {
		return r.bad(channel.BillAmount, cells, r.at.income)
	}
	outgoing, ok := blankFen(cells[r.at.outgoing])
	if !ok || (income != 0 && outgoing != 0) {
		return r.bad(channel.BillAmount, cells, r.at.outgoing)
	}
	if outgoing > 0 {
		outgoing = -outgoing // some files leave the sign to the column's name
	}
	r.line.Amount = income + outgoing
	if r.line.Balance, ok = billfile.Fen(cells[r.at.balance]); !ok {
		return r.bad(channel.BillAmount, cells, r.at.balance)
	}
	return nil
}

func blankFen(s string) (app.Money, bool) {
	if s == "" {
		return 0, true
	}
	return billfile.Fen(s)
}

func (r *fundRows) bad(code string, cells []string, column int) error {
	return r.text.broken(code, billfile.Found(r.text.columns.Name(column), cells[column]))
}

// fundKind reads 业务类型: 交易付款 and 在线支付, 交易退款, 收费 and 退费, and
// whatever else moves a balance, such as 提现 and 转账. What a fee is for the note
// tells, which of anything else may be a payer's or a shop's own words.
func fundKind(word, note string) channel.FundKind {
	fee := strings.Contains(word, "费")
	switch {
	case moneyOut(word), fee && moneyOut(note):
		return channel.FundOther
	case fee:
		return channel.FundFee
	case strings.Contains(word, "退款"):
		return channel.FundRefund
	case strings.Contains(word, "交易"), strings.Contains(word, "支付"):
		return channel.FundPayment
	}
	return channel.FundOther
}

// moneyOut reports whether words are about a withdrawal or transfer.
func moneyOut(words string) bool {
	return strings.Contains(words, "提现") || strings.Contains(words, "转账")
}
