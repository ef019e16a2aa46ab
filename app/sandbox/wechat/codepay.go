package wechat

import (
	"net/http"
	"regexp"
	"time"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// payerPatience is how long the payer may take to enter the password; after
// that the order is PAYERROR.
const payerPatience = 5 * time.Minute

// codepay: POST …/codepay, the till's side of a payment code (付款码): it
// answers whether the payer has paid, and announces nothing.
// https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/code-pay.html
func (g *Gateway) codepay(l line) handler {
	return func(c *call) (answer, error) {
		p := product{tradeType: "MICROPAY", check: checkCode, silent: true}
		now := g.trades.Now()
		o, sub, err := g.readOrder(c, l, p, now)
		if err != nil {
			return answer{}, err
		}
		wanted, err := c.wanted(l, p, o, sub)
		if err != nil {
			return answer{}, err
		}
		wanted.ExpiresAt = now.Add(payerPatience)
		r, created, err := g.trades.PayByCode(c.UserContext(), wanted, o.Payer.AuthCode)
		if err != nil {
			return answer{}, err
		}
		if err := codeRefusal(r, created); err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusOK, body: transactionOf(r.Trade, now)}, nil
	}
}

// authCodes are WeChat's payment codes: 18 digits that begin with 10 to 15.
var authCodes = regexp.MustCompile(`^1[0-5][0-9]{16}$`)

func checkCode(o *order, _ line) error {
	switch {
	case o.Payer == nil || o.Payer.AuthCode == "":
		return paramError("body", "/payer/auth_code", "", missing)
	case o.Scene == nil:
		return paramError("body", "/scene_info", nil, missing)
	case !authCodes.MatchString(o.Payer.AuthCode):
		return badCode("请扫描微信支付的付款码")
	}
	return nil
}

// codeRefusal says why the payer has not paid, nil when they have.
func codeRefusal(r trade.PayCodeResult, created bool) error {
	switch {
	case r.Outcome == trade.OutcomePaid && created:
		return nil
	case r.Outcome == trade.OutcomePaid:
		return orderPaid()
	case r.Outcome == trade.OutcomeWaiting:
		return &failure{status: http.StatusBadRequest, Code: "USERPAYING", Message: "需要用户输入支付密码"}
	}
	switch r.Reason {
	case trade.ReasonCodeExpired:
		return &failure{status: http.StatusBadRequest, Code: "AUTHCODEEXPIRE", Message: "付款码已过期，请刷新再试"}
	case trade.ReasonPayerNoBalance:
		return &failure{status: http.StatusForbidden, Code: "NOTENOUGH", Message: "用户账户余额不足"}
	case trade.ReasonDeclined:
		return &failure{status: http.StatusForbidden, Code: "TRADE_ERROR", Message: "用户取消支付"}
	case trade.ReasonClosed:
		if r.Trade.CodeState == trade.CodeReversed {
			return &failure{status: http.StatusBadRequest, Code: "ORDERREVERSED", Message: "订单已撤销"}
		}
		return orderClosed()
	case trade.ReasonChanged: // another order, or another code under its number
		return numberUsed()
	case trade.ReasonExpired:
		return numberExpired()
	}
	return badCode("每个付款码仅限使用一次，请刷新再试")
}

func badCode(message string) *failure {
	return &failure{status: http.StatusBadRequest, Code: "AUTH_CODE_INVALID", Message: message}
}

// reversed is the answer of a reversal.
type reversed struct {
	parties
	OutTradeNo string `json:"out_trade_no"`
}

// reverse: POST …/out-trade-no/{no}/reverse. An unpaid order is closed, a paid
// one is given back in full.
// https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html
func (g *Gateway) reverse(l line) handler {
	return func(c *call) (answer, error) {
		var in parties
		if err := c.decode(&in); err != nil {
			return answer{}, err
		}
		sub, err := g.admit(c, l, "body", in)
		if err != nil {
			return answer{}, err
		}
		if err := c.checkApps(l, in, sub, l.partner); err != nil {
			return answer{}, err
		}
		t, err := g.byNumber(c, sub)
		if err != nil {
			return answer{}, err
		}
		if t.CodeState == "" {
			return answer{}, invalidRequest("订单支付场景错误，请求拒绝")
		}
		if _, _, err := g.trades.Reverse(c.UserContext(), t); err != nil {
			return answer{}, refundRefusal(err)
		}
		return answer{status: http.StatusOK, body: reversed{partiesOf(t), t.OutTradeNo}}, nil
	}
}
