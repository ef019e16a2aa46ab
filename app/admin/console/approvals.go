package console

import (
	"errors"
	"maps"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/changes"
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
		fresh(post(scoped+"/approvals/:approval/open", InMerchant, access.Approvals, access.Read, (*Console).openApproved)),
		get("/console/approvals", Own, access.OwnInbox, access.Read, (*Console).inboxPage),
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

	changes.KeyCreate: {Object: access.Keys, Action: access.Write}, changes.KeyRoll: {Object: access.Keys, Action: access.Write},
	changes.Credentials: {Object: access.Accounts, Action: access.Write}, changes.Enable: {Object: access.Accounts, Action: access.Write},
	changes.Apps:      {Object: access.Accounts, Action: access.Write},
	changes.RoleGrant: {Object: access.Members, Action: access.Write}, changes.Invite: {Object: access.Members, Action: access.Write},
	changes.Settings: {Object: access.Settings, Action: access.Write},
}

// kindsOf are the kinds of requests that the user may see in a merchant: those
// about what they may read. With act they are those that the user may decide.
func (c *Console) kindsOf(r *request, merchant string, decide bool) ([]string, error) {
	ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
	kinds := []string{}
	if decide && !ask.may(merchant, access.Approvals, access.Decide) {
		return kinds, ask.err
	}
	for _, kind := range slices.Sorted(maps.Keys(decides)) {
		needs := access.Right{Object: decides[kind].Object, Action: access.Read}
		if decide {
			needs.Action = decides[kind].Action
		}
		if ask.may(merchant, needs.Object, needs.Action) {
			kinds = append(kinds, kind)
		}
	}
	return kinds, ask.err
}

// approvalsPage lists what waits for a second person, or what was decided.
func (c *Console) approvalsPage(r *request) error {
	s, err := c.shell(r, layout.NavApprovals)
	if err != nil {
		return err
	}
	view := pages.Approvals{Shell: s, Tab: r.query("status"), Kind: r.query("kind"), Outcome: r.query("outcome")}
	f := approvals.Filter{Limit: 25}
	if view.Kinds, err = c.kindsOf(r, r.merchant.ID, false); err != nil {
		return err
	}
	f.Kinds = view.Kinds
	if slices.Contains(view.Kinds, view.Kind) {
		f.Kind = view.Kind
	}
	switch view.Tab {
	case "decided":
		f.Decided = true
		if slices.Contains([]string{"approved", "rejected", "withdrawn"}, view.Outcome) {
			f.Status = approvals.Status(view.Outcome)
		}
	case "mine":
		f.By = r.user.ID
	default:
		view.Tab, f.Status = "", approvals.Pending
	}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixApproval, cursor) {
		f.Before = cursor
	}
	page, err := c.Approvals.List(r.ctx, approvals.Scope(r.scope()), f)
	if err != nil {
		return err
	}
	for _, a := range page.Approvals {
		view.Rows = append(view.Rows, c.approvalRow(r, a))
	}
	view.Pager = components.Pager{Path: r.OriginalURL(), Next: page.Next, Later: f.Before != "", Shown: len(view.Rows)}
	view.Several = s.MerchantCount > 1
	if len(view.Rows) == 0 {
		settings, err := c.Merchants.Settings(r.ctx, r.merchant.ID)
		if err != nil {
			return err
		}
		view.NoLimit = settings.RefundApprovalAbove == 0 && !settings.TwoPeople
	}
	return c.page(r, pages.ApprovalsPage(view))
}

// inboxPage lists what waits for the user in all their merchants: what they may
// decide, and nothing of the rest.
func (c *Console) inboxPage(r *request) error {
	s, err := c.shell(r, layout.NavNone)
	if err != nil {
		return err
	}
	held, err := c.Access.Bindings(r.ctx, c.DB, r.user.ID)
	if err != nil {
		return err
	}
	may := map[string][]string{}
	var ids []string
	for _, b := range held {
		if b.Domain == access.Platform || may[b.Domain] != nil {
			continue
		}
		if may[b.Domain], err = c.kindsOf(r, b.Domain, true); err != nil {
			return err
		}
		if len(may[b.Domain]) > 0 {
			ids = append(ids, b.Domain)
		}
	}
	cursor := r.query("cursor")
	if !app.ValidID(app.PrefixApproval, cursor) {
		cursor = ""
	}
	page, err := c.Approvals.Inbox(r.ctx, ids, cursor)
	if err != nil {
		return err
	}
	names, err := c.Merchants.Names(r.ctx, ids)
	if err != nil {
		return err
	}
	view := pages.Inbox{Shell: s, Pager: components.Pager{Path: r.OriginalURL(), Next: page.Next, Later: cursor != "", Shown: len(page.Approvals)}}
	for _, a := range page.Approvals {
		if !slices.Contains(may[a.MerchantID], a.Kind) || isOwn(r, a) || a.IsOfKeyBy(r.user.ID) || a.Mode == app.Test && c.LiveOnly {
			continue
		}
		row := pages.InboxRow{ApprovalRow: c.approvalRow(r, a), MerchantID: a.MerchantID, Mode: a.Mode}
		if !a.Mode.Valid() {
			row.Both = true
			if row.Mode = app.Live; !c.LiveOnly {
				row.Mode = app.Test
			}
		}
		for _, n := range names {
			if n.ID == a.MerchantID {
				row.Merchant = n.Name
			}
		}
		view.Rows = append(view.Rows, row)
	}
	return c.page(r, pages.InboxPage(view))
}

// openApproved makes the key that a second person has agreed to, and shows its
// secret, in this answer only, to who asked.
func (c *Console) openApproved(r *request) error {
	a, err := c.approval(r)
	if err != nil {
		return err
	}
	r.route.Object, r.route.Action = access.Keys, access.Write
	if err := c.permit(r, r.merchant.ID); err != nil {
		return err
	}
	k, secret, err := c.Changes.Open(r.ctx, r.merchant.ID, a.ObjectID)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavKeys)
	if err != nil {
		return err
	}
	return c.showKey(r, s, k, secret)
}

// wantsSecond reports whether a service refused one person alone; then another
// is asked.
func wantsSecond(err error) bool {
	var e *app.Error
	return errors.As(err, &e) && e.Reason == "second_person"
}

// asked leads to the request that was made instead of the change.
func (c *Console) asked(r *request, a approvals.Approval, err error) error {
	if err != nil {
		return err
	}
	return c.done(r, r.to().Approval(a.ID), "second_asked")
}

func (c *Console) approvalRow(r *request, a approvals.Approval) pages.ApprovalRow {
	return pages.ApprovalRow{
		ID: a.ID, Kind: a.Kind, Amount: a.Amount, Summary: a.Summary, RequestedBy: personOf(a.RequestedBy), RequestedAt: a.RequestedAt,
		Status: string(a.Status), DecidedBy: personOf(a.DecidedBy), DecidedAt: a.DecidedAt, Own: isOwn(r, a), OwnKey: a.IsOfKeyBy(r.user.ID),
		ExpiresAt: a.ExpiresAt, Expired: a.Expired(), Now: app.ToMillis(c.Clock.Now()),
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
	a, err := c.Approvals.Get(r.ctx, approvals.Scope(r.scope()), id)
	if err != nil {
		return a, err
	}
	// What the reader may not read, they may not read here either.
	ok, err := c.Access.Allowed(r.ctx, r.user.ID, r.merchant.ID, decides[a.Kind].Object, access.Read)
	if err == nil && !ok {
		err = app.Errorf(app.NotFound, "no approval %s", id)
	}
	return a, err
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
	view := pages.Approval{Shell: s, ApprovalRow: c.approvalRow(r, a), Note: a.Note}
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
	if a.Status == approvals.Approved && view.Own && (a.Kind == changes.KeyCreate || a.Kind == changes.KeyRoll) {
		if view.Open, err = c.Changes.Ready(r.ctx, r.merchant.ID, a.ObjectID); err != nil {
			return view, err
		}
	}
	if a.Status == approvals.Pending {
		view.Withdraw = view.Own
		ask := asker{ctx: r.ctx, access: c.Access, user: r.user.ID}
		view.Decide = !view.Own && !view.OwnKey && s.Can.ApprovalDecide && ask.may(r.merchant.ID, decides[a.Kind].Object, decides[a.Kind].Action)
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
		note := "approval_approved"
		if a.Kind == changes.Invite {
			if note, err = c.mailAgreed(r, a.ObjectID); err != nil {
				return err
			}
		}
		return c.done(r, r.to().Approval(a.ID), note)
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
