package wechat

import (
	"time"

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
func readTrade(t transaction) (channel.Trade, error) {
	state, known := states[t.state]
	if !known {
		return channel.Trade{}, unreadable("trade_state %q", t.state)
	}
	trade := channel.Trade{
		Number: t.number, ChannelTradeNo: t.channelNo, AppID: t.appID, Identity: t.mchID, SubIdentity: t.subMchID,
		State: state, RawState: t.state, Currency: app.CNY, PayerID: t.payerID,
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
func readAmounts(trade *channel.Trade, t transaction) error {
	if t.amount == nil || t.amount.Total == nil {
		return nil // readPaid asks for it where it matters
	}
	trade.Amount = app.Money(*t.amount.Total)
	trade.PayerAmount, trade.SettlementAmount = trade.Amount, trade.Amount-app.Money(t.nocash)
	if c := text(t.amount.Currency); c != "" {
		trade.Currency = c
	}
	if t.amount.PayerTotal != nil {
		trade.PayerAmount = app.Money(*t.amount.PayerTotal)
	}
	if trade.Amount < 0 || trade.PayerAmount < 0 || trade.SettlementAmount < 0 {
		return unreadable("an amount of %s is negative", trade.Number)
	}
	return nil
}

func readPaid(trade *channel.Trade, t transaction) error {
	if !trade.State.WasPaid() {
		return nil
	}
	if trade.ChannelTradeNo == "" || trade.AppID == "" || trade.Amount <= 0 {
		return unreadable("paid %s lacks its transaction_id, appid or amount", trade.Number)
	}
	if t.successTime == "" && trade.State == channel.TradeRefunded {
		return nil
	}
	at, err := time.Parse(time.RFC3339, t.successTime)
	if err != nil {
		return unreadable("success_time %q", t.successTime)
	}
	trade.PaidAt = at.UTC()
	return nil
}
