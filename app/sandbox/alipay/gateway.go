package alipay

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Config is what a Gateway needs.
type Config struct {
	Trades *trade.Service
	// CheckNotifyURL refuses an address that notifications may not go to.
	CheckNotifyURL func(notifyURL string) error
	// WalletURL is the cashier's page, to which browsers are sent with ?code=.
	WalletURL string
	// BillsURL is where Download is mounted.
	BillsURL string
	Logger   *slog.Logger
}

// Gateway answers the open platform's one address, gateway.do.
type Gateway struct {
	trades         *trade.Service
	checkNotifyURL func(string) error
	walletURL      string
	billsURL       string
	logger         *slog.Logger
	keys           keyring
	forger         func() (*rsa.PrivateKey, error)
	methods        map[string]method
	cashiers       map[string]cashier
}

// method answers one API method: the node's content, or a failure.
type method func(ctx context.Context, c *call) (any, error)

// call is a verified request.
type call struct {
	params   params
	merchant trade.Merchant
	sub      trade.SubMerchant // whom app_auth_token speaks for; empty for the app itself
	now      time.Time
}

// payee is whose trades the call is about.
func (c *call) payee() string { return cmp.Or(c.sub.ID, c.merchant.ID) }

// seller is the payee's PID.
func (c *call) seller() string { return cmp.Or(c.sub.SellerID, c.merchant.SellerID) }

// New builds the gateway with its methods.
func New(cfg Config) *Gateway {
	g := &Gateway{
		trades: cfg.Trades, checkNotifyURL: cfg.CheckNotifyURL, walletURL: cfg.WalletURL, billsURL: cfg.BillsURL, logger: cfg.Logger,
		forger: sync.OnceValues(newForger),
	}
	g.methods = map[string]method{
		"alipay.trade.precreate":            g.precreate,
		"alipay.trade.create":               g.create,
		"alipay.trade.pay":                  g.pay,
		"alipay.trade.query":                g.query,
		"alipay.trade.close":                g.close,
		"alipay.trade.cancel":               g.cancel,
		"alipay.trade.refund":               g.refund,
		"alipay.trade.fastpay.refund.query": g.queryRefund,
		methodBill:                          g.queryBill,
	}
	g.cashiers = map[string]cashier{methodPage: pageCashier, methodWAP: wapCashier}
	return g
}

// Methods lists what the gateway answers, browsers' cashiers included, and what
// an app brings to the client.
func (g *Gateway) Methods() []string {
	return slices.Concat(slices.Sorted(maps.Keys(g.methods)), slices.Sorted(maps.Keys(g.cashiers)), []string{methodApp})
}

// answerType is what the real gateway says of its JSON.
const answerType = "text/html;charset=utf-8"

// Handle answers GET and POST. The HTTP status is 200 whatever is refused, as
// at the real gateway. What a payer's browser brings is answered with a page.
func (g *Gateway) Handle(c *fiber.Ctx) error {
	p, err := readParams(c)
	if open, ok := g.cashiers[p["method"]]; ok && err == nil {
		return g.browse(c, p, open)
	}
	var body []byte
	var instead fiber.Handler
	if err != nil {
		body, err = g.refuse(err)
	} else {
		body, instead, err = g.answer(c.UserContext(), p)
	}
	if err != nil {
		return err
	}
	if instead != nil {
		return instead(c)
	}
	c.Set(fiber.HeaderContentType, answerType)
	return c.Send(body)
}

func readParams(c *fiber.Ctx) (params, error) {
	query, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return nil, invalid("isv.invalid-encoding", "参数编码错误")
	}
	form, err := url.ParseQuery(string(c.BodyRaw()))
	if err != nil {
		return nil, invalid("isv.invalid-encoding", "参数编码错误")
	}
	return mergeParams(query, form), nil
}

// answer runs one request. Where no app is known there is no key to sign with:
// such refusals are an unsigned error_response. All others stand, signed, in
// the method's own node. A planned fault may send something else instead.
func (g *Gateway) answer(ctx context.Context, p params) (body []byte, instead fiber.Handler, err error) {
	run, known := g.methods[p["method"]]
	merchant, k, err := g.identify(ctx, p, known)
	if err != nil {
		body, err = g.refuse(err)
		return body, nil, err
	}
	var node any
	var fault trade.Fault
	c, err := g.verify(ctx, p, merchant, k)
	if err == nil {
		node, fault, err = g.perform(ctx, run, c)
	}
	if instead := insteadOf(fault); instead != nil {
		return nil, instead, nil
	}
	if err != nil {
		node = g.resultOf(err)
	}
	if body, err = encodeNode(node); err != nil {
		return nil, nil, err
	}
	certSN := ""
	if p["app_cert_sn"] != "" {
		certSN = k.alipaySN
	}
	body, err = g.sealUnder(fault, nodeName(p["method"]), body, k.alipay, certSN)
	return body, nil, err
}

// identify finds whose request it is, once the method is known.
func (g *Gateway) identify(ctx context.Context, p params, known bool) (trade.Merchant, *keys, error) {
	switch {
	case p["method"] == "":
		return trade.Merchant{}, nil, missing("isv.missing-method", "缺少方法名参数")
	case !known:
		return trade.Merchant{}, nil, invalid("isv.invalid-method", "不存在的方法名")
	case p["app_id"] == "":
		return trade.Merchant{}, nil, missing("isv.missing-app-id", "缺少AppID参数")
	}
	merchant, err := g.trades.Merchant(ctx, app.Alipay, p["app_id"])
	if app.Is(err, app.NotFound) {
		return trade.Merchant{}, nil, invalid("isv.invalid-app-id", "无效的AppID参数")
	}
	if err != nil {
		return trade.Merchant{}, nil, err
	}
	k, err := g.keys.of(merchant)
	return merchant, k, err
}

// verify refuses what the app has not signed, or may not do for another.
func (g *Gateway) verify(ctx context.Context, p params, merchant trade.Merchant, k *keys) (*call, error) {
	c := &call{params: p, merchant: merchant, now: g.trades.Now()}
	if err := checkSigned(p, k, c.now); err != nil {
		return nil, err
	}
	token := p["app_auth_token"]
	if token == "" {
		return c, nil
	}
	var err error
	if c.sub, err = g.trades.SubMerchantByToken(ctx, merchant.ID, token); app.Is(err, app.NotFound) {
		return nil, unauthorised("aop.invalid-app-auth-token", "无效的应用授权令牌")
	}
	return c, err
}

func (g *Gateway) refuse(err error) ([]byte, error) {
	body, err := encodeNode(g.resultOf(err))
	return unsigned(body), err
}

// resultOf is the node of a failure. What is not a failure of the caller's is
// logged here, at the edge, and answered as unknown.
func (g *Gateway) resultOf(err error) Result {
	var f *failure
	if errors.As(err, &f) {
		return f.Result
	}
	g.logger.Error("sandbox alipay gateway", "error", err)
	return unknown().Result
}
