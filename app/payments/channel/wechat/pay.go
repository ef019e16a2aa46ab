package wechat

import (
	"context"
	"net/url"
	"strings"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Pay places the order by the method's own endpoint. The body depends on the
// request alone, so a repeated request is identical to the last byte and finds
// the same order; what the payer's client needs is signed anew each time.
func (c *client) Pay(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	if err := r.Check(); err != nil {
		return channel.PayResult{}, refused("INVALID_ORDER", err.Error())
	}
	if why := c.missing(r); why != "" {
		return channel.PayResult{}, refused("INVALID_ORDER", why)
	}
	switch r.Method {
	case channel.WeChatNative:
		return c.payNative(ctx, r)
	case channel.WeChatJSAPI, channel.WeChatMini:
		return c.payJSAPI(ctx, r)
	case channel.WeChatApp:
		return c.payApp(ctx, r)
	case channel.WeChatH5:
		return c.payH5(ctx, r)
	case channel.WeChatCode:
		return c.payCode(ctx, r)
	}
	return channel.PayResult{}, refused("UNSUPPORTED_METHOD", string(r.Method))
}

// missing says what the method cannot do without, "" when nothing.
func (c *client) missing(r channel.PayRequest) string {
	switch r.Method {
	case channel.WeChatJSAPI, channel.WeChatMini:
		if r.Payer.OpenID == "" {
			return "no openid"
		}
	case channel.WeChatH5:
		if r.Payer.ClientIP == "" {
			return "no client_ip"
		}
	case channel.WeChatCode:
		switch {
		case r.Payer.AuthCode == "":
			return "no auth_code"
		case r.Payer.ClientIP == "":
			return "no client_ip"
		case r.Options[optionLimitPay] != "":
			return "limit_pay does not go with a payment code"
		}
	}
	return c.desk.check(r)
}

// product is one of the desk's ways to place an order.
type product func(context.Context, channel.PayRequest) (string, *core.APIResult, error)

// place places an order and returns what leads the payer on, which must be there.
func (c *client) place(ctx context.Context, r channel.PayRequest, p product) (string, error) {
	var onward string
	err := c.call(ctx, "pay", func(ctx context.Context) (result *core.APIResult, err error) {
		onward, result, err = p(ctx, r)
		return result, err
	})
	if err != nil {
		return "", err
	}
	if onward == "" {
		return "", unreadable("the answer to %s leads nowhere", r.Number)
	}
	return onward, nil
}

// payNative obtains the link behind a QR code.
func (c *client) payNative(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	code, err := c.place(ctx, r, c.desk.native)
	if err != nil {
		return channel.PayResult{}, err
	}
	return channel.PayResult{Action: channel.Action{Type: "qr_code", CodeURL: code}}, nil
}

// payJSAPI obtains what a page in WeChat hands to WeixinJSBridge, or a
// mini-program to wx.requestPayment.
func (c *client) payJSAPI(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	prepayID, err := c.place(ctx, r, c.desk.jsapi)
	if err != nil {
		return channel.PayResult{}, err
	}
	return c.handOver(ctx, "jsapi", r.AppID, prepayID, c.jsapiParams)
}

// payApp obtains what an app hands to the OpenSDK.
func (c *client) payApp(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	prepayID, err := c.place(ctx, r, c.desk.app)
	if err != nil {
		return channel.PayResult{}, err
	}
	return c.handOver(ctx, "app", r.AppID, prepayID, c.appParams)
}

// h5Type is the kind of scene: a page in a browser that is not WeChat's.
const h5Type = "Wap"

// payH5 obtains the page that opens WeChat from another browser. WeChat leads
// back to redirect_url, without saying whether it was paid.
func (c *client) payH5(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	page, err := c.place(ctx, r, c.desk.h5)
	if err != nil {
		return channel.PayResult{}, err
	}
	if r.ReturnURL != "" {
		joint := "?"
		if strings.Contains(page, "?") {
			joint = "&"
		}
		page += joint + "redirect_url=" + url.QueryEscape(r.ReturnURL)
	}
	return channel.PayResult{Action: channel.Action{Type: "redirect", URL: page}}, nil
}

// refused is an order that was not sent, since no answer could accept it.
func refused(code, message string) *channel.Error {
	return &channel.Error{Kind: channel.KindRefused, Channel: app.WeChat, Code: code, Message: message}
}
