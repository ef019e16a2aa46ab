package alipay

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
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
	Logger         *slog.Logger
}

// Gateway answers the open platform's one address, gateway.do.
type Gateway struct {
	trades         *trade.Service
	checkNotifyURL func(string) error
	logger         *slog.Logger
	keys           keyring
	methods        map[string]method
}

// method answers one API method: the node's content, or a failure.
type method func(ctx context.Context, c *call) (any, error)

// call is a verified request.
type call struct {
	params   params
	merchant trade.Merchant
	now      time.Time
}

// New builds the gateway with its methods.
func New(cfg Config) *Gateway {
	g := &Gateway{
		trades: cfg.Trades, checkNotifyURL: cfg.CheckNotifyURL, logger: cfg.Logger,
	}
	g.methods = map[string]method{
		"alipay.trade.precreate": g.precreate,
		"alipay.trade.query":     g.query,
		"alipay.trade.close":     g.close,
	}
	return g
}

// answerType is what the real gateway says of its JSON.
const answerType = "text/html;charset=utf-8"

// Handle answers GET and POST. The HTTP status is 200 whatever is refused, as
// at the real gateway.
func (g *Gateway) Handle(c *fiber.Ctx) error {
	p, err := readParams(c)
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
	run, merchant, k, err := g.identify(ctx, p)
	if err != nil {
		body, err = g.refuse(err)
		return body, nil, err
	}
	var node any
	now := g.trades.Now()
	if err = checkSigned(p, k, now); err == nil {
		node, instead, err = g.perform(ctx, run, &call{params: p, merchant: merchant, now: now})
	}
	if instead != nil {
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
	body, err = seal(nodeName(p["method"]), body, k.alipay, certSN)
	return body, nil, err
}

func (g *Gateway) identify(ctx context.Context, p params) (method, trade.Merchant, *keys, error) {
	if p["method"] == "" {
		return nil, trade.Merchant{}, nil, missing("isv.missing-method", "缺少方法名参数")
	}
	run, ok := g.methods[p["method"]]
	if !ok {
		return nil, trade.Merchant{}, nil, invalid("isv.invalid-method", "不存在的方法名")
	}
	if p["app_id"] == "" {
		return nil, trade.Merchant{}, nil, missing("isv.missing-app-id", "缺少AppID参数")
	}
	merchant, err := g.trades.Merchant(ctx, app.Alipay, p["app_id"])
	if app.Is(err, app.NotFound) {
		return nil, trade.Merchant{}, nil, invalid("isv.invalid-app-id", "无效的AppID参数")
	}
	if err != nil {
		return nil, trade.Merchant{}, nil, err
	}
	k, err := g.keys.of(merchant)
	return run, merchant, k, err
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
