package wechat

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Query asks for an order by our number; the endpoint is the same for every
// method.
func (c *client) Query(ctx context.Context, number string) (channel.Trade, error) {
	return c.query(ctx, "query", number)
}

func (c *client) query(ctx context.Context, operation, number string) (channel.Trade, error) {
	var answer transaction
	err := c.call(ctx, operation, func(ctx context.Context) (result *core.APIResult, err error) {
		answer, result, err = c.desk.query(ctx, number)
		return result, err
	})
	if err != nil {
		return channel.Trade{}, err
	}
	return c.own(number, answer)
}

// own reads an answer that must be about our order of the number.
func (c *client) own(number string, answer transaction) (channel.Trade, error) {
	trade, err := readTrade(answer)
	if err != nil {
		return channel.Trade{}, err
	}
	if trade.Number != number || !c.ours(trade.Identity, trade.SubIdentity) {
		return channel.Trade{}, unreadable("asked for %s of %s/%s, answered %s of %s/%s",
			number, c.mchID, c.subMchID, trade.Number, trade.Identity, trade.SubIdentity)
	}
	return trade, nil
}

// ours reports whether an identity is the account's.
func (c *client) ours(mchID, subMchID string) bool { return mchID == c.mchID && subMchID == c.subMchID }

// Close ends an unpaid order. WeChat answers 204, also when repeated; an answer
// that says something is another call's.
func (c *client) Close(ctx context.Context, number string) error {
	return c.call(ctx, "close", func(ctx context.Context) (*core.APIResult, error) {
		result, err := c.desk.close(ctx, number)
		if err != nil {
			return result, err
		}
		said, err := io.ReadAll(result.Response.Body)
		if err == nil && len(said) > 0 {
			err = fmt.Errorf("%d bytes in answer to close", len(said))
		}
		return result, err
	})
}

// Reverse undoes a payment-code order. WeChat wants the app that it was placed
// in, and to be asked for the order before, so the query comes first. It takes
// reversals for seven days; later a refund is the way.
func (c *client) Reverse(ctx context.Context, number string) error {
	trade, err := c.query(ctx, "query", number)
	if err != nil {
		return err
	}
	if trade.State == channel.TradeClosed {
		return nil
	}
	err = c.call(ctx, "reverse", func(ctx context.Context) (*core.APIResult, error) {
		return c.desk.reverse(ctx, number, trade.AppID)
	})
	var e *channel.Error
	switch {
	case !errors.As(err, &e): // there is none
	case e.Kind == channel.KindClosed:
		return nil
	case e.Code == codeUserPaying: // the payer is at it: not now, but again
		e.Kind = channel.KindUnknown
	}
	return err
}

// Probe queries an order that cannot exist. ORDER_NOT_EXIST under a signature
// that verifies proves both keys.
func (c *client) Probe(ctx context.Context) error {
	if c.certificates != nil {
		// In the migration an account works without certificates, but never with an
		// APIv3 key that does not open them.
		if err := c.certificates.ensure(ctx); errors.Is(err, errDecrypt) {
			return certificatesError(err)
		}
	}
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
