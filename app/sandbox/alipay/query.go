package alipay

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// tradeKey names a trade by either number; trade_no goes before.
type tradeKey struct {
	OutTradeNo string `json:"out_trade_no"`
	TradeNo    string `json:"trade_no"`
}

// find returns the trade of a request, or the failure ACQ.TRADE_NOT_EXIST.
func (g *Gateway) find(ctx context.Context, c *call, key tradeKey) (trade.Trade, error) {
	var t trade.Trade
	var err error
	switch {
	case key.TradeNo != "":
		t, err = g.trades.ByChannelNumber(ctx, c.payee(), key.TradeNo)
	case key.OutTradeNo != "":
		t, err = g.trades.ByNumber(ctx, c.payee(), key.OutTradeNo)
	default:
		return t, invalidParameter("out_trade_no 和 trade_no 不能同时为空")
	}
	if app.Is(err, app.NotFound) {
		return t, tradeNotExist()
	}
	if err != nil {
		return t, err
	}
	if !exists(t) {
		return t, tradeNotExist()
	}
	return t, nil
}

type fundBill struct {
	FundChannel string `json:"fund_channel"`
	Amount      string `json:"amount"`
}

type queryNode struct {
	Result
	BuyerLogonID   string     `json:"buyer_logon_id"`
	BuyerPayAmount string     `json:"buyer_pay_amount"`
	BuyerUserID    string     `json:"buyer_user_id,omitempty"`
	BuyerOpenID    string     `json:"buyer_open_id,omitempty"`
	BuyerUserType  string     `json:"buyer_user_type"`
	FundBillList   []fundBill `json:"fund_bill_list,omitempty"`
	InvoiceAmount  string     `json:"invoice_amount"`
	OutTradeNo     string     `json:"out_trade_no"`
	PointAmount    string     `json:"point_amount"`
	ReceiptAmount  string     `json:"receipt_amount"`
	SendPayDate    string     `json:"send_pay_date,omitempty"`
	Subject        string     `json:"subject"`
	TotalAmount    string     `json:"total_amount"`
	TradeNo        string     `json:"trade_no"`
	TradeStatus    string     `json:"trade_status"`
}

func (g *Gateway) query(ctx context.Context, c *call) (any, error) {
	var key tradeKey
	if err := decodeBiz(c.params, &key); err != nil {
		return nil, err
	}
	t, err := g.find(ctx, c, key)
	if err != nil {
		return nil, err
	}
	kept, err := extraOf(t)
	if err != nil {
		return nil, err
	}
	n := queryNode{
		Result: success(), BuyerLogonID: maskedLogin, BuyerUserType: "PRIVATE",
		BuyerPayAmount: "0.00", InvoiceAmount: "0.00", PointAmount: "0.00", ReceiptAmount: "0.00",
		OutTradeNo: t.OutTradeNo, Subject: t.Subject, TotalAmount: yuan(t.Amount),
		TradeNo: t.ChannelTradeNo, TradeStatus: status(t, c.now),
	}
	if n.BuyerUserID = t.PayerID; kept.BuyerIsOpenID {
		n.BuyerUserID, n.BuyerOpenID = "", t.PayerID
	}
	if t.WasPaid() {
		n.BuyerPayAmount, n.InvoiceAmount, n.ReceiptAmount = yuan(t.Amount), yuan(t.Amount), yuan(t.Amount)
		n.FundBillList = []fundBill{{FundChannel: fundChannel, Amount: yuan(t.Amount)}}
		n.SendPayDate = formatTime(t.PaidAt)
	}
	return n, nil
}

// fundChannel is what the wallet pays from: the Alipay balance.
const fundChannel = "ALIPAYACCOUNT"
