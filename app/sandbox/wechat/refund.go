package wechat

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// refundRequest is the body of a refund:
// https://pay.weixin.qq.com/doc/v3/merchant/4012791862
type refundRequest struct {
	SubMchID      string        `json:"sub_mchid"`
	TransactionID string        `json:"transaction_id"`
	OutTradeNo    string        `json:"out_trade_no"`
	OutRefundNo   string        `json:"out_refund_no"`
	Reason        string        `json:"reason"`
	NotifyURL     string        `json:"notify_url"`
	Amount        *refundAmount `json:"amount"`
}

type refundAmount struct {
	Refund   *int64 `json:"refund"`
	Total    *int64 `json:"total"`
	Currency string `json:"currency"`
}

// refundView is a refund as answers show it.
type refundView struct {
	RefundID      string           `json:"refund_id"`
	OutRefundNo   string           `json:"out_refund_no"`
	TransactionID string           `json:"transaction_id"`
	OutTradeNo    string           `json:"out_trade_no"`
	Channel       string           `json:"channel"`
	Account       string           `json:"user_received_account"`
	SuccessTime   string           `json:"success_time,omitempty"`
	CreateTime    string           `json:"create_time"`
	Status        string           `json:"status"`
	FundsAccount  string           `json:"funds_account"`
	Amount        refundViewAmount `json:"amount"`
	Promotions    []struct{}       `json:"promotion_detail"`
}

type refundViewAmount struct {
	Total            app.Money  `json:"total"`
	Refund           app.Money  `json:"refund"`
	From             []struct{} `json:"from"`
	PayerTotal       app.Money  `json:"payer_total"`
	PayerRefund      app.Money  `json:"payer_refund"`
	SettlementRefund app.Money  `json:"settlement_refund"`
	SettlementTotal  app.Money  `json:"settlement_total"`
	DiscountRefund   app.Money  `json:"discount_refund"`
	Currency         string     `json:"currency"`
}

// receivedAccount is where the wallet's user gets money back.
const receivedAccount = "支付用户零钱"

func refundViewOf(r trade.Refund, t trade.Trade) refundView {
	v := refundView{
		RefundID: r.ChannelRefundNo, OutRefundNo: r.OutRefundNo, TransactionID: t.ChannelTradeNo, OutTradeNo: t.OutTradeNo,
		Channel: "ORIGINAL", Account: receivedAccount, CreateTime: stamp(r.CreatedAt), Status: refundStatus(r.State),
		FundsAccount: "AVAILABLE", Promotions: []struct{}{},
		Amount: refundViewAmount{
			Total: t.Amount, Refund: r.Amount, From: []struct{}{}, PayerTotal: t.Amount, PayerRefund: r.Amount,
			SettlementRefund: r.Amount, SettlementTotal: t.Amount, Currency: app.CNY,
		},
	}
	if r.State == trade.RefundSucceeded {
		v.SuccessTime = stamp(r.SucceededAt)
	}
	return v
}

// refundStatus is the channel's word for a refund's state.
func refundStatus(s trade.RefundState) string {
	switch s {
	case trade.RefundSucceeded:
		return "SUCCESS"
	case trade.RefundClosed:
		return "CLOSED"
	case trade.RefundAbnormal:
		return "ABNORMAL"
	}
	return "PROCESSING"
}

// refund: POST /v3/refund/domestic/refunds. The answer says that it was
// accepted; whether it arrives is another matter.
func (g *Gateway) refund(c *call) (answer, error) {
	var in refundRequest
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if err := g.checkRefund(in); err != nil {
		return answer{}, err
	}
	t, err := g.refunded(c, in)
	if err != nil {
		return answer{}, err
	}
	if int64(t.Amount) != *in.Amount.Total {
		return answer{}, refundDiffers()
	}
	if err := g.checkSpacing(c, t, in.OutRefundNo); err != nil {
		return answer{}, err
	}
	r, _, err := g.trades.Refund(c.UserContext(), trade.RefundOrder{
		Trade: t, OutRefundNo: in.OutRefundNo, Amount: app.Money(*in.Amount.Refund), Reason: in.Reason,
		NotifyURL: in.NotifyURL, Spacing: g.refundSpacing,
	})
	if err != nil {
		return answer{}, refundRefusal(err)
	}
	return answer{status: http.StatusOK, body: refundViewOf(r, t)}, nil
}

// refunded finds the paid order that a refund names.
func (g *Gateway) refunded(c *call, in refundRequest) (trade.Trade, error) {
	payee, err := g.payee(c, in.SubMchID)
	if err != nil {
		return trade.Trade{}, err
	}
	var t trade.Trade
	if in.TransactionID != "" {
		t, err = g.trades.ByChannelNumber(c.UserContext(), payee, in.TransactionID)
	} else {
		t, err = g.trades.ByNumber(c.UserContext(), payee, in.OutTradeNo)
	}
	if app.Is(err, app.NotFound) || err == nil && !t.WasPaid() {
		return t, resourceNotExists("订单不存在")
	}
	return t, err
}

// checkSpacing refuses a second refund of the trade within a minute where the
// fault refund_spacing is planned. (A gateway with a spacing of its own leaves
// it to the core.)
func (g *Gateway) checkSpacing(c *call, t trade.Trade, outRefundNo string) error {
	if t.RefundedAt.Time().Before(g.trades.Now().Add(-trade.RefundSpacing)) {
		return nil
	}
	if _, err := g.trades.RefundOf(c.UserContext(), t, outRefundNo); !app.Is(err, app.NotFound) {
		return err // the same refund again may come at any time
	}
	planned, err := g.trades.Take(c.UserContext(), app.WeChat, c.merchant.ID, trade.RefundTooSoon)
	if planned {
		err = frequencyLimited()
	}
	return err
}

// refundRefusal translates the core's reasons.
func refundRefusal(err error) error {
	switch reasonOf(err) {
	case trade.ReasonUnpaid:
		return resourceNotExists("订单不存在")
	case trade.ReasonNoBalance:
		return &failure{status: http.StatusForbidden, Code: "NOT_ENOUGH", Message: "基本账户余额不足，请充值后重新发起"}
	case trade.ReasonRefundTooSoon:
		return frequencyLimited()
	case trade.ReasonRefundExceeds:
		return invalidRequest("申请退款金额大于可退金额")
	case trade.ReasonRefundTooMany:
		return invalidRequest("部分退款次数超过上限50次")
	case trade.ReasonRefundTooOld, trade.ReasonFinished:
		return invalidRequest("订单已超过可退款的最大期限")
	case trade.ReasonRefundDiffers:
		return refundDiffers()
	}
	return err
}

func refundDiffers() *failure {
	return invalidRequest("订单金额或退款金额与之前请求不一致，请核实后再试")
}

// queryRefund: GET /v3/refund/domestic/refunds/{out_refund_no}?sub_mchid.
func (g *Gateway) queryRefund(c *call) (answer, error) {
	payee, err := g.payee(c, c.Query("sub_mchid"))
	if err != nil {
		return answer{}, err
	}
	r, err := g.trades.RefundByNumber(c.UserContext(), payee, c.number())
	if app.Is(err, app.NotFound) {
		return answer{}, resourceNotExists("退款单不存在")
	}
	if err != nil {
		return answer{}, err
	}
	t, err := g.trades.ByID(c.UserContext(), r.TradeID)
	return answer{status: http.StatusOK, body: refundViewOf(r, t)}, err
}

const refundAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-|*@"

// checkRefund validates the fields in the order in which the channel's document
// lists them.
func (g *Gateway) checkRefund(in refundRequest) error {
	switch {
	case in.TransactionID == "" && in.OutTradeNo == "":
		return paramError("body", "/transaction_id", "", "微信支付订单号和商户订单号不能同时为空")
	case in.OutRefundNo == "":
		return paramError("body", "/out_refund_no", "", missing)
	case len(in.OutRefundNo) > 64 || strings.ContainsFunc(in.OutRefundNo, func(r rune) bool { return !strings.ContainsRune(refundAlphabet, r) }):
		return paramError("body", "/out_refund_no", in.OutRefundNo, "只能是数字、大小写字母_-|*@，且不超过64个字节")
	case utf8.RuneCountInString(in.Reason) > 80:
		return paramError("body", "/reason", in.Reason, "字符数超过最大值 80")
	}
	if in.NotifyURL != "" {
		if err := g.checkNotifyURL(in.NotifyURL); err != nil {
			return err
		}
	}
	return in.Amount.check()
}

func (a *refundAmount) check() error {
	switch {
	case a == nil:
		return paramError("body", "/amount", nil, missing)
	case a.Refund == nil:
		return paramError("body", "/amount/refund", nil, missing)
	case *a.Refund < 1:
		return paramError("body", "/amount/refund", *a.Refund, "小于最小值 1")
	case a.Total == nil:
		return paramError("body", "/amount/total", nil, missing)
	case *a.Total < 1 || *a.Total > int64(app.MaxAmount):
		return paramError("body", "/amount/total", *a.Total, "超出取值范围")
	case *a.Refund > *a.Total:
		return invalidRequest("退款金额不能大于订单金额")
	case a.Currency != app.CNY:
		return paramError("body", "/amount/currency", a.Currency, "只支持人民币：CNY")
	}
	return nil
}

// payee is in whose name numbers are looked up: the merchant's own, or a
// sub-merchant's that it may act for.
func (g *Gateway) payee(c *call, subMchID string) (string, error) {
	if subMchID == "" {
		return c.merchant.ID, nil
	}
	sub, err := g.subMerchant(c, subMchID)
	return sub.ID, err
}

// subMerchant finds a merchant that the one who signed may act for.
func (g *Gateway) subMerchant(c *call, subMchID string) (trade.SubMerchant, error) {
	sub, err := g.trades.SubMerchant(c.UserContext(), c.merchant.ID, subMchID)
	if app.Is(err, app.NotFound) {
		return sub, noAuth("服务商" + c.merchant.ID + "与特约商户" + subMchID + "没有受理关系")
	}
	return sub, err
}
