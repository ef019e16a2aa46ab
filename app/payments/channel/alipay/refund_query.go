package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// The words of refund_status. Alipay documents the first alone today; the
// others are those of refunds that it makes later.
const (
	refundSuccess    = "REFUND_SUCCESS"
	refundProcessing = "REFUND_PROCESSING"
	refundFail       = "REFUND_FAIL"
)

var refundStates = map[string]channel.RefundState{
	refundSuccess:    channel.RefundSucceeded,
	refundProcessing: channel.RefundPending,
	refundFail:       channel.RefundClosed,
}

// QueryRefund asks about a refund (alipay.trade.fastpay.refund.query). A number
// that was not refunded is answered with success and without refund_status.
func (c *client) QueryRefund(ctx context.Context, r channel.RefundLookup) (channel.Refund, error) {
	return c.queryRefund(ctx, "query_refund", r)
}

func (c *client) queryRefund(ctx context.Context, operation string, r channel.RefundLookup) (channel.Refund, error) {
	p := identify(c.payload("alipay.trade.fastpay.refund.query"), r.PaymentNumber, r.ChannelTradeNo).
		AddBizField("out_request_no", r.Number).
		AddBizField("query_options", []string{"gmt_refund_pay"}) // else the time is left out
	var got refundAnswer
	if err := c.call(ctx, operation, p, &got); err != nil {
		return channel.Refund{}, err
	}
	if got.RefundStatus == "" {
		return channel.Refund{}, &channel.Error{
			Kind: channel.KindNotExist, Channel: app.Alipay, Code: got.Code, Message: "no refund_status",
		}
	}
	return got.read(r)
}

type refundAnswer struct {
	answer
	OutTradeNo   text   `json:"out_trade_no"`
	TradeNo      text   `json:"trade_no"`
	OutRequestNo text   `json:"out_request_no"`
	RefundStatus string `json:"refund_status"`
	RefundAmount text   `json:"refund_amount"`
	TotalAmount  text   `json:"total_amount"`
	GmtRefundPay string `json:"gmt_refund_pay"`
}

// read translates a verified refund, which must be the one that was asked for.
func (a refundAnswer) read(asked channel.RefundLookup) (channel.Refund, error) {
	state, known := refundStates[a.RefundStatus]
	switch {
	case !known:
		return channel.Refund{}, unreadable("refund_status %q", a.RefundStatus)
	case string(a.OutRequestNo) != asked.Number:
		return channel.Refund{}, unreadable("asked for refund %s, answered %s", asked.Number, a.OutRequestNo)
	case asked.PaymentNumber != "" && string(a.OutTradeNo) != asked.PaymentNumber:
		return channel.Refund{}, unreadable("asked about %s, answered %s", asked.PaymentNumber, a.OutTradeNo)
	}
	amount, err := optionalAmount(a.RefundAmount)
	if err != nil {
		return channel.Refund{}, err
	}
	total, err := optionalAmount(a.TotalAmount)
	if err != nil {
		return channel.Refund{}, err
	}
	at, err := optionalTime(a.GmtRefundPay)
	if err != nil {
		return channel.Refund{}, err
	}
	return channel.Refund{
		Number: asked.Number, PaymentNumber: string(a.OutTradeNo), ChannelTradeNo: string(a.TradeNo),
		State: state, RawState: a.RefundStatus, Amount: amount, Total: total, At: at,
	}, nil
}
