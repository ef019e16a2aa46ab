package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/payments/api"
	"github.com/piaohao/piaohao/app/payments/api/docs"
	"github.com/piaohao/piaohao/app/payments/callback"
)

// routes builds the HTTP server with every surface on it.
func (p *platform) routes() (*fiber.App, error) {
	proxies, err := parseProxies(p.config.Server.TrustedProxies)
	if err != nil {
		return nil, err
	}
	rest := api.New(api.Config{
		Payments: p.payments, Events: p.events, Webhooks: p.webhooks, Statements: p.statements, Keys: p.merchants, Logger: p.logger, Clock: p.clock,
		Timeout:           p.config.Server.RequestTimeout.Duration,
		RequestsPerSecond: float64(p.config.Server.RateLimit), Burst: p.config.Server.RateBurst,
	})
	f := fiber.New(fiber.Config{
		AppName:               "piaohao",
		DisableStartupMessage: true,
		// Fiber reuses its buffers: without this, stored strings change later.
		Immutable: true,
		// A spreadsheet is larger than anything else; see boundBody for the rest.
		BodyLimit:         max(p.readLimit(), console.UploadLimit),
		ReadBufferSize:    16 << 10,
		ReadTimeout:       p.config.Server.ReadTimeout.Duration,
		WriteTimeout:      p.config.Server.WriteTimeout.Duration,
		IdleTimeout:       p.config.Server.IdleTimeout.Duration,
		StrictRouting:     true,
		CaseSensitive:     true,
		ErrorHandler:      p.errorHandler(rest),
		ReduceMemoryUsage: false,
	})
	f.Use(p.watch(proxies), p.recoverPanics, securityHeaders, p.boundBody)
	f.Get("/healthz", func(c *fiber.Ctx) error { return c.JSON(map[string]string{"status": "alive"}) })
	f.Get("/readyz", p.readyz)

	(&callback.Callback{Notifier: p.payments, Logger: p.logger}).Routes(f)
	if p.sandbox != nil {
		p.sandbox.Routes(f)
	}
	p.shopRoutes(f)
	rest.Routes(f)
	reference, err := docs.New()
	if err != nil {
		return nil, err
	}
	reference.Routes(f)
	if err := p.consoleRoutes(f); err != nil {
		return nil, err
	}
	return f, nil
}

// readLimit is how large a body is read: handlers refuse what is above body_limit,
// and reading somewhat more lets the client finish sending and see the answer
// instead of a reset connection.
func (p *platform) readLimit() int { return 4 * int(p.config.Server.BodyLimit) }

// boundBody refuses what only the console's spreadsheets may be as large as.
func (p *platform) boundBody(c *fiber.Ctx) error {
	if len(c.Request().Body()) > p.readLimit() && !console.TakesUpload(c.Method(), c.Path()) {
		return fiber.ErrRequestEntityTooLarge
	}
	return c.Next()
}

// watch gives each request its id and its client's address, and counts it.
func (p *platform) watch(proxies trustedProxies) fiber.Handler {
	return func(c *fiber.Ctx) error {
		start := time.Now()
		id := app.NewID(app.PrefixRequest, start)
		ctx := app.WithRequestID(c.UserContext(), id)
		ctx = app.WithClientIP(ctx, proxies.client(c.Context().RemoteIP().String(), forwardedFor(c)))
		c.SetUserContext(app.WithUserAgent(ctx, c.Get(fiber.HeaderUserAgent)))
		c.Set(fiber.HeaderXRequestID, id)
		err := c.Next()
		if err != nil {
			// Answer here, so that what is counted is what was sent.
			if err = c.App().Config().ErrorHandler(c, err); err != nil {
				return err
			}
		}
		p.metrics.HTTPRequest(routeOf(c), c.Method(), c.Response().StatusCode(), time.Since(start))
		return nil
	}
}

// forwardedFor joins the header's lines: a proxy may add one of its own below
// the client's instead of appending to it (RFC 9110, section 5.3).
func forwardedFor(c *fiber.Ctx) string {
	lines := c.Request().Header.PeekAll(fiber.HeaderXForwardedFor)
	return string(bytes.Join(lines, []byte(",")))
}

// routeOf returns the template of the route that answered, "" when none did.
func routeOf(c *fiber.Ctx) string {
	if r := c.Route().Path; r != "/" || c.Path() == "/" {
		return r
	}
	return ""
}

func (p *platform) recoverPanics(c *fiber.Ctx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = app.Errorf(app.Internal, "panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return c.Next()
}

// errorHandler answers errors that no surface has answered: API paths as
// problem+json, everything else in plain words.
func (p *platform) errorHandler(rest *api.API) fiber.ErrorHandler {
	return func(c *fiber.Ctx, err error) error {
		if strings.HasPrefix(c.Path(), "/v1/") {
			return rest.Answer(c, err)
		}
		status := http.StatusInternalServerError
		var fe *fiber.Error
		switch {
		case errors.As(err, &fe):
			status = fe.Code
		case app.Is(err, app.NotFound):
			status = http.StatusNotFound
		case app.Is(err, app.Invalid):
			status = http.StatusBadRequest
		case app.Is(err, app.Unavailable):
			status = http.StatusServiceUnavailable
		}
		if status >= http.StatusInternalServerError {
			p.logger.ErrorContext(c.UserContext(), "request failed", "method", c.Method(), "route", routeOf(c), "error", err)
		}
		return c.Status(status).SendString(fmt.Sprintf("%d %s (request %s)", status, http.StatusText(status), app.RequestID(c.UserContext())))
	}
}

func securityHeaders(c *fiber.Ctx) error {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	return c.Next()
}

func (p *platform) readyz(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), 3*time.Second)
	defer cancel()
	state := p.ready.Check(ctx)
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	return c.Status(status).JSON(state)
}
