package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// refundPatience is how long a refund may stay without a certain answer before
// it is worth a look.
const refundPatience = 10 * time.Minute

// refundActions are the refunds that somebody must look at.
func (c *Console) refundActions(r *request) ([]pages.NeedsAction, error) {
	w, err := c.Payments.RefundsWaiting(r.ctx, r.scope(), app.ToMillis(c.Clock.Now().Add(-refundPatience)))
	if err != nil {
		return nil, err
	}
	var out []pages.NeedsAction
	for _, part := range []struct {
		kind   string
		urgent bool
		count  int
		since  app.Millis
		status payments.RefundStatus
	}{
		{"refunds_abnormal", true, w.Abnormal, w.AbnormalSince, payments.RefundAbnormal},
		{"refunds_unanswered", false, w.Unanswered, w.UnansweredFrom, payments.RefundPending},
	} {
		if part.count > 0 {
			out = append(out, pages.NeedsAction{
				Kind: part.kind, Urgent: part.urgent, Count: part.count, At: part.since,
				Href: routes.With(r.to().Refunds(), "status", string(part.status)),
			})
		}
	}
	return out, nil
}

// approvalActions tell those who decide that something waits for them: what they
// asked for themselves does not, nor what another role decides.
func (c *Console) approvalActions(r *request) ([]pages.NeedsAction, error) {
	kinds, err := c.kindsOf(r, r.merchant.ID, true)
	if err != nil {
		return nil, err
	}
	page, err := c.Approvals.List(r.ctx, approvals.Scope(r.scope()), approvals.Filter{Status: approvals.Pending, Kinds: kinds, Limit: countAtMost})
	if err != nil {
		return nil, err
	}
	a := pages.NeedsAction{Kind: "approvals_pending", Href: r.to().Approvals()}
	for _, p := range page.Approvals {
		if !isOwn(r, p) && !p.IsOfKeyBy(r.user.ID) {
			a.Count++
		}
	}
	if a.Count == 0 {
		return nil, nil
	}
	return []pages.NeedsAction{a}, nil
}
