// Package callback receives the channels' notifications and answers them in
// the channel's own words: an acknowledgement only after what it said is
// durable.
package callback

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Notifier takes notifications; a nil error may be acknowledged.
type Notifier interface {
	Notify(ctx context.Context, c app.Channel, accountID string, n channel.Notification) error
}

// Callback serves /callbacks.
type Callback struct {
	Notifier Notifier
	Logger   *slog.Logger
}

// WeChat waits 5 s for an answer; what takes longer is failure to it anyway.
const timeout = 4500 * time.Millisecond

// Routes mounts the endpoint of every account.
func (h *Callback) Routes(r fiber.Router) {
	r.Post("/callbacks/wechat/:account", h.receive(app.WeChat, answerWeChat))
	r.Post("/callbacks/alipay/:account", h.receive(app.Alipay, answerAlipay))
}

func (h *Callback) receive(name app.Channel, answer func(c *fiber.Ctx, err error) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), timeout)
		defer cancel()
		err := h.notify(ctx, c, name)
		if err != nil {
			// Forgeries are counted elsewhere; anyone can send them, so they
			// must not fill the log.
			level := slog.LevelError
			if app.Is(err, app.Unauthenticated) || app.Is(err, app.NotFound) {
				level = slog.LevelDebug
			}
			h.Logger.Log(ctx, level, "notification not acknowledged", "channel", name, "account_id", c.Params("account"), "error", err)
		}
		return answer(c, err)
	}
}

func (h *Callback) notify(ctx context.Context, c *fiber.Ctx, name app.Channel) error {
	account := c.Params("account")
	if !app.ValidID(app.PrefixAccount, account) {
		return app.Errorf(app.NotFound, "no %s account of that name", name)
	}
	return h.Notifier.Notify(ctx, name, account, notification(c))
}

// notification copies the message: the signature covers these exact bytes, and
// Fiber reuses its own.
func notification(c *fiber.Ctx) channel.Notification {
	n := channel.Notification{Header: http.Header{}, Body: append([]byte(nil), c.BodyRaw()...)}
	for key, value := range c.Request().Header.All() {
		n.Header.Add(string(key), string(value))
	}
	return n
}

// statusOf is the one place where this surface maps codes to statuses.
func statusOf(err error) int {
	switch app.CodeOf(err) {
	case app.NotFound:
		return http.StatusNotFound
	case app.Unauthenticated:
		return http.StatusUnauthorized
	case app.Conflict, app.Invalid:
		return http.StatusBadRequest
	case app.Unavailable, app.OutcomeUnknown, app.RateLimited:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// answerWeChat follows WeChat Pay's "notification answers": 204 without a body,
// or an error status with code FAIL.
func answerWeChat(c *fiber.Ctx, err error) error {
	if err == nil {
		return c.SendStatus(http.StatusNoContent)
	}
	return c.Status(statusOf(err)).JSON(map[string]string{"code": "FAIL", "message": publicMessage(err)})
}

// answerAlipay follows Alipay's asynchronous notifications: the literal success,
// anything else comes again.
func answerAlipay(c *fiber.Ctx, err error) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	if err == nil {
		return c.SendString("success")
	}
	return c.Status(statusOf(err)).SendString("fail")
}

// publicMessage tells the channel's operators the kind of trouble, and nothing
// of what we know.
func publicMessage(err error) string {
	switch app.CodeOf(err) {
	case app.NotFound:
		return "unknown account"
	case app.Unauthenticated:
		return "signature verification failed"
	case app.Conflict, app.Invalid:
		return "the order does not match"
	}
	return "temporarily unavailable"
}
