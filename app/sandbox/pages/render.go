package pages

import (
	"errors"
	"path"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

const contentPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

func (p *Pages) render(c *fiber.Ctx, status int, page templ.Component) error {
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Vary(fiber.HeaderAcceptLanguage, fiber.HeaderCookie, fiber.HeaderAccept)
	c.Status(status)
	return page.Render(c.UserContext(), c.Response().BodyWriter())
}

// fail shows what went wrong. What is the sandbox's own fault is logged here
// and not shown.
func (p *Pages) fail(c *fiber.Ctx, err error) error {
	var e *app.Error
	f := p.frame(c)
	if !errors.As(err, &e) || e.Code == app.Internal {
		p.cfg.Logger.ErrorContext(c.UserContext(), "sandbox page", "path", f.Path, "error", err)
		return p.render(c, fiber.StatusInternalServerError, failurePage(f, f.W.InternalError, ""))
	}
	return p.render(c, statusOf(e.Code), failurePage(f, f.W.failure(e.Code), e.Message))
}

// failure is what an error's code means to the reader.
func (w words) failure(code app.Code) string {
	switch code {
	case app.NotFound:
		return w.NotFoundText
	case app.Forbidden:
		return w.ForbiddenText
	case app.Unauthenticated:
		return w.SignInText
	case app.Invalid:
		return w.InvalidText
	case app.Conflict:
		return w.ConflictText
	}
	return w.InternalError
}

func statusOf(code app.Code) int {
	switch code {
	case app.Invalid:
		return fiber.StatusUnprocessableEntity
	case app.Unauthenticated:
		return fiber.StatusUnauthorized
	case app.Forbidden:
		return fiber.StatusForbidden
	case app.NotFound:
		return fiber.StatusNotFound
	case app.Conflict:
		return fiber.StatusConflict
	}
	return fiber.StatusInternalServerError
}

func (p *Pages) asset(c *fiber.Ctx) error {
	body, err := assets.ReadFile(path.Join("assets", path.Base(c.Params("file"))))
	if err != nil {
		return fiber.ErrNotFound
	}
	c.Type(path.Ext(c.Params("file"))[1:], "utf-8")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.Send(body)
}
