package alipay

import (
	"fmt"

	sdk "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// The products behind the methods that open Alipay's own cashier.
const (
	productPage = "FAST_INSTANT_TRADE_PAY"
	productWAP  = "QUICK_WAP_WAY"
	productApp  = "QUICK_MSECURITY_PAY"
)

// signLocally signs an order that the payer's browser or app carries to Alipay:
// nothing is called, and the trade begins when the payer opens its cashier
// (alipay.trade.page.pay, alipay.trade.wap.pay, alipay.trade.app.pay). Repeated,
// it signs the same order at another time. There is nobody to refuse an order
// whose time is over, so it is refused here.
func (c *client) signLocally(r channel.PayRequest) (channel.PayResult, error) {
	if !r.ExpiresAt.After(c.clock.Now()) {
		return channel.PayResult{}, refused("EXPIRED", "the order's time is over")
	}
	action, err := c.cashier(r)
	if err != nil {
		return channel.PayResult{}, &channel.Error{
			Kind: channel.KindUnknown, Channel: r.Method.Channel(), Cause: fmt.Errorf("sign the order: %w", err),
		}
	}
	return channel.PayResult{Action: action}, nil
}

func (c *client) cashier(r channel.PayRequest) (channel.Action, error) {
	switch r.Method {
	case channel.AlipayPage:
		return c.redirect(c.order("alipay.trade.page.pay", r).
			AddParam("return_url", r.ReturnURL).AddBizField("product_code", productPage))
	case channel.AlipayWAP:
		p := c.order("alipay.trade.wap.pay", r).
			AddParam("return_url", r.ReturnURL).AddBizField("product_code", productWAP)
		if r.ReturnURL != "" {
			p.AddBizField("quit_url", r.ReturnURL) // where a payer who gives up goes
		}
		return c.redirect(p)
	}
	order, err := c.sdk.EncodeParam(c.order("alipay.trade.app.pay", r).AddBizField("product_code", productApp))
	return channel.Action{Type: "app", OrderString: order}, err
}

func (c *client) redirect(p *sdk.Payload) (channel.Action, error) {
	u, err := c.sdk.BuildURL(p)
	if err != nil {
		return channel.Action{}, err
	}
	return channel.Action{Type: "redirect", URL: u.String()}, nil
}
