package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Invoke is what the Alipay client does with the tradeNO that a mini-program or
// a page hands to my.tradePay: it returns the order to show. A refusal is
// Invalid with package trade's ReasonInvoke….
func (g *Gateway) Invoke(ctx context.Context, params map[string]string) (trade.Trade, error) {
	number := params["tradeNO"]
	if number == "" {
		return trade.Trade{}, trade.RefuseInvoke(trade.ReasonInvokeParams, "tradeNO is missing")
	}
	t, err := g.trades.ByTradeNo(ctx, number)
	if app.Is(err, app.NotFound) || err == nil && t.Channel != app.Alipay {
		return trade.Trade{}, trade.RefuseInvoke(trade.ReasonInvokePrepay, "there is no order with the tradeNO %q", number)
	}
	if err != nil {
		return trade.Trade{}, err
	}
	if payer := trade.PayerOf(app.Alipay, t.AppID); t.PayerID != "" && t.PayerID != payer {
		return trade.Trade{}, trade.RefuseInvoke(trade.ReasonInvokePayer, "the order was placed for buyer %s; this phone's is %s", t.PayerID, payer)
	}
	return t, nil
}
