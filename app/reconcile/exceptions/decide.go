package exceptions

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// decisions carries decisions about single exceptions out.
type decisions struct{ s *Service }

// Decisions returns what carries decisions about exceptions out, to be registered
// for ApprovalException.
func (s *Service) Decisions() approvals.Handler { return decisions{s} }

// Decided carries an approved proposal out, and opens the exception again after
// any other decision. What was approved and can no longer be carried out opens
// it again too, with the reason in its history: the decision stands.
func (h decisions) Decided(ctx context.Context, tx *db.Tx, a approvals.Approval) error {
	e, err := h.s.store.lock(ctx, tx, Scope{MerchantID: a.MerchantID, Mode: a.Mode}, a.ObjectID)
	if err != nil {
		return err
	}
	if e.Status != Proposed || e.ApprovalID != a.ID {
		return app.Errorf(app.Internal, "exception %s is %s and waits for no decision of %s", e.ID, e.Status, a.ID)
	}
	before := factsOf(e)
	e, failed, err := h.s.decided(ctx, tx, e, a)
	if err != nil || failed != nil || a.Status != approvals.Approved {
		return err
	}
	return h.s.record(ctx, tx, "exception.resolve", e, before)
}

// After has nothing to do: what a refund needs is woken by the commit.
func (decisions) After(context.Context, approvals.Approval) {}

// decided brings a locked, proposed exception to where a decision puts it. With
// it comes why it could not be carried out, nil when it was.
func (s *Service) decided(ctx context.Context, tx *db.Tx, e Exception, a approvals.Approval) (Exception, *app.Error, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return e, nil, err
	}
	if a.Status == approvals.Approved {
		return s.carryOut(ctx, tx, e, a, now)
	}
	event := map[approvals.Status]Event{approvals.Rejected: EventRejected, approvals.Withdrawn: EventWithdrawn}[a.Status]
	args := proposedArgs(e, Plan{})
	e.forget()
	e.Status = Open
	err = s.move(ctx, tx, &e, entry(ctx, now, e, event, Proposed, a.Note, args))
	return e, nil, err
}

func (s *Service) carryOut(ctx context.Context, tx *db.Tx, e Exception, a approvals.Approval, now app.Millis) (Exception, *app.Error, error) {
	approved := entry(ctx, now, e, EventApproved, Proposed, a.Note, map[string]string{"approval": a.ID})
	plan, err := s.apply(ctx, tx, &e)
	args := proposedArgs(e, plan)
	if failed := refusal(err); failed != nil {
		args["reason"] = failed.Reason
		e.forget()
		e.Status = Open
		err := s.move(ctx, tx, &e, approved, entry(ctx, now, e, EventFailed, Proposed, clip(failed.Message, maxNote), args).then(approved))
		return e, failed, err
	}
	if err != nil {
		return e, nil, err
	}
	if e.Resolution == Refund {
		args["refund"] = e.GivenBackID
	}
	e.Status, e.ClosedAt = Resolved, now
	if err := s.move(ctx, tx, &e, approved, entry(ctx, now, e, EventApplied, Proposed, "", args).then(approved)); err != nil {
		return e, nil, err
	}
	return e, nil, s.book(ctx, tx, e, plan, now)
}

// refusal returns err if it says that the proposal no longer fits what stands,
// and nil for any other error.
func refusal(err error) *app.Error {
	var e *app.Error
	if errors.As(err, &e) && (e.Code == app.Conflict || e.Code == app.Invalid || e.Code == app.NotFound) {
		return e
	}
	return nil
}

// reasonSurplus is what the payer reads in the channel's message.
const reasonSurplus = "对账多收款项，退回差额"

// apply does what the proposal of the exception says, but for what is booked.
func (s *Service) apply(ctx context.Context, tx *db.Tx, e *Exception) (Plan, error) {
	plan, err := s.plan(ctx, tx, e.scope(), *e, Proposal{Resolution: e.Resolution, Amount: e.Amount, Link: e.LinkedID})
	if err != nil || e.Resolution != Refund {
		return plan, err
	}
	r, err := s.Payments.RefundApproved(ctx, tx, e.scope(), payments.ApprovedRefund{
		PaymentID: e.PaymentID, AttemptID: e.paidAttempt(), RefundNo: e.refundNo(), Amount: e.Amount, Reason: reasonSurplus,
		By: e.ProposedBy, ApprovalID: e.ApprovalID,
	})
	if err == nil {
		e.GivenBackID = r.ID
	}
	return plan, err
}

// book writes the adjustments of a resolved exception.
func (s *Service) book(ctx context.Context, tx *db.Tx, e Exception, plan Plan, now app.Millis) error {
	all := plan.Adjustments
	for i := range all {
		all[i] = Adjustment{
			ExceptionID: e.ID, Version: e.Version, MerchantID: e.MerchantID, Mode: e.Mode, IdentityID: e.IdentityID, AccountID: e.AccountID, Day: e.Day,
			Kind: all[i].Kind, Amount: all[i].Amount, LinkedID: e.LinkedID, ApprovalID: e.ApprovalID, BookedAt: now,
		}
	}
	return s.store.book(ctx, tx, all)
}
