package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const productCode = "FACE_TO_FACE_PAYMENT"

// payCode takes the money behind the code that the payer shows
// (alipay.trade.pay). The answer is final, or the payer has yet to confirm in
// their app: then the query tells, and Reverse ends it.
func (c *client) payCode(ctx context.Context, r channel.PayRequest) (channel.PayResult, error) {
	if r.Payer.AuthCode == "" {
		return channel.PayResult{}, refused("AUTH_CODE_MISSING", "alipay_code needs the payer's auth_code")
	}
	p := c.order("alipay.trade.pay", r).AddBizField("product_code", productCode).
		AddBizField("scene", "bar_code").AddBizField("auth_code", r.Payer.AuthCode)
	var got codeAnswer
	if err := c.send(ctx, "pay", p, &got); err != nil {
		return channel.PayResult{}, err
	}
	if got.Code == codePaying {
		return c.confirming(r, got.trade)
	}
	if err := got.failure(); err != nil {
		return c.notTaken(ctx, r, got.answer, err)
	}
	if string(got.OutTradeNo) != r.Number {
		return channel.PayResult{}, unreadable("paid %s, answered %s", r.Number, got.OutTradeNo)
	}
	// The answer has no trade_status: that it succeeded is the status.
	got.AppID, got.TradeStatus, got.PaidAt = c.appID, "TRADE_SUCCESS", got.GmtPayment
	paid, err := got.read()
	if err != nil {
		return channel.PayResult{}, err
	}
	return codeResult(paid), nil
}

type codeAnswer struct {
	answer
	trade
	GmtPayment string `json:"gmt_payment"`
}

func codeResult(t channel.Trade) channel.PayResult {
	return channel.PayResult{Action: channel.Action{Type: "none"}, Trade: &t}
}

// confirming is a trade whose payer was asked for their password. The answer
// may name nothing at all.
func (c *client) confirming(r channel.PayRequest, t trade) (channel.PayResult, error) {
	if t.OutTradeNo != "" && string(t.OutTradeNo) != r.Number {
		return channel.PayResult{}, unreadable("paying %s, answered %s", r.Number, t.OutTradeNo)
	}
	return codeResult(channel.Trade{
		Number: r.Number, ChannelTradeNo: string(t.TradeNo), AppID: c.appID, State: channel.TradePaying,
		RawState: "WAIT_BUYER_PAY", Amount: r.Amount, PayerAmount: r.Amount, SettlementAmount: r.Amount,
		Currency: app.CNY, PayerID: or(string(t.BuyerUserID), string(t.BuyerOpenID)),
	}), nil
}

// spentCode are the refusals of a code that was used or is too old. The same
// request sent again meets them when its first sending went through: one code
// pays once.
var spentCode = map[string]bool{
	"ACQ.PAYMENT_AUTH_CODE_INVALID": true,
	"ACQ.SOUNDWAVE_PARSER_FAIL":     true,
}

// notTaken judges a failure. That a code is spent refuses the order for certain
// only where no trade of its number exists.
func (c *client) notTaken(ctx context.Context, r channel.PayRequest, said answer, failed error) (channel.PayResult, error) {
	if channel.KindOf(failed) != channel.KindRefused || !spentCode[said.SubCode] {
		return channel.PayResult{}, failed
	}
	t, err := c.query(ctx, "pay", r.Number)
	switch {
	case channel.KindOf(err) == channel.KindNotExist:
		return channel.PayResult{}, failed
	case err != nil:
		return channel.PayResult{}, uncertain(err)
	case t.State.WasPaid():
		return channel.PayResult{}, said.as(channel.KindPaid)
	case t.State == channel.TradeUnpaid:
		t.State = channel.TradePaying
		return codeResult(t), nil
	}
	return channel.PayResult{}, failed
}
