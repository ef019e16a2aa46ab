package wechat

import (
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// misbehaving serves like signed, unless a fault is planned for the merchant.
func (g *Gateway) misbehaving(h handler) fiber.Handler {
	return g.signed(func(c *call) (answer, error) {
		fault, err := g.trades.TakeFirst(c.UserContext(), app.WeChat, c.merchant.ID, possible(c.merchant)...)
		if err != nil {
			return answer{}, err
		}
		switch fault {
		case trade.TimeoutBefore:
			return answer{send: hang}, nil
		case trade.TimeoutAfterSuccess:
			_, _ = h(c) // nobody will hear of it
			return answer{send: hang}, nil
		case trade.Garbage:
			return answer{send: babble}, nil
		case trade.HTTP500:
			return answer{}, systemError()
		case trade.RateLimit:
			return answer{}, rateLimited()
		case trade.RotateCertificate:
			if err := g.rotate(c); err != nil {
				return answer{}, err
			}
		}
		return h(c)
	})
}

// rotate gives the merchant a new platform certificate before its request is
// answered.
func (g *Gateway) rotate(c *call) error {
	m, err := g.trades.Rotate(c.UserContext(), c.merchant.ID)
	if err != nil {
		return err
	}
	c.merchant = m
	c.keys, err = g.keys.of(m)
	return err
}

// possible lists the faults of an API call at this merchant.
func possible(m trade.Merchant) []trade.Fault {
	faults := []trade.Fault{trade.TimeoutBefore, trade.TimeoutAfterSuccess, trade.HTTP500, trade.Garbage, trade.RateLimit}
	if m.Mode == trade.Certificate {
		faults = append(faults, trade.RotateCertificate)
	}
	return faults
}

// hangMax is how long a silent connection is kept; clients give up earlier.
const hangMax = time.Minute

// babble answers like a proxy that knows nothing of payments.
func babble(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTML)
	return c.Status(http.StatusOK).SendString("<html><body><h1>It works!</h1></body></html>")
}

// hang never answers: the connection stays open until the client leaves.
func hang(c *fiber.Ctx) error {
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		defer time.AfterFunc(hangMax, func() { _ = conn.Close() }).Stop()
		_, _ = conn.Read(make([]byte, 1)) // returns when either side closes
	})
	return nil
}
