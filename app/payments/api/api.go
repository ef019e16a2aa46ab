// Package api is the merchant REST API: it decodes requests, calls one service
// method and encodes its answer. Every error is RFC 9457 problem+json.
package api

import (
	"context"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/app/webhooks"
)

// Keys authenticates API keys.
type Keys interface {
	Authenticate(ctx context.Context, bearer, ip string) (merchants.Principal, error)
}

// Config holds the API's parts. All are required but Limiter.
type Config struct {
	Payments *payments.Service
	Events   *events.Log
	Webhooks *webhooks.Service
	// Statements are the reconciled days.
	Statements *statements.Service
	Keys       Keys
	Logger     *slog.Logger
	Clock      app.Clock
	// Timeout bounds one request; 0 means 30 s.
	Timeout time.Duration
	// RequestsPerSecond and Burst bound each key; 0 means 100 and 200.
	RequestsPerSecond float64
	Burst             int
}

// API serves /v1.
type API struct {
	Config
	limits *limits
}

// New returns the API.
func New(cfg Config) *API {
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.RequestsPerSecond == 0 {
		cfg.RequestsPerSecond, cfg.Burst = 100, 200
	}
	return &API{Config: cfg, limits: newLimits(cfg.RequestsPerSecond, cfg.Burst)}
}

// Routes mounts the API below /v1.
func (a *API) Routes(r fiber.Router) {
	v1 := r.Group("/v1", a.problems)
	m := v1.Group("/merchants/:merchant", a.deadline, a.authenticate, a.throttle)
	m.Use("/:collection/:id", plainID)

	m.Post("/echo", a.echo)

	m.Post("/payments", a.need(merchants.PaymentsWrite), a.createPayment)
	m.Get("/payments", a.need(merchants.PaymentsRead), a.listPayments)
	m.Get("/payments/:id", a.need(merchants.PaymentsRead), a.getPayment)
	m.Post("/payments/:id/close", a.need(merchants.PaymentsWrite), a.closePayment)
	m.Post("/payments/:id/attempts", a.need(merchants.PaymentsWrite), a.switchMethod)
	m.Post("/payments/:id/refunds", a.need(merchants.RefundsWrite), a.createRefund)

	m.Get("/refunds", a.need(merchants.RefundsRead), a.listRefunds)
	m.Get("/refunds/:id", a.need(merchants.RefundsRead), a.getRefund)

	m.Get("/statements", a.need(merchants.StatementsRead), a.listStatements)
	m.Get("/statements/:id", a.need(merchants.StatementsRead), a.getStatement)
	m.Get("/statements/:id/file", a.need(merchants.StatementsRead), a.getStatementFile)

	m.Get("/events", a.need(merchants.EventsRead), a.listEvents)
	m.Get("/events/:id", a.need(merchants.EventsRead), a.getEvent)

	m.Get("/webhook_endpoints", a.need(merchants.WebhooksRead), a.listEndpoints)
	m.Post("/webhook_endpoints", a.need(merchants.WebhooksWrite), a.createEndpoint)
	m.Get("/webhook_endpoints/:id", a.need(merchants.WebhooksRead), a.getEndpoint)
	m.Patch("/webhook_endpoints/:id", a.need(merchants.WebhooksWrite), a.updateEndpoint)
	m.Delete("/webhook_endpoints/:id", a.need(merchants.WebhooksWrite), a.deleteEndpoint)
	m.Post("/webhook_endpoints/:id/rotate_secret", a.need(merchants.WebhooksWrite), a.rotateSecret)
	m.Post("/webhook_endpoints/:id/test", a.need(merchants.WebhooksWrite), a.testEndpoint)
	m.Get("/webhook_deliveries", a.need(merchants.WebhooksRead), a.listDeliveries)
	m.Get("/webhook_deliveries/:id", a.need(merchants.WebhooksRead), a.getDelivery)
	m.Post("/webhook_deliveries/:id/redeliver", a.need(merchants.WebhooksWrite), a.redeliver)

	v1.Use(func(c *fiber.Ctx) error {
		return app.Errorf(app.NotFound, "no such resource: %s %s", c.Method(), c.Path())
	})
}

// plainID answers NotFound for what no id can be.
func plainID(c *fiber.Ctx) error {
	if !app.PlainASCII(c.Params("id"), 64) {
		return app.Errorf(app.NotFound, "no such resource: %s", c.Path())
	}
	return c.Next()
}

// deadline bounds the request; what must be recorded goes on beyond it.
func (a *API) deadline(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), a.Timeout)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}
