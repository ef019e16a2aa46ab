package payments

import (
	"context"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// resume answers a request whose order_no exists: it returns the payment as it
// is, sends an attempt of unknown outcome again, or opens a new attempt after a
// certain refusal. refusal is the answer when there is no such order.
func (s *Service) resume(ctx context.Context, scope Scope, in CreateInput, claim *Claim, refusal error) (Created, error) {
	key, err := s.store.key(ctx, s.DB, scope, in.OrderNo)
	if errors.Is(err, db.ErrNoRows) {
		return Created{}, refusal
	}
	if err != nil {
		return Created{}, err
	}
	if key.Fingerprint != in.fingerprint() {
		return Created{}, app.Errorf(app.Conflict, "order_no %q was used for another order: amount, currency, subject or method differ", in.OrderNo).
			WithReason("order_no_conflict").WithDetail("payment_id", key.PaymentID)
	}
	if err := s.Hold(ctx, claim); err != nil {
		return Created{}, err
	}
	p, err := s.store.payment(ctx, s.DB, scope, key.PaymentID)
	if err != nil {
		return Created{}, err
	}
	switch {
	case p.Status != StatusCreated:
		return s.answer(ctx, p, claim)
	case p.OpenAttemptID == "":
		return s.openAnother(ctx, p, in, claim)
	}
	return s.sendAgain(ctx, p, claim)
}

// answer returns the payment as it stands. Its outcome is unknown for as long as
// the channel has not certainly accepted the open attempt.
func (s *Service) answer(ctx context.Context, p Payment, claim *Claim) (Created, error) {
	attempts, err := s.store.attemptsOf(ctx, s.DB, p.MerchantID, []string{p.ID})
	if err != nil {
		return Created{}, err
	}
	a := relevant(p, attempts)
	unsure := p.Status == StatusPending && p.OpenAttemptID != "" && a.Status == StatusCreated
	out := Created{View: NewView(p, a), Unknown: p.Status == StatusCreated || unsure}
	if out.Unknown {
		return out, s.Release(ctx, claim)
	}
	return out, s.Freeze(ctx, claim, out, nil)
}

// openAnother opens a new attempt after the last was refused for certain.
func (s *Service) openAnother(ctx context.Context, p Payment, in CreateInput, claim *Claim) (Created, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Created{}, err
	}
	if err := stillTime(p, now); err != nil {
		return Created{}, err
	}
	account, way, err := s.choose(ctx, Scope{p.MerchantID, p.Mode}, in.way())
	if err != nil {
		return Created{}, errors.Join(err, s.Release(ctx, claim))
	}
	a, err := s.newAttempt(p, account, way, now)
	if err != nil {
		return Created{}, err
	}
	p.opens(a, way, now)
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		opened := p
		if err := s.store.update(ctx, tx, &opened); err != nil {
			return err
		}
		if err := s.store.insertAttempt(ctx, tx, a); err != nil {
			return err
		}
		asked := askedEntry(ctx, now, a, in, claim)
		asked.Message = "api.replay"
		if err := s.store.insertTimeline(ctx, tx, []Entry{asked}); err != nil {
			return err
		}
		return s.note(ctx, tx, events.PaymentSwitched, opened)
	})
	if errors.Is(err, errRaced) {
		// Another request has opened one: send or await that.
		p, err = s.store.payment(ctx, s.DB, Scope{p.MerchantID, p.Mode}, p.ID)
		if err != nil {
			return Created{}, err
		}
		return s.sendAgain(ctx, p, claim)
	}
	if err != nil {
		return Created{}, err
	}
	p.Version++
	return s.send(ctx, p, a, account, claim, false)
}

// stillTime refuses another attempt at a payment that is about to expire.
func stillTime(p Payment, now app.Millis) error {
	if p.ExpiresAt < now.Add(time.Minute) {
		return app.Errorf(app.Conflict, "payment %s expires at %s: too late for another attempt", p.ID, stamp(p.ExpiresAt)).
			WithReason("payment_expired").WithDetail("payment_id", p.ID)
	}
	return nil
}

// opens makes a the payment's open attempt: the payment follows its method.
func (p *Payment) opens(a Attempt, w Way, now app.Millis) {
	p.OpenAttemptID, p.AccountID, p.Method, p.Channel, p.UpdatedAt = a.ID, a.AccountID, a.Method, a.Channel, now
	p.ReturnURL = w.ReturnURL
}

// sendAgain sends the open attempt's stored request once more, unless another
// request is about to: then it waits for what that one learns. A payment code is
// never sent twice: what became of it is for queries to find out.
func (s *Service) sendAgain(ctx context.Context, p Payment, claim *Claim) (Created, error) {
	patience := time.NewTimer(s.ChannelTimeout)
	defer patience.Stop()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		fresh, err := s.store.payment(ctx, s.DB, Scope{p.MerchantID, p.Mode}, p.ID)
		if err != nil {
			return Created{}, err
		}
		if !fresh.Status.Open() || fresh.OpenAttemptID == "" {
			return s.answer(ctx, fresh, claim)
		}
		a, err := s.store.attempt(ctx, s.DB, p.MerchantID, fresh.OpenAttemptID)
		if err != nil {
			return Created{}, err
		}
		if (a.Status == StatusPending && fresh.Status == StatusPending) || (byCode(a.Method) && a.LeaseUntil == 0) {
			return s.answer(ctx, fresh, claim)
		}
		if a.Status != StatusCreated {
			continue // it has just been settled or refused: read the payment again
		}
		if byCode(a.Method) {
			// Whoever scanned the code is about to learn what became of it.
		} else if a, ok, err := s.lease(ctx, a); err != nil {
			return Created{}, err
		} else if ok {
			account, err := s.Accounts.Account(ctx, a.MerchantID, a.AccountID)
			if err != nil {
				return Created{}, err
			}
			return s.send(ctx, fresh, a, account, claim, false)
		}
		select {
		case <-ctx.Done():
			return Created{}, ctx.Err()
		case <-patience.C:
			return s.answer(ctx, fresh, claim)
		case <-time.After(pause):
		}
	}
}

// lease takes the right to call the channel about a, if nobody holds it.
func (s *Service) lease(ctx context.Context, a Attempt) (Attempt, bool, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return a, false, err
	}
	owner := app.NewID("lse_", now.Time())
	until := now.Add(s.leaseTime())
	ok, err := s.store.leaseAttempt(ctx, s.DB, a, owner, now, until)
	a.LeaseOwner, a.LeaseUntil = owner, until
	return a, ok, err
}

// ViewOf loads the attempt that belongs to p's view.
func (s *Service) ViewOf(ctx context.Context, p Payment) (View, error) {
	views, err := s.Views(ctx, []Payment{p})
	if err != nil {
		return View{}, err
	}
	return views[0], nil
}
