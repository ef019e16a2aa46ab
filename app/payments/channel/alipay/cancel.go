package alipay

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Alipay asks for a cancellation to be sent again where it could not finish it.
const (
	cancelTries = 3
	cancelPause = 300 * time.Millisecond
)

// Reverse undoes a payment-code order (alipay.trade.cancel): an unpaid trade is
// closed, a paid one refunded in full, as long as it is of the same day. While
// the answer asks for it the call is repeated, a few times.
//
// A number that Alipay does not know is answered with success and no action
// ("未返回：未查询到交易，或接口调用失败"), so the trade itself is asked: then
// KindNotExist means that there is nothing to undo. A trade of that number may
// still begin, should a payment that timed out arrive late: query once more
// before believing that no money came.
func (c *client) Reverse(ctx context.Context, number string) error {
	var got cancelAnswer
	var err error
	for try := range cancelTries {
		if try > 0 && !pause(ctx, cancelPause) {
			break
		}
		got = cancelAnswer{}
		p := c.payload("alipay.trade.cancel").AddBizField("out_trade_no", number)
		if err = c.call(ctx, "reverse", p, &got); got.RetryFlag != "Y" {
			break
		}
	}
	switch kind := channel.KindOf(err); {
	case got.RetryFlag == "Y":
		return got.as(channel.KindUnknown) // cancel it again
	case kind == channel.KindClosed:
		return nil // it was undone before
	case kind != "":
		return err
	case got.OutTradeNo != "" && string(got.OutTradeNo) != number:
		return unreadable("cancelled %s, answered %s", number, got.OutTradeNo)
	case got.Action == "close" || got.Action == "refund":
		return nil
	}
	return c.undone(ctx, number)
}

type cancelAnswer struct {
	answer
	OutTradeNo text   `json:"out_trade_no"`
	RetryFlag  string `json:"retry_flag"`
	Action     string `json:"action"` // close, refund, or nothing
}

// undone asks whether a trade is over of which the cancellation said nothing.
func (c *client) undone(ctx context.Context, number string) error {
	t, err := c.query(ctx, "reverse", number)
	switch {
	case channel.KindOf(err) == channel.KindNotExist:
		return err
	case err != nil:
		return uncertain(err)
	case t.State == channel.TradeClosed || t.State == channel.TradeRefunded:
		return nil
	}
	return unreadable("%s is %s after its cancellation: cancel it again", number, t.RawState)
}

// pause waits, and reports whether ctx still allows a call.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
