package wechat

import (
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// states translates trade_state. REFUND stands after a partial refund too.
var states = map[string]channel.TradeState{
	"SUCCESS":    channel.TradePaid,
	"REFUND":     channel.TradeRefunded,
	"NOTPAY":     channel.TradeUnpaid,
	"CLOSED":     channel.TradeClosed,
	"REVOKED":    channel.TradeClosed,
	"USERPAYING": channel.TradePaying,
	"ACCEPT":     channel.TradePaying,
	"PAYERROR":   channel.TradeFailed,
}

// readTrade translates a verified transaction. What a paid order must say is
// required: its transaction_id, its amount and, on SUCCESS, its time.
func readTrade(t *payments.Transaction) (channel.Trade, error) {
	state, known := states[text(t.TradeState)]
	if !known {
		return channel.Trade{}, unreadable("trade_state %q", text(t.TradeState))
	}
	trade := channel.Trade{
		Number: text(t.OutTradeNo), ChannelTradeNo: text(t.TransactionId),
		AppID: text(t.Appid), Identity: text(t.Mchid),
		State: state, RawState: text(t.TradeState), Currency: app.CNY,
	}
	if t.Payer != nil {
		trade.PayerID = text(t.Payer.Openid)
	}
	if trade.Number == "" || trade.Identity == "" {
		return channel.Trade{}, unreadable("no out_trade_no or mchid")
	}
	if err := readAmounts(&trade, t); err != nil {
		return channel.Trade{}, err
	}
	if err := readPaid(&trade, t); err != nil {
		return channel.Trade{}, err
	}
	return trade, nil
}

// readAmounts takes amounts in fen. The merchant gets the total less coupons
// that were not bought beforehand (NOCASH): 应结订单金额 of the bill.
func readAmounts(trade *channel.Trade, t *payments.Transaction) error {
	if t.Amount == nil || t.Amount.Total == nil {
		return nil // readPaid asks for it where it matters
	}
	trade.Amount = app.Money(*t.Amount.Total)
	trade.PayerAmount, trade.SettlementAmount = trade.Amount, trade.Amount
	if c := text(t.Amount.Currency); c != "" {
		trade.Currency = c
	}
	if t.Amount.PayerTotal != nil {
		trade.PayerAmount = app.Money(*t.Amount.PayerTotal)
	}
	for _, p := range t.PromotionDetail {
		if text(p.Type) == "NOCASH" && p.Amount != nil {
			trade.SettlementAmount -= app.Money(*p.Amount)
		}
	}
	if trade.Amount < 0 || trade.PayerAmount < 0 || trade.SettlementAmount < 0 {
		return unreadable("an amount of %s is negative", trade.Number)
	}
	return nil
}

func readPaid(trade *channel.Trade, t *payments.Transaction) error {
	if !trade.State.WasPaid() {
		return nil
	}
	if trade.ChannelTradeNo == "" || trade.AppID == "" || trade.Amount <= 0 {
		return unreadable("paid %s lacks its transaction_id, appid or amount", trade.Number)
	}
	when := text(t.SuccessTime)
	if when == "" && trade.State == channel.TradeRefunded {
		return nil
	}
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		return unreadable("success_time %q", when)
	}
	trade.PaidAt = at.UTC()
	return nil
}
