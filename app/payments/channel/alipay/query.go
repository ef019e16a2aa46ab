package alipay

import (
	"context"
	"crypto/rand"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Query asks for a trade by our number (alipay.trade.query).
func (c *client) Query(ctx context.Context, number string) (channel.Trade, error) {
	return c.query(ctx, "query", number)
}

func (c *client) query(ctx context.Context, operation, number string) (channel.Trade, error) {
	var got struct {
		answer
		trade
	}
	p := c.payload("alipay.trade.query").AddBizField("out_trade_no", number)
	if err := c.call(ctx, operation, p, &got); err != nil {
		return channel.Trade{}, err
	}
	if string(got.OutTradeNo) != number {
		return channel.Trade{}, unreadable("asked for %s, answered %s", number, got.OutTradeNo)
	}
	// The answer names neither: a query finds only the trades of its own app.
	got.AppID = c.appID
	return got.read()
}

// Close ends an unpaid trade (alipay.trade.close). Alipay has one word for
// "wrong status", so the trade itself is asked which one it is.
func (c *client) Close(ctx context.Context, number string) error {
	var got struct {
		answer
		OutTradeNo text `json:"out_trade_no"`
	}
	err := c.call(ctx, "close", c.payload("alipay.trade.close").AddBizField("out_trade_no", number), &got)
	if err == nil && got.OutTradeNo != "" && string(got.OutTradeNo) != number {
		return unreadable("closed %s, answered %s", number, got.OutTradeNo)
	}
	if channel.KindOf(err) != channel.KindRefused || !wrongStatus[got.SubCode] {
		return err
	}
	t, queryErr := c.query(ctx, "close", number)
	switch {
	case queryErr != nil:
		return queryErr
	case t.State.WasPaid():
		return got.as(channel.KindPaid)
	case t.State == channel.TradeClosed:
		return got.as(channel.KindClosed)
	}
	return err
}

var wrongStatus = map[string]bool{
	"ACQ.TRADE_STATUS_ERROR":          true,
	"ACQ.REASON_TRADE_STATUS_INVALID": true,
	"ACQ.REASON_ILLEGAL_STATUS":       true,
}

// Probe queries a trade that cannot exist. TRADE_NOT_EXIST under a signature
// that verifies proves both keys.
func (c *client) Probe(ctx context.Context) error {
	number := "probe_" + rand.Text()
	_, err := c.query(ctx, "probe", number)
	switch channel.KindOf(err) {
	case channel.KindNotExist:
		return nil
	case "":
		return unreadable("a trade %s exists", number)
	}
	return err
}
