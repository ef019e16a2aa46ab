package payments

import (
	"context"
	"errors"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// refundSettled is what settleRefund came to.
type refundSettled struct {
	Refund  Refund
	Changed bool // false: everything said was known
}

// misbound names the first fact of a channel's report about a refund that is not
// what we stored of the order it is of, "" when all agree. What the report
// leaves out is not compared.
func misbound(a Attempt, told channel.Refund) string {
	switch {
	case told.PaymentNumber != "" && told.PaymentNumber != a.ID:
		return "payment_number"
	case told.Identity != "" && told.Identity != a.Identity:
		return "identity"
	case told.SubIdentity != "" && told.SubIdentity != a.SubIdentity:
		return "sub_identity"
	case told.ChannelTradeNo != "" && a.ChannelTradeNo != "" && told.ChannelTradeNo != a.ChannelTradeNo:
		return "transaction_no"
	case told.Total != 0 && told.Total != a.Amount:
		return "total"
	}
	return ""
}

// refundMismatch does the same for the refund itself.
func refundMismatch(r Refund, a Attempt, told channel.Refund) string {
	switch {
	case told.Number != "" && told.Number != r.Number:
		return "refund_number"
	case told.Amount != 0 && told.Amount != r.Amount:
		return "refund_amount"
	case told.ChannelRefundNo != "" && r.ChannelRefundNo != "" && told.ChannelRefundNo != r.ChannelRefundNo:
		return "refund_transaction_no"
	}
	return misbound(a, told)
}

// abnormalWords explain an abnormal refund, before where the money should have
// gone.
const abnormalWords = "the money could not be returned to where it came from: "

// refundStates are what the channel's words mean for a refund.
var refundStates = map[channel.RefundState]RefundStatus{
	channel.RefundPending:   RefundPending,
	channel.RefundSucceeded: RefundSucceeded,
	channel.RefundClosed:    RefundFailed,
	channel.RefundAbnormal:  RefundAbnormal,
}

func contradiction(id, field string) error {
	return app.Errorf(app.Conflict, "the channel's %s differs from the stored refund %s", field, id).WithReason("mismatch").WithDetail("field", field)
}

// mismatchOf returns the field of a contradiction, "" for any other error.
func mismatchOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) && e.Reason == "mismatch" {
		return e.Details["field"]
	}
	return ""
}

// settleRefund brings a refund to what the channel verifiably says, in one
// transaction with the event, the receipt, the payment's sum and the timeline.
// What is known already changes nothing. A report that contradicts what we
// stored is a Conflict with reason mismatch. Neither writes anything. also, when
// given, runs in the transaction of a change.
func (s *Service) settleRefund(ctx context.Context, r Refund, told channel.Refund, entries []Entry, also func(*db.Tx, Refund, app.Millis) error) (refundSettled, error) {
	var out refundSettled
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		fresh, err := s.store.refund(ctx, tx, Scope{r.MerchantID, r.Mode}, r.ID)
		if err != nil {
			return err
		}
		a, err := s.store.attempt(ctx, tx, r.MerchantID, r.AttemptID)
		if err != nil {
			return err
		}
		if field := refundMismatch(fresh, a, told); field != "" {
			return contradiction(r.ID, field)
		}
		out = refundSettled{Refund: fresh}
		story := slices.Clip(entries)
		e, err := s.applyRefund(ctx, tx, &out, told, now)
		if err != nil {
			return err
		}
		if !out.Changed {
			return nil
		}
		if also != nil {
			if err := also(tx, out.Refund, now); err != nil {
				return err
			}
		}
		return s.store.insertTimeline(ctx, tx, append(story, e))
	})
	if errors.Is(err, errMoved) {
		// Two reports at once: the other has been committed, so this is a repeat.
		return s.settleRefund(ctx, r, told, entries, also)
	}
	return out, err
}

// applyRefund moves the refund where the channel says it is.
func (s *Service) applyRefund(ctx context.Context, tx *db.Tx, out *refundSettled, told channel.Refund, now app.Millis) (Entry, error) {
	r := &out.Refund
	to, known := refundStates[told.State]
	switch {
	case !known, r.Status == RefundAwaiting: // it was never sent, and only a person moves it
		return Entry{}, contradiction(r.ID, "refund_status")
	case to == RefundPending && r.Status != RefundRejected && (r.Status != RefundPending || r.AcceptedAt != 0):
		return Entry{}, nil // old news
	case to == r.Status && to != RefundPending:
		return Entry{}, nil
	case to != r.Status && !CanRefundMove(r.Status, to):
		return Entry{}, contradiction(r.ID, "refund_status")
	}
	if told.ChannelRefundNo != "" {
		r.ChannelRefundNo = clipTo(told.ChannelRefundNo, 64)
	}
	if r.AcceptedAt == 0 {
		r.AcceptedAt = now
	}
	r.ErrorCode, r.ErrorMessage = "", ""
	switch to {
	case RefundSucceeded:
		r.Recovered = recovering(ctx)
		if r.SucceededAt = app.ToMillis(told.At); told.At.IsZero() {
			r.SucceededAt = now
		}
	case RefundFailed:
		r.ErrorCode, r.ErrorMessage = clipTo(told.RawState, 64), "the channel closed the refund: it will not happen"
	case RefundAbnormal:
		r.ErrorCode, r.ErrorMessage = clipTo(told.RawState, 64), clipTo(abnormalWords+told.Account, 500)
	}
	e, err := s.moveRefund(ctx, tx, r, to, told.ChannelRefundNo, now)
	out.Changed = err == nil
	return e, err
}

// moveRefund moves a refund to a state with everything that goes with it: the
// receipt and the payment's sum, or the release of what it reserved; the event;
// and the next refund's turn. It returns the row for the timeline. errMoved
// tells that somebody else moved it first.
func (s *Service) moveRefund(ctx context.Context, tx *db.Tx, r *Refund, to RefundStatus, transactionNo string, now app.Millis) (Entry, error) {
	from := r.Status
	r.Status, r.UpdatedAt, r.NextQueryAt = to, now, 0
	if !to.Final() {
		r.NextQueryAt = nextRefundQuery(*r, now)
	}
	if err := s.store.moveRefund(ctx, tx, r, from); err != nil {
		return Entry{}, err
	}
	var err error
	switch to {
	case RefundSucceeded:
		err = s.postRefund(ctx, tx, *r, transactionNo, now)
	case RefundFailed, RefundRejected:
		err = s.store.release(ctx, tx, *r)
	}
	if err != nil {
		return Entry{}, err
	}
	if from == RefundPending && refundSpacing[r.Channel] > 0 {
		if err := s.store.giveTurn(ctx, tx, *r); err != nil {
			return Entry{}, err
		}
	}
	e := refundEntry(ctx, now, *r, KindState, "refund."+string(to), map[string]string{
		"from": string(from), "to": string(to), "code": r.ErrorCode, "message": r.ErrorMessage,
	})
	if to == RefundPending && from == RefundPending {
		e.Message = "refund.accepted"
	}
	return e, s.emitRefund(ctx, tx, *r)
}

// postRefund counts money that arrived, once per transaction of the channel.
// Alipay does not number refunds: there our own number stands for it.
func (s *Service) postRefund(ctx context.Context, tx *db.Tx, r Refund, transactionNo string, now app.Millis) error {
	if transactionNo == "" {
		transactionNo = r.ID
	}
	if err := s.store.insertRefundReceipt(ctx, tx, r, clipTo(transactionNo, 64), now); err != nil {
		if db.IsDuplicate(err) {
			return contradiction(r.ID, "refund_transaction_no")
		}
		return err
	}
	return s.store.addRefunded(ctx, tx, r, now)
}

// refundEvents are the states that the merchant is told of.
var refundEvents = map[RefundStatus]string{
	RefundSucceeded: "refund.succeeded", RefundFailed: "refund.failed", RefundAbnormal: "refund.abnormal",
}

// emitRefund writes the refund's event in the transaction that changed it.
func (s *Service) emitRefund(ctx context.Context, tx *db.Tx, r Refund) error {
	kind, ok := refundEvents[r.Status]
	switch {
	case r.Status == RefundRejected:
		return s.noteRefund(ctx, tx, events.RefundRejected, r)
	case !ok:
		return nil
	}
	_, err := s.Events.Write(ctx, tx, events.New{Type: kind, MerchantID: r.MerchantID, Mode: r.Mode, ObjectID: r.ID, Data: RefundViewOf(r)})
	return err
}
