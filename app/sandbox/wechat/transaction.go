package wechat

import (
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// transaction is an order as queries and notifications show it.
type transaction struct {
	AppID         string            `json:"appid"`
	MchID         string            `json:"mchid"`
	OutTradeNo    string            `json:"out_trade_no"`
	TransactionID string            `json:"transaction_id,omitempty"`
	TradeType     string            `json:"trade_type,omitempty"`
	TradeState    string            `json:"trade_state"`
	StateDesc     string            `json:"trade_state_desc"`
	BankType      string            `json:"bank_type,omitempty"`
	Attach        string            `json:"attach,omitempty"`
	SuccessTime   string            `json:"success_time,omitempty"`
	Payer         payer             `json:"payer"`
	Amount        transactionAmount `json:"amount"`
	Promotions    []struct{}        `json:"promotion_detail"`
}

type payer struct {
	OpenID string `json:"openid,omitempty"`
}

type transactionAmount struct {
	Total         app.Money `json:"total"`
	PayerTotal    app.Money `json:"payer_total,omitempty"`
	Currency      string    `json:"currency"`
	PayerCurrency string    `json:"payer_currency,omitempty"`
}

// transactionOf shows what the channel would: number, type and payer only once
// it is paid.
func transactionOf(t trade.Trade) transaction {
	state, desc := stateWords(t.State)
	v := transaction{
		AppID: t.AppID, MchID: t.MerchantID, OutTradeNo: t.OutTradeNo, Attach: t.Attach,
		TradeState: state, StateDesc: desc,
		Amount:     transactionAmount{Total: t.Amount, Currency: app.CNY},
		Promotions: []struct{}{},
	}
	if !t.WasPaid() {
		return v
	}
	v.TransactionID, v.TradeType, v.BankType = t.ChannelTradeNo, t.TradeType, "OTHERS"
	v.SuccessTime, v.Payer.OpenID = stamp(t.PaidAt), t.PayerID
	v.Amount.PayerTotal, v.Amount.PayerCurrency = t.Amount, app.CNY
	return v
}

func stateWords(s trade.State) (state, desc string) {
	switch s {
	case trade.Paid, trade.Finished:
		return "SUCCESS", "支付成功"
	case trade.Refunded:
		return "REFUND", "订单发生过退款，退款详情请查询退款单"
	case trade.Closed:
		return "CLOSED", "订单已关闭"
	}
	return "NOTPAY", "订单未支付"
}

// queryByNumber: GET /v3/pay/transactions/out-trade-no/{no}?mchid.
func (g *Gateway) queryByNumber(c *call) (answer, error) {
	if err := c.checkQueryMchID(); err != nil {
		return answer{}, err
	}
	t, err := found(g.trades.ByNumber(c.UserContext(), c.merchant.ID, c.number()))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: transactionOf(t)}, nil
}

// queryByID: GET /v3/pay/transactions/id/{transaction_id}?mchid. The number
// exists from the payment on.
func (g *Gateway) queryByID(c *call) (answer, error) {
	if err := c.checkQueryMchID(); err != nil {
		return answer{}, err
	}
	t, err := found(g.trades.ByChannelNumber(c.UserContext(), c.merchant.ID, c.number()))
	if err == nil && !t.WasPaid() {
		err = orderNotExist()
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: transactionOf(t)}, nil
}

func (c *call) checkQueryMchID() error { return c.checkMchID("query", c.Query("mchid")) }

// checkMchID demands the mchid, and that it is the one that signed.
func (c *call) checkMchID(location, mchID string) error {
	switch mchID {
	case "":
		return paramError(location, "/mchid", "", "必填字段缺失")
	case c.merchant.ID:
		return nil
	}
	return paramError(location, "/mchid", mchID, "商户号与Http头Authorization中的mchid不一致")
}
