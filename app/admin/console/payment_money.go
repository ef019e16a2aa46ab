package console

import (
	"encoding/json"

	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// actionOf is what opens the payment at the payer; nil where that is a code.
func actionOf(a channel.Action) *pages.PaymentAction {
	switch a.Type {
	case "redirect":
		return &pages.PaymentAction{Type: a.Type, URL: a.URL}
	case "jsapi", "app":
		out := &pages.PaymentAction{Type: a.Type, Params: a.OrderString}
		if len(a.Params) > 0 {
			// Strings always marshal.
			text, _ := json.MarshalIndent(a.Params, "", "  ")
			out.Params = string(text)
		}
		return out
	}
	return nil
}

// paymentMoney fills in a payment's attempts and refunds, and returns the latter.
func (c *Console) paymentMoney(r *request, p payments.Payment, view *pages.Payment) ([]payments.Refund, error) {
	attempts, err := c.Payments.AttemptsOf(r.ctx, r.scope(), p.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range attempts {
		if a.ID == view.AttemptID {
			view.AppID = a.AppID
		}
		view.Attempts = append(view.Attempts, pages.PaymentAttempt{
			ID: a.ID, Method: string(a.Method), Status: string(a.Status), Channel: a.Channel, CreatedAt: a.CreatedAt,
			Counts: a.ID == p.PaidAttemptID, Duplicate: isDuplicate(p, a),
		})
	}
	if !view.Shell.Can.Refunds {
		return nil, nil
	}
	rooms, err := c.Payments.RefundRooms(r.ctx, p)
	if err != nil {
		return nil, err
	}
	for _, room := range rooms {
		view.RefundLeft += room.Remainder
	}
	refunds, err := c.Payments.RefundsOf(r.ctx, r.scope(), p.ID)
	if err != nil {
		return nil, err
	}
	approvers, err := c.approvers(r, refunds)
	if err != nil {
		return nil, err
	}
	for _, refund := range refunds {
		view.Refunds = append(view.Refunds, pages.PaymentRefund{
			ID: refund.ID, RefundNo: refund.RefundNo, Amount: refund.Amount, Status: string(refund.Status), Reason: refund.Reason,
			RequestedBy: refundPerson(refund), ApprovedBy: approvers[refund.ApprovalID], AcceptedAt: refund.AcceptedAt,
			SucceededAt: refund.SucceededAt, ChannelRefundNo: refund.ChannelRefundNo, Duplicate: refund.AttemptID != p.PaidAttemptID,
		})
	}
	view.Hints = paymentHints(p, attempts, refunds)
	return refunds, nil
}

func isDuplicate(p payments.Payment, a payments.Attempt) bool {
	return a.Status == payments.StatusSucceeded && p.PaidAttemptID != "" && a.ID != p.PaidAttemptID
}

// approvers are who approved refunds, by approval.
func (c *Console) approvers(r *request, refunds []payments.Refund) (map[string]pages.Person, error) {
	out := map[string]pages.Person{}
	var ids []string
	for _, refund := range refunds {
		if refund.ApprovalID != "" {
			ids = append(ids, refund.ApprovalID)
		}
	}
	list, err := c.Approvals.ByIDs(r.ctx, approvals.Scope(r.scope()), ids)
	for _, a := range list {
		if a.Status == approvals.Approved {
			out[a.ID] = personOf(a.DecidedBy)
		}
	}
	return out, err
}

// paymentHints tell of late and duplicate money, and of the refund that the
// merchant's settings made of it.
func paymentHints(p payments.Payment, attempts []payments.Attempt, refunds []payments.Refund) []pages.PaymentHint {
	var hints []pages.PaymentHint
	hint := func(kind, attempt string) {
		h := pages.PaymentHint{Kind: kind}
		for _, refund := range refunds {
			if refund.AttemptID == attempt && refund.Source == payments.SourcePolicy {
				h.Refunded, h.RefundID = true, refund.ID
			}
		}
		hints = append(hints, h)
	}
	if p.Late {
		hint("late", p.PaidAttemptID)
	}
	for _, a := range attempts {
		if isDuplicate(p, a) {
			hint("duplicate", a.ID)
		}
	}
	return hints
}
