package alipay

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// misbehaviour are the faults of an API call; the others are a notification's.
func misbehaviour() []trade.Fault {
	return []trade.Fault{trade.TimeoutBefore, trade.TimeoutAfterSuccess, trade.HTTP500, trade.Garbage, trade.RateLimit}
}

// perform runs the method, unless a fault is planned for the app. It returns
// how the answer leaves instead, nil for the usual way.
func (g *Gateway) perform(ctx context.Context, run method, c *call) (any, fiber.Handler, error) {
	fault, err := g.trades.TakeFirst(ctx, app.Alipay, c.merchant.ID, misbehaviour()...)
	if err != nil {
		return nil, nil, err
	}
	switch fault {
	case trade.TimeoutBefore:
		return nil, hang, nil
	case trade.TimeoutAfterSuccess:
		_, _ = run(ctx, c) // nobody will hear of it
		return nil, hang, nil
	case trade.Garbage:
		return nil, babble, nil
	case trade.HTTP500:
		return nil, collapse, nil
	case trade.RateLimit:
		return nil, nil, &failure{Result{codeLimited, "Call Limited", "isv.app-call-limited", "应用调用次数超限，包含调用频率超限"}}
	}
	node, err := run(ctx, c)
	return node, nil, err
}

// collapse is the one answer that is not 200: what stands before the gateway
// has failed.
func collapse(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, answerType)
	return c.Status(http.StatusInternalServerError).SendString(
		`{"error_response":{"code":"20000","msg":"Service Currently Unavailable","sub_code":"aop.unknow-error","sub_msg":"系统繁忙"}}`)
}

// babble answers like a proxy that knows nothing of payments.
func babble(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTML)
	return c.Status(http.StatusBadGateway).SendString("<html><body><h1>502 Bad Gateway</h1></body></html>")
}

// hangMax is how long a silent connection is kept; clients give up earlier.
const hangMax = time.Minute

// hang never answers: the connection stays open until the client leaves.
func hang(c *fiber.Ctx) error {
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		_ = conn.SetReadDeadline(time.Now().Add(hangMax)) //nolint:forbidigo // sockets keep the machine's time
		_, _ = conn.Read(make([]byte, 1))                 // returns when the client closes, or in time
	})
	return nil
}
