package alipay

import (
	"context"
	"io"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The columns of the funds' bill.
func fundsColumns() []string {
	return []string{
		"账务流水号", "业务流水号", "商户订单号", "商品名称", "发生时间", "对方账号", "收入金额（+元）", "支出金额（-元）", "账户余额（元）",
		"交易渠道", "业务类型", "备注",
	}
}

// moved is what Alipay calls a movement, and its remark.
type moved struct{ kind, note string }

func wordsOf(k trade.MovementKind) moved {
	switch k {
	case trade.MovePayment:
		return moved{"在线支付", ""}
	case trade.MoveFee, trade.MoveFeeAgain:
		return moved{"收费", "服务费"}
	case trade.MoveRefund:
		return moved{"交易退款", ""}
	case trade.MoveFeeBack:
		return moved{"退费", "退服务费"}
	case trade.MoveReturn:
		return moved{"交易退款", "退款退回"}
	}
	return moved{"提现", ""}
}

// writeFunds writes every movement of the balance.
func writeFunds(ctx context.Context, w io.Writer, b *trade.Bill, o owner) error {
	text := newBillText(w)
	text.head("账务明细", "账务明细", o)
	text.header(fundsColumns())
	var in, out struct {
		n   int64
		sum app.Money
	}
	if err := b.Movements(ctx, func(m trade.Movement) error {
		if m.Amount > 0 {
			in.n++
			in.sum += m.Amount
		} else {
			out.n++
			out.sum += m.Amount
		}
		text.movement(m)
		return text.err
	}); err != nil {
		return err
	}
	text.comment("%s账务明细列表结束%s", strings.Repeat("-", 41), strings.Repeat("-", 36))
	text.comment("支出合计：%d笔，共%s元", out.n, out.sum.Yuan())
	text.comment("收入合计：%d笔，共%s元", in.n, in.sum.Yuan())
	text.exported(b.At)
	return text.flush()
}

func (b *billText) movement(m trade.Movement) {
	words, opposite := wordsOf(m.Kind), maskedLogin
	if m.Kind != trade.MovePayment && m.Kind != trade.MoveRefund && m.Kind != trade.MoveReturn {
		opposite = ""
	}
	b.text(m.FlowNo)
	b.text(m.Trade.ChannelTradeNo)
	b.text(m.Trade.OutTradeNo)
	b.text(m.Trade.Subject)
	b.plain(formatTime(m.At))
	b.text(opposite)
	b.yuan(max(m.Amount, 0))
	b.yuan(min(m.Amount, 0))
	b.yuan(m.Balance)
	b.plain("支付宝")
	b.plain(words.kind)
	b.plain(words.note)
	b.end(false)
}
