package alipay

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The methods that the payer's browser or app brings to Alipay.
const (
	methodPage = "alipay.trade.page.pay"
	methodWAP  = "alipay.trade.wap.pay"
	methodApp  = "alipay.trade.app.pay"
)

// The products of the cashiers.
const (
	productPage = "FAST_INSTANT_TRADE_PAY"
	productWAP  = "QUICK_WAP_WAY"
	productApp  = "QUICK_MSECURITY_PAY"
)

// cashier is Alipay's own page or app screen on which an order is paid.
type cashier struct {
	product string
	codes   string // what the wallet's codes begin with
	// optional says that the order may leave its product_code out.
	optional bool
}

var (
	pageCashier = cashier{product: productPage, codes: "https://excashier.alipay.com/standard/"}
	wapCashier  = cashier{product: productWAP, codes: "https://mclient.alipay.com/h5/"}
	appCashier  = cashier{product: productApp, codes: "alipays://order/", optional: true}
)

// open records the order that a payer brings; opened again, it is the same
// one. Nobody has heard of it before.
func (g *Gateway) open(ctx context.Context, c *call, k cashier) (trade.Trade, error) {
	var b orderContent
	if err := decodeBiz(c.params, &b); err != nil {
		return trade.Trade{}, err
	}
	if b.ProductCode != k.product && (b.ProductCode != "" || !k.optional) {
		return trade.Trade{}, invalidParameter("product_code 应为 %s", k.product)
	}
	o, err := g.order(c, b, k.product)
	if err != nil {
		return trade.Trade{}, err
	}
	back := c.params["return_url"]
	if back != "" && !isWebAddress(back) {
		return trade.Trade{}, invalid("isv.invalid-parameter", "return_url 不合法")
	}
	if b.QuitURL != "" && !isWebAddress(b.QuitURL) {
		return trade.Trade{}, invalidParameter("quit_url 不合法")
	}
	o.Extra = extra{Body: b.Body, PassbackParams: b.PassbackParams, ReturnURL: back, QuitURL: b.QuitURL}.text()
	o.Code, o.LongCode = k.codes+trade.NewCode(), true
	t, fresh, err := g.trades.Create(ctx, o)
	if err == nil && !fresh {
		t, err = g.repeat(ctx, t, o, c.now)
	}
	return t, err
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// browse answers a payer's browser: with the way to the cashier, or with a page
// that says why not.
func (g *Gateway) browse(c *fiber.Ctx, p params, k cashier) error {
	t, fault, err := g.visit(c.UserContext(), p, k)
	if instead := insteadOf(fault); instead != nil {
		return instead(c)
	}
	if err != nil {
		return refusalPage(c, g.resultOf(err))
	}
	return c.Redirect(g.walletURL+"?code="+url.QueryEscape(t.Code), fiber.StatusFound)
}

// visit verifies what a browser brought and records the order.
func (g *Gateway) visit(ctx context.Context, p params, k cashier) (t trade.Trade, fault trade.Fault, err error) {
	c, err := g.bring(ctx, p)
	if err != nil {
		return t, "", err
	}
	if fault, err = g.trades.TakeFirst(ctx, app.Alipay, c.merchant.ID, trouble()...); err != nil {
		return t, "", err
	}
	if err = g.hinder(ctx, fault); err != nil || nothingHappens(fault) {
		return t, fault, err
	}
	t, err = g.open(ctx, c, k)
	return t, fault, err
}

// bring verifies an order that did not come from its app's server.
func (g *Gateway) bring(ctx context.Context, p params) (*call, error) {
	merchant, k, err := g.identify(ctx, p, true)
	if err != nil {
		return nil, err
	}
	return g.verify(ctx, p, merchant, k)
}

// refusal is the page a payer sees when the order that the shop signed is no
// good, with the words of the real one.
var refusal = template.Must(template.New("refusal").Parse(`<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>支付宝 - 错误提示</title></head>
<body>
<h1>调试错误，请回到请求来源地，重新发起请求。</h1>
<p>错误代码 <strong id="error-code">{{.SubCode}}</strong></p>
<p>错误原因: <span id="error-reason">{{.SubMsg}}</span></p>
</body>
</html>
`))

// refusalPage shows the refusal. The page names the code without its prefix.
func refusalPage(c *fiber.Ctx, r Result) error {
	r.SubCode = strings.TrimPrefix(r.SubCode, "ACQ.")
	c.Set(fiber.HeaderContentType, answerType)
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'")
	c.Status(http.StatusOK)
	return refusal.Execute(c, r)
}

// OpenOrderString opens an app's signed order (alipay.trade.app.pay) on the
// payer's phone: the trade exists from then on. A refusal is Invalid, with the
// gateway's sub_code as reason.
func (g *Gateway) OpenOrderString(ctx context.Context, orderString string) (trade.Trade, error) {
	values, err := url.ParseQuery(orderString)
	if err != nil {
		return trade.Trade{}, app.InvalidField("order_string", "malformed", "the order string is no query: %v", err)
	}
	p := mergeParams(values, nil)
	if p["method"] != methodApp {
		return trade.Trade{}, app.InvalidField("order_string", "method", "the order string's method is %q, not %s", p["method"], methodApp)
	}
	c, err := g.bring(ctx, p)
	var t trade.Trade
	if err == nil {
		t, err = g.open(ctx, c, appCashier)
	}
	if err != nil {
		return trade.Trade{}, asError(err)
	}
	return g.trades.Scan(ctx, t.Code)
}

// asError turns a refusal into an error for scripts; others stay what they are.
func asError(err error) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	return app.Errorf(app.Invalid, "%s: %s", f.SubCode, f.SubMsg).WithReason(f.SubCode)
}
