package alipay

import (
	"context"
	"strings"
	"time"

	sdk "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// timeLayout is how Alipay writes times, always in Beijing.
const timeLayout = "2006-01-02 15:04:05"

// Pay places the order by the method's own call. Its content depends on the
// request alone, so that a repeated request means the same order.
func (c *client) Pay(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	if err := r.Check(); err != nil {
		return channel.PayResult{}, refused("INVALID_ORDER", err.Error())
	}
	if r.AppID != "" && r.AppID != c.appID {
		return channel.PayResult{}, configError("alipay.app_id_other", nil)
	}
	switch r.Method {
	case channel.AlipayQR:
		return c.payQR(ctx, r)
	case channel.AlipayPage, channel.AlipayWAP, channel.AlipayApp:
		return c.signLocally(r)
	case channel.AlipayJSAPI:
		return c.payJSAPI(ctx, r)
	case channel.AlipayCode:
		return c.payCode(ctx, r)
	}
	return channel.PayResult{}, refused("UNSUPPORTED_METHOD", string(r.Method))
}

// methods are what Pay takes payments by.
var methods = []channel.Method{
	channel.AlipayQR, channel.AlipayPage, channel.AlipayWAP, channel.AlipayApp, channel.AlipayJSAPI, channel.AlipayCode,
}

// payQR obtains the text behind a QR code. The trade does not exist until
// somebody scans it (alipay.trade.precreate).
func (c *client) payQR(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	var got struct {
		answer
		OutTradeNo text   `json:"out_trade_no"`
		QRCode     string `json:"qr_code"`
	}
	if err := c.call(ctx, "pay", c.order("alipay.trade.precreate", r), &got); err != nil {
		return channel.PayResult{}, err
	}
	if got.QRCode == "" || string(got.OutTradeNo) != r.Number {
		return channel.PayResult{}, unreadable("no qr_code for %s", r.Number)
	}
	return channel.PayResult{Action: channel.Action{Type: "qr_code", CodeURL: got.QRCode}}, nil
}

// The options an order may carry (channel_options of the API). A goods_tag has
// no counterpart at Alipay and is left out.
const (
	optionProfitSharing = "profit_sharing"
	optionLimitPay      = "limit_pay"
	optionStoreID       = "store_id"
)

// order writes what every method of paying sends. time_expire is absolute: the
// last moment at which the order can be paid.
func (c *client) order(method string, r channel.PayRequest) *sdk.Payload {
	p := c.payload(method).
		AddParam("notify_url", r.NotifyURL).
		AddBizField("out_trade_no", r.Number).
		AddBizField("total_amount", r.Amount.Yuan()).
		AddBizField("subject", subject(r.Subject)).
		AddBizField("time_expire", beijing(r.ExpiresAt))
	if store := r.Options[optionStoreID]; store != "" {
		p.AddBizField("store_id", store)
	}
	if limit := r.Options[optionLimitPay]; limit != "" {
		p.AddBizField("disable_pay_channels", limitPay(limit))
	}
	if r.Options[optionProfitSharing] == "true" {
		p.AddBizField("extend_params", map[string]string{"royalty_freeze": "true"})
	}
	return p
}

// limitPay translates WeChat's word, which the API took over; Alipay's own
// words pass.
func limitPay(limit string) string {
	if limit == "no_credit" {
		return "credit_group"
	}
	return limit
}

// subject replaces the characters that Alipay refuses in one ("不可使用特殊字符")
// by their full-width forms: the same order passes at the other channel.
func subject(s string) string {
	return strings.NewReplacer("/", "／", "=", "＝", "&", "＆").Replace(s)
}

func beijing(at time.Time) string { return at.In(app.Beijing).Format(timeLayout) }
