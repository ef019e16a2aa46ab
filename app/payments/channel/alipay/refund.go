package alipay

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Refund asks for money back (alipay.trade.refund); the refund's number is the
// out_request_no. fund_change Y says that this request moved the money. N says
// that it did not, as when the number was refunded before, so the refund itself
// is asked for. A notification of a refund goes to the address of its payment.
func (c *client) Refund(ctx context.Context, r channel.RefundRequest) (channel.Refund, error) {
	if err := checkRefund(r); err != nil {
		return channel.Refund{}, refused("INVALID_REFUND", err.Error())
	}
	p := identify(c.payload("alipay.trade.refund"), r.PaymentNumber, r.ChannelTradeNo).
		AddBizField("refund_amount", r.Amount.Yuan()).
		AddBizField("out_request_no", r.Number)
	if r.Reason != "" {
		p.AddBizField("refund_reason", r.Reason)
	}
	var got struct {
		answer
		OutTradeNo   text   `json:"out_trade_no"`
		TradeNo      text   `json:"trade_no"`
		FundChange   string `json:"fund_change"`
		RefundFee    text   `json:"refund_fee"` // of all refunds of the trade so far
		GmtRefundPay string `json:"gmt_refund_pay"`
	}
	if err := c.call(ctx, "refund", p, &got); err != nil {
		return c.notRefunded(ctx, r, got.answer, err)
	}
	if r.PaymentNumber != "" && string(got.OutTradeNo) != r.PaymentNumber {
		return channel.Refund{}, unreadable("refunded %s, answered %s", r.PaymentNumber, got.OutTradeNo)
	}
	if got.FundChange != "Y" {
		return c.accepted(ctx, r)
	}
	at, err := optionalTime(got.GmtRefundPay)
	if err != nil {
		return channel.Refund{}, err
	}
	total, err := optionalAmount(got.RefundFee)
	if err != nil {
		return channel.Refund{}, err
	}
	if total != 0 && total < r.Amount {
		return channel.Refund{}, unreadable("refunded %s of %s, answered %s in all", r.Amount.Yuan(), r.Number, total.Yuan())
	}
	return channel.Refund{
		Number: r.Number, PaymentNumber: string(got.OutTradeNo), ChannelTradeNo: string(got.TradeNo),
		State: channel.RefundSucceeded, RawState: refundSuccess, Amount: r.Amount, RefundedTotal: total, At: at,
	}, nil
}

// checkRefund reports what is not worth a call.
func checkRefund(r channel.RefundRequest) error {
	switch {
	case r.Number == "":
		return errors.New("no number")
	case r.PaymentNumber == "" && r.ChannelTradeNo == "":
		return errors.New("no payment")
	case r.Amount <= 0 || r.Amount > r.Total:
		return fmt.Errorf("amount %d is out of range: %d were paid", r.Amount, r.Total)
	case r.Currency != app.CNY:
		return fmt.Errorf("currency %q is not CNY", r.Currency)
	}
	return nil
}

// identify names a trade: by our number where there is one.
func identify(p *sdk.Payload, number, tradeNo string) *sdk.Payload {
	if number != "" {
		return p.AddBizField("out_trade_no", number)
	}
	return p.AddBizField("trade_no", tradeNo)
}

// accepted looks what became of a request that moved no money now. One that
// Alipay took and does not know yet is pending.
func (c *client) accepted(ctx context.Context, r channel.RefundRequest) (channel.Refund, error) {
	found, err := c.queryRefund(ctx, "refund", lookup(r))
	if channel.KindOf(err) == channel.KindNotExist {
		return channel.Refund{
			Number: r.Number, PaymentNumber: r.PaymentNumber, ChannelTradeNo: r.ChannelTradeNo,
			State: channel.RefundPending, RawState: "fund_change=N", Amount: r.Amount,
		}, nil
	}
	if err != nil {
		return channel.Refund{}, uncertain(err)
	}
	return found, nil
}

func lookup(r channel.RefundRequest) channel.RefundLookup {
	return channel.RefundLookup{Number: r.Number, PaymentNumber: r.PaymentNumber, ChannelTradeNo: r.ChannelTradeNo}
}

// codeBusiness is a refusal for reasons of business, not of form.
const codeBusiness = "40004"

// notRefunded judges a failure. That the trade is unknown, finished or closed
// refuses a refund like any other reason. A refusal for reasons of business
// counts once the refund itself is known not to exist: sent again, a request
// that went through the first time may be told that the trade is closed, or
// that nothing is left to refund.
func (c *client) notRefunded(ctx context.Context, r channel.RefundRequest, said answer, failed error) (channel.Refund, error) {
	switch channel.KindOf(failed) {
	case channel.KindRefused, channel.KindNotExist, channel.KindPaid, channel.KindClosed:
	default:
		return channel.Refund{}, failed
	}
	refusal := said.as(channel.KindRefused)
	if said.Code != codeBusiness {
		return channel.Refund{}, refusal
	}
	found, err := c.queryRefund(ctx, "refund", lookup(r))
	switch channel.KindOf(err) {
	case "":
		return found, nil
	case channel.KindNotExist, channel.KindRefused:
		return channel.Refund{}, refusal
	}
	return channel.Refund{}, uncertain(err)
}
