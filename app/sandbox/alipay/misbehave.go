package alipay

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// misbehaviour are the faults of an API call; the others are a notification's
// or a refund's.
func misbehaviour() []trade.Fault {
	return append(trouble(), trade.ForgeAnswer, trade.UnsignedAnswer, trade.Truncated)
}

// trouble are the faults that need no signed answer to show: a browser meets
// them too.
func trouble() []trade.Fault {
	return []trade.Fault{
		trade.TimeoutBefore, trade.TimeoutAfterSuccess, trade.HTTP500, trade.Garbage, trade.RateLimit, trade.Slow,
	}
}

// slowness is how long a slow answer takes.
const slowness = 2 * time.Second

// perform runs the method, unless a planned fault keeps it from that. It returns
// the fault for what it does to the answer.
func (g *Gateway) perform(ctx context.Context, run method, c *call) (any, trade.Fault, error) {
	fault, err := g.trades.TakeFirst(ctx, app.Alipay, c.merchant.ID, misbehaviour()...)
	if err != nil {
		return nil, "", err
	}
	if err := g.hinder(ctx, fault); err != nil || nothingHappens(fault) {
		return nil, fault, err
	}
	node, err := run(ctx, c)
	return node, fault, err
}

// nothingHappens reports whether the fault keeps the request from its effect.
func nothingHappens(fault trade.Fault) bool {
	return fault == trade.TimeoutBefore || fault == trade.HTTP500 || fault == trade.Garbage
}

// hinder refuses or delays the request as planned.
func (g *Gateway) hinder(ctx context.Context, fault trade.Fault) error {
	switch fault {
	case trade.RateLimit:
		return &failure{Result{codeLimited, "Call Limited", "isv.app-call-limited", "应用调用次数超限，包含调用频率超限"}}
	case trade.Slow:
		timer := time.NewTimer(slowness)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// insteadOf is what leaves instead of any answer, nil for the answer itself.
func insteadOf(fault trade.Fault) fiber.Handler {
	switch fault {
	case trade.TimeoutBefore, trade.TimeoutAfterSuccess:
		return hang
	case trade.Garbage:
		return babble
	case trade.HTTP500:
		return collapse
	}
	return nil
}

// newForger makes the key of somebody who is not Alipay.
func newForger() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// sealUnder seals the node as the fault has it.
func (g *Gateway) sealUnder(fault trade.Fault, node string, body []byte, key *rsa.PrivateKey, certSN string) ([]byte, error) {
	switch fault {
	case trade.UnsignedAnswer:
		return fmt.Appendf(nil, `{"%s":%s}`, node, body), nil
	case trade.ForgeAnswer:
		var err error
		if key, err = g.forger(); err != nil {
			return nil, fmt.Errorf("forge an answer: %w", err)
		}
	}
	sealed, err := seal(node, body, key, certSN)
	if err == nil && fault == trade.Truncated {
		sealed = sealed[:len(sealed)/2]
	}
	return sealed, err
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
