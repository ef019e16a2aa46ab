package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// Problem is an RFC 9457 answer.
type Problem struct {
	Type      string           `json:"type"`
	Title     string           `json:"title"`
	Status    int              `json:"status"`
	Detail    string           `json:"detail"`
	Code      string           `json:"code"`
	RequestID string           `json:"request_id"`
	Errors    []app.FieldError `json:"errors,omitempty"`
	Channel   *app.Refusal     `json:"channel,omitempty"`
	PaymentID string           `json:"payment_id,omitempty"`
	RefundID  string           `json:"refund_id,omitempty"`
	// Remainder is what can still be refunded, in fen, when more was asked for.
	Remainder json.Number `json:"remainder,omitempty"`
}

const problemType = "application/problem+json"

// problems turns the errors of all handlers below it into problem+json.
func (a *API) problems(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return a.Answer(c, err)
	}
	return nil
}

// Answer sends err as problem+json. The server's error handler calls it for
// requests that fail before they reach a handler, such as oversized bodies.
func (a *API) Answer(c *fiber.Ctx, err error) error {
	p := problemOf(err)
	p.RequestID = app.RequestID(c.UserContext())
	if p.Status >= 500 {
		a.Logger.ErrorContext(c.UserContext(), "request failed", "method", c.Method(), "path", c.Path(), "status", p.Status, "error", err)
	}
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, retryAfterOf(err))
	}
	if p.Status == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="piaohao"`)
	}
	return send(c, p)
}

// retryAfterOf is how many seconds a client should wait before it tries again:
// what the error knows, or one.
func retryAfterOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) && e.Details["retry_after"] != "" {
		return e.Details["retry_after"]
	}
	return "1"
}

func send(c *fiber.Ctx, p Problem) error {
	c.Set(fiber.HeaderContentType, problemType)
	return c.Status(p.Status).SendString(encode(p)) // as a replay sends it, to the byte
}

// problemOf maps an error to its answer. What is not an app.Error says nothing
// about our insides.
func problemOf(err error) Problem {
	var fe *fiber.Error
	if errors.As(err, &fe) {
		return httpProblem(fe)
	}
	var e *app.Error
	if !errors.As(err, &e) {
		e = app.Errorf(app.Internal, "the server failed; quote the request id to its operator")
	}
	p := Problem{Detail: e.Message, Code: e.Reason, Errors: e.Fields, Channel: e.Channel, PaymentID: e.Details["payment_id"],
		RefundID: e.Details["refund_id"], Remainder: json.Number(e.Details["remainder"])}
	if p.Code == "" {
		p.Code = string(e.Code)
	}
	p.Status = statusOf(e)
	if p.Status == http.StatusInternalServerError {
		p.Detail = "the server failed; quote the request id to its operator"
	}
	return p.titled()
}

// statusOf is the one place where codes become HTTP statuses.
func statusOf(e *app.Error) int {
	switch e.Reason {
	case "body_too_large":
		return http.StatusRequestEntityTooLarge
	case "unsupported_media_type":
		return http.StatusUnsupportedMediaType
	case "idempotency_key_reused":
		return http.StatusUnprocessableEntity
	}
	switch e.Code {
	case app.Invalid:
		return http.StatusBadRequest
	case app.Unauthenticated:
		return http.StatusUnauthorized
	case app.Forbidden:
		return http.StatusForbidden
	case app.NotFound:
		return http.StatusNotFound
	case app.Conflict:
		return http.StatusConflict
	case app.Declined:
		return http.StatusUnprocessableEntity
	case app.RateLimited:
		return http.StatusTooManyRequests
	case app.OutcomeUnknown, app.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// httpProblem answers what the HTTP layer itself refused. Whatever it could not
// read is a bad request, so that each code keeps its one status.
func httpProblem(fe *fiber.Error) Problem {
	p := Problem{Status: fe.Code}
	switch fe.Code {
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = "body_too_large", "the body is larger than 256 KiB"
	case http.StatusRequestHeaderFieldsTooLarge:
		p.Code, p.Detail = "headers_too_large", "the request line and headers are too large"
	case http.StatusRequestTimeout:
		p.Code, p.Detail = "request_timeout", "the request did not arrive in time"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		p.Status, p.Code, p.Detail = http.StatusNotFound, "not_found", fe.Message
	default:
		p.Status, p.Code, p.Detail = http.StatusBadRequest, "invalid_request", "the request could not be read"
	}
	return p.titled()
}

func (p Problem) titled() Problem {
	p.Title = http.StatusText(p.Status)
	p.Type = "/docs/errors#" + p.Code
	return p
}
