package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
)

// refundBody is a refund as a merchant asks for it.
type refundBody struct {
	RefundNo  string     `json:"refund_no"`
	Amount    *app.Money `json:"amount"`
	Reason    string     `json:"reason"`
	AttemptID string     `json:"attempt_id"`
}

func (a *API) createRefund(c *fiber.Ctx) error {
	var body refundBody
	if err := decode(c, &body); err != nil {
		return err
	}
	if body.Amount == nil {
		return app.InvalidField("amount", "required", "amount is required, in fen")
	}
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
	key := principal(c)
	out, err := a.Payments.Refund(c.UserContext(), scope(c), c.Params("id"), payments.RefundInput{
		RefundNo: body.RefundNo, Amount: *body.Amount, Reason: body.Reason, AttemptID: body.AttemptID,
		Source: payments.SourceAPI, By: approvals.Person{Kind: approvals.ByKey, ID: key.KeyID, Name: key.Prefix},
	}, claim)
	if err != nil {
		return err
	}
	return write(c, createdStatus(out), out.View)
}

func (a *API) getRefund(c *fiber.Ctx) error {
	r, err := a.Payments.GetRefund(c.UserContext(), scope(c), c.Params("id"))
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, payments.RefundViewOf(r))
}

func (a *API) listRefunds(c *fiber.Ctx) error {
	q := queryOf(c)
	f := payments.RefundFilter{
		RefundNo:  q.text("refund_no"),
		PaymentID: q.id("payment_id", app.PrefixPayment),
		Status:    payments.RefundStatus(q.oneOf("status", func(s string) bool { return payments.RefundStatus(s).Valid() })),
		From:      q.time("created_from"), To: q.time("created_to"),
		Limit: q.limit(), Before: q.id("cursor", app.PrefixRefund),
	}
	if err := q.done(); err != nil {
		return err
	}
	found, err := a.Payments.ListRefunds(c.UserContext(), scope(c), f)
	if err != nil {
		return err
	}
	views := make([]payments.RefundView, 0, len(found.Refunds))
	for _, r := range found.Refunds {
		views = append(views, payments.RefundViewOf(r))
	}
	return write(c, http.StatusOK, page[payments.RefundView]{Data: views, NextCursor: cursor(found.Next)})
}
