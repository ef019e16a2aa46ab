package wechat

import (
	"context"
	"errors"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// codeUserPaying is the error by which WeChat says that the payer must still
// type a password. The order stands; only the query tells how it ends.
const codeUserPaying = "USERPAYING"

// spent are the refusals that a repeated order may get although the first one
// went through: its code was used, by itself.
var spent = map[string]bool{
	"AUTH_CODE_INVALID": true, "AUTH_CODE_ERROR": true, "AUTH_CODE_EXPIRED": true, "AUTH_CODE_EXPIRE": true,
	"AUTHCODEEXPIRE": true, "OUT_TRADE_NO_USED": true, "INVALID_REQUEST": true, "TRADE_ERROR": true,
}

// payCode charges the code that the payer shows. Repeating a request never
// charges twice, for a code works once and so does a number, yet the repeated
// request gets another answer than the first: ORDERPAID is KindPaid, and a
// refusal for a spent code or number counts only once the query has shown that
// the order was not paid and is not being paid.
func (c *client) payCode(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	var answer transaction
	err := c.call(ctx, "pay", func(ctx context.Context) (result *core.APIResult, err error) {
		answer, result, err = c.desk.code(ctx, r)
		return result, err
	})
	var e *channel.Error
	if errors.As(err, &e) {
		return c.uncharged(ctx, r, e)
	}
	trade, failed := c.own(r.Number, answer)
	if failed != nil {
		return channel.PayResult{}, failed
	}
	return charged(trade), nil
}

// uncharged judges a failed charge.
func (c *client) uncharged(ctx context.Context, r channel.PayRequest, e *channel.Error) (channel.PayResult, error) {
	if e.Kind == channel.KindRefused && e.Code == codeUserPaying {
		return charged(channel.Trade{
			Number: r.Number, AppID: r.AppID, Identity: c.mchID, SubIdentity: c.subMchID,
			State: channel.TradePaying, RawState: codeUserPaying, Currency: app.CNY,
		}), nil
	}
	if e.Kind != channel.KindRefused && e.Kind != channel.KindNumberUsed || !spent[e.Code] {
		return channel.PayResult{}, e
	}
	trade, err := c.query(ctx, "query", r.Number)
	switch {
	case channel.KindOf(err) == channel.KindNotExist:
		return channel.PayResult{}, e
	case err != nil:
		return channel.PayResult{}, &channel.Error{
			Kind: channel.KindUnknown, Channel: app.WeChat, Code: e.Code, Message: e.Message, Status: e.Status, Cause: err,
		}
	case trade.State.WasPaid() || trade.State == channel.TradePaying:
		return charged(trade), nil
	}
	return channel.PayResult{}, e
}

// charged is the result of a code: there is nothing for the payer's client to do.
func charged(t channel.Trade) channel.PayResult {
	return channel.PayResult{Action: channel.Action{Type: "none"}, Trade: &t}
}
