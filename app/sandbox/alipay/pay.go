package alipay

import (
	"context"
	"regexp"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// productBarCode sets the trades of trade.pay apart: they share their
// product_code with precreate's.
const productBarCode = "BAR_CODE"

type payContent struct {
	orderContent
	Scene    string `json:"scene"`
	AuthCode text   `json:"auth_code"`
}

type payNode struct {
	Result
	BuyerLogonID   string     `json:"buyer_logon_id"`
	BuyerPayAmount string     `json:"buyer_pay_amount"`
	BuyerUserID    string     `json:"buyer_user_id"`
	FundBillList   []fundBill `json:"fund_bill_list,omitempty"`
	GmtPayment     string     `json:"gmt_payment,omitempty"`
	InvoiceAmount  string     `json:"invoice_amount"`
	OutTradeNo     string     `json:"out_trade_no"`
	PointAmount    string     `json:"point_amount"`
	ReceiptAmount  string     `json:"receipt_amount"`
	TotalAmount    string     `json:"total_amount"`
	TradeNo        string     `json:"trade_no"`
}

// codePattern is what a payment code looks like: 16 to 24 digits from 25 to 30.
var codePattern = regexp.MustCompile(`^(2[5-9]|30)\d{14,22}$`)

// pay charges the code that the payer shows (alipay.trade.pay, bar_code). The
// answer is final, or 10003: then the payer has yet to confirm, and the query
// tells what becomes of it.
func (g *Gateway) pay(ctx context.Context, c *call) (any, error) {
	var b payContent
	if err := decodeBiz(c.params, &b); err != nil {
		return nil, err
	}
	if b.Scene != "bar_code" {
		return nil, invalidParameter("scene 应为 bar_code")
	}
	o, err := g.order(c, b.orderContent, productBarCode)
	if err != nil {
		return nil, err
	}
	if !codePattern.MatchString(string(b.AuthCode)) {
		return nil, badCode()
	}
	r, charged, err := g.trades.PayByCode(ctx, o, string(b.AuthCode))
	if err != nil {
		return nil, err
	}
	switch {
	case r.Outcome == trade.OutcomeRefused:
		return nil, chargeRefusal(r.Reason)
	case r.Outcome == trade.OutcomeWaiting:
		return paid(r.Trade, Result{Code: codePaying, Msg: " order success pay inprocess"}), nil
	case !charged:
		return nil, over(r.Trade, c.now) // an earlier request was paid
	}
	return paid(r.Trade, success()), nil
}

func paid(t trade.Trade, result Result) payNode {
	n := payNode{
		Result: result, BuyerLogonID: maskedLogin, BuyerUserID: t.PayerID, OutTradeNo: t.OutTradeNo, TradeNo: t.ChannelTradeNo,
		TotalAmount: yuan(t.Amount), BuyerPayAmount: "0.00", InvoiceAmount: "0.00", PointAmount: "0.00", ReceiptAmount: "0.00",
	}
	if t.WasPaid() {
		n.BuyerPayAmount, n.InvoiceAmount, n.ReceiptAmount = yuan(t.Amount), yuan(t.Amount), yuan(t.Amount)
		n.FundBillList = []fundBill{{FundChannel: fundChannel, Amount: yuan(t.Amount)}}
		n.GmtPayment = formatTime(t.PaidAt)
	}
	return n
}

func badCode() error {
	return business("ACQ.PAYMENT_AUTH_CODE_INVALID", "支付失败，获取顾客账户信息失败，请顾客刷新付款码后重新收款，如再次收款失败，请联系管理员处理")
}

// chargeRefusal is Alipay's word for why a code paid nothing.
func chargeRefusal(reason string) error {
	switch reason {
	case trade.ReasonPayerNoBalance:
		return business("ACQ.BUYER_BALANCE_NOT_ENOUGH", "支付失败，买家账户余额不足，请顾客更换付款方式后重新收款")
	case trade.ReasonDeclined:
		return business("ACQ.PAYMENT_FAIL", "支付失败，买家取消了付款")
	case trade.ReasonClosed, trade.ReasonExpired:
		return business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
	case trade.ReasonChanged:
		return business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
	}
	return badCode()
}
