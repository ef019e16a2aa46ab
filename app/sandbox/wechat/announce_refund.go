package wechat

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// refundNotice is the content of a refund's notification. Its field is
// refund_status, where answers say status:
// https://pay.weixin.qq.com/doc/v3/merchant/4012791865
type refundNotice struct {
	MchID         string             `json:"mchid,omitempty"`
	SpMchID       string             `json:"sp_mchid,omitempty"`
	SubMchID      string             `json:"sub_mchid,omitempty"`
	OutTradeNo    string             `json:"out_trade_no"`
	TransactionID string             `json:"transaction_id"`
	OutRefundNo   string             `json:"out_refund_no"`
	RefundID      string             `json:"refund_id"`
	Status        string             `json:"refund_status"`
	SuccessTime   string             `json:"success_time,omitempty"`
	Account       string             `json:"user_received_account"`
	Amount        refundNoticeAmount `json:"amount"`
}

type refundNoticeAmount struct {
	Total       app.Money `json:"total"`
	Refund      app.Money `json:"refund"`
	PayerTotal  app.Money `json:"payer_total"`
	PayerRefund app.Money `json:"payer_refund"`
}

func refundNews(m trade.Message) news {
	v := refundViewOf(*m.Refund, m.Trade)
	who := partiesOf(m.Trade)
	content := refundNotice{
		MchID: who.MchID, SpMchID: who.SpMchID, SubMchID: who.SubMchID, OutTradeNo: v.OutTradeNo, TransactionID: v.TransactionID,
		OutRefundNo: v.OutRefundNo, RefundID: v.RefundID, Status: v.Status, SuccessTime: v.SuccessTime, Account: v.Account,
		Amount: refundNoticeAmount{Total: v.Amount.Total, Refund: v.Amount.Refund, PayerTotal: v.Amount.PayerTotal, PayerRefund: v.Amount.PayerRefund},
	}
	if m.Fault == trade.TamperAmount {
		content.Amount.Refund++
		content.Amount.PayerRefund++
	}
	return news{event: "REFUND." + v.Status, summary: refundSummary(m.Refund.State), kind: "refund", content: content}
}

func refundSummary(s trade.RefundState) string {
	switch s {
	case trade.RefundAbnormal:
		return "退款异常"
	case trade.RefundClosed:
		return "退款关闭"
	}
	return "退款成功"
}
