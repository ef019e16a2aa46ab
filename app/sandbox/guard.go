package sandbox

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// script guards a JSON endpoint. Forms go on to the pages that share its path.
func (s *Server) script(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if isForm(c) {
			return c.Next()
		}
		if !s.MayWrite(c) {
			return answerError(c, app.Errorf(app.Unauthenticated,
				"this sandbox is reachable from outside: send Authorization: Bearer with the token of sandbox.token, or sign in to the console"))
		}
		return h(c)
	}
}

// MayWrite reports whether the request may change the sandbox: on loopback,
// with the sandbox token, or when the sandbox's host vouches for it.
func (s *Server) MayWrite(c *fiber.Ctx) bool {
	return s.cfg.private() || s.hasToken(c) || (s.cfg.Allow != nil && s.cfg.Allow(c))
}

func (s *Server) hasToken(c *fiber.Ctx) bool {
	given, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
	return ok && s.cfg.Token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Token)) == 1
}

// isForm tells a browser's form from a script: curl -d says "form" of whatever
// it sends.
func isForm(c *fiber.Ctx) bool {
	kind := c.Get(fiber.HeaderContentType)
	form := strings.HasPrefix(kind, fiber.MIMEApplicationForm) || strings.HasPrefix(kind, fiber.MIMEMultipartForm)
	return form && len(c.BodyRaw()) > 0 && !bytes.HasPrefix(bytes.TrimSpace(c.BodyRaw()), []byte("{"))
}

// decode reads the JSON body strictly: a misspelt field is an error.
func decode(c *fiber.Ctx, into any) error {
	d := json.NewDecoder(bytes.NewReader(c.BodyRaw()))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("more than one JSON value")
	}
	return app.Errorf(app.Invalid, "the body is not the JSON expected here: %w", err)
}

// statusOf maps codes to HTTP.
func statusOf(code app.Code) int {
	switch code {
	case app.Invalid:
		return fiber.StatusBadRequest
	case app.Unauthenticated:
		return fiber.StatusUnauthorized
	case app.NotFound:
		return fiber.StatusNotFound
	case app.Conflict:
		return fiber.StatusConflict
	}
	return fiber.StatusInternalServerError
}

// answerError answers a script with what went wrong and, where known, how to
// put it right.
func answerError(c *fiber.Ctx, err error) error {
	var e *app.Error
	if !errors.As(err, &e) {
		return err // the host's error handler logs and hides it
	}
	reason := e.Reason
	if reason == "" {
		reason = string(e.Code)
	}
	body := fiber.Map{"code": reason, "message": e.Message}
	if e.Field != "" {
		body["field"] = e.Field
	}
	return c.Status(statusOf(e.Code)).JSON(body)
}
