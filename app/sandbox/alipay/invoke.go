package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Invoke is what the Alipay client does with the tradeNO that a mini-program or
// a page hands to my.tradePay, or with the order_string of an app: it returns
// the order to show. A refusal is Invalid with package trade's ReasonInvoke…, or
// with the gateway's sub_code for an order string.
func (g *Gateway) Invoke(ctx context.Context, params map[string]string) (trade.Trade, error) {
	if order := params["order_string"]; order != "" {
		return g.OpenOrderString(ctx, order)
	}
	number := params["tradeNO"]
	if number == "" {
		return trade.Trade{}, trade.RefuseInvoke(trade.ReasonInvokeParams, "tradeNO or order_string is missing")
	}
	t, err := g.trades.ByTradeNo(ctx, number)
	if app.Is(err, app.NotFound) || err == nil && t.Channel != app.Alipay {
		return trade.Trade{}, trade.RefuseInvoke(trade.ReasonInvokePrepay, "there is no order with the tradeNO %q", number)
	}
	if err != nil {
		return trade.Trade{}, err
	}
	kept, err := extraOf(t)
	if err != nil || kept.BuyerIsOpenID { // the phone's openid is whatever the app says
		return t, err
	}
	if payer := trade.PayerOf(app.Alipay, t.AppID); t.PayerID != "" && t.PayerID != payer {
		return trade.Trade{}, trade.RefuseInvoke(trade.ReasonInvokePayer, "the order was placed for buyer %s; this phone's is %s", t.PayerID, payer)
	}
	return t, nil
}
