package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// createBody is the unified order as a merchant sends it.
type createBody struct {
	OrderNo   string            `json:"order_no"`
	Amount    *app.Money        `json:"amount"`
	Currency  string            `json:"currency"`
	Subject   string            `json:"subject"`
	Method    channel.Method    `json:"method"`
	AccountID string            `json:"account_id"`
	AppID     string            `json:"app_id"`
	ExpiresAt *time.Time        `json:"expires_at"`
	ReturnURL string            `json:"return_url"`
	Payer     payerBody         `json:"payer"`
	Options   optionsBody       `json:"channel_options"`
	Metadata  map[string]string `json:"metadata"`
}

type payerBody struct {
	OpenID      string `json:"openid"`
	BuyerID     string `json:"buyer_id"`
	BuyerOpenID string `json:"buyer_open_id"`
	ClientIP    string `json:"client_ip"`
	AuthCode    string `json:"auth_code"`
}

type optionsBody struct {
	ProfitSharing bool   `json:"profit_sharing"`
	LimitPay      string `json:"limit_pay"`
	GoodsTag      string `json:"goods_tag"`
	StoreID       string `json:"store_id"`
}

func (b createBody) input() (payments.CreateInput, error) {
	in := payments.CreateInput{
		OrderNo: b.OrderNo, Currency: b.Currency, Subject: b.Subject, Method: b.Method,
		AccountID: b.AccountID, AppID: b.AppID, ReturnURL: b.ReturnURL, Metadata: b.Metadata,
		Payer: channel.Payer(b.Payer), Options: b.Options.options(),
	}
	if b.Amount == nil {
		return in, app.InvalidField("amount", "required", "amount is required, in fen")
	}
	in.Amount = *b.Amount
	if b.ExpiresAt != nil {
		in.ExpiresAt = *b.ExpiresAt
	}
	return in, nil
}

func (o optionsBody) options() map[string]string {
	m := map[string]string{}
	if o.ProfitSharing {
		m["profit_sharing"] = "true"
	}
	for name, value := range map[string]string{"limit_pay": o.LimitPay, "goods_tag": o.GoodsTag, "store_id": o.StoreID} {
		if value != "" {
			m[name] = value
		}
	}
	return m
}

// personal names the members that identify a payer or can be spent.
var personal = channel.NewMasker("openid", "buyer_id", "buyer_open_id", "client_ip", "auth_code")

// asked is a body as a payment's story keeps it.
func asked(body []byte) (string, error) {
	text, err := personal.JSON(body)
	if err != nil {
		return "", app.Errorf(app.Internal, "keep the request: %w", err) // it has been decoded before
	}
	return string(text), nil
}

func (a *API) createPayment(c *fiber.Ctx) error {
	var body createBody
	if err := decode(c, &body); err != nil {
		return err
	}
	in, err := body.input()
	if err != nil {
		return err
	}
	if in.Asked, err = asked(c.BodyRaw()); err != nil {
		return err
	}
	return a.once(c, func(ctx context.Context, claim *payments.Claim) (payments.Created, error) {
		return a.Payments.Create(ctx, scope(c), in, claim)
	})
}

// once serves a request that may carry an Idempotency-Key.
func (a *API) once(c *fiber.Ctx, serve func(ctx context.Context, claim *payments.Claim) (payments.Created, error)) error {
	claim, err := claimOf(c)
	if err != nil {
		return err
	}
	frozen, err := a.Payments.Replay(c.UserContext(), claim)
	if err != nil {
		return err
	}
	if frozen != nil {
		return replay(c, frozen)
	}
	out, err := serve(c.UserContext(), claim)
	if err != nil {
		return err
	}
	return write(c, createdStatus(out), out.View)
}

func (a *API) getPayment(c *fiber.Ctx) error {
	p, err := a.Payments.Get(c.UserContext(), scope(c), c.Params("id"))
	if err != nil {
		return err
	}
	if err := a.Payments.Touch(c.UserContext(), p); err != nil {
		return err
	}
	return a.showPayment(c, http.StatusOK, p)
}

func (a *API) closePayment(c *fiber.Ctx) error {
	p, err := a.Payments.Close(c.UserContext(), scope(c), c.Params("id"))
	if app.Is(err, app.OutcomeUnknown) {
		return a.showPayment(c, http.StatusAccepted, p)
	}
	if err != nil {
		return err
	}
	return a.showPayment(c, http.StatusOK, p)
}

func (a *API) showPayment(c *fiber.Ctx, status int, p payments.Payment) error {
	view, err := a.Payments.ViewOf(c.UserContext(), p)
	if err != nil {
		return err
	}
	return write(c, status, view)
}
