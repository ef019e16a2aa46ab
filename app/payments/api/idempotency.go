package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
)

const maxIdempotencyKey = 255

// claimOf reads the Idempotency-Key header, bare or as a quoted string. It
// returns nil without one. status is that of a success.
func claimOf(c *fiber.Ctx) (*payments.Claim, error) {
	key := c.Get("Idempotency-Key")
	if key == "" {
		return nil, nil
	}
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	if key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
		return nil, app.InvalidField("Idempotency-Key", "bad_value", "Idempotency-Key must be 1 to %d visible ASCII characters", maxIdempotencyKey)
	}
	sum := sha256.New()
	sum.Write([]byte(c.Method() + "\n" + c.OriginalURL() + "\n"))
	sum.Write(c.BodyRaw())
	id := app.RequestID(c.UserContext())
	return &payments.Claim{
		Scope: scope(c), Key: key, Fingerprint: hex.EncodeToString(sum.Sum(nil)), Owner: id,
		Answer: func(out payments.Outcome, err error) (payments.Frozen, bool) { return frozenAnswer(id, out, err) },
	}, nil
}

// frozenAnswer renders an outcome for replay. What may still change is not
// frozen: unknown outcomes and everything a client should simply try again.
func frozenAnswer(requestID string, out payments.Outcome, err error) (payments.Frozen, bool) {
	if err != nil {
		p := problemOf(err)
		p.RequestID = requestID
		if p.Status == http.StatusUnauthorized || p.Status == http.StatusTooManyRequests || p.Status >= 500 {
			return payments.Frozen{}, false
		}
		return payments.Frozen{StatusCode: p.Status, ContentType: problemType, Body: encode(p)}, true
	}
	view, _, unknown := out.Shown()
	if unknown {
		return payments.Frozen{}, false
	}
	return payments.Frozen{StatusCode: createdStatus(out), ContentType: fiber.MIMEApplicationJSON, Body: encode(view)}, true
}

// createdStatus is the status of a success: 202 while the outcome is unknown,
// 201 for what this call made, 200 for what there was.
func createdStatus(out payments.Outcome) int {
	switch _, isNew, unknown := out.Shown(); {
	case unknown:
		return http.StatusAccepted
	case isNew:
		return http.StatusCreated
	}
	return http.StatusOK
}

// encode writes JSON without escaping <, > and &: they are common in URLs.
func encode(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // our own view types always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// write sends v as JSON.
func write(c *fiber.Ctx, status int, v any) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(status).SendString(encode(v))
}

// replay sends a frozen answer again.
func replay(c *fiber.Ctx, f *payments.Frozen) error {
	c.Set("Idempotency-Replayed", "true")
	c.Set(fiber.HeaderContentType, f.ContentType)
	return c.Status(f.StatusCode).SendString(f.Body)
}
