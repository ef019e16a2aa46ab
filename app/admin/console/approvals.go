package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func approvalRoutes() []Route {
	return []Route{
		get(scoped+"/approvals", InMerchant, access.Approvals, access.Read, (*Console).approvalsPage),
		get(scoped+"/approvals/:approval", InMerchant, access.Approvals, access.Read, (*Console).approvalPage),
		fresh(post(scoped+"/approvals/:approval/decide", InMerchant, access.Approvals, access.Decide, (*Console).decideApproval)),
		post(scoped+"/approvals/:approval/withdraw", InMerchant, access.Approvals, access.Read, (*Console).withdrawApproval),
	}
}

// decides says which permission the decision about a kind of request needs,
// besides that to decide at all.
var decides = map[string]Route{
	payments.ApprovalRefund: {Object: access.Refunds, Action: access.Approve},

	exceptions.ApprovalException: {Object: access.Exceptions, Action: access.Approve},
	exceptions.ApprovalBatch:     {Object: access.Exceptions, Action: access.Approve},
	statements.ApprovalPeriod:    {Object: access.Reconciliation, Action: access.Approve},
}

// approvalsPage lists what waits for a second person, or what was decided.
func (c *Console) approvalsPage(r *request) error {
	s, err := c.shell(r, layout.NavApprovals)
	if err != nil {
		return err
	}
	f := approvals.Filter{Status: approvals.Pending, Limit: 25}
	view := pages.Approvals{Shell: s, Decided: r.query("status") == "decided"}
	if view.Decided {
		f.Status, f.Decided = "", true
	}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixApproval, cursor) {
		f.Before = cursor
	}
	page, err := c.Approvals.List(r.ctx, approvals.Scope(r.scope()), f)
	if err != nil {
		return err
	}
	for _, a := range page.Approvals {
		view.Rows = append(view.Rows, approvalRow(r, a))
	}
	view.Pager = components.Pager{Path: r.OriginalURL(), Next: page.Next, Later: f.Before != "", Shown: len(view.Rows)}
	if len(view.Rows) == 0 {
		settings, err := c.Merchants.Settings(r.ctx, r.merchant.ID)
		if err != nil {
			return err
		}
		view.NoLimit = settings.RefundApprovalAbove == 0
	}
	return c.page(r, pages.ApprovalsPage(view))
}

func approvalRow(r *request, a approvals.Approval) pages.ApprovalRow {
	return pages.ApprovalRow{
		ID: a.ID, Kind: a.Kind, Amount: a.Amount, Summary: a.Summary, RequestedBy: personOf(a.RequestedBy), RequestedAt: a.RequestedAt,
		Status: string(a.Status), DecidedBy: personOf(a.DecidedBy), DecidedAt: a.DecidedAt, Own: isOwn(r, a),
	}
}

func isOwn(r *request, a approvals.Approval) bool {
	return a.RequestedBy.Kind == approvals.ByUser && a.RequestedBy.ID == r.user.ID
}

func (c *Console) approval(r *request) (approvals.Approval, error) {
	id, err := r.id("approval", app.PrefixApproval)
	if err != nil {
		return approvals.Approval{}, err
	}
	return c.Approvals.Get(r.ctx, approvals.Scope(r.scope()), id)
}

// approvalPage is one request, with the decision for whoever may make it.
func (c *Console) approvalPage(r *request) error {
	a, err := c.approval(r)
	if err != nil {
		return err
	}
	view, err := c.approvalView(r, a)
	if err != nil {
		return err
	}
	return c.page(r, pages.ApprovalPage(view))
}

func (c *Console) approvalView(r *request, a approvals.Approval) (pages.Approval, error) {
	s, err := c.shell(r, layout.NavApprovals)
	if err != nil {
		return pages.Approval{}, err
	}
	view := pages.Approval{Shell: s, ApprovalRow: approvalRow(r, a), Note: a.Note}
	if a.Kind == payments.ApprovalRefund && s.Can.Refunds {
		view.ObjectHref = r.to().Refund(a.ObjectID)
	}
	if s.Can.Reconcile {
		switch a.Kind {
		case exceptions.ApprovalException:
			view.ObjectHref = r.to().Exception(a.ObjectID)
		case exceptions.ApprovalBatch:
			view.ObjectHref = r.to().ExceptionBatch(a.ObjectID)
		}
	}
	if a.Status == approvals.Pending {
		view.Withdraw = view.Own
		ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
		view.Decide = !view.Own && s.Can.ApprovalDecide && ask.may(r.merchant.ID, decides[a.Kind].Object, decides[a.Kind].Action)
		err = ask.err
	}
	return view, err
}

// decideApproval approves or rejects what somebody else asked for. Besides the
// route's permission it needs that of the kind.
func (c *Console) decideApproval(r *request) error {
	a, err := c.approval(r)
	if err != nil {
		return err
	}
	r.route.Object, r.route.Action = decides[a.Kind].Object, decides[a.Kind].Action
	if err := c.permit(r, r.merchant.ID); err != nil {
		return err
	}
	decision, note := r.field("decision"), r.field("note")
	if decision != "approve" && decision != "reject" {
		return app.InvalidField("decision", "unsupported", "decision must be approve or reject")
	}
	_, err = c.Approvals.Decide(r.ctx, approvals.Scope(r.scope()), a.ID, approvals.Decision{By: r.person(), Approve: decision == "approve", Note: note})
	if app.Is(err, app.Invalid) {
		view, viewErr := c.approvalView(r, a)
		if viewErr != nil {
			return viewErr
		}
		view.Form = pages.ApprovalForm{Note: note, Errors: c.fieldErrors(r, err)}
		return c.refuse(r, pages.ApprovalPage(view))
	}
	if err != nil {
		return err
	}
	if decision == "approve" {
		return c.done(r, r.to().Approval(a.ID), "approval_approved")
	}
	return c.done(r, r.to().Approval(a.ID), "approval_rejected")
}

// withdrawApproval takes back what the user asked for.
func (c *Console) withdrawApproval(r *request) error {
	a, err := c.approval(r)
	if err != nil {
		return err
	}
	if _, err := c.Approvals.Withdraw(r.ctx, approvals.Scope(r.scope()), a.ID, r.person()); err != nil {
		return err
	}
	return c.done(r, r.to().Approval(a.ID), "approval_withdrawn")
}
