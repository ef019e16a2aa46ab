package payments

import (
	"context"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// sendRefund calls the channel with the refund's stored request and records what
// came of it. The caller holds the refund's lease and turn and no transaction.
func (s *Service) sendRefund(ctx context.Context, r Refund, account merchants.Account, claim *Claim, isNew bool) (Refunded, error) {
	request, err := r.request()
	if err != nil {
		return Refunded{}, err
	}
	var told channel.Refund
	rec, callErr := s.call(ctx, r.attempt(), account, "refund", func(ctx context.Context, c channel.Client) error {
		told, err = c.Refund(ctx, request)
		return err
	})
	// From here on the outcome must be recorded even if the caller has left.
	ctx = context.WithoutCancel(ctx)
	switch kind := channel.KindOf(callErr); kind {
	case "":
		return s.refundAnswered(ctx, r, account, told, rec.entries, claim, isNew)
	case channel.KindRefused, channel.KindConfig, channel.KindNotExist:
		return s.refuseRefund(ctx, r, account, callErr, rec.entries, claim, isNew)
	case channel.KindRateLimited, channel.KindHeld:
		return s.postponeRefund(ctx, r, callErr, rec.entries, claim, isNew)
	default:
		return s.leaveRefundUnknown(ctx, r, callErr, rec.entries, claim, isNew)
	}
}

// refundAnswered records what the channel answered to a refund it took.
func (s *Service) refundAnswered(ctx context.Context, r Refund, account merchants.Account, told channel.Refund, entries []Entry, claim *Claim, isNew bool) (Refunded, error) {
	out, err := s.settleRefund(ctx, r, told, entries, func(tx *db.Tx, fresh Refund, now app.Millis) error {
		return s.freeze(ctx, tx, claim, Refunded{View: RefundViewOf(fresh), New: isNew}, nil, now)
	})
	if field := mismatchOf(err); field != "" {
		notice := channel.Notice{ID: "answer:" + r.ID, Type: "refund", Refund: &told}
		if err := s.quarantineRefund(ctx, account, notice, r, field); err != nil {
			return Refunded{}, err
		}
		return s.leaveRefundUnknown(ctx, r, nil, entries, claim, isNew)
	}
	if err != nil {
		return Refunded{}, err
	}
	if out.Changed {
		return Refunded{View: RefundViewOf(out.Refund), New: isNew}, nil
	}
	// A notification was faster than the answer, or the channel took it before: the
	// call stands in the story all the same.
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Refunded{}, err
	}
	if err := s.refundLater(ctx, r, now, nextRefundQuery(out.Refund, now), entries); err != nil {
		return Refunded{}, err
	}
	return s.answerRefund(ctx, out.Refund, claim, isNew)
}

// refuseRefund fails a refund that certainly did not happen, and releases what
// it reserved. A refund that may have been sent before is asked about first: the
// refusal can be about the second request.
func (s *Service) refuseRefund(ctx context.Context, r Refund, account merchants.Account, cause error, entries []Entry, claim *Claim, isNew bool) (Refunded, error) {
	if r.Sends > 1 {
		told, rec, err := s.queryRefund(ctx, r.attempt(), account, r.lookup())
		entries = append(entries, rec.entries...)
		switch kind := channel.KindOf(err); {
		case kind == "":
			return s.refundAnswered(ctx, r, account, told, entries, claim, isNew)
		case kind != channel.KindNotExist:
			return s.leaveRefundUnknown(ctx, r, cause, entries, claim, isNew)
		}
	}
	refusal := refusalOf(r.Channel, cause)
	declined := app.Errorf(app.Declined, "%s refused the refund: %s %s", r.Channel, refusal.Code, refusal.Message).
		WithReason("channel_refused").WithDetail("refund_id", r.ID).WithDetail("payment_id", r.PaymentID).WithCause(cause)
	declined.Channel = &refusal
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		if err := s.store.refundSent(ctx, tx, r); err != nil {
			return err // the lease has lapsed: another may have sent it since
		}
		failed := r
		failed.ErrorCode, failed.ErrorMessage = plainCode(refusal.Code), clipTo(refusal.Message, 500)
		e, err := s.moveRefund(ctx, tx, &failed, RefundFailed, "", now)
		if err != nil {
			return err
		}
		if err := s.freeze(ctx, tx, claim, Refunded{}, declined, now); err != nil {
			return err
		}
		e.Result = ResultRefused
		return s.store.insertTimeline(ctx, tx, append(entries[:len(entries):len(entries)], e))
	})
	if isMoved(err) {
		return s.refundOvertaken(ctx, r, claim, isNew)
	}
	if err != nil {
		return Refunded{}, err
	}
	return Refunded{}, declined
}

// refundOvertaken answers when somebody else moved the refund meanwhile.
func (s *Service) refundOvertaken(ctx context.Context, r Refund, claim *Claim, isNew bool) (Refunded, error) {
	fresh, err := s.store.refund(ctx, s.DB, Scope{r.MerchantID, r.Mode}, r.ID)
	if err != nil {
		return Refunded{}, err
	}
	return s.answerRefund(ctx, fresh, claim, isNew)
}

// leaveRefundUnknown records that nobody knows yet, and has the job find out.
func (s *Service) leaveRefundUnknown(ctx context.Context, r Refund, cause error, entries []Entry, claim *Claim, isNew bool) (Refunded, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Refunded{}, err
	}
	r.saw(cause)
	if err := s.refundLater(ctx, r, now, nextRefundQuery(r, now), entries); err != nil {
		return Refunded{}, err
	}
	return Refunded{View: RefundViewOf(r), New: isNew, Unknown: true}, s.Release(ctx, claim)
}

// saw keeps the channel's last words for people.
func (r *Refund) saw(cause error) {
	var e *channel.Error
	if errors.As(cause, &e) && e.Code != "" {
		r.ErrorCode, r.ErrorMessage = plainCode(e.Code), clipTo(e.Message, 500)
	}
}

// refundLater ends the lease and schedules the next look at a refund.
func (s *Service) refundLater(ctx context.Context, r Refund, now, next app.Millis, entries []Entry) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.store.refundAsked(ctx, tx, r, now, next); err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, entries)
	})
}

// postponeRefund puts a refund back that the channel, or our own guard, did not
// take for now: certainly nothing happened, and it is sent again later. It keeps
// its turn.
func (s *Service) postponeRefund(ctx context.Context, r Refund, cause error, entries []Entry, claim *Claim, isNew bool) (Refunded, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Refunded{}, err
	}
	pause := time.Minute
	if channel.KindOf(cause) == channel.KindHeld {
		pause = turnPause
	}
	var e *channel.Error
	if errors.As(cause, &e) {
		pause = max(pause, e.RetryAfter)
	}
	r.saw(cause)
	r.Sends--
	if r.Sends == 0 {
		r.SentAt = 0
	}
	next := now.Add(pause)
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.store.refundSent(ctx, tx, r); err != nil {
			return err
		}
		if err := s.store.refundAsked(ctx, tx, r, now, next); err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, entries)
	})
	if isMoved(err) {
		return s.refundOvertaken(ctx, r, claim, isNew)
	}
	if err != nil {
		return Refunded{}, err
	}
	return s.answerRefund(ctx, r, claim, isNew)
}
