package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// echoed is what the integrator's self-test answers.
type echoed struct {
	RequestID      string `json:"request_id"`
	Method         string `json:"method"`
	Target         string `json:"target"`
	ContentType    string `json:"content_type"`
	Body           string `json:"body"`
	ClientIP       string `json:"client_ip"`
	Authentication auth   `json:"authentication"`
}

type auth struct {
	Scheme     string   `json:"scheme"`
	KeyID      string   `json:"key_id"`
	KeyPrefix  string   `json:"key_prefix"`
	MerchantID string   `json:"merchant_id"`
	Mode       app.Mode `json:"mode"`
	Scopes     []string `json:"scopes"`
}

// echo returns what was received and how it was authenticated.
func (a *API) echo(c *fiber.Ctx) error {
	if len(c.BodyRaw()) > maxBody {
		return app.Errorf(app.Invalid, "the body is larger than 256 KiB").WithReason("body_too_large")
	}
	p := principal(c)
	return write(c, http.StatusOK, echoed{
		RequestID: app.RequestID(c.UserContext()), Method: c.Method(), Target: c.OriginalURL(),
		ContentType: c.Get(fiber.HeaderContentType), Body: string(c.BodyRaw()), ClientIP: app.ClientIP(c.UserContext()),
		Authentication: auth{Scheme: "bearer", KeyID: p.KeyID, KeyPrefix: p.Prefix, MerchantID: p.MerchantID, Mode: p.Mode, Scopes: p.Scopes},
	})
}
