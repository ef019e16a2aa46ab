package wechat

import (
	"context"
	"errors"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// reasonLimit is how much of a reason WeChat takes; the payer sees it.
const reasonLimit = 80

// Refund asks for money back (https://pay.weixin.qq.com/doc/v3/merchant/4012791883).
// The same number refunds once, whatever the answer was. Accepted is not
// arrived: the result is pending until a notification or a query says more.
func (c *client) Refund(ctx context.Context, r channel.RefundRequest) (channel.Refund, error) {
	if err := r.Check(); err != nil {
		return channel.Refund{}, refused("INVALID_REFUND", err.Error())
	}
	request := refunddomestic.CreateRequest{
		SubMchid: given(c.subMchID), OutRefundNo: core.String(r.Number),
		Reason: given(clip(r.Reason, reasonLimit)), NotifyUrl: given(r.NotifyURL),
		Amount: &refunddomestic.AmountReq{
			Refund: core.Int64(int64(r.Amount)), Total: core.Int64(int64(r.Total)), Currency: core.String(r.Currency),
		},
	}
	if r.PaymentNumber != "" { // one of the two: ours was durable first
		request.OutTradeNo = core.String(r.PaymentNumber)
	} else {
		request.TransactionId = core.String(r.ChannelTradeNo)
	}
	got, err := c.refundCall(ctx, "refund", func(ctx context.Context, s *refunddomestic.RefundsApiService) (*refunddomestic.Refund, *core.APIResult, error) {
		return s.Create(ctx, request)
	})
	if err != nil {
		return channel.Refund{}, unrefunded(err)
	}
	if got.Amount != r.Amount || got.Total != r.Total {
		return channel.Refund{}, unreadable("refund %s of %d of %d, answered %d of %d", r.Number, r.Amount, r.Total, got.Amount, got.Total)
	}
	return got, about(got, lookupOf(r))
}

// QueryRefund asks about a refund by its number.
func (c *client) QueryRefund(ctx context.Context, r channel.RefundLookup) (channel.Refund, error) {
	got, err := c.refundCall(ctx, "query_refund", func(ctx context.Context, s *refunddomestic.RefundsApiService) (*refunddomestic.Refund, *core.APIResult, error) {
		return s.QueryByOutRefundNo(ctx, refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: core.String(r.Number), SubMchid: given(c.subMchID)})
	})
	if err != nil {
		return channel.Refund{}, err
	}
	return got, about(got, r)
}

type refundCall func(context.Context, *refunddomestic.RefundsApiService) (*refunddomestic.Refund, *core.APIResult, error)

func (c *client) refundCall(ctx context.Context, operation string, send refundCall) (channel.Refund, error) {
	var answer *refunddomestic.Refund
	err := c.call(ctx, operation, func(ctx context.Context) (result *core.APIResult, err error) {
		answer, result, err = send(ctx, &refunddomestic.RefundsApiService{Client: c.sdk})
		return result, err
	})
	if err != nil {
		return channel.Refund{}, err
	}
	got, err := readRefund(refundFacts(answer))
	if err != nil {
		return channel.Refund{}, err
	}
	got.Identity, got.SubIdentity = c.mchID, c.subMchID // the answer names no merchant
	return got, nil
}

// unrefunded says that an order that is unknown, unpaid or closed, or a number
// that was used, refuses a refund like any other reason.
func unrefunded(err error) error {
	var e *channel.Error
	if errors.As(err, &e) {
		switch e.Kind {
		case channel.KindNotExist, channel.KindPaid, channel.KindClosed, channel.KindNumberUsed:
			e.Kind = channel.KindRefused
		}
	}
	return err
}

func lookupOf(r channel.RefundRequest) channel.RefundLookup {
	return channel.RefundLookup{Number: r.Number, PaymentNumber: r.PaymentNumber, ChannelTradeNo: r.ChannelTradeNo}
}

// about fails unless a refund is the one that was asked for.
func about(got channel.Refund, r channel.RefundLookup) error {
	if got.Number != r.Number || r.PaymentNumber != "" && got.PaymentNumber != r.PaymentNumber {
		return unreadable("asked for refund %s of %s, answered %s of %s", r.Number, r.PaymentNumber, got.Number, got.PaymentNumber)
	}
	return nil
}

// clip keeps the first n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
