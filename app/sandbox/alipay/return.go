package alipay

import (
	"cmp"
	"context"
	"net/url"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// returnURL is where the payer's browser goes after paying: the order's
// return_url with what was paid, signed like a notification (同步返回). It proves
// nothing about later; the merchant asks or waits for the notification.
func (g *Gateway) returnURL(_ context.Context, m trade.Message) (string, error) {
	kept, err := extraOf(m.Trade)
	if err != nil || kept.ReturnURL == "" {
		return "", err
	}
	back, err := url.Parse(kept.ReturnURL)
	if err != nil {
		return "", err
	}
	k, err := g.keys.of(m.Merchant)
	if err != nil {
		return "", err
	}
	method := methodPage
	if m.Trade.TradeType == productWAP {
		method = methodWAP
	}
	p := params{
		"charset": "utf-8", "version": "1.0", "sign_type": "RSA2", "method": method + ".return",
		"app_id": m.Merchant.ID, "auth_app_id": authAppID(m), "seller_id": sellerID(m),
		"out_trade_no": m.Trade.OutTradeNo, "trade_no": m.Trade.ChannelTradeNo, "total_amount": yuan(m.Trade.Amount),
		"timestamp": m.Now.In(app.Beijing).Format(timeLayout),
	}
	if p["sign"], err = sign(k.alipay, []byte(p.content("sign", "sign_type"))); err != nil {
		return "", err
	}
	if back.RawQuery != "" {
		back.RawQuery += "&"
	}
	back.RawQuery += p.encode()
	return back.String(), nil
}

// quitURL is where a payer who gives up goes: a mobile page's quit_url, or back
// to the shop.
func quitURL(t trade.Trade) string {
	kept, err := extraOf(t)
	if err != nil {
		return "" // it was written by us; what cannot be read leads nowhere
	}
	return cmp.Or(kept.QuitURL, kept.ReturnURL)
}
