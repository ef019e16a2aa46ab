package trade

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Outcome is how charging a payment code went.
type Outcome string

// The outcomes.
const (
	OutcomePaid    Outcome = "paid"
	OutcomeWaiting Outcome = "waiting" // the payer must confirm: ask again, then reverse
	OutcomeRefused Outcome = "refused" // for certain: no money moved
)

// The reasons of a refused charge, besides ReasonClosed and ReasonExpired.
const (
	ReasonCodeInvalid    = "code_invalid"     // no such code at this channel
	ReasonCodeUsed       = "code_used"        // it has paid for something else
	ReasonCodeExpired    = "code_expired"     // its minute is over
	ReasonPayerNoBalance = "payer_no_balance" // the payer has not enough
	ReasonDeclined       = "declined"         // the payer said no
	ReasonChanged        = "trade_changed"    // the number was used with other content
)

// PayCodeResult is what charging a code came to. Trade is empty when the code
// was refused before there was one.
type PayCodeResult struct {
	Trade   Trade
	Outcome Outcome
	Reason  string // of a refusal
}

func refusedFor(t Trade, reason string) PayCodeResult {
	return PayCodeResult{Trade: t, Outcome: OutcomeRefused, Reason: reason}
}

// PayByCode charges the payer whose code was scanned, and reports whether it
// was this call that did. A number that was used before answers what became of
// it; after a refusal the same order may come again with another code. The
// order's Code is the code's.
func (s *Service) PayByCode(ctx context.Context, o Order, authCode string) (r PayCodeResult, charged bool, err error) {
	o.Code, o.Opened, o.LongCode = authCode, true, true
	old, err := s.ByNumber(ctx, o.payee(), o.OutTradeNo)
	if app.Is(err, app.NotFound) {
		r, charged, err = s.chargeNew(ctx, o)
		if !db.IsDuplicate(err) {
			return r, charged, err
		}
		old, err = s.ByNumber(ctx, o.payee(), o.OutTradeNo) // another request was first
	}
	for err == nil {
		said, final, err := s.answerAgain(ctx, old, o)
		if final || err != nil {
			return said, false, err
		}
		r, charged, err = s.chargeAgain(ctx, old, o)
		if !isMoved(err) {
			return r, charged, err
		}
		if old, err = s.ByID(ctx, old.ID); err != nil { // another code was faster
			return PayCodeResult{}, false, err
		}
	}
	return PayCodeResult{}, false, err
}

func isMoved(err error) bool {
	var e *app.Error
	return errors.As(err, &e) && e.Reason == ReasonMoved
}

// chargeNew records the trade and charges the code in one transaction. Where
// the code itself is no good there is no trade.
func (s *Service) chargeNew(ctx context.Context, o Order) (PayCodeResult, bool, error) {
	t := s.newTrade(o)
	t.CodeState = CodeWaiting
	t.PayerID = PayerOf(t.Channel, t.AppID)
	return s.charge(ctx, t, func(tx *db.Tx) error { return insertTrade(ctx, tx, t) })
}

// answerAgain answers a number that was used before, unless it was refused and
// comes with another code.
func (s *Service) answerAgain(ctx context.Context, old Trade, o Order) (r PayCodeResult, final bool, err error) {
	switch {
	case old.Fingerprint != o.Fingerprint || old.CodeState == "":
		return refusedFor(old, ReasonChanged), true, nil
	case old.WasPaid():
		return PayCodeResult{Trade: old, Outcome: OutcomePaid}, true, nil
	case old.State == Closed:
		return refusedFor(old, ReasonClosed), true, nil
	case old.Expired(s.clock.Now()):
		return refusedFor(old, ReasonExpired), true, nil
	case old.CodeState == CodeWaiting:
		return PayCodeResult{Trade: old, Outcome: OutcomeWaiting}, true, nil
	case old.Code == o.Code:
		r, err = s.refusedBefore(ctx, old)
		return r, true, err
	}
	return PayCodeResult{}, false, nil
}

func (s *Service) chargeAgain(ctx context.Context, t Trade, o Order) (PayCodeResult, bool, error) {
	t.Code, t.CodeState = o.Code, CodeWaiting
	return s.charge(ctx, t, func(tx *db.Tx) error {
		n, err := updateCharged(ctx, tx, t.ID, t.Code)
		if err == nil && n != 1 {
			err = moved(t)
		}
		return err
	})
}

// refusedBefore repeats the refusal of a code.
func (s *Service) refusedBefore(ctx context.Context, t Trade) (PayCodeResult, error) {
	c, err := selectPayCode(ctx, s.db, t.Code)
	if err != nil {
		return PayCodeResult{}, fmt.Errorf("read the payment code of %s: %w", t.OutTradeNo, err)
	}
	if c.Behaviour == HasNoBalance {
		return refusedFor(t, ReasonPayerNoBalance), nil
	}
	return refusedFor(t, ReasonDeclined), nil
}

// charge takes the code, stores the trade and moves the money, or not, as the
// payer behind the code behaves.
func (s *Service) charge(ctx context.Context, t Trade, store func(tx *db.Tx) error) (PayCodeResult, bool, error) {
	var r PayCodeResult
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		r = PayCodeResult{}
		c, err := selectPayCode(ctx, tx, t.Code)
		if errors.Is(err, db.ErrNoRows) {
			r = refusedFor(Trade{}, ReasonCodeInvalid)
			return nil
		}
		if err != nil {
			return err
		}
		reason, err := c.take(ctx, tx, t.Channel, t.ID, app.ToMillis(s.clock.Now()))
		if err != nil || reason != "" {
			r = refusedFor(Trade{}, reason)
			return err
		}
		if err := store(tx); err != nil {
			return err
		}
		return s.settle(ctx, tx, t, c, &r)
	})
	if err != nil {
		return PayCodeResult{}, false, fmt.Errorf("charge a payment code for %s: %w", t.OutTradeNo, err)
	}
	charged := r.Reason == "" || r.Reason == ReasonPayerNoBalance // and not the code itself refused
	if charged {
		r.Trade, err = s.ByID(ctx, t.ID)
	}
	return r, charged, err
}

// settle lets the payer react.
func (s *Service) settle(ctx context.Context, tx *db.Tx, t Trade, c PayCode, r *PayCodeResult) error {
	switch {
	case c.Behaviour == HasNoBalance:
		*r = refusedFor(t, ReasonPayerNoBalance)
		_, err := updateCodeRefused(ctx, tx, t.ID)
		return err
	case c.mustConfirm(t.Amount):
		r.Outcome = OutcomeWaiting
		return nil
	}
	r.Outcome = OutcomePaid
	return s.payIn(ctx, tx, t, false)
}

// ConfirmPayCode is the payer entering the password: the waiting charge is
// paid. code is the payment code. What cannot be paid is Conflict with its
// Reason.
func (s *Service) ConfirmPayCode(ctx context.Context, code string) (Trade, error) {
	t, err := s.ByCode(ctx, code)
	if err != nil {
		return Trade{}, err
	}
	if t.CodeState == "" {
		return Trade{}, app.Errorf(app.Conflict, "the order %s is not charged by a payment code", t.OutTradeNo).WithReason(ReasonCodeInvalid)
	}
	return s.pay(ctx, code, false)
}

// refuse is the payer pressing cancel where the password is asked.
func (s *Service) refuse(ctx context.Context, t Trade) (Trade, error) {
	if _, err := updateCodeRefused(ctx, s.db, t.ID); err != nil {
		return Trade{}, fmt.Errorf("decline %s: %w", t.OutTradeNo, err)
	}
	return s.ByID(ctx, t.ID)
}
