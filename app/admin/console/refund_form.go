package console

import (
	"errors"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// refundForm asks how much of a payment to give back; the rest is the default.
func (c *Console) refundForm(r *request) error {
	view, err := c.refundFormView(r)
	if err != nil {
		return err
	}
	view.Token = app.NewID("R", c.Clock.Now())
	view.RefundNo = view.Token
	for _, room := range view.Rooms {
		if room.Left > 0 && view.AttemptID == "" {
			view.AttemptID, view.Amount = room.AttemptID, room.Left.Yuan()
		}
	}
	return c.page(r, pages.RefundFormPage(view))
}

// refundFormView is the form without what anybody entered.
func (c *Console) refundFormView(r *request) (pages.RefundForm, error) {
	p, err := c.payment(r)
	if err != nil {
		return pages.RefundForm{}, err
	}
	view := pages.RefundForm{
		PaymentID: p.ID, OrderNo: p.OrderNo, Subject: p.Subject, Channel: p.Channel, Paid: p.Status == payments.StatusSucceeded,
	}
	if view.Shell, err = c.shell(r, layout.NavPayments); err != nil {
		return view, err
	}
	rooms, err := c.Payments.RefundRooms(r.ctx, p)
	if err != nil {
		return view, err
	}
	for _, room := range rooms {
		view.Rooms = append(view.Rooms, pages.RefundRoom{
			AttemptID: room.AttemptID, Method: string(room.Method), Amount: room.Amount, Left: room.Remainder, Duplicate: room.Duplicate,
		})
	}
	settings, err := c.Merchants.Settings(r.ctx, r.merchant.ID)
	view.Limit = settings.RefundApprovalAbove
	return view, err
}

// createRefund gives money back. The form's number makes it once, however often
// the form is sent. A refusal of the channel is a certain end that the refund's
// page explains.
func (c *Console) createRefund(r *request) error {
	view, err := c.refundFormView(r)
	if err != nil {
		return err
	}
	view.AttemptID, view.Amount, view.Reason, view.RefundNo, view.Token = r.field("attempt_id"), r.field("amount"), r.field("reason"), r.field("refund_no"), r.field("token")
	if view.RefundNo == "" {
		view.RefundNo = view.Token
	}
	if view.AttemptID == "" && len(view.Rooms) > 0 {
		view.AttemptID = view.Rooms[0].AttemptID
	}
	in := payments.RefundInput{
		RefundNo: view.RefundNo, Reason: view.Reason, Source: payments.SourceConsole, By: r.person(), AttemptID: view.AttemptID,
	}
	var understood bool
	if in.Amount, understood = readYuan(view.Amount); !understood {
		view.Errors = map[string]string{"amount": r.t("field_error.amount_yuan")}
		return c.refuse(r, pages.RefundFormPage(view))
	}
	if view.Limit > 0 && in.Amount >= view.Limit {
		if err := c.needFresh(r); err != nil {
			return err
		}
	}
	out, err := c.Payments.Refund(r.ctx, r.scope(), view.PaymentID, in, nil)
	var e *app.Error
	if errors.As(err, &e) && e.Code == app.Declined && e.Details["refund_id"] != "" {
		return c.done(r, r.to().Refund(e.Details["refund_id"]), "")
	}
	if view.Errors = c.refundErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.RefundFormPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Refund(out.View.ID), refundNote(out))
}

// refundNote is what the refund's page announces.
func refundNote(out payments.Refunded) string {
	switch out.View.Status {
	case payments.RefundAwaiting:
		return "refund_asked"
	case payments.RefundSucceeded:
		return "refund_arrived"
	case payments.RefundPending:
		switch {
		case out.Unknown:
			return "refund_unknown"
		case out.View.AcceptedAt == nil:
			return "refund_queued"
		}
		return "refund_sent"
	}
	return ""
}

// refundErrors are fieldErrors, with what is left beside an amount that is too
// large.
func (c *Console) refundErrors(r *request, err error) map[string]string {
	var e *app.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Reason {
	case "refund_exceeds_remainder":
		left, parseErr := strconv.ParseInt(e.Details["remainder"], 10, 64)
		if parseErr != nil {
			return nil
		}
		return map[string]string{"amount": r.t("field_error.amount_left", "left", app.Money(left).String())}
	case "refund_no_conflict":
		return map[string]string{"refund_no": c.explain(r, e)}
	}
	return c.fieldErrors(r, err)
}
