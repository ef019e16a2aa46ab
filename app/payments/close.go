package payments

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Close ends an unpaid payment: first at the channel, then here. Closing a
// closed payment returns it. A payment that turns out to be paid keeps its
// money: Conflict with reason already_paid. When the channel gives no certain
// answer the error is OutcomeUnknown; the wish is stored and a job goes on.
func (s *Service) Close(ctx context.Context, scope Scope, id string) (Payment, error) {
	p, err := s.Get(ctx, scope, id)
	if err != nil {
		return p, err
	}
	switch {
	case p.Status == StatusSucceeded:
		return p, alreadyPaid(p)
	case !p.Status.Open():
		return p, nil
	}
	if p, err = s.requestClose(ctx, p); err != nil || !p.Status.Open() {
		return p, err
	}
	a, err := s.store.attempt(ctx, s.DB, p.MerchantID, p.OpenAttemptID)
	if err != nil {
		return p, err
	}
	leased, ok, err := s.lease(ctx, a)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, closeUnknown(p.ID)
	}
	account, err := s.Accounts.Account(ctx, a.MerchantID, a.AccountID)
	if err != nil {
		return p, err
	}
	return s.closeAtChannel(ctx, leased, account, nil)
}

// requestClose stores the wish to close, so that it outlives this request, and
// closes at once a payment without an open attempt.
func (s *Service) requestClose(ctx context.Context, p Payment) (Payment, error) {
	var out Payment
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, fresh, err := s.reread(ctx, tx, p)
		if err != nil {
			return err
		}
		out = fresh
		if !fresh.Status.Open() {
			return nil
		}
		if fresh.CloseRequestedAt == 0 {
			out.CloseRequestedAt, out.UpdatedAt = now, now
		}
		if fresh.OpenAttemptID != "" {
			a := Attempt{ID: fresh.OpenAttemptID, MerchantID: fresh.MerchantID, PaymentID: fresh.ID}
			if err := s.store.insertTimeline(ctx, tx, []Entry{entry(ctx, now, a, KindAPI, "api.close", nil)}); err != nil {
				return err
			}
			if err := s.store.update(ctx, tx, &out); err != nil {
				return err
			}
			return s.recordAct(ctx, tx, fresh.MerchantID, actClose, fresh.ID, actFacts{fresh.OrderNo, string(fresh.Status)})
		}
		a, err := s.store.latestAttempt(ctx, tx, fresh.MerchantID, fresh.ID)
		if err != nil {
			return err
		}
		if err := s.closePayment(ctx, tx, &out, a, now, "requested"); err != nil {
			return err
		}
		return s.recordAct(ctx, tx, fresh.MerchantID, actClose, fresh.ID, actFacts{fresh.OrderNo, string(fresh.Status)})
	})
	return out, err
}

// The ends of an order at the channel, as the timeline tells them.
const (
	whyClosed   = "closed"
	whyNotExist = "not_exist" // the channel never saw it, or does not know it yet
	whyReversed = "reversed"
)

// closeAtChannel closes a leased attempt at the channel and then here. An order
// that was paid is settled instead.
func (s *Service) closeAtChannel(ctx context.Context, a Attempt, account merchants.Account, entries []Entry) (Payment, error) {
	end, err := s.endAtChannel(ctx, &a, account, entries)
	if errors.Is(err, errMoved) {
		return s.movedOn(ctx, a)
	}
	if err != nil {
		return Payment{}, err
	}
	if end.why == "" {
		return s.notEnded(context.WithoutCancel(ctx), a, account, end)
	}
	return s.endAttempt(context.WithoutCancel(ctx), a, end.entries, end.why)
}

// movedOn answers a close whose order was settled by somebody else meanwhile.
func (s *Service) movedOn(ctx context.Context, a Attempt) (Payment, error) {
	p, err := s.store.payment(ctx, s.DB, Scope{a.MerchantID, a.Mode}, a.PaymentID)
	switch {
	case err != nil:
		return p, err
	case p.Status == StatusSucceeded:
		return p, alreadyPaid(p)
	case p.Status.Open():
		return p, closeUnknown(p.ID)
	}
	return p, nil
}

// ending is what telling the channel to end an order came to. Without a why
// the order has not certainly ended; paid says that money was met.
type ending struct {
	why     string
	paid    bool
	entries []Entry
}

// endAtChannel has the channel end a leased attempt, and changes nothing here
// but the mark of a reverse.
func (s *Service) endAtChannel(ctx context.Context, a *Attempt, account merchants.Account, entries []Entry) (ending, error) {
	if byCode(a.Method) {
		return s.reverse(ctx, a, account, entries)
	}
	rec, err := s.call(ctx, *a, account, "close", func(ctx context.Context, c channel.Client) error { return c.Close(ctx, a.ID) })
	end := ending{entries: append(entries, rec.entries...)}
	switch channel.KindOf(err) {
	case "", channel.KindClosed:
		end.why = whyClosed
	case channel.KindNotExist:
		end.why = whyNotExist
	case channel.KindPaid:
		end.paid = true
	}
	return end, nil
}

// notEnded goes on with an order that the channel did not certainly end.
func (s *Service) notEnded(ctx context.Context, a Attempt, account merchants.Account, end ending) (Payment, error) {
	if end.paid {
		return s.keepMoney(ctx, a, account, end.entries)
	}
	return s.closeLater(ctx, a, account, end.entries)
}

// keepMoney settles an order whose close met a payment.
func (s *Service) keepMoney(ctx context.Context, a Attempt, account merchants.Account, entries []Entry) (Payment, error) {
	trade, rec, err := s.query(ctx, a, account)
	entries = append(entries, rec.entries...)
	switch {
	case err != nil:
		return s.closeLater(ctx, a, account, entries)
	case a.ReverseAt != 0 && final(trade.State) && trade.State != channel.TradePaid:
		return s.endAttempt(ctx, a, entries, whyReversed)
	case !trade.State.WasPaid():
		return s.closeLater(ctx, a, account, entries)
	}
	if err := s.keepUnreversed(ctx, &a); err != nil {
		return Payment{}, err
	}
	rec.entries = entries
	if err := s.settleQueried(ctx, a, account, trade, rec); err != nil {
		return Payment{}, err
	}
	p, err := s.store.payment(ctx, s.DB, Scope{a.MerchantID, a.Mode}, a.PaymentID)
	if err != nil {
		return p, err
	}
	if p.Status != StatusSucceeded {
		return p, closeUnknown(p.ID)
	}
	return p, alreadyPaid(p)
}

// closeLater leaves the order open: nobody knows what became of the close.
func (s *Service) closeLater(ctx context.Context, a Attempt, account merchants.Account, entries []Entry) (Payment, error) {
	if err := s.askLater(ctx, a, account, entries); err != nil {
		return Payment{}, err
	}
	p, err := s.store.payment(ctx, s.DB, Scope{a.MerchantID, a.Mode}, a.PaymentID)
	if err != nil {
		return p, err
	}
	return p, closeUnknown(p.ID)
}

// endAttempt closes an attempt and its payment here.
func (s *Service) endAttempt(ctx context.Context, a Attempt, entries []Entry, why string) (Payment, error) {
	var out settled
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		out.Attempt, err = s.store.attempt(ctx, tx, a.MerchantID, a.ID)
		if err != nil {
			return err
		}
		out.Payment, err = s.store.payment(ctx, tx, Scope{a.MerchantID, a.Mode}, a.PaymentID)
		if err != nil {
			return err
		}
		if err := s.endUnpaid(ctx, tx, &out, now, why); err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, entries)
	})
	if err != nil {
		return out.Payment, err
	}
	if out.Payment.Status == StatusSucceeded {
		return out.Payment, alreadyPaid(out.Payment)
	}
	return out.Payment, nil
}

func alreadyPaid(p Payment) error {
	return app.Errorf(app.Conflict, "payment %s has been paid", p.ID).WithReason("already_paid").WithDetail("payment_id", p.ID)
}

func closeUnknown(id string) error {
	return app.Errorf(app.OutcomeUnknown, "the channel has not confirmed that %s is closed; it is being closed in the background", id).WithReason("close_pending").WithDetail("payment_id", id)
}
