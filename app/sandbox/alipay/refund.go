package alipay

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

type refundContent struct {
	tradeKey
	RefundAmount text   `json:"refund_amount"`
	OutRequestNo string `json:"out_request_no"`
	RefundReason string `json:"refund_reason"`
}

type refundNode struct {
	Result
	BuyerLogonID string `json:"buyer_logon_id"`
	BuyerUserID  string `json:"buyer_user_id"`
	FundChange   string `json:"fund_change"` // Y when this request moved the money
	GmtRefundPay string `json:"gmt_refund_pay,omitempty"`
	OutTradeNo   string `json:"out_trade_no"`
	RefundFee    string `json:"refund_fee"` // of all refunds so far
	TradeNo      string `json:"trade_no"`
}

// refund gives money back at once (alipay.trade.refund). The number is unique
// in its trade; repeated, it moves nothing: fund_change N.
func (g *Gateway) refund(ctx context.Context, c *call) (any, error) {
	var b refundContent
	if err := decodeBiz(c.params, &b); err != nil {
		return nil, err
	}
	t, err := g.find(ctx, c, b.tradeKey)
	if err != nil {
		return nil, err
	}
	o, err := b.order(t)
	if err != nil {
		return nil, err
	}
	r, created, err := g.trades.Refund(ctx, o)
	if app.Is(err, app.Conflict) {
		return nil, refundRefusal(err)
	}
	if err != nil {
		return nil, err
	}
	if t, err = g.trades.ByID(ctx, t.ID); err != nil {
		return nil, err
	}
	n := refundNode{
		Result: success(), BuyerLogonID: maskedLogin, BuyerUserID: t.PayerID, FundChange: "N", GmtRefundPay: formatTime(r.SucceededAt),
		OutTradeNo: t.OutTradeNo, RefundFee: yuan(t.Refunded), TradeNo: t.ChannelTradeNo,
	}
	if created && r.State == trade.RefundSucceeded {
		n.FundChange = "Y"
	}
	return n, nil
}

// order checks the content. A full refund may leave its number out: it is then
// the trade's.
func (b refundContent) order(t trade.Trade) (trade.RefundOrder, error) {
	amount, err := parseRefund(string(b.RefundAmount))
	if err != nil {
		return trade.RefundOrder{}, err
	}
	number := b.OutRequestNo
	if number == "" {
		if amount != t.Amount {
			return trade.RefundOrder{}, invalidParameter("部分退款时 out_request_no 不能为空")
		}
		number = t.OutTradeNo
	}
	if err := checkRequestNumber(number); err != nil {
		return trade.RefundOrder{}, err
	}
	if utf8.RuneCountInString(b.RefundReason) > 256 {
		return trade.RefundOrder{}, invalidParameter("refund_reason 超过 256 个字符")
	}
	return trade.RefundOrder{Trade: t, OutRefundNo: number, Amount: amount, Reason: b.RefundReason, Instant: true}, nil
}

// parseRefund reads yuan; what no refund can be is refused as an amount.
func parseRefund(s string) (app.Money, error) {
	amount, err := parseAmount("refund_amount", s)
	var f *failure
	if errors.As(err, &f) && f.SubCode == totalExceeds {
		return 0, business("ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效")
	}
	return amount, err
}

func checkRequestNumber(number string) error {
	if len(number) > 64 || !app.PlainASCII(number, 64) {
		return invalidParameter("out_request_no 仅支持 64 个以内的字符")
	}
	return nil
}

// refundRefusal is Alipay's word for why nothing is given back.
func refundRefusal(err error) error {
	var e *app.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Reason {
	case trade.ReasonUnpaid:
		return business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
	case trade.ReasonFinished, trade.ReasonRefundTooOld:
		return business("ACQ.TRADE_HAS_FINISHED", "交易已完结")
	case trade.ReasonRefundExceeds:
		return business("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
	case trade.ReasonRefundTooMany:
		return business("ACQ.TRADE_NOT_ALLOW_REFUND", "当前交易不允许退款")
	case trade.ReasonRefundDiffers:
		return business("ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
	case trade.ReasonNoBalance:
		return business("ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")
	}
	return business(systemError, "系统错误，请重试")
}
