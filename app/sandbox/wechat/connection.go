package wechat

import (
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
)

// hangMax is how long a silent connection is kept; clients give up earlier.
const hangMax = time.Minute

// hang never answers: the connection stays open until the client leaves.
func hang(c *fiber.Ctx) error {
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		defer time.AfterFunc(hangMax, func() { _ = conn.Close() }).Stop()
		_, _ = conn.Read(make([]byte, 1)) // returns when either side closes
	})
	return nil
}

// truncate sends the answer's beginning and closes the connection: half of the
// body, or half of the headers where there is none.
func truncate(c *fiber.Ctx) error {
	whole := []byte(c.Response().String())
	keep := len(whole) / 2
	if n := len(c.Response().Body()); n > 0 {
		keep = len(whole) - n + n/2
	}
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		_, _ = conn.Write(whole[:keep])
		_ = conn.Close()
	})
	return nil
}
