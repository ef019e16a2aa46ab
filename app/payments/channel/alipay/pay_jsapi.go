package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app/payments/channel"
)

const productJSAPI = "JSAPI_PAY"

// payJSAPI creates the trade for a payer who is known, and returns its number
// for my.tradePay within Alipay (alipay.trade.create). op_app_id names the
// mini-program that pays; under a provider it is the merchant's, where known.
func (c *client) payJSAPI(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	p := c.order("alipay.trade.create", r).AddBizField("product_code", productJSAPI)
	switch {
	case r.Payer.BuyerID != "":
		p.AddBizField("buyer_id", r.Payer.BuyerID)
	case r.Payer.BuyerOpenID != "":
		p.AddBizField("buyer_open_id", r.Payer.BuyerOpenID)
	default:
		return channel.PayResult{}, refused("BUYER_MISSING", "alipay_jsapi needs the payer's buyer_id or buyer_open_id")
	}
	if miniProgram := c.miniProgram(); miniProgram != "" {
		p.AddBizField("op_app_id", miniProgram)
	}
	var got struct {
		answer
		OutTradeNo text `json:"out_trade_no"`
		TradeNo    text `json:"trade_no"`
	}
	if err := c.call(ctx, "pay", p, &got); err != nil {
		return channel.PayResult{}, err
	}
	if got.TradeNo == "" || string(got.OutTradeNo) != r.Number {
		return channel.PayResult{}, unreadable("no trade_no for %s", r.Number)
	}
	return channel.PayResult{Action: channel.Action{
		Type: "jsapi", Params: map[string]string{"tradeNO": string(got.TradeNo)},
	}}, nil
}

func (c *client) miniProgram() string {
	if c.partner.AppAuthToken != "" {
		return c.partner.AuthAppID
	}
	return c.appID
}
