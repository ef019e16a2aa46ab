package pages

import (
	"net"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// guard lets in who may use the sandbox: on loopback a browser that asked for
// this machine by a name of its own (another name is a rebound one), elsewhere
// a visitor that the host of the sandbox vouches for.
func (p *Pages) guard(c *fiber.Ctx) error {
	if err := p.mayEnter(c); err != nil {
		return p.fail(c, err)
	}
	return c.Next()
}

func (p *Pages) mayEnter(c *fiber.Ctx) error {
	switch {
	case p.cfg.Loopback && !p.ownHost(string(c.Request().Host())):
		return app.Errorf(app.Forbidden, "this sandbox does not answer to the host %q", c.Request().Host())
	case !p.cfg.Allowed(c):
		return app.Errorf(app.Unauthenticated,
			"this sandbox is reachable from outside: sign in to the console first, or send its token as Authorization: Bearer")
	}
	return nil
}

func (p *Pages) ownHost(host string) bool {
	if base, err := url.Parse(p.cfg.BaseURL); err == nil && strings.EqualFold(base.Host, host) {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return strings.EqualFold(name, "localhost") || (ip != nil && ip.IsLoopback())
}

// sameOrigin refuses writes that another site's page sends. Browsers say where
// a request comes from; what says nothing is no browser.
func (p *Pages) sameOrigin(c *fiber.Ctx) error {
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead || fromHere(c) {
		return c.Next()
	}
	return p.fail(c, app.Errorf(app.Forbidden, "this request was sent from another site's page"))
}

func fromHere(c *fiber.Ctx) bool {
	if site := c.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, string(c.Request().Host()))
}

// forBrowsers serves the page to who asks for HTML, and leaves a path that
// pages and scripts share to the scripts' endpoint otherwise.
func (p *Pages) forBrowsers(page fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML) {
			return c.Next()
		}
		if err := p.mayEnter(c); err != nil {
			return p.fail(c, err)
		}
		return page(c)
	}
}
