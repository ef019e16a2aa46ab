package exceptions

import (
	"context"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// The kinds of approvals that proposals wait for.
const (
	ApprovalException = "exception"
	ApprovalBatch     = "exception_batch"
)

// Propose has a second person decide about an end of an exception. Errors as
// Preview's; Forbidden for what no person proposes.
func (s *Service) Propose(ctx context.Context, scope Scope, id string, p Proposal) (Exception, error) {
	var err error
	if p.Reason, err = words("why", p.Reason, true); err != nil {
		return Exception{}, err
	}
	if p.By.Kind != approvals.ByUser || p.By.ID == "" {
		return Exception{}, app.Errorf(app.Forbidden, "only a signed-in person proposes how an exception ends").WithReason("not_a_user")
	}
	found, err := s.Get(ctx, scope, id)
	if err != nil {
		return Exception{}, err
	}
	if p.Link, err = s.paymentNumbered(ctx, scope, found, p); err != nil {
		return Exception{}, err
	}
	var out Exception
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		out, err = s.proposeIn(ctx, tx, scope, id, p)
		return err
	})
	return out, err
}

func (s *Service) proposeIn(ctx context.Context, tx *db.Tx, scope Scope, id string, p Proposal) (Exception, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Exception{}, err
	}
	e, err := s.store.lock(ctx, tx, scope, id)
	if err != nil {
		return e, err
	}
	if err := e.admits(p); err != nil {
		return e, err
	}
	plan, err := s.plan(ctx, tx, scope, e, p)
	if err != nil {
		return e, err
	}
	before := factsOf(e)
	e.propose(p, plan, now)
	asked, err := s.Approvals.Request(ctx, tx, approvals.New{
		MerchantID: e.MerchantID, Mode: e.Mode, Kind: ApprovalException, ObjectID: e.ID, Amount: e.weight(), Summary: e.summary(plan), RequestedBy: p.By,
	})
	if err != nil {
		return e, err
	}
	e.ApprovalID = asked.ID
	if err := s.move(ctx, tx, &e, entry(ctx, now, e, EventProposed, Open, p.Reason, proposedArgs(e, plan))); err != nil {
		return e, err
	}
	return e, s.record(ctx, tx, "exception.propose", e, before)
}

// propose writes a proposal into the exception.
func (e *Exception) propose(p Proposal, plan Plan, now app.Millis) {
	e.Status, e.Resolution, e.Amount, e.Reason = Proposed, plan.Resolution, plan.Amount, p.Reason
	e.ProposedBy, e.ProposedAt = p.By, now
	if plan.Linked != nil {
		e.LinkedID = plan.Linked.ID
	}
}

// weight is the amount that a decision about the proposal is about.
func (e Exception) weight() app.Money {
	if e.Amount != 0 {
		return e.Amount
	}
	return e.magnitude()
}

// summary are the facts that the second person decides by.
func (e Exception) summary(plan Plan) map[string]string {
	out := map[string]string{
		"type": string(e.Type), "day": string(e.Day), "channel": string(e.Channel), "number": e.Number, "order_no": e.OrderNo,
		"channel_no": e.ChannelNo, "ours": e.Ours.Yuan(), "theirs": e.Theirs.Yuan(), "difference": e.Difference.Yuan(),
		"resolution": string(e.Resolution), "reason": e.Reason,
	}
	if plan.Linked != nil {
		out["linked_order_no"], out["linked_amount"] = plan.Linked.OrderNo, plan.Linked.Amount.Yuan()
	}
	for name, value := range out {
		if value == "" {
			delete(out, name)
		}
	}
	return out
}

func proposedArgs(e Exception, plan Plan) map[string]string {
	args := map[string]string{"resolution": string(e.Resolution), "difference": e.Difference.String()}
	if e.Amount != 0 {
		args["amount"] = e.Amount.String()
	}
	if plan.Linked != nil {
		args["payment"], args["order_no"] = plan.Linked.ID, plan.Linked.OrderNo
	}
	return args
}

// move writes the exception and its history. It must have been locked.
func (s *Service) move(ctx context.Context, tx *db.Tx, e *Exception, entries ...Entry) error {
	ok, err := s.store.update(ctx, tx, e)
	if err != nil {
		return err
	}
	if !ok {
		return raced(e.ID)
	}
	for i := range entries {
		entries[i].Version = e.Version
	}
	return s.store.insertHistory(ctx, tx, e.MerchantID, entries)
}

// facts are what an audit row says about an exception.
type facts struct {
	Type       Type       `json:"type"`
	Day        app.Day    `json:"day"`
	Number     string     `json:"number,omitempty"`
	Difference app.Money  `json:"difference"`
	Status     Status     `json:"status"`
	Owner      string     `json:"owner,omitempty"`
	Note       string     `json:"note,omitempty"`
	Resolution Resolution `json:"resolution,omitempty"`
	Amount     app.Money  `json:"amount,omitempty"`
	LinkedID   string     `json:"linked_payment_id,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	ApprovalID string     `json:"approval_id,omitempty"`
	RefundID   string     `json:"refund_id,omitempty"`
}

func factsOf(e Exception) facts {
	return facts{
		Type: e.Type, Day: e.Day, Number: e.Number, Difference: e.Difference, Status: e.Status, Owner: e.OwnerName, Note: e.Note,
		Resolution: e.Resolution, Amount: e.Amount, LinkedID: e.LinkedID, Reason: e.Reason, ApprovalID: e.ApprovalID, RefundID: e.GivenBackID,
	}
}

func (s *Service) record(ctx context.Context, tx *db.Tx, action string, e Exception, before facts) error {
	return s.Audit.Record(ctx, tx, audit.Entry{Chain: e.MerchantID, Action: action, Target: e.ID, Before: before, After: factsOf(e)})
}

func (e Exception) refundNo() string {
	if e.GivenBackID == "" {
		return e.ID
	}
	// Given back once before, then opened again by another amount.
	return e.ID + "_" + strconv.FormatInt(e.Version, 10)
}
