package payments

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Refunded is what Refund came to. New is false when the refund_no had been used
// for the same refund before. Unknown means that it was sent and the channel has
// not certainly accepted it yet: a job or the same request repeated sends the
// stored request again. A refund that waits for a second person or for its turn
// is certain: it is pending or awaiting_approval, and nobody knows less.
type Refunded struct {
	View    RefundView
	New     bool
	Unknown bool
}

// Shown implements Outcome.
func (r Refunded) Shown() (any, bool, bool) { return r.View, r.New, r.Unknown }

// Refund gives money back: it reserves the amount and stores the refund, and
// then sends it to the channel. Accepted is not arrived: the refund stays
// pending until a notification or a query says that the money did. The same
// refund_no with the same content returns the same refund. Above the merchant's
// limit it waits for a second person. claim is the request's Idempotency-Key,
// nil without one.
//
// Its errors are Invalid (the fields named), NotFound, Conflict with reason
// payment_not_refundable, refund_exceeds_remainder (the remainder in fen in its
// details) or refund_no_conflict, and Declined with reason channel_refused when
// the channel refused for certain.
func (s *Service) Refund(ctx context.Context, scope Scope, paymentID string, in RefundInput, claim *Claim) (Refunded, error) {
	if err := in.validate(); err != nil {
		return Refunded{}, err
	}
	p, err := s.Get(ctx, scope, paymentID)
	if err != nil {
		return Refunded{}, err
	}
	if in.AttemptID == p.PaidAttemptID {
		in.AttemptID = "" // named or not, it is the same refund
	}
	r, limit, err := s.newRefund(ctx, p, in)
	if err != nil {
		return s.resumeRefund(ctx, p, in, claim, err)
	}
	err = s.placeRefund(ctx, p, &r, limit, in, claim)
	switch {
	case err == nil, errors.Is(err, db.ErrCommitUnknown) && s.refundPlaced(ctx, r):
		return s.beginRefund(ctx, r, claim)
	case db.IsDuplicate(err), errors.Is(err, db.ErrCommitUnknown):
		return s.resumeRefund(ctx, p, in, claim, err)
	}
	return Refunded{}, err
}

// refundPlaced reports, after a commit whose answer was lost, whether r stands.
func (s *Service) refundPlaced(ctx context.Context, r Refund) bool {
	key, err := s.store.refundKey(ctx, s.DB, Scope{r.MerchantID, r.Mode}, r.RefundNo)
	return err == nil && key.RefundID == r.ID
}

// newRefund decides whether the payment can be refunded at all, and makes the
// refund as it will be stored, leased to this request. With it comes the amount
// above which a second person decides, 0 for never.
func (s *Service) newRefund(ctx context.Context, p Payment, in RefundInput) (Refund, app.Money, error) {
	if p.Status != StatusSucceeded {
		return Refund{}, 0, notRefundable(p)
	}
	a, err := s.refundable(ctx, s.DB, p, in.AttemptID)
	if err != nil {
		return Refund{}, 0, err
	}
	settings, err := s.Accounts.SettingsIn(ctx, s.DB, p.MerchantID)
	if err != nil {
		return Refund{}, 0, err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Refund{}, 0, err
	}
	r, err := s.refundOf(p, a, in, now)
	if err != nil {
		return Refund{}, 0, err
	}
	r.LeaseOwner, r.LeaseUntil = app.NewID("lse_", now.Time()), now.Add(s.refundLease())
	return r, settings.RefundApprovalAbove, nil
}

// refundable returns the paid attempt whose money is to be given back.
func (s *Service) refundable(ctx context.Context, q db.Querier, p Payment, attemptID string) (Attempt, error) {
	if attemptID == "" {
		attemptID = p.PaidAttemptID
	}
	a, err := s.store.attempt(ctx, q, p.MerchantID, attemptID)
	if app.Is(err, app.NotFound) || (err == nil && (a.PaymentID != p.ID || a.Status != StatusSucceeded)) {
		return a, app.InvalidField("attempt_id", "bad_value", "attempt_id must be a paid attempt of %s", p.ID)
	}
	return a, err
}

// refundOf makes a pending refund of a, due at once.
func (s *Service) refundOf(p Payment, a Attempt, in RefundInput, now app.Millis) (Refund, error) {
	r := Refund{
		ID: app.NewID(app.PrefixRefund, now.Time()), MerchantID: p.MerchantID, Mode: p.Mode, PaymentID: p.ID, AttemptID: a.ID,
		AccountID: a.AccountID, Channel: a.Channel, Identity: a.Identity, SubIdentity: a.SubIdentity, OrderNo: p.OrderNo, RefundNo: in.RefundNo,
		Status: RefundPending, Amount: in.Amount, Currency: p.Currency, Reason: in.Reason, Source: in.Source,
		RequestedKind: in.By.Kind, RequestedID: in.By.ID, RequestedName: in.By.Name,
		CreatedAt: now, UpdatedAt: now, NextQueryAt: now, Version: 1,
	}
	r.Number = r.ID
	if r.RefundNo == "" {
		r.RefundNo = r.ID
	}
	request, err := json.Marshal(channel.RefundRequest{
		Number: r.Number, PaymentNumber: a.ID, ChannelTradeNo: a.ChannelTradeNo, Amount: r.Amount, Total: a.Amount, Currency: r.Currency,
		Reason: r.Reason, NotifyURL: s.BaseURL + "/callbacks/" + string(a.Channel) + "/" + a.AccountID,
	})
	if err != nil {
		return r, app.Errorf(app.Internal, "write the request of %s: %w", r.ID, err)
	}
	r.Request = string(request)
	return r, nil
}

// placeRefund reserves the amount and makes the refund durable before anything
// is sent. It leaves in r what it stored.
func (s *Service) placeRefund(ctx context.Context, p Payment, r *Refund, limit app.Money, in RefundInput, claim *Claim) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		if err := s.claim(ctx, tx, claim, now); err != nil {
			return err
		}
		placed := *r
		if err := s.store.claimRefundNo(ctx, tx, placed, in.fingerprint(p.ID)); err != nil {
			return err
		}
		if err := s.reserveRefund(ctx, tx, p, placed); err != nil {
			return err
		}
		if err := s.admitRefund(ctx, tx, &placed, limit, now); err != nil {
			return err
		}
		if err := s.insertRefund(ctx, tx, placed); err != nil {
			return err
		}
		e := askedRefundEntry(ctx, now, placed, claim)
		if err := s.store.insertTimeline(ctx, tx, []Entry{e}); err != nil {
			return err
		}
		if placed.Source == SourceConsole {
			if err := s.auditRefund(ctx, tx, "refund.create", nil, placed); err != nil {
				return err
			}
		}
		*r = placed
		return nil
	})
}

// admitRefund lets the refund be sent now or in its turn, or has a second person
// decide: when what was given back of the payment without one would exceed the
// limit. It is asked under the lock that the reservation took, so that neither
// many small refunds nor many at once pass what one may not.
func (s *Service) admitRefund(ctx context.Context, tx *db.Tx, r *Refund, limit app.Money, now app.Millis) error {
	if limit > 0 {
		alone, err := s.store.unapproved(ctx, tx, *r)
		if err != nil {
			return err
		}
		if alone+r.Amount > limit {
			r.Status, r.NextQueryAt, r.LeaseOwner, r.LeaseUntil = RefundAwaiting, 0, "", 0
			return s.askApproval(ctx, tx, r)
		}
	}
	return s.lineUp(ctx, tx, r, now)
}

// reserveRefund takes the amount out of the remainder, or says what is left.
func (s *Service) reserveRefund(ctx context.Context, tx *db.Tx, p Payment, r Refund) error {
	ofPayment := r.AttemptID == p.PaidAttemptID
	ok, err := s.store.reserve(ctx, tx, r, ofPayment)
	if err != nil || ok {
		return err
	}
	a, err := s.store.attempt(ctx, tx, r.MerchantID, r.AttemptID)
	if err != nil {
		return err
	}
	fresh, err := s.store.payment(ctx, tx, Scope{r.MerchantID, r.Mode}, r.PaymentID)
	if err != nil {
		return err
	}
	reserved, err := s.store.reserved(ctx, tx, a, fresh)
	if err != nil {
		return err
	}
	remainder := a.Amount - reserved
	return app.Errorf(app.Conflict, "%d fen of payment %s can still be refunded, %d were asked for", remainder, p.ID, r.Amount).
		WithReason("refund_exceeds_remainder").WithDetail("payment_id", p.ID).WithDetail("remainder", strconv.FormatInt(int64(remainder), 10))
}

// auditRefund records what a person did to a refund.
func (s *Service) auditRefund(ctx context.Context, tx *db.Tx, action string, before *Refund, after Refund) error {
	e := audit.Entry{Chain: after.MerchantID, Action: action, Target: after.ID, After: refundFactsOf(after)}
	if before != nil {
		e.Before = refundFactsOf(*before)
	}
	return s.Audit.Record(ctx, tx, e)
}

// refundFacts are what an audit row says about a refund.
type refundFacts struct {
	PaymentID string       `json:"payment_id"`
	RefundNo  string       `json:"refund_no"`
	Amount    app.Money    `json:"amount"`
	Reason    string       `json:"reason"`
	Status    RefundStatus `json:"status"`
	Note      string       `json:"note,omitempty"`
}

func refundFactsOf(r Refund) refundFacts {
	return refundFacts{PaymentID: r.PaymentID, RefundNo: r.RefundNo, Amount: r.Amount, Reason: r.Reason, Status: r.Status, Note: r.ErrorMessage}
}

// beginRefund sends a refund that has just been placed, unless it waits for a
// person or for its turn.
func (s *Service) beginRefund(ctx context.Context, r Refund, claim *Claim) (Refunded, error) {
	if r.LeaseOwner == "" {
		return s.answerRefund(ctx, r, claim, true)
	}
	account, err := s.Accounts.Account(ctx, r.MerchantID, r.AccountID)
	if err != nil {
		return Refunded{}, err
	}
	return s.sendRefund(ctx, r, account, claim, true)
}

// answerRefund returns the refund as it stands.
func (s *Service) answerRefund(ctx context.Context, r Refund, claim *Claim, isNew bool) (Refunded, error) {
	out := Refunded{View: RefundViewOf(r), New: isNew, Unknown: r.uncertain()}
	if out.Unknown {
		return out, s.Release(ctx, claim)
	}
	return out, s.Freeze(ctx, claim, out, nil)
}

// uncertain reports whether the refund may have reached the channel and nobody
// knows.
func (r Refund) uncertain() bool {
	return r.Status == RefundPending && r.Sends > 0 && r.AcceptedAt == 0
}

// askApproval has a second person decide before anything is sent.
func (s *Service) askApproval(ctx context.Context, tx *db.Tx, r *Refund) error {
	a, err := s.Approvals.Request(ctx, tx, approvals.New{
		MerchantID: r.MerchantID, Mode: r.Mode, Kind: ApprovalRefund, ObjectID: r.ID, Amount: r.Amount, RequestedBy: r.RequestedBy(),
		Summary: map[string]string{
			"payment_id": r.PaymentID, "order_no": r.OrderNo, "refund_no": r.RefundNo, "reason": r.Reason, "channel": string(r.Channel),
		},
	})
	r.ApprovalID = a.ID
	return err
}
