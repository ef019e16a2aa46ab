package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/webhooks"
)

type endpointBody struct {
	URL         string   `json:"url"`
	Description string   `json:"description"`
	EventTypes  []string `json:"event_types"`
	Secret      string   `json:"secret"`
	Asymmetric  bool     `json:"asymmetric"`
}

// createdEndpoint carries what is shown only once.
type createdEndpoint struct {
	webhooks.EndpointView
	Secret    string `json:"secret"`
	PublicKey string `json:"public_key,omitempty"`
}

func (a *API) createEndpoint(c *fiber.Ctx) error {
	var body endpointBody
	if err := decode(c, &body); err != nil {
		return err
	}
	s := scope(c)
	out, err := a.Webhooks.Create(c.UserContext(), s.MerchantID, s.Mode, webhooks.Input(body))
	if err != nil {
		return err
	}
	return write(c, http.StatusCreated, createdEndpoint{out.Endpoint.View(), out.Secret, out.PublicKey})
}

func (a *API) listEndpoints(c *fiber.Ctx) error {
	q := queryOf(c)
	limit, before := q.limit(), q.id("cursor", app.PrefixEndpoint)
	if err := q.done(); err != nil {
		return err
	}
	s := scope(c)
	rows, err := a.Webhooks.Endpoints(c.UserContext(), s.MerchantID, s.Mode, before, limit+1)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, pageOf(rows, limit, webhooks.Endpoint.View, func(e webhooks.Endpoint) string { return e.ID }))
}

func (a *API) getEndpoint(c *fiber.Ctx) error {
	s := scope(c)
	e, err := a.Webhooks.Endpoint(c.UserContext(), s.MerchantID, s.Mode, c.Params("id"))
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, e.View())
}

type endpointPatch struct {
	URL         *string   `json:"url"`
	Description *string   `json:"description"`
	EventTypes  *[]string `json:"event_types"`
	Status      *string   `json:"status"`
}

// updateEndpoint changes what the body names. Status is changed last, so that
// an endpoint is never enabled at an address that was refused.
func (a *API) updateEndpoint(c *fiber.Ctx) error {
	var body endpointPatch
	if err := decode(c, &body); err != nil {
		return err
	}
	s, ctx, id := scope(c), c.UserContext(), c.Params("id")
	if body.Status != nil && *body.Status != string(webhooks.Enabled) && *body.Status != string(webhooks.Disabled) {
		return app.InvalidField("status", "bad_value", "status must be enabled or disabled")
	}
	e, err := a.Webhooks.Update(ctx, s.MerchantID, s.Mode, id, webhooks.Patch{URL: body.URL, Description: body.Description, EventTypes: body.EventTypes})
	if err != nil {
		return err
	}
	if body.Status != nil && *body.Status != string(e.Status) {
		change := a.Webhooks.Enable
		if *body.Status == string(webhooks.Disabled) {
			change = a.Webhooks.Disable
		}
		if e, err = change(ctx, s.MerchantID, s.Mode, id); err != nil {
			return err
		}
	}
	return write(c, http.StatusOK, e.View())
}

func (a *API) deleteEndpoint(c *fiber.Ctx) error {
	s := scope(c)
	if err := a.Webhooks.Delete(c.UserContext(), s.MerchantID, s.Mode, c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(http.StatusNoContent)
}

// rotateSecret answers the new secret, shown once; the old one signs beside it
// for 24 hours.
func (a *API) rotateSecret(c *fiber.Ctx) error {
	s := scope(c)
	secret, err := a.Webhooks.RotateSecret(c.UserContext(), s.MerchantID, s.Mode, c.Params("id"), webhooks.HMAC)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, map[string]string{"id": c.Params("id"), "secret": secret})
}

func (a *API) testEndpoint(c *fiber.Ctx) error {
	s := scope(c)
	d, err := a.Webhooks.SendTest(c.UserContext(), s.MerchantID, s.Mode, c.Params("id"))
	if err != nil {
		return err
	}
	return write(c, http.StatusAccepted, viewDelivery(d))
}
