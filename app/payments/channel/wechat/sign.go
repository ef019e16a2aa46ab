package wechat

import (
	"context"
	"crypto/rand"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// invocation is what the payer's client signs off before it opens the cashier.
type invocation struct{ appID, timestamp, nonce, prepayID string }

// params words an invocation for one kind of client and says what is signed.
type params func(i invocation) (signed string, words map[string]string, signature string)

// handOver signs an action for the payer's client with the merchant's key. The
// order stands already: a failure is unknown, and the same request again finds
// it.
func (c *client) handOver(ctx context.Context, action, appID, prepayID string, words params) (channel.PayResult, error) {
	signed, out, field := words(invocation{
		appID: appID, timestamp: strconv.FormatInt(c.clock.Now().Unix(), 10), nonce: rand.Text(), prepayID: prepayID,
	})
	signature, err := c.sdk.Sign(ctx, signed)
	if err != nil {
		return channel.PayResult{}, &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Cause: err}
	}
	out[field] = signature.Signature
	return channel.PayResult{Action: channel.Action{Type: action, Params: out}}, nil
}

// jsapiParams are those of WeixinJSBridge.invoke and wx.requestPayment
// (https://pay.weixin.qq.com/doc/v3/merchant/4012791857).
func (c *client) jsapiParams(i invocation) (string, map[string]string, string) {
	order := "prepay_id=" + i.prepayID
	return i.appID + "\n" + i.timestamp + "\n" + i.nonce + "\n" + order + "\n", map[string]string{
		"appId": i.appID, "timeStamp": i.timestamp, "nonceStr": i.nonce, "package": order, "signType": "RSA",
	}, "paySign"
}

// appParams are those of the OpenSDK's PayReq
// (https://pay.weixin.qq.com/doc/v3/merchant/4013070351). Under a provider the
// partnerid is the merchant's sub_mchid.
func (c *client) appParams(i invocation) (string, map[string]string, string) {
	payee := c.mchID
	if c.subMchID != "" {
		payee = c.subMchID
	}
	return i.appID + "\n" + i.timestamp + "\n" + i.nonce + "\n" + i.prepayID + "\n", map[string]string{
		"appid": i.appID, "partnerid": payee, "prepayid": i.prepayID, "package": "Sign=WXPay",
		"noncestr": i.nonce, "timestamp": i.timestamp,
	}, "sign"
}
