package wechat

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The columns of the fund flow bill, and of its summary.
const (
	fundColumns = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
	fundSummary = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
)

// writeFunds writes the fund flow bill and returns how many rows it has.
func writeFunds(ctx context.Context, b *trade.Bill, t *billText) (int64, error) {
	if err := t.header(byteOrderMark + fundColumns); err != nil {
		return 0, err
	}
	var in, out int64
	var income, outgoing app.Money
	if err := b.Movements(ctx, func(m trade.Movement) error {
		if m.Amount < 0 {
			out++
			outgoing -= m.Amount
		} else {
			in++
			income += m.Amount
		}
		return t.row(fundCells(b, m)...)
	}); err != nil {
		return 0, err
	}
	if err := t.header(fundSummary); err != nil {
		return 0, err
	}
	return in + out, t.row(t.count(in+out), t.count(in), income.Yuan(), t.count(out), outgoing.Yuan())
}

// fundWords are 业务名称 and 业务类型.
var fundWords = map[trade.MovementKind][2]string{
	trade.MovePayment:    {"交易", "交易"},
	trade.MoveFee:        {"交易", "扣除交易手续费"},
	trade.MoveRefund:     {"退款", "退款"},
	trade.MoveFeeBack:    {"退款", "退回交易手续费"},
	trade.MoveReturn:     {"退款", "退款退回"},
	trade.MoveFeeAgain:   {"退款", "扣除交易手续费"},
	trade.MoveWithdrawal: {"提现", "提现"},
}

func fundCells(b *trade.Bill, m trade.Movement) []string {
	words, direction, amount := fundWords[m.Kind], "收入", m.Amount
	if amount < 0 {
		direction, amount = "支出", -amount
	}
	business, by, note, voucher := m.Trade.ChannelTradeNo, "system", "", m.Trade.OutTradeNo
	switch {
	case m.Withdrawal.ID != "":
		business, by, note, voucher = m.FlowNo, b.Holder(), "手动提现", m.Withdrawal.ID
	case m.Refund.ID != "":
		business, voucher = m.Refund.ChannelRefundNo, m.Refund.OutRefundNo
		note = fmt.Sprintf("退款总金额%s元;含手续费%s元", m.Refund.Amount.Yuan(), b.Merchant.FeeRate.Fee(m.Refund.Amount).Yuan())
		if m.Refund.Source == trade.FromAPI {
			by = b.MerchantID + "API"
		}
	case m.Kind == trade.MovePayment:
		note = fmt.Sprintf("结算总金额%s元;含手续费%s元", m.Trade.Amount.Yuan(), b.Merchant.FeeRate.Fee(m.Trade.Amount).Yuan())
	}
	return []string{
		billTime(m.At), business, m.FlowNo, words[0], words[1], direction, amount.Yuan(), m.Balance.Yuan(), by, note, voucher,
	}
}
