package wechat

import (
	"context"
	"crypto/rand"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Query asks for an order by our number; the endpoint is the same for every
// method.
func (c *client) Query(ctx context.Context, number string) (channel.Trade, error) {
	return c.query(ctx, "query", number)
}

func (c *client) query(ctx context.Context, operation, number string) (channel.Trade, error) {
	var answer *payments.Transaction
	err := c.call(ctx, operation, func(ctx context.Context) (result *core.APIResult, err error) {
		service := native.NativeApiService{Client: c.sdk}
		answer, result, err = service.QueryOrderByOutTradeNo(ctx, native.QueryOrderByOutTradeNoRequest{
			OutTradeNo: core.String(number), Mchid: core.String(c.mchID),
		})
		return result, err
	})
	if err != nil {
		return channel.Trade{}, err
	}
	trade, err := readTrade(answer)
	if err != nil {
		return channel.Trade{}, err
	}
	if trade.Number != number || trade.Identity != c.mchID {
		return channel.Trade{}, unreadable("asked for %s of %s, answered %s of %s", number, c.mchID, trade.Number, trade.Identity)
	}
	return trade, nil
}

// Close ends an unpaid order. WeChat answers 204, also when repeated.
func (c *client) Close(ctx context.Context, number string) error {
	return c.call(ctx, "close", func(ctx context.Context) (*core.APIResult, error) {
		service := native.NativeApiService{Client: c.sdk}
		return service.CloseOrder(ctx, native.CloseOrderRequest{OutTradeNo: core.String(number), Mchid: core.String(c.mchID)})
	})
}

// Probe queries an order that cannot exist. ORDER_NOT_EXIST under a signature
// that verifies proves both keys.
func (c *client) Probe(ctx context.Context) error {
	number := "probe_" + rand.Text() // 6 and 26 characters: 32 is the limit
	_, err := c.query(ctx, "probe", number)
	switch channel.KindOf(err) {
	case channel.KindNotExist:
		return nil
	case "":
		return unreadable("an order %s exists", number)
	}
	return err
}
