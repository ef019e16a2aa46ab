package payments

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// ask finds out about one leased attempt and brings it as far as the answer
// allows: settled, sent again, expired, closed, or to be asked later. It is
// OutcomeUnknown when the channel gave no certain answer, and Unavailable with
// reason channel_unavailable when it is not being called at the moment.
func (s *Service) ask(ctx context.Context, a Attempt) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	p, err := s.store.payment(ctx, s.DB, Scope{a.MerchantID, a.Mode}, a.PaymentID)
	if err != nil {
		return err
	}
	if a.Status == StatusFailed && a.NextQueryAt == p.ExpiresAt {
		return s.expireIdle(ctx, a, now)
	}
	account, err := s.Accounts.Account(ctx, a.MerchantID, a.AccountID)
	if err != nil {
		return err
	}
	if held := s.Clients.Ready(account); held != nil {
		return s.askHeld(ctx, a, held)
	}
	if a.Status == StatusFailed {
		return s.askRefused(ctx, p, a, account, now)
	}
	if byCode(a.Method) && a.Status.Open() {
		return s.askCode(ctx, p, a, account, now)
	}
	if a.Status == StatusClosed && p.OpenAttemptID == "" && p.Status.Open() && now >= p.ExpiresAt {
		if err := s.expirePayment(ctx, a); err != nil {
			return err
		}
	}
	if a.Status == StatusCreated && now < a.ExpiresAt && !unwanted(p, a) && a.ReplaceAt == 0 {
		// Nobody knows whether the order arrived. The identical request answers
		// that, and brings the code the merchant is waiting for.
		out, err := s.send(WithCause(ctx, causeQuery), p, a, account, nil, false)
		switch {
		case app.Is(err, app.Declined):
			return nil
		case err == nil && out.Unknown:
			return noCertainAnswer(a)
		}
		return err
	}
	trade, rec, err := s.query(ctx, a, account)
	switch kind := channel.KindOf(err); {
	case kind == "" && final(trade.State):
		return s.settleQueried(ctx, a, account, trade, rec)
	case kind == "" || kind == channel.KindNotExist:
		return s.stillUnpaid(ctx, p, a, account, rec, kind == channel.KindNotExist)
	case kind == channel.KindHeld:
		return s.askHeld(ctx, a, err)
	}
	if laterErr := s.askLater(ctx, a, account, rec.entries); laterErr != nil {
		return laterErr
	}
	return noCertainAnswer(a).WithCause(err)
}

// unwanted reports whether nobody wants the order to be paid any more: its close
// was asked for, or the payment was paid or ended by another attempt.
func unwanted(p Payment, a Attempt) bool {
	return p.CloseRequestedAt != 0 || p.OpenAttemptID != a.ID
}

func noCertainAnswer(a Attempt) *app.Error {
	return app.Errorf(app.OutcomeUnknown, "%s gave no certain answer about %s; it will be asked again", a.Channel, a.ID).WithReason("channel_unclear")
}

// query asks the channel about an attempt.
func (s *Service) query(ctx context.Context, a Attempt, account merchants.Account) (channel.Trade, *recording, error) {
	var trade channel.Trade
	rec, err := s.call(ctx, a, account, "query", func(ctx context.Context, c channel.Client) error {
		var err error
		trade, err = c.Query(ctx, a.ID)
		return err
	})
	return trade, rec, err
}

// settleQueried applies a final answer, and notices that the channel had not
// told us by itself.
func (s *Service) settleQueried(ctx context.Context, a Attempt, account merchants.Account, t channel.Trade, rec *recording) error {
	if !recovering(ctx) {
		ctx = WithCause(ctx, causeQuery)
	}
	out, err := s.settle(ctx, a.MerchantID, a.ID, t, rec.entries)
	var e *app.Error
	if errors.As(err, &e) && e.Reason == "mismatch" {
		notice := channel.Notice{ID: "query:" + a.ID, Type: "query", Trade: &t}
		if err := s.quarantine(ctx, account, notice, a, e.Details["field"]); err != nil {
			return err
		}
		return s.askLater(ctx, a, account, rec.entries)
	}
	if err != nil {
		return err
	}
	if !out.Changed && a.Status == StatusClosed {
		return s.askNoMore(ctx, a, nil)
	}
	if out.Changed && t.State.WasPaid() {
		s.worked(ctx, account)
	}
	if !out.Changed { // it was known: nothing moved the attempt, so the lease stands
		if err := s.askLater(ctx, a, account, nil); err != nil {
			return err
		}
	}
	if err := s.explain(ctx, account, a.ID, t); err != nil {
		return err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	announced, err := s.store.resolveDeferred(ctx, s.DB, a.PaymentID, now)
	// A payment code is asked about before any notification can be due.
	if err != nil || announced > 0 || !out.Changed || !t.State.WasPaid() || byCode(a.Method) {
		return err
	}
	return s.deaf(ctx, account, now)
}

// deaf marks the account and brings the queries of its young payments forward.
func (s *Service) deaf(ctx context.Context, account merchants.Account, now app.Millis) error {
	if account.Health.DeafSince == 0 {
		s.Logger.WarnContext(ctx, "a payment succeeded without a notification", "account_id", account.ID, "channel", account.Channel)
		if err := s.Accounts.MarkDeaf(ctx, account.ID); err != nil {
			return err
		}
	}
	return s.store.hasten(ctx, s.DB, account.MerchantID, account.ID, idFloor(app.PrefixAttempt, now.Add(-deafAge)), now.Add(deafEvery))
}

// stillUnpaid decides what to do about an order that is not paid: close it when
// its time is over or somebody asked for it, else ask again later.
func (s *Service) stillUnpaid(ctx context.Context, p Payment, a Attempt, account merchants.Account, rec *recording, missing bool) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	due := now >= a.ExpiresAt || unwanted(p, a)
	if a.Status == StatusClosed && !missing {
		return s.endAfterwards(ctx, a, account, rec.entries)
	}
	if !CanMove(a.Status, StatusClosed) || !due {
		return s.askLater(ctx, a, account, s.worthTelling(a, rec.entries))
	}
	ctx = WithCause(ctx, causeExpiry)
	if missing {
		_, err := s.endAttempt(ctx, a, rec.entries, whyNotExist)
		return closedOrPaid(err)
	}
	_, err = s.closeAtChannel(ctx, a, account, rec.entries)
	return closedOrPaid(err)
}

// endAfterwards closes at the channel what was closed here when the channel did
// not know it: an Alipay code that was scanned since, a request that came late.
func (s *Service) endAfterwards(ctx context.Context, a Attempt, account merchants.Account, entries []Entry) error {
	end, err := s.endAtChannel(ctx, &a, account, entries)
	switch {
	case err != nil:
		return err
	case end.why == whyClosed || end.why == whyReversed:
		return s.askNoMore(ctx, a, end.entries)
	}
	return s.askLater(ctx, a, account, end.entries)
}

// closedOrPaid takes from a close's outcome what only its asker wants to hear.
func closedOrPaid(err error) error {
	if app.Is(err, app.OutcomeUnknown) || hasReason(err, "already_paid") {
		return nil
	}
	return err
}

// worthTelling keeps the first query of an attempt for the timeline; the rest
// say the same.
func (s *Service) worthTelling(a Attempt, entries []Entry) []Entry {
	if a.Queries > 0 {
		return nil
	}
	return entries
}

// askLater ends the lease and schedules the next query.
func (s *Service) askLater(ctx context.Context, a Attempt, account merchants.Account, entries []Entry) error {
	ctx = context.WithoutCancel(ctx)
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	return s.askAt(ctx, a, now, nextQuery(a, now, account.Health.DeafSince != 0), entries)
}

// askAt ends the lease and says when to ask next, 0 for never. The last attempt
// of a payment that waits for another way to pay is asked about once more when
// the payment expires, so that it ends.
func (s *Service) askAt(ctx context.Context, a Attempt, now, next app.Millis, entries []Entry) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if a.Status == StatusClosed && a.ReplaceAt != 0 {
			p, err := s.store.payment(ctx, tx, Scope{a.MerchantID, a.Mode}, a.PaymentID)
			if err != nil {
				return err
			}
			if p.Status.Open() && p.OpenAttemptID == "" && (next == 0 || next > p.ExpiresAt) {
				next = p.ExpiresAt
			}
		}
		if err := s.store.asked(ctx, tx, a, now, next); err != nil {
			return err
		}
		return s.store.insertTimeline(ctx, tx, entries)
	})
}

// askNoMore ends the queries about an order that has ended at the channel too.
func (s *Service) askNoMore(ctx context.Context, a Attempt, entries []Entry) error {
	ctx = context.WithoutCancel(ctx)
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	return s.askAt(ctx, a, now, 0, entries)
}

// expirePayment closes a payment that nothing can pay any more: its last attempt
// made room for another that never came.
func (s *Service) expirePayment(ctx context.Context, a Attempt) error {
	ctx = WithCause(ctx, causeExpiry)
	return s.inTx(ctx, func(tx *db.Tx) error {
		now, p, err := s.reread(ctx, tx, Payment{ID: a.PaymentID, MerchantID: a.MerchantID, Mode: a.Mode})
		if err != nil || p.OpenAttemptID != "" {
			return err
		}
		return s.closePayment(ctx, tx, &p, a, now, "expired")
	})
}

// askRefused finds out about an order that was refused for certain and of which a
// notification says otherwise.
func (s *Service) askRefused(ctx context.Context, p Payment, a Attempt, account merchants.Account, now app.Millis) error {
	trade, rec, err := s.query(ctx, a, account)
	kind := channel.KindOf(err)
	switch {
	case kind == "" && trade.State.WasPaid():
		return s.settleQueried(ctx, a, account, trade, rec)
	case kind != "" && kind != channel.KindNotExist && now < p.ExpiresAt:
		if err := s.askLater(ctx, a, account, s.worthTelling(a, rec.entries)); err != nil {
			return err
		}
		return noCertainAnswer(a).WithCause(err)
	}
	return s.expireIdle(context.WithoutCancel(ctx), a, now)
}

// expireIdle closes a payment whose last attempt was refused and whose time is
// over.
func (s *Service) expireIdle(ctx context.Context, a Attempt, now app.Millis) error {
	ctx = WithCause(ctx, causeExpiry)
	return s.inTx(ctx, func(tx *db.Tx) error {
		p, err := s.store.payment(ctx, tx, Scope{a.MerchantID, a.Mode}, a.PaymentID)
		if err != nil {
			return err
		}
		next := p.ExpiresAt
		if now >= p.ExpiresAt {
			next = 0
			if p.OpenAttemptID == "" {
				if err := s.closePayment(ctx, tx, &p, a, now, "expired"); err != nil {
					return err
				}
			}
		}
		return s.store.asked(ctx, tx, a, now, next)
	})
}

// Sync asks the channel about a payment now (查单) and returns it as it then
// stands. It is OutcomeUnknown when the channel gives no certain answer, and
// Unavailable with reason channel_unavailable while it is not being called.
func (s *Service) Sync(ctx context.Context, scope Scope, id string) (Payment, error) {
	p, err := s.Get(ctx, scope, id)
	if err != nil {
		return p, err
	}
	if err := s.noteAct(ctx, p.MerchantID, actSync, p.ID, actFacts{p.OrderNo, string(p.Status)}); err != nil {
		return p, err
	}
	attempts, err := s.store.attempts(ctx, s.DB, p.MerchantID, p.ID)
	if err != nil {
		return p, err
	}
	for _, a := range attempts {
		if a.Status == StatusFailed {
			continue
		}
		leased, ok, err := s.lease(ctx, a)
		if err != nil {
			return p, err
		}
		if !ok {
			continue // somebody is asking at this moment
		}
		if err := s.ask(ctx, leased); err != nil {
			return p, err // the payment as it was before
		}
	}
	return s.Get(ctx, scope, id)
}

// Touch is told that somebody looks at a payment: an open one is asked about
// soon, at most once per 5 s.
func (s *Service) Touch(ctx context.Context, p Payment) error {
	if p.OpenAttemptID == "" || !p.Status.Open() {
		return nil
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	if now < p.CreatedAt.Add(askPause) {
		return nil
	}
	a, err := s.store.attempt(ctx, s.DB, p.MerchantID, p.OpenAttemptID)
	if err != nil || a.LastQueryAt > now.Add(-askPause) {
		return err
	}
	hastened, err := s.store.askNow(ctx, s.DB, a, now, now.Add(-askPause))
	if hastened {
		s.wakeQueries()
	}
	return err
}
