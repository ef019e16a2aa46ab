package wechat

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// How old a page's parameters may be: as long as their prepay_id lives. A clock
// may be somewhat ahead.
const (
	signedMax   = trade.CodeLife
	signedAhead = 5 * time.Minute
)

// invocation is what a page, a mini-program or an app hands to the client.
type invocation struct {
	product   string // JSAPI or APP: the trade type that it must stand for
	appID     string
	timestamp string
	nonce     string
	prepayID  string
	message   string // what was signed
	signature string
}

// Invoke is what the payer's client does with a page's parameters
// (WeixinJSBridge.invoke, wx.requestPayment) or an app's (sendReq): it verifies
// them as the real client would and returns the order to show. A refusal is
// Invalid with one of package trade's ReasonInvoke…. Fields and signatures:
// https://pay.weixin.qq.com/doc/v3/merchant/4012791857 (JSAPI),
// https://pay.weixin.qq.com/doc/v3/merchant/4013070351 (APP).
func (g *Gateway) Invoke(ctx context.Context, params map[string]string) (trade.Trade, error) {
	in, err := readInvocation(params)
	if err != nil {
		return trade.Trade{}, err
	}
	if err := fresh(in.timestamp, g.trades.Now()); err != nil {
		return trade.Trade{}, err
	}
	t, err := g.trades.ByCode(ctx, in.prepayID)
	if app.Is(err, app.NotFound) || err == nil && (t.Channel != app.WeChat || t.TradeType != in.product) {
		return trade.Trade{}, trade.RefuseInvoke(trade.ReasonInvokePrepay, "there is no %s order with the prepay_id %q", in.product, in.prepayID)
	}
	if err != nil {
		return trade.Trade{}, err
	}
	return t, g.accepts(ctx, in, params, t)
}

// accepts compares the parameters with the order that they name.
func (g *Gateway) accepts(ctx context.Context, in invocation, params map[string]string, t trade.Trade) error {
	if in.appID != t.AppID {
		return trade.RefuseInvoke(trade.ReasonInvokeApp, "the order was placed for app %s, not %s", t.AppID, in.appID)
	}
	if partner := params["partnerid"]; in.product == "APP" && partner != t.MerchantID && partner != t.Owner() {
		return trade.RefuseInvoke(trade.ReasonInvokeApp, "the order is merchant %s's, not %s's", t.MerchantID, partner)
	}
	m, err := g.trades.Merchant(ctx, app.WeChat, t.Owner())
	if err != nil {
		return err
	}
	ks, err := g.keys.of(m)
	if err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(in.signature)
	digest := sha256.Sum256([]byte(in.message))
	if err != nil || rsa.VerifyPKCS1v15(ks.merchant, crypto.SHA256, digest[:], raw) != nil {
		return trade.RefuseInvoke(trade.ReasonInvokeSignature, "the signature does not verify with the certificate of merchant %s over %q", m.ID, in.message)
	}
	if t.PayerID != "" && in.product == "JSAPI" && t.PayerID != trade.PayerOf(app.WeChat, t.AppID) {
		return trade.RefuseInvoke(trade.ReasonInvokePayer, "the order was placed for openid %s; this phone's is %s", t.PayerID, trade.PayerOf(app.WeChat, t.AppID))
	}
	return nil
}

func readInvocation(p map[string]string) (invocation, error) {
	if p["paySign"] == "" && p["sign"] == "" {
		return invocation{}, trade.RefuseInvoke(trade.ReasonInvokeParams, "paySign is missing (sign for an app)")
	}
	in := invocation{product: "JSAPI", appID: p["appId"], timestamp: p["timeStamp"], nonce: p["nonceStr"], signature: p["paySign"]}
	names := []string{"appId", "timeStamp", "nonceStr", "package", "signType"}
	if p["paySign"] == "" {
		in = invocation{product: "APP", appID: p["appid"], timestamp: p["timestamp"], nonce: p["noncestr"], prepayID: p["prepayid"], signature: p["sign"]}
		names = []string{"appid", "partnerid", "prepayid", "package", "noncestr", "timestamp"}
	}
	for _, name := range names {
		if p[name] == "" {
			return invocation{}, trade.RefuseInvoke(trade.ReasonInvokeParams, "%s is missing", name)
		}
	}
	signed := in.prepayID
	if in.product == "JSAPI" {
		var named bool
		if in.prepayID, named = strings.CutPrefix(p["package"], "prepay_id="); !named || p["signType"] != "RSA" {
			return invocation{}, trade.RefuseInvoke(trade.ReasonInvokeParams, `package must be "prepay_id=…" and signType "RSA"`)
		}
		signed = p["package"]
	} else if p["package"] != "Sign=WXPay" {
		return invocation{}, trade.RefuseInvoke(trade.ReasonInvokeParams, `package must be "Sign=WXPay"`)
	}
	in.message = in.appID + "\n" + in.timestamp + "\n" + in.nonce + "\n" + signed + "\n"
	return in, nil
}

func fresh(timestamp string, now time.Time) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return trade.RefuseInvoke(trade.ReasonInvokeParams, "the timestamp %q is not in seconds", timestamp)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > signedMax || age < -signedAhead {
		return trade.RefuseInvoke(trade.ReasonInvokeStale, "the timestamp %s is %s away from now", timestamp, age.Round(time.Second))
	}
	return nil
}
