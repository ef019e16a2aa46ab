package alipay

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// trade is what a query and a notification have in common. Amounts are decimal
// yuan, times Beijing's.
type trade struct {
	AppID          string `json:"-"`
	SellerID       string `json:"-"`
	OutTradeNo     text   `json:"out_trade_no"`
	TradeNo        text   `json:"trade_no"`
	TradeStatus    string `json:"trade_status"`
	TotalAmount    text   `json:"total_amount"`
	BuyerPayAmount text   `json:"buyer_pay_amount"`
	ReceiptAmount  text   `json:"receipt_amount"`
	TransCurrency  string `json:"trans_currency"`
	PaidAt         string `json:"send_pay_date"` // gmt_payment in a notification
	RefundFee      text   `json:"-"`             // what was given back so far; notifications only
	BuyerUserID    text   `json:"buyer_user_id"`
	BuyerOpenID    text   `json:"buyer_open_id"`
}

// read translates a verified trade.
func (t trade) read() (channel.Trade, error) {
	out := channel.Trade{
		Number: string(t.OutTradeNo), ChannelTradeNo: string(t.TradeNo), AppID: t.AppID, Identity: t.SellerID,
		RawState: t.TradeStatus, Currency: or(t.TransCurrency, app.CNY),
		PayerID: or(string(t.BuyerUserID), string(t.BuyerOpenID)),
	}
	if out.Number == "" || out.ChannelTradeNo == "" {
		return channel.Trade{}, unreadable("no out_trade_no or trade_no")
	}
	if err := t.readAmounts(&out); err != nil {
		return channel.Trade{}, err
	}
	var err error
	if out.PaidAt, err = optionalTime(t.PaidAt); err != nil {
		return channel.Trade{}, err
	}
	if out.State, err = t.state(!out.PaidAt.IsZero()); err != nil {
		return channel.Trade{}, err
	}
	if out.State == channel.TradeRefunded {
		// Read already, so it can be. A trade closed after it was paid was given back
		// in full, whether the answer says so or not.
		if out.Refunded, _ = optionalAmount(t.RefundFee); t.TradeStatus == "TRADE_CLOSED" && out.Refunded == 0 {
			out.Refunded = out.Amount
		}
	}
	return out, nil
}

// state translates trade_status. TRADE_CLOSED means that the time ran out, or
// that a paid trade was refunded in full: then it has a payment time.
func (t trade) state(hasPaidAt bool) (channel.TradeState, error) {
	refunded, err := optionalAmount(t.RefundFee)
	if err != nil {
		return "", err
	}
	switch t.TradeStatus {
	case "WAIT_BUYER_PAY":
		return channel.TradeUnpaid, nil
	case "TRADE_SUCCESS", "TRADE_FINISHED":
		if !hasPaidAt {
			return "", unreadable("paid %s has no payment time", t.OutTradeNo)
		}
		if refunded > 0 {
			return channel.TradeRefunded, nil
		}
		return channel.TradePaid, nil
	case "TRADE_CLOSED":
		if hasPaidAt || refunded > 0 {
			return channel.TradeRefunded, nil
		}
		return channel.TradeClosed, nil
	}
	return "", unreadable("trade_status %q", t.TradeStatus)
}

// readAmounts requires the total. Where the channel does not know the others
// yet it omits them or writes 0.00 for both: a merchant who receives nothing
// of a sale does not exist.
func (t trade) readAmounts(out *channel.Trade) error {
	total, err := optionalAmount(t.TotalAmount)
	if err != nil || total == 0 {
		return unreadable("total_amount %q", t.TotalAmount)
	}
	payer, err := optionalAmount(t.BuyerPayAmount)
	if err != nil {
		return err
	}
	receipt, err := optionalAmount(t.ReceiptAmount)
	if err != nil {
		return err
	}
	out.Amount, out.PayerAmount, out.SettlementAmount = total, payer, receipt
	if receipt == 0 {
		out.SettlementAmount = total
	}
	if t.BuyerPayAmount == "" || (payer == 0 && receipt == 0) {
		out.PayerAmount = total
	}
	return nil
}

// optionalAmount reads yuan; blank is 0.
func optionalAmount(s text) (app.Money, error) {
	if s == "" {
		return 0, nil
	}
	amount, err := app.ParseYuan(string(s))
	if err != nil || amount < 0 {
		return 0, unreadable("amount %q", s)
	}
	return amount, nil
}

// optionalTime reads one of Alipay's times, with or without a fraction of the
// second; blank is zero.
func optionalTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(timeLayout, s, app.Beijing)
	if err != nil {
		return time.Time{}, unreadable("time %q", s)
	}
	return at.UTC(), nil
}
