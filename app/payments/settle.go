package payments

import (
	"context"
	"errors"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// settled is what settle came to.
type settled struct {
	Payment Payment
	Attempt Attempt
	Changed bool // false: everything said was known

	story []Entry // what the timeline gets at the end, in one statement
}

// mismatch names the first fact of a channel's report that is not what we
// stored, "" when all agree. Money is only believed when nothing differs.
func mismatch(a Attempt, t channel.Trade) string {
	switch {
	case t.Number != a.ID:
		return "number"
	case t.AppID != "" && a.AppID != "" && t.AppID != a.AppID:
		return "app_id"
	case t.Identity != "" && t.Identity != a.Identity:
		return "identity"
	case t.SubIdentity != "" && t.SubIdentity != a.SubIdentity:
		return "sub_identity"
	case !t.State.WasPaid():
		return "" // an unpaid report may leave out the amount
	case t.Amount != a.Amount:
		return "amount"
	case t.Currency != app.CNY:
		return "currency"
	case t.ChannelTradeNo == "", a.ChannelTradeNo != "" && t.ChannelTradeNo != a.ChannelTradeNo:
		return "transaction_no"
	}
	return ""
}

// settle brings an attempt and its payment to what the channel verifiably says,
// in one transaction with the event, the receipt and the timeline. What is
// known already changes nothing. A report that contradicts what we stored is a
// Conflict with reason mismatch, and changes nothing.
func (s *Service) settle(ctx context.Context, merchantID, attemptID string, t channel.Trade, entries []Entry) (settled, error) {
	var out settled
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		a, err := s.store.attempt(ctx, tx, merchantID, attemptID)
		if err != nil {
			return err
		}
		p, err := s.store.payment(ctx, tx, Scope{a.MerchantID, a.Mode}, a.PaymentID)
		if err != nil {
			return err
		}
		if field := mismatch(a, t); field != "" {
			return app.Errorf(app.Conflict, "the channel's %s differs from the stored order %s", field, a.ID).WithReason("mismatch").WithDetail("field", field)
		}
		out = settled{Payment: p, Attempt: a, story: slices.Clip(entries)}
		switch {
		case a.ReverseAt != 0 && t.State == channel.TradeRefunded:
			// Paid, and given back by our own reverse.
			err = s.endUnpaid(ctx, tx, &out, now, whyReversed)
		case a.ReverseAt != 0 && t.State.WasPaid() && a.Status.Open():
			return beingReversed(a)
		case t.State.WasPaid():
			err = s.succeed(ctx, tx, &out, t, now)
		case t.State == channel.TradeClosed || t.State == channel.TradeFailed:
			err = s.endUnpaid(ctx, tx, &out, now, "channel")
		}
		if err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, out.story)
	})
	if errors.Is(err, errMoved) {
		// Two reports at once: the other has been committed, so this is a repeat.
		return s.settle(ctx, merchantID, attemptID, t, entries)
	}
	return out, err
}

// succeed posts the money of one attempt, once.
func (s *Service) succeed(ctx context.Context, tx *db.Tx, out *settled, t channel.Trade, now app.Millis) error {
	a, p := &out.Attempt, &out.Payment
	if a.Status == StatusSucceeded {
		return nil
	}
	from := a.Status
	a.Status, a.ChannelTradeNo, a.NextQueryAt, a.Recovered = StatusSucceeded, t.ChannelTradeNo, 0, recovering(ctx)
	a.SettlementAmount = t.SettlementAmount
	if a.PaidAt = app.ToMillis(t.PaidAt); a.PaidAt == 0 {
		a.PaidAt = now
	}
	// The attempt moves before the transaction is claimed: of two reports at
	// once the second must find the attempt moved, not its own transaction taken.
	if err := s.store.moveAttempt(ctx, tx, *a, from); err != nil {
		return err
	}
	if err := s.store.insertReceipt(ctx, tx, *a, t.ChannelTradeNo, now); err != nil {
		if db.IsDuplicate(err) {
			return app.Errorf(app.Conflict, "transaction %s was posted to another order", t.ChannelTradeNo).WithReason("mismatch").WithDetail("field", "transaction_no")
		}
		return err
	}
	out.Changed = true
	if p.Status == StatusSucceeded {
		// Another attempt has paid this order: the money is real, and too much.
		e := entry(ctx, now, *a, KindState, "payment.duplicate", map[string]string{"attempt": a.ID, "transaction": t.ChannelTradeNo})
		out.story = append(out.story, e)
		if err := s.emit(ctx, tx, "payment.duplicate", *p, *a); err != nil || t.State == channel.TradeRefunded {
			return err
		}
		return s.refundDuplicate(ctx, tx, out, now)
	}
	return s.markPaid(ctx, tx, out, t, now)
}

// markPaid moves the payment to succeeded with the attempt that paid it.
func (s *Service) markPaid(ctx context.Context, tx *db.Tx, out *settled, t channel.Trade, now app.Millis) error {
	a, p := &out.Attempt, &out.Payment
	from := p.Status
	if !CanMove(from, StatusSucceeded) {
		return app.Errorf(app.Internal, "payment %s cannot go from %s to succeeded", p.ID, from)
	}
	p.Status, p.Late, p.PaidAttemptID, p.Recovered = StatusSucceeded, IsLate(from), a.ID, a.Recovered
	p.ChannelTradeNo, p.PaidAt, p.UpdatedAt = t.ChannelTradeNo, a.PaidAt, now
	p.PayerAmount, p.SettlementAmount = t.PayerAmount, t.SettlementAmount
	p.AccountID, p.Method, p.Channel = a.AccountID, a.Method, a.Channel
	if other := p.OpenAttemptID; other != "" && other != a.ID {
		// The order that took its place must not be paid too: it is closed at once.
		if err := s.store.dueNow(ctx, tx, p.MerchantID, other, now); err != nil {
			return err
		}
		s.wakeQueries()
	}
	p.OpenAttemptID = ""
	if err := s.store.update(ctx, tx, p); err != nil {
		return err
	}
	e := stateEntry(ctx, now, *a, from, StatusSucceeded)
	if p.Late {
		e.Message = "state.late"
	}
	out.story = append(out.story, e)
	if err := s.emit(ctx, tx, "payment.succeeded", *p, *a); err != nil || !p.Late || t.State == channel.TradeRefunded {
		return err // what was given back at the channel already is not given back again
	}
	return s.refundLate(ctx, tx, out, now)
}

// keepAsking is how long after expiry a closed order is still asked about: an
// Alipay code scanned at the last moment makes a trade nobody could close.
const keepAsking = 2 * 60 * 60 * 1000

// endUnpaid closes an attempt that the channel says cannot be paid any more,
// and its payment when no other attempt is open. Where it was closed to make
// room for another method, the payment stays open for that, until its expiry.
func (s *Service) endUnpaid(ctx context.Context, tx *db.Tx, out *settled, now app.Millis, why string) error {
	a, p := &out.Attempt, &out.Payment
	if !CanMove(a.Status, StatusClosed) {
		return nil
	}
	from := a.Status
	a.Status, a.NextQueryAt = StatusClosed, 0
	if why == whyNotExist {
		a.NextQueryAt = nextQuery(*a, now, false)
	}
	makesRoom := a.ReplaceAt != 0 && p.OpenAttemptID == a.ID && p.CloseRequestedAt == 0 && now < p.ExpiresAt
	if makesRoom && (a.NextQueryAt == 0 || a.NextQueryAt > p.ExpiresAt) {
		a.NextQueryAt = p.ExpiresAt
	}
	if err := s.store.moveAttempt(ctx, tx, *a, from); err != nil {
		return err
	}
	out.Changed = true
	if p.OpenAttemptID != a.ID {
		return nil
	}
	p.OpenAttemptID = ""
	if makesRoom {
		p.UpdatedAt = now
		return s.store.update(ctx, tx, p)
	}
	return s.closePayment(ctx, tx, p, *a, now, why)
}

// closePayment moves an unpaid payment to closed, with its event.
func (s *Service) closePayment(ctx context.Context, tx *db.Tx, p *Payment, a Attempt, now app.Millis, why string) error {
	from := p.Status
	if !CanMove(from, StatusClosed) {
		return nil
	}
	p.Status, p.ClosedAt, p.UpdatedAt = StatusClosed, now, now
	if err := s.store.update(ctx, tx, p); err != nil {
		return err
	}
	e := stateEntry(ctx, now, a, from, StatusClosed)
	e.Args = encodeArgs(map[string]string{"from": string(from), "to": string(StatusClosed), "why": why})
	if err := s.store.insertTimeline(ctx, tx, []Entry{e}); err != nil {
		return err
	}
	return s.emit(ctx, tx, "payment.closed", *p, a)
}
