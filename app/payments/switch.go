package payments

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// maxAttempts is how many attempts a payment may have: a payer who cannot
// decide is not a program that loops.
const maxAttempts = 50

// SwitchMethod lets an unpaid payment be paid another way: the open attempt is
// closed at the channel first, and then another is opened and sent. Asking for
// what is open already returns it, New false, so that a page may be refreshed.
// Unknown means that the channel has not confirmed that the open attempt has
// ended, or not accepted the new one: repeat the request. claim is the request's
// Idempotency-Key, nil without one.
//
// Its errors are those of Create but order_no_conflict, and Conflict with reason
// already_paid when the close met money, payment_closed, payment_expired or
// too_many_attempts.
func (s *Service) SwitchMethod(ctx context.Context, scope Scope, paymentID string, w Way, claim *Claim) (Created, error) {
	var v violations
	v.method(s.Clients.Methods(), w.Method)
	v.way(w)
	if err := v.err(); err != nil {
		return Created{}, err
	}
	if err := s.Hold(ctx, claim); err != nil {
		return Created{}, err
	}
	out, err := s.switchMethod(ctx, scope, paymentID, w, claim)
	if err != nil || out.Unknown {
		// What was frozen stays so; all else may be asked for again at once.
		return out, errors.Join(err, s.Release(context.WithoutCancel(ctx), claim))
	}
	return out, nil
}

// switchMethod tries until the open attempt is this request's to replace:
// another request, or the job, may be calling the channel about it.
func (s *Service) switchMethod(ctx context.Context, scope Scope, paymentID string, w Way, claim *Claim) (Created, error) {
	patience := time.NewTimer(s.ChannelTimeout)
	defer patience.Stop()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		p, open, err := s.switchable(ctx, scope, paymentID)
		if err != nil {
			return Created{}, err
		}
		if w.ReturnURL == "" {
			w.ReturnURL = p.ReturnURL
		}
		if open.ID != "" && open.ReplaceAt == 0 && w.sameAs(open) {
			return s.sendAgain(ctx, p, claim)
		}
		out, err := s.replace(ctx, p, open, w, claim)
		if !errors.Is(err, errMoved) && !errors.Is(err, errRaced) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return Created{}, ctx.Err()
		case <-patience.C:
			return s.unswitched(ctx, p)
		case <-time.After(pause):
		}
	}
}

// switchable returns a payment that may be paid another way and its open
// attempt, empty without one.
func (s *Service) switchable(ctx context.Context, scope Scope, paymentID string) (Payment, Attempt, error) {
	p, err := s.store.payment(ctx, s.DB, scope, paymentID)
	if err != nil {
		return p, Attempt{}, err
	}
	now, err := s.DB.Now(ctx)
	switch {
	case err != nil:
		return p, Attempt{}, err
	case p.Status == StatusSucceeded:
		return p, Attempt{}, alreadyPaid(p)
	case !p.Status.Open() || p.CloseRequestedAt != 0:
		return p, Attempt{}, app.Errorf(app.Conflict, "payment %s is closed, or being closed", p.ID).WithReason("payment_closed").WithDetail("payment_id", p.ID)
	}
	if err := stillTime(p, now); err != nil || p.OpenAttemptID == "" {
		return p, Attempt{}, err
	}
	open, err := s.store.attempt(ctx, s.DB, p.MerchantID, p.OpenAttemptID)
	return p, open, err
}

// sameAs reports whether an attempt was made for the same way: what the request
// leaves to us may be anything, and what may differ between two honest tries (a
// payment code, the payer's address) is left out.
func (w Way) sameAs(a Attempt) bool {
	var r channel.PayRequest
	if json.Unmarshal([]byte(a.Request), &r) != nil {
		return false
	}
	mine, stored := w.Payer, r.Payer
	mine.AuthCode, mine.ClientIP, stored.AuthCode, stored.ClientIP = "", "", "", ""
	return w.Method == a.Method && (w.AccountID == "" || w.AccountID == a.AccountID) && (w.AppID == "" || w.AppID == a.AppID) &&
		w.ReturnURL == r.ReturnURL && mine == stored && maps.Equal(w.Options, r.Options)
}

// replace ends the open attempt, if there is one, and opens another. errMoved
// and errRaced tell that somebody else changed the payment: look again.
func (s *Service) replace(ctx context.Context, p Payment, open Attempt, w Way, claim *Claim) (Created, error) {
	// Whatever is wrong with the new way is found before the old one is closed.
	account, w, err := s.choose(ctx, Scope{p.MerchantID, p.Mode}, w)
	if err != nil {
		return Created{}, err
	}
	if err := s.roomForAnother(ctx, p); err != nil {
		return Created{}, err
	}
	var end ending
	if open.ID != "" {
		if open, end, err = s.makeRoom(ctx, open); err != nil {
			return Created{}, err
		}
		if end.why == "" {
			return s.keptOpen(ctx, p, open, end)
		}
	}
	// The old order has ended: the new one must stand even if the caller leaves.
	return s.openOver(context.WithoutCancel(ctx), p, open, end, account, w, claim)
}

func (s *Service) roomForAnother(ctx context.Context, p Payment) error {
	all, err := s.store.attempts(ctx, s.DB, p.MerchantID, p.ID)
	if err != nil {
		return err
	}
	if len(all) >= maxAttempts {
		return app.Errorf(app.Conflict, "payment %s has had %d attempts: create a new order", p.ID, maxAttempts).
			WithReason("too_many_attempts").WithDetail("payment_id", p.ID)
	}
	return nil
}

// makeRoom has the channel end the open attempt, marked first, so that its end
// does not end the payment should we not live to see it.
func (s *Service) makeRoom(ctx context.Context, open Attempt) (Attempt, ending, error) {
	leased, ok, err := s.lease(ctx, open)
	if err != nil {
		return open, ending{}, err
	}
	if !ok {
		return open, ending{}, errMoved
	}
	if leased.ReplaceAt == 0 {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return leased, ending{}, err
		}
		held, err := s.store.markReplace(ctx, s.DB, leased, now)
		if err != nil {
			return leased, ending{}, err
		}
		if !held {
			return leased, ending{}, errMoved
		}
		leased.ReplaceAt = now
	}
	account, err := s.Accounts.Account(ctx, leased.MerchantID, leased.AccountID)
	if err != nil {
		return leased, ending{}, err
	}
	end, err := s.endAtChannel(ctx, &leased, account, nil)
	return leased, end, err
}

// keptOpen answers when the open attempt has not certainly ended: money was
// met, or nobody knows.
func (s *Service) keptOpen(ctx context.Context, p Payment, open Attempt, end ending) (Created, error) {
	ctx = context.WithoutCancel(ctx)
	account, err := s.Accounts.Account(ctx, open.MerchantID, open.AccountID)
	if err != nil {
		return Created{}, err
	}
	if _, err := s.notEnded(ctx, open, account, end); err != nil && !app.Is(err, app.OutcomeUnknown) {
		return Created{}, err
	}
	return s.unswitched(ctx, p)
}

// unswitched shows the payment as it is: whether it can be paid another way is
// not known yet.
func (s *Service) unswitched(ctx context.Context, p Payment) (Created, error) {
	fresh, err := s.store.payment(ctx, s.DB, Scope{p.MerchantID, p.Mode}, p.ID)
	if err != nil {
		return Created{}, err
	}
	view, err := s.ViewOf(ctx, fresh)
	return Created{View: view, Unknown: true}, err
}

// openOver closes the old attempt here and opens the new one, in one
// transaction, and sends it.
func (s *Service) openOver(ctx context.Context, p Payment, old Attempt, end ending, account merchants.Account, w Way, claim *Claim) (Created, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Created{}, err
	}
	a, err := s.newAttempt(p, account, w, now)
	if err != nil {
		return Created{}, err
	}
	var opened Payment
	err = s.inTx(ctx, func(tx *db.Tx) error {
		if opened, err = s.store.payment(ctx, tx, Scope{p.MerchantID, p.Mode}, p.ID); err != nil {
			return err
		}
		if opened.OpenAttemptID != old.ID || !opened.Status.Open() || opened.CloseRequestedAt != 0 {
			return errMoved
		}
		if err := s.retire(ctx, tx, old, end, now); err != nil {
			return err
		}
		opened.opens(a, w, now)
		opened.ErrorCode, opened.ErrorMessage = "", ""
		if err := s.store.update(ctx, tx, &opened); err != nil {
			return err
		}
		if err := s.store.insertAttempt(ctx, tx, a); err != nil {
			return err
		}
		asked := entry(ctx, now, a, KindAPI, "api.switch", map[string]string{"method": string(w.Method)})
		if err := s.store.insertTimeline(ctx, tx, []Entry{asked}); err != nil {
			return err
		}
		return s.note(ctx, tx, events.PaymentSwitched, opened)
	})
	if errors.Is(err, errMoved) && old.ID != "" {
		// Paid or to be closed meanwhile: what the channel said stands all the same.
		if _, err := s.endAttempt(ctx, old, end.entries, end.why); err != nil {
			return Created{}, err
		}
	}
	if err != nil {
		return Created{}, err
	}
	return s.send(ctx, opened, a, account, claim, true)
}

// retire closes the attempt that makes room. What the channel did not know is
// still asked about: it may be paid all the same.
func (s *Service) retire(ctx context.Context, tx *db.Tx, old Attempt, end ending, now app.Millis) error {
	if old.ID == "" {
		return nil
	}
	from := old.Status
	old.Status, old.NextQueryAt = StatusClosed, 0
	if end.why == whyNotExist {
		old.NextQueryAt = nextQuery(old, now, false)
	}
	if err := s.store.moveAttempt(ctx, tx, old, from); err != nil {
		return err
	}
	rows := append(end.entries[:len(end.entries):len(end.entries)],
		entry(ctx, now, old, KindState, "attempt.replaced", map[string]string{"method": string(old.Method), "why": end.why}))
	return s.store.insertTimeline(ctx, tx, rows)
}
