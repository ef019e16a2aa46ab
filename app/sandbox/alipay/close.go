package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

type closeNode struct {
	Result
	OutTradeNo string `json:"out_trade_no"`
	TradeNo    string `json:"trade_no"`
}

// close ends a trade that waits for its payer; nothing else can be closed.
func (g *Gateway) close(ctx context.Context, c *call) (any, error) {
	var key tradeKey
	if err := decodeBiz(c.params, &key); err != nil {
		return nil, err
	}
	t, err := g.find(ctx, c, key)
	if err != nil {
		return nil, err
	}
	if status(t, c.now) == tradeClosed {
		return nil, business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
	}
	t, err = g.trades.Close(ctx, t)
	if app.Is(err, app.Conflict) {
		return nil, closeRefusal(t)
	}
	if err != nil {
		return nil, err
	}
	return closeNode{Result: success(), OutTradeNo: t.OutTradeNo, TradeNo: t.ChannelTradeNo}, nil
}

func closeRefusal(t trade.Trade) error {
	if t.State == trade.Closed {
		return business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
	}
	return business("ACQ.REASON_TRADE_STATUS_INVALID", "交易状态异常，非待支付状态下不支持关单操作")
}
