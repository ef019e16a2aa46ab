package api

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// switchBody is another way to pay as a merchant sends it.
type switchBody struct {
	Method    channel.Method `json:"method"`
	AccountID string         `json:"account_id"`
	AppID     string         `json:"app_id"`
	ReturnURL string         `json:"return_url"`
	Payer     payerBody      `json:"payer"`
	Options   optionsBody    `json:"channel_options"`
}

func (a *API) switchMethod(c *fiber.Ctx) error {
	var body switchBody
	if err := decode(c, &body); err != nil {
		return err
	}
	way := payments.Way{
		Method: body.Method, AccountID: body.AccountID, AppID: body.AppID, ReturnURL: body.ReturnURL,
		Payer: channel.Payer(body.Payer), Options: body.Options.options(),
	}
	return a.once(c, func(ctx context.Context, claim *payments.Claim) (payments.Created, error) {
		return a.Payments.SwitchMethod(ctx, scope(c), c.Params("id"), way, claim)
	})
}
