package trade

import (
	"context"
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// RefundByNumber finds a merchant's refund by its own number at WeChat, where
// that is unique per merchant, or NotFound.
func (s *Service) RefundByNumber(ctx context.Context, merchantID, outRefundNo string) (Refund, error) {
	r, err := selectRefund(ctx, s.db, merchantID, outRefundNo)
	return r, notFound(err, "refund %q of %s", outRefundNo, merchantID)
}

// RefundOf finds a refund of the trade by the merchant's number, or NotFound.
func (s *Service) RefundOf(ctx context.Context, t Trade, outRefundNo string) (Refund, error) {
	scope := t.MerchantID
	if t.Channel == app.Alipay {
		scope = t.ID
	}
	r, err := s.RefundByNumber(ctx, scope, outRefundNo)
	if err == nil && r.TradeID != t.ID {
		return Refund{}, notFound(db.ErrNoRows, "refund %q of %s", outRefundNo, t.OutTradeNo)
	}
	return r, err
}

// RefundByID finds a refund by the sandbox's own id, or NotFound.
func (s *Service) RefundByID(ctx context.Context, id string) (Refund, error) {
	r, err := selectRefundByID(ctx, s.db, id)
	return r, notFound(err, "refund %q", id)
}

// RefundsOf lists the newest refunds of a trade (its id) or, with tradeID
// empty, of all, at most limit. before is the last id of the page before, or
// empty.
func (s *Service) RefundsOf(ctx context.Context, tradeID, before string, limit int) ([]Refund, error) {
	return selectRefunds(ctx, s.db, tradeID, before, limit)
}

// FinishRefund ends a refund that is under way, or moves an abnormal one on, and
// announces that. What was closed gives its amount back to the trade. A refund
// that has ended is Conflict (ReasonRefundFinal), an outcome that none has is
// Invalid.
func (s *Service) FinishRefund(ctx context.Context, id string, outcome RefundState) (Refund, error) {
	switch outcome {
	case RefundSucceeded, RefundClosed, RefundAbnormal:
	default:
		return Refund{}, app.InvalidField("state", "unknown", "state %q: want succeeded, closed or abnormal", outcome)
	}
	err := s.db.InTx(ctx, func(tx *db.Tx) error { return s.finishIn(ctx, tx, id, outcome) })
	if err != nil {
		return Refund{}, fmt.Errorf("finish refund %s: %w", id, err)
	}
	return s.RefundByID(ctx, id)
}

func (s *Service) finishIn(ctx context.Context, tx *db.Tx, id string, outcome RefundState) error {
	r, err := selectRefundByID(ctx, tx, id)
	if err != nil {
		return notFound(err, "refund %q", id)
	}
	from := r.State
	r.State = outcome
	switch now := app.ToMillis(s.clock.Now()); outcome {
	case RefundSucceeded:
		r.SucceededAt = now
	case RefundClosed:
		r.ClosedAt = now
	case RefundAbnormal:
		r.AbnormalAt = now
	}
	over := from == RefundSucceeded || from == RefundClosed || from == outcome
	if !over {
		n, err := updateRefundState(ctx, tx, r, from)
		if err != nil {
			return err
		}
		over = n != 1
	}
	if over {
		return app.Errorf(app.Conflict, "the refund %s is %s and changes no more", r.OutRefundNo, from).WithReason(ReasonRefundFinal)
	}
	if outcome == RefundClosed {
		if err := updateRefundReturned(ctx, tx, r); err != nil {
			return err
		}
	}
	return s.announceRefund(ctx, tx, r)
}

// announceRefund queues the news of the state that r is in now: however late it
// is sent, it says that.
func (s *Service) announceRefund(ctx context.Context, tx *db.Tx, r Refund) error {
	return s.enqueue(ctx, tx, Notification{
		Channel: r.Channel, MerchantID: r.MerchantID, TradeID: r.TradeID,
		Kind: KindRefund, ObjectID: r.ID + "/" + string(r.State), NotifyURL: r.NotifyURL,
	})
}

// announced reads the refund that a notification is about, in the state that it
// announces.
func (s *Service) announced(ctx context.Context, n Notification) (*Refund, error) {
	id, state, _ := strings.Cut(n.ObjectID, "/")
	r, err := s.RefundByID(ctx, id)
	r.State = RefundState(state)
	return &r, err
}

// finishDue ends the refunds whose time has come.
func (s *Service) finishDue(ctx context.Context) error {
	due, err := selectDueRefunds(ctx, s.db, app.ToMillis(s.clock.Now()), batch)
	if err != nil {
		return fmt.Errorf("find due refunds: %w", err)
	}
	for _, r := range due {
		// Another process or a script may have been first.
		if _, err := s.FinishRefund(ctx, r.ID, r.Outcome); err != nil && !app.Is(err, app.Conflict) {
			return err
		}
	}
	return nil
}
