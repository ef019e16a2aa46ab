package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
)

type principalKey struct{}

// authenticate finds out who asks. A key of another merchant is told that the
// path does not exist: whose merchants there are is nobody else's business.
func (a *API) authenticate(c *fiber.Ctx) error {
	scheme, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return app.Errorf(app.Unauthenticated, "send your API key as Authorization: Bearer sk_test_… or sk_live_…").WithReason("missing_api_key")
	}
	p, err := a.Keys.Authenticate(c.UserContext(), strings.TrimSpace(token), app.ClientIP(c.UserContext()))
	if err != nil {
		return err
	}
	if p.MerchantID != c.Params("merchant") {
		return app.Errorf(app.NotFound, "no merchant %s for this key", c.Params("merchant")).WithReason("merchant_not_found")
	}
	ctx := payments.WithCause(c.UserContext(), payments.Cause{Kind: "key", Name: p.Prefix})
	ctx = audit.WithActor(ctx, audit.Actor{Kind: "key", ID: p.KeyID, Name: p.Prefix, IP: app.ClientIP(c.UserContext())})
	c.SetUserContext(ctx)
	c.Locals(principalKey{}, p)
	return c.Next()
}

// need refuses a key without the scope.
func (a *API) need(s merchants.Scope) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !principal(c).May(s) {
			return app.Errorf(app.Forbidden, "this API key lacks the scope %s", s).WithReason("missing_scope")
		}
		return c.Next()
	}
}

func principal(c *fiber.Ctx) merchants.Principal {
	p, _ := c.Locals(principalKey{}).(merchants.Principal)
	return p
}

func scope(c *fiber.Ctx) payments.Scope {
	p := principal(c)
	return payments.Scope{MerchantID: p.MerchantID, Mode: p.Mode}
}
