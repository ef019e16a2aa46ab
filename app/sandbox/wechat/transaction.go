package wechat

import (
	"cmp"
	"net/http"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// transaction is an order as queries and notifications show it.
type transaction struct {
	parties
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

// payer is who paid: their openid in the merchant's app, or in the provider's
// and the sub-merchant's.
type payer struct {
	OpenID    string `json:"openid,omitempty"`
	SpOpenID  string `json:"sp_openid,omitempty"`
	SubOpenID string `json:"sub_openid,omitempty"`
}

type transactionAmount struct {
	Total         app.Money `json:"total"`
	PayerTotal    app.Money `json:"payer_total,omitempty"`
	Currency      string    `json:"currency"`
	PayerCurrency string    `json:"payer_currency,omitempty"`
}

// transactionOf shows what the channel would: number, type and payer only once
// it is paid.
func transactionOf(t trade.Trade, now time.Time) transaction {
	state, desc := stateWords(t, now)
	v := transaction{
		parties: partiesOf(t), OutTradeNo: t.OutTradeNo, Attach: t.Attach,
		TradeState: state, StateDesc: desc,
		Amount:     transactionAmount{Total: t.Amount, Currency: app.CNY},
		Promotions: []struct{}{},
	}
	if !t.WasPaid() {
		return v
	}
	v.TransactionID, v.TradeType, v.BankType = t.ChannelTradeNo, t.TradeType, "OTHERS"
	v.SuccessTime, v.Payer = stamp(t.PaidAt), payerOf(t)
	v.Amount.PayerTotal, v.Amount.PayerCurrency = t.Amount, app.CNY
	return v
}

func payerOf(t trade.Trade) payer {
	if t.ProviderID == "" {
		return payer{OpenID: t.PayerID}
	}
	in := func(appID string) string {
		switch appID {
		case "":
			return ""
		case t.AppID:
			return t.PayerID
		}
		return trade.PayerOf(app.WeChat, appID)
	}
	o := orderedOf(t)
	return payer{SpOpenID: in(o.SpAppID), SubOpenID: in(o.SubAppID)}
}

// stateWords says where an order stands. REVOKED, USERPAYING and PAYERROR are
// said of payment codes only.
func stateWords(t trade.Trade, now time.Time) (state, desc string) {
	switch {
	case t.CodeState == trade.CodeReversed:
		return "REVOKED", "订单已撤销"
	case t.State == trade.Paid, t.State == trade.Finished:
		return "SUCCESS", "支付成功"
	case t.State == trade.Refunded:
		return "REFUND", "订单发生过退款，退款详情请查询退款单"
	case t.State == trade.Closed:
		return "CLOSED", "订单已关闭"
	case t.CodeState == trade.CodeWaiting && !t.Expired(now):
		return "USERPAYING", "需要用户输入支付密码"
	case t.CodeState != "":
		return "PAYERROR", "支付失败"
	}
	return "NOTPAY", "订单未支付"
}

// queryByNumber: GET …/out-trade-no/{no}?mchid, or ?sp_mchid&sub_mchid.
func (g *Gateway) queryByNumber(l line) handler {
	return func(c *call) (answer, error) {
		t, err := g.find(c, l, "query", c.queryParties())
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusOK, body: transactionOf(t, g.trades.Now())}, nil
	}
}

// queryByID: GET …/id/{transaction_id}, with the same parties. The number exists
// from the payment on.
func (g *Gateway) queryByID(l line) handler {
	return func(c *call) (answer, error) {
		sub, err := g.admit(c, l, "query", c.queryParties())
		if err != nil {
			return answer{}, err
		}
		t, err := found(g.trades.ByChannelNumber(c.UserContext(), cmp.Or(sub.ID, c.merchant.ID), c.number()))
		if err == nil && !t.WasPaid() {
			err = orderNotExist()
		}
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusOK, body: transactionOf(t, g.trades.Now())}, nil
	}
}
