package alipay

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
)

type cancelNode struct {
	Result
	Action     string `json:"action,omitempty"` // close or refund; absent when there is no trade
	OutTradeNo string `json:"out_trade_no"`
	RetryFlag  string `json:"retry_flag"`
	TradeNo    string `json:"trade_no,omitempty"`
}

// cancel undoes a trade (alipay.trade.cancel): an unpaid one is closed, a paid
// one given back in full. A number without a trade is answered with success and
// no action ("未返回：未查询到交易，或接口调用失败").
func (g *Gateway) cancel(ctx context.Context, c *call) (any, error) {
	var key tradeKey
	if err := decodeBiz(c.params, &key); err != nil {
		return nil, err
	}
	t, err := g.find(ctx, c, key)
	if isMissingTrade(err) {
		return cancelNode{Result: success(), OutTradeNo: key.OutTradeNo, TradeNo: key.TradeNo, RetryFlag: "N"}, nil
	}
	if err != nil {
		return nil, err
	}
	t, refunded, err := g.trades.Reverse(ctx, t)
	if app.Is(err, app.Conflict) {
		return g.cancelRefusal(key, err)
	}
	if err != nil {
		return nil, err
	}
	n := cancelNode{Result: success(), Action: "close", OutTradeNo: t.OutTradeNo, TradeNo: t.ChannelTradeNo, RetryFlag: "N"}
	if refunded {
		n.Action = "refund"
	}
	return n, nil
}

// cancelRefusal says why the money cannot go back; what changed meanwhile is
// worth another try.
func (g *Gateway) cancelRefusal(key tradeKey, err error) (any, error) {
	var f *failure
	if !errors.As(refundRefusal(err), &f) {
		return nil, err
	}
	n := cancelNode{Result: f.Result, OutTradeNo: key.OutTradeNo, TradeNo: key.TradeNo, RetryFlag: "N"}
	if f.SubCode == systemError {
		n.RetryFlag = "Y"
	}
	return n, nil
}

func isMissingTrade(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.SubCode == noTrade
}
