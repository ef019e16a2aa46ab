package alipay

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

type refundQueryContent struct {
	tradeKey
	OutRequestNo string   `json:"out_request_no"`
	QueryOptions []string `json:"query_options"`
}

type refundQueryNode struct {
	Result
	GmtRefundPay string `json:"gmt_refund_pay,omitempty"` // only when query_options ask for it
	OutRequestNo string `json:"out_request_no,omitempty"`
	OutTradeNo   string `json:"out_trade_no,omitempty"`
	RefundAmount string `json:"refund_amount,omitempty"`
	RefundReason string `json:"refund_reason,omitempty"`
	RefundStatus string `json:"refund_status,omitempty"`
	TotalAmount  string `json:"total_amount,omitempty"`
	TradeNo      string `json:"trade_no,omitempty"`
}

// queryRefund answers what became of a refund. One that is unknown, under way
// or has failed is answered with success and without a refund_status.
func (g *Gateway) queryRefund(ctx context.Context, c *call) (any, error) {
	var b refundQueryContent
	if err := decodeBiz(c.params, &b); err != nil {
		return nil, err
	}
	if b.OutRequestNo == "" {
		return nil, invalidParameter("out_request_no 不能为空")
	}
	t, err := g.find(ctx, c, b.tradeKey)
	if err != nil {
		return nil, err
	}
	r, err := g.trades.RefundOf(ctx, t, b.OutRequestNo)
	if app.Is(err, app.NotFound) || err == nil && (r.State != trade.RefundSucceeded || isReversal(r)) {
		return refundQueryNode{Result: success()}, nil
	}
	if err != nil {
		return nil, err
	}
	n := refundQueryNode{
		Result: success(), OutRequestNo: r.OutRefundNo, OutTradeNo: t.OutTradeNo, TradeNo: t.ChannelTradeNo,
		RefundAmount: yuan(r.Amount), RefundReason: r.Reason, RefundStatus: "REFUND_SUCCESS", TotalAmount: yuan(t.Amount),
	}
	if slices.Contains(b.QueryOptions, "gmt_refund_pay") {
		n.GmtRefundPay = formatTime(r.SucceededAt)
	}
	return n, nil
}
