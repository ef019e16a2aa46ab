package alipay

import (
	"context"
	"regexp"
	"time"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const productJSAPI = "JSAPI_PAY"

var (
	buyerPattern  = regexp.MustCompile(`^2088\d{12}$`)
	openIDPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,128}$`)
)

type createContent struct {
	orderContent
	BuyerID     string `json:"buyer_id"`
	BuyerOpenID string `json:"buyer_open_id"`
}

type createNode struct {
	Result
	OutTradeNo string `json:"out_trade_no"`
	TradeNo    string `json:"trade_no"`
}

// create begins a trade for a payer who is known (alipay.trade.create): it
// exists at once, and my.tradePay opens it by its number.
func (g *Gateway) create(ctx context.Context, c *call) (any, error) {
	var b createContent
	if err := decodeBiz(c.params, &b); err != nil {
		return nil, err
	}
	o, err := g.order(c, b.orderContent, productJSAPI)
	if err != nil {
		return nil, err
	}
	if b.ProductCode != "" && b.ProductCode != productJSAPI && b.ProductCode != productQR {
		return nil, invalidParameter("product_code 应为 %s", productJSAPI)
	}
	if err := b.payer(&o); err != nil {
		return nil, err
	}
	o.Opened, o.LongCode = true, true
	t, fresh, err := g.trades.Create(ctx, o)
	if err == nil && !fresh {
		t, err = g.recreate(t, o, c.now)
	}
	if err != nil {
		return nil, err
	}
	return createNode{Result: success(), OutTradeNo: t.OutTradeNo, TradeNo: t.ChannelTradeNo}, nil
}

// payer reads who is to pay.
func (b createContent) payer(o *trade.Order) error {
	switch {
	case b.BuyerID != "" && !buyerPattern.MatchString(b.BuyerID):
		return invalidParameter("buyer_id 格式错误")
	case b.BuyerID != "":
		o.PayerID = b.BuyerID
	case b.BuyerOpenID != "" && !openIDPattern.MatchString(b.BuyerOpenID):
		return invalidParameter("buyer_open_id 格式错误")
	case b.BuyerOpenID != "":
		o.PayerID = b.BuyerOpenID
		o.Extra = extra{Body: b.Body, PassbackParams: b.PassbackParams, BuyerIsOpenID: true}.text()
	default:
		return business("ACQ.BUYER_ID_IS_NULL", "买家标识不能为空:buyer_id 与 buyer_open_id 须传其一")
	}
	return nil
}

// recreate answers a number that was used before: a trade that exists is not
// replaced.
func (g *Gateway) recreate(t trade.Trade, o trade.Order, now time.Time) (trade.Trade, error) {
	if err := over(t, now); err != nil {
		return t, err
	}
	if t.Fingerprint != o.Fingerprint || t.PayerID != o.PayerID {
		return t, business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
	}
	return t, nil
}
