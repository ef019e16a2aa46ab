package payments

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
)

// ApprovedRefund is money to be given back that a second person has approved
// already, as the resolution of something else.
type ApprovedRefund struct {
	PaymentID  string
	AttemptID  string // a paid attempt; "" means the one that paid the payment
	RefundNo   string // derived from what was resolved, so that it is given back once
	Amount     app.Money
	Reason     string
	By         approvals.Person // who asked for it
	ApprovalID string
}

// RefundApproved makes a refund inside the transaction that decides about it,
// due at once: it is sent after the commit. The same RefundNo with the same
// content returns the refund that exists. Errors as Refund's, and then tx holds
// nothing of it.
func (s *Service) RefundApproved(ctx context.Context, tx *db.Tx, scope Scope, a ApprovedRefund) (Refund, error) {
	in := RefundInput{RefundNo: a.RefundNo, Amount: a.Amount, Reason: a.Reason, Source: SourceConsole, By: a.By, AttemptID: a.AttemptID}
	if err := in.validate(); err != nil {
		return Refund{}, err
	}
	p, err := s.store.payment(ctx, tx, scope, a.PaymentID)
	if err != nil {
		return Refund{}, err
	}
	if in.AttemptID == p.PaidAttemptID {
		in.AttemptID = ""
	}
	if made, err := s.madeBefore(ctx, tx, scope, p, in); err != nil || made.ID != "" {
		return made, err
	}
	return s.makeApproved(ctx, tx, p, in, a.ApprovalID)
}

// madeBefore returns the refund that has the number already; the zero Refund
// when there is none.
func (s *Service) madeBefore(ctx context.Context, tx *db.Tx, scope Scope, p Payment, in RefundInput) (Refund, error) {
	key, err := s.store.refundKey(ctx, tx, scope, in.RefundNo)
	if errors.Is(err, db.ErrNoRows) {
		return Refund{}, nil
	}
	if err != nil {
		return Refund{}, wrap("look up the refund_no", err)
	}
	if key.Fingerprint != in.fingerprint(p.ID) {
		return Refund{}, app.Errorf(app.Conflict, "refund_no %s stands for another refund", in.RefundNo).WithReason("refund_no_conflict").WithDetail("refund_id", key.RefundID)
	}
	return s.store.refund(ctx, tx, scope, key.RefundID)
}

func (s *Service) makeApproved(ctx context.Context, tx *db.Tx, p Payment, in RefundInput, approvalID string) (Refund, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Refund{}, err
	}
	if p.Status != StatusSucceeded {
		return Refund{}, notRefundable(p)
	}
	attempt, err := s.refundable(ctx, tx, p, in.AttemptID)
	if err != nil {
		return Refund{}, err
	}
	r, err := s.refundOf(p, attempt, in, now)
	if err != nil {
		return Refund{}, err
	}
	r.ApprovalID = approvalID
	if err := s.reserveRefund(ctx, tx, p, r); err != nil {
		return Refund{}, err
	}
	if err := s.store.claimRefundNo(ctx, tx, r, in.fingerprint(p.ID)); err != nil {
		return Refund{}, err
	}
	if err := s.insertRefund(ctx, tx, r); err != nil {
		return Refund{}, err
	}
	if err := s.store.insertTimeline(ctx, tx, []Entry{askedRefundEntry(ctx, now, r, nil)}); err != nil {
		return Refund{}, err
	}
	tx.AfterCommit(s.refundsDue)
	return r, s.auditRefund(ctx, tx, "refund.create", nil, r)
}

// notRefundable refuses to give back what was not paid.
func notRefundable(p Payment) error {
	return app.Errorf(app.Conflict, "payment %s is %s: only a succeeded payment can be refunded", p.ID, p.Status).
		WithReason("payment_not_refundable").WithDetail("payment_id", p.ID).WithDetail("status", string(p.Status))
}

// Refundable returns what can still be given back of a paid attempt of the
// payment, "" for the one that paid it. Errors: NotFound, Conflict with reason
// payment_not_refundable, Invalid for an attempt that is not paid.
func (s *Service) Refundable(ctx context.Context, q db.Querier, scope Scope, paymentID, attemptID string) (app.Money, error) {
	p, err := s.store.payment(ctx, q, scope, paymentID)
	if err != nil {
		return 0, err
	}
	if p.Status != StatusSucceeded {
		return 0, notRefundable(p)
	}
	a, err := s.refundable(ctx, q, p, attemptID)
	if err != nil {
		return 0, err
	}
	reserved, err := s.store.reserved(ctx, q, a, p)
	return a.Amount - reserved, err
}
