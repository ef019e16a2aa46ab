package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
)

// ApprovalRefund is the kind of approval that a large refund waits for.
const ApprovalRefund = "refund"

// refundApprovals carries decisions about refunds out.
type refundApprovals struct{ s *Service }

// RefundApprovals returns what carries decisions about refunds out, to be
// registered for ApprovalRefund.
func (s *Service) RefundApprovals() approvals.Handler { return refundApprovals{s} }

// Decided makes an approved refund due and releases what a rejected one reserved.
func (h refundApprovals) Decided(ctx context.Context, tx *db.Tx, a approvals.Approval) error {
	s := h.s
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	r, err := s.store.refund(ctx, tx, Scope{a.MerchantID, a.Mode}, a.ObjectID)
	if err != nil {
		return err
	}
	to := RefundRejected
	if a.Status == approvals.Approved {
		to = RefundPending
	}
	if !CanRefundMove(r.Status, to) || r.Status != RefundAwaiting {
		return app.Errorf(app.Internal, "refund %s is %s and waits for no decision", r.ID, r.Status)
	}
	ctx = WithCause(ctx, Cause{a.DecidedBy.Kind, a.DecidedBy.Name})
	e, err := s.moveRefund(ctx, tx, &r, to, "", now)
	if err != nil {
		return err
	}
	e.Kind, e.Message = KindPerson, "refund."+string(a.Status)
	e.Args = encodeArgs(map[string]string{"refund": r.ID, "refund_no": r.RefundNo, "amount": r.Amount.String(), "approval": a.ID, "note": a.Note})
	return s.store.insertTimeline(ctx, tx, []Entry{e})
}

// After wakes the job that sends what was approved.
func (h refundApprovals) After(_ context.Context, a approvals.Approval) {
	if a.Status == approvals.Approved {
		h.s.refundsDue()
	}
}
