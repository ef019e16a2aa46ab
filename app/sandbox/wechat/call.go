package wechat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// call is one verified request.
type call struct {
	*fiber.Ctx
	merchant trade.Merchant
	keys     *keys
}

// answer is a response to be signed; it has no body when body is nil. send
// replaces it all where the gateway is to misbehave.
type answer struct {
	status int
	body   any
	send   func(c *fiber.Ctx) error
}

// handler serves a verified request. A *failure becomes the channel's error;
// any other error becomes SYSTEM_ERROR.
type handler func(c *call) (answer, error)

// signed verifies the request, lets h answer, and signs the answer, errors and
// 204 included, as the real gateway does.
func (g *Gateway) signed(h handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set("Request-ID", requestID())
		merchant, ks, err := g.verify(c)
		if err != nil {
			return g.reply(c, ks, answer{}, err)
		}
		verified := &call{Ctx: c, merchant: merchant, keys: ks}
		a, err := h(verified)
		if a.send != nil {
			return a.send(c)
		}
		return g.reply(c, verified.keys, a, err)
	}
}

// reply writes the answer or the error; it is signed whenever the merchant is
// known.
func (g *Gateway) reply(c *fiber.Ctx, ks *keys, a answer, err error) error {
	if err != nil {
		a = g.errorAnswer(c, err)
	}
	var body []byte
	if a.body != nil {
		if body, err = encode(a.body); err != nil {
			return fmt.Errorf("encode answer: %w", err)
		}
		c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	}
	if ks != nil {
		signature, err := ks.sign(c.Get("Wechatpay-Serial"), g.trades.Now(), body)
		if err != nil {
			return fmt.Errorf("sign answer: %w", err)
		}
		signature.put(c.Set)
	}
	return c.Status(a.status).Send(body)
}

func (g *Gateway) errorAnswer(c *fiber.Ctx, err error) answer {
	var f *failure
	if !errors.As(err, &f) {
		g.logger.ErrorContext(c.UserContext(), "sandbox: wechat", "method", c.Method(), "path", c.Path(), "error", err)
		f = systemError()
	}
	return answer{status: f.status, body: f}
}

// encode writes JSON as the real gateway does: no newline, no HTML escapes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// number returns the escaped path parameter as the merchant meant it.
func (c *call) number() string {
	n, err := url.PathUnescape(c.Params("number"))
	if err != nil {
		return c.Params("number")
	}
	return strings.Clone(n)
}

// unknown answers paths the simulator does not have.
func (g *Gateway) unknown(*call) (answer, error) {
	return answer{}, resourceNotExists("请求的资源不存在")
}

// found maps the core's NotFound to ORDER_NOT_EXIST.
func found(t trade.Trade, err error) (trade.Trade, error) {
	if app.Is(err, app.NotFound) {
		return t, orderNotExist()
	}
	return t, err
}
