package alipay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// orderContent is what every way of ordering sends.
type orderContent struct {
	OutTradeNo     string `json:"out_trade_no"`
	TotalAmount    text   `json:"total_amount"`
	Subject        string `json:"subject"`
	SellerID       string `json:"seller_id"`
	Body           string `json:"body"`
	PassbackParams string `json:"passback_params"`
	TimeExpire     string `json:"time_expire"`
	TimeoutExpress string `json:"timeout_express"`
	ProductCode    string `json:"product_code"`
	QuitURL        string `json:"quit_url"`
}

// extra is what a trade keeps for its notifications and queries.
type extra struct {
	Body           string `json:"body,omitempty"`
	PassbackParams string `json:"passback_params,omitempty"`
	ReturnURL      string `json:"return_url,omitempty"`
	QuitURL        string `json:"quit_url,omitempty"`
	// BuyerIsOpenID says that the payer's id is a buyer_open_id, as newer apps
	// get them, and not a buyer_id.
	BuyerIsOpenID bool `json:"buyer_is_open_id,omitempty"`
}

func (e extra) text() string {
	text, _ := json.Marshal(e) // strings
	return string(text)
}

func extraOf(t trade.Trade) (e extra, err error) {
	if t.Extra == "" {
		return e, nil
	}
	if err := json.Unmarshal([]byte(t.Extra), &e); err != nil {
		return e, fmt.Errorf("read trade %s: %w", t.ID, err)
	}
	return e, nil
}

// order checks the content and turns it into an order without a code.
func (g *Gateway) order(c *call, b orderContent, product string) (trade.Order, error) {
	if err := checkNumber(b.OutTradeNo); err != nil {
		return trade.Order{}, err
	}
	amount, err := parseAmount("total_amount", string(b.TotalAmount))
	if err != nil {
		return trade.Order{}, err
	}
	if err := checkSubject(b.Subject); err != nil {
		return trade.Order{}, err
	}
	if b.SellerID != "" && b.SellerID != c.seller() {
		return trade.Order{}, invalidParameter("seller_id 与应用不匹配")
	}
	expires, err := parseExpiry(b.TimeExpire, b.TimeoutExpress, c.now)
	if err != nil {
		return trade.Order{}, err
	}
	notifyURL := c.params["notify_url"]
	if notifyURL != "" {
		if err := g.checkNotifyURL(notifyURL); err != nil {
			return trade.Order{}, invalid("isv.invalid-parameter", "notify_url 不合法:"+err.Error())
		}
	}
	kept := extra{Body: b.Body, PassbackParams: b.PassbackParams}
	return trade.Order{
		Merchant: c.merchant, Sub: c.sub, AppID: c.merchant.AppID, OutTradeNo: b.OutTradeNo, TradeType: product,
		Subject: b.Subject, Amount: amount, NotifyURL: notifyURL,
		Fingerprint: fingerprint(b, product), Extra: kept.text(), ExpiresAt: expires,
	}, nil
}

// fingerprint is over what Alipay compares when a number comes again.
func fingerprint(b orderContent, product string) string {
	text, _ := json.Marshal([]string{product, string(b.TotalAmount), b.Subject, b.SellerID})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

const (
	productQR = "FACE_TO_FACE_PAYMENT"
	qrPrefix  = "https://qr.alipay.com/bax"
)

type precreateNode struct {
	Result
	OutTradeNo string `json:"out_trade_no"`
	QRCode     string `json:"qr_code"`
}

// precreate hands out a code. The trade itself begins when a payer scans it.
func (g *Gateway) precreate(ctx context.Context, c *call) (any, error) {
	var b orderContent
	if err := decodeBiz(c.params, &b); err != nil {
		return nil, err
	}
	o, err := g.order(c, b, productQR)
	if err != nil {
		return nil, err
	}
	o.Code = qrPrefix + trade.NewCode()
	t, fresh, err := g.trades.Create(ctx, o)
	if err == nil && !fresh {
		t, err = g.repeat(ctx, t, o, c.now)
	}
	if err != nil {
		return nil, err
	}
	return precreateNode{Result: success(), OutTradeNo: t.OutTradeNo, QRCode: t.Code}, nil
}

// repeat answers a number that was used before. Before the scan there is no
// trade to contradict, so a changed order takes the place of the old one.
func (g *Gateway) repeat(ctx context.Context, t trade.Trade, o trade.Order, now time.Time) (trade.Trade, error) {
	if err := over(t, now); err != nil {
		return t, err
	}
	if t.Fingerprint == o.Fingerprint && !t.CodeExpired(now) {
		return t, nil
	}
	if t.Scanned && t.Fingerprint != o.Fingerprint {
		return t, business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
	}
	t, err := g.trades.Reissue(ctx, t, o)
	if app.Is(err, app.Conflict) {
		return t, business(systemError, "系统错误，请重试")
	}
	return t, err
}

// over refuses a number whose trade was paid or has ended.
func over(t trade.Trade, now time.Time) error {
	switch status(t, now) {
	case tradeSuccess, tradeFinished:
		return business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付")
	case tradeClosed:
		return business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
	}
	return nil
}
