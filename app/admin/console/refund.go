package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// refundPage is one refund with its part of the payment's story.
func (c *Console) refundPage(r *request) error {
	refund, err := c.refund(r)
	if err != nil {
		return err
	}
	view, err := c.refundView(r, refund)
	if err != nil {
		return err
	}
	return c.page(r, pages.RefundPage(view))
}

func (c *Console) refund(r *request) (payments.Refund, error) {
	id, err := r.id("refund", app.PrefixRefund)
	if err != nil {
		return payments.Refund{}, err
	}
	return c.Payments.GetRefund(r.ctx, r.scope(), id)
}

func (c *Console) refundView(r *request, refund payments.Refund) (pages.Refund, error) {
	s, err := c.shell(r, layout.NavRefunds)
	if err != nil {
		return pages.Refund{}, err
	}
	p, err := c.Payments.Get(r.ctx, r.scope(), refund.PaymentID)
	if err != nil {
		return pages.Refund{}, err
	}
	view := pages.Refund{
		Shell: s, ID: refund.ID, PaymentID: refund.PaymentID, OrderNo: refund.OrderNo, RefundNo: refund.RefundNo, Number: refund.Number,
		ChannelRefundNo: refund.ChannelRefundNo, Status: string(refund.Status), Source: string(refund.Source), Stage: stageOf(refund),
		Amount: refund.Amount, Reason: refund.Reason, RequestedBy: refundPerson(refund), Duplicate: refund.AttemptID != p.PaidAttemptID,
		Channel: refund.Channel, AccountID: refund.AccountID, CreatedAt: refund.CreatedAt, AcceptedAt: refund.AcceptedAt, SucceededAt: refund.SucceededAt,
		ErrorCode: refund.ErrorCode, ErrorMessage: channelWords(refund),
		CanSync: !refund.Status.Final() && refund.Status != payments.RefundAwaiting,
	}
	if view.AccountName, err = c.accountName(r, refund.AccountID); err != nil {
		return view, err
	}
	rooms, err := c.Payments.RefundRooms(r.ctx, p)
	if err != nil {
		return view, err
	}
	for _, room := range rooms {
		if room.AttemptID == refund.AttemptID {
			view.Left = room.Remainder
		}
	}
	if view.Approval, err = c.refundApproval(r, refund); err != nil {
		return view, err
	}
	view.Timeline, err = c.refundStory(r, refund, s)
	return view, err
}

// stageOf tells pending refunds apart.
func stageOf(r payments.Refund) string {
	switch {
	case r.AcceptedAt != 0:
		return "accepted"
	case r.Sends > 0:
		return "unknown"
	}
	return "unsent"
}

// channelWords are what the channel said. Of an abnormal refund it is where the
// money should have gone; that a refund was closed it says without words.
func channelWords(r payments.Refund) string {
	switch {
	case r.Status == payments.RefundAbnormal:
		return r.LostAccount()
	case r.Status == payments.RefundFailed && r.AcceptedAt != 0 && r.ErrorCode != "resolved":
		return ""
	}
	return r.ErrorMessage
}

func (c *Console) refundApproval(r *request, refund payments.Refund) (*pages.RefundApproval, error) {
	if refund.ApprovalID == "" {
		return nil, nil
	}
	a, err := c.Approvals.Get(r.ctx, approvals.Scope(r.scope()), refund.ApprovalID)
	if err != nil {
		return nil, err
	}
	return &pages.RefundApproval{ID: a.ID, Status: string(a.Status), By: personOf(a.DecidedBy), At: a.DecidedAt, Note: a.Note}, nil
}

func personOf(p approvals.Person) pages.Person { return pages.Person{Kind: p.Kind, Name: p.Name} }

// refundStory is what the payment's timeline tells of this refund, what its own
// webhooks came to, and its bill.
func (c *Console) refundStory(r *request, refund payments.Refund, s layout.Shell) ([]components.Entry, error) {
	rows, err := c.Payments.Timeline(r.ctx, r.scope(), refund.PaymentID)
	if err != nil {
		return nil, err
	}
	out := c.timelineEntries(r, payments.AboutRefund(rows, refund))
	if s.Can.Deliveries {
		sent, err := c.webhookEntries(r, s, refund.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, sent...)
	}
	if s.Can.Reconcile {
		places, err := c.placesOf(r, billedRefunds([]payments.Refund{refund}))
		if err != nil {
			return nil, err
		}
		out = append(out, c.reconcileEntries(r, places)...)
	}
	return inOrder(out), nil
}

// syncRefund asks the channel about the refund now (查单). Without a certain
// answer the page says so: the job goes on asking.
func (c *Console) syncRefund(r *request) error {
	refund, err := c.refund(r)
	if err != nil {
		return err
	}
	note := "refund_synced"
	if _, err = c.Payments.SyncRefund(r.ctx, r.scope(), refund.ID); app.Is(err, app.OutcomeUnknown) {
		note, err = "refund_unclear", nil
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Refund(refund.ID), note)
}

// resolveRefund ends an abnormal refund by a person's word.
func (c *Console) resolveRefund(r *request) error {
	refund, err := c.refund(r)
	if err != nil {
		return err
	}
	form := pages.ResolveForm{Outcome: oneOf(r.field("outcome"), []string{"succeeded", "failed"}), Reason: r.field("reason")}
	if form.Outcome == "" && refund.Status == payments.RefundAbnormal {
		form.Errors = map[string]string{"outcome": r.t("field_error.outcome_required")}
	} else {
		_, err = c.Payments.ResolveAbnormal(r.ctx, r.scope(), refund.ID, payments.Resolution{
			Succeeded: form.Outcome == "succeeded", Reason: form.Reason, By: r.person(),
		})
		if app.Is(err, app.Invalid) {
			form.Errors = c.fieldErrors(r, err)
		}
	}
	if form.Errors != nil {
		view, err := c.refundView(r, refund)
		if err != nil {
			return err
		}
		view.Resolve = form
		return c.refuse(r, pages.RefundPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Refund(refund.ID), "refund_resolved")
}

// person is the user as approvals and refunds know them.
func (r *request) person() approvals.Person {
	return approvals.Person{Kind: approvals.ByUser, ID: r.user.ID, Name: r.user.Email}
}
