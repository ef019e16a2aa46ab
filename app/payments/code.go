package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// askCode finds out about an open payment code. It is never sent again:
// the channel is asked until the payer has confirmed, or until there is no more
// time for that, and then the order is undone, however often that takes.
func (s *Service) askCode(ctx context.Context, p Payment, a Attempt, account merchants.Account, now app.Millis) error {
	if now >= a.ExpiresAt || a.ReverseAt != 0 || unwanted(p, a) {
		_, err := s.closeAtChannel(WithCause(ctx, causeExpiry), a, account, nil)
		return closedOrPaid(err)
	}
	trade, rec, err := s.query(ctx, a, account)
	if err == nil && final(trade.State) {
		return s.settleQueried(ctx, a, account, trade, rec)
	}
	if laterErr := s.askLater(ctx, a, account, s.worthTelling(a, rec.entries)); laterErr != nil {
		return laterErr
	}
	if kind := channel.KindOf(err); kind != "" && kind != channel.KindNotExist {
		return noCertainAnswer(a).WithCause(err)
	}
	return nil
}

// reverse undoes a payment code's order whatever became of it. Before the first
// reverse the channel is asked, since one that was paid is kept. From then on
// the order is marked, durably and before anything is sent: a success that is
// reported meanwhile may be given back a moment later, so that only the
// reverse's own outcome counts.
func (s *Service) reverse(ctx context.Context, a *Attempt, account merchants.Account, entries []Entry) (ending, error) {
	end := ending{entries: entries}
	if a.ReverseAt == 0 {
		trade, rec, err := s.query(ctx, *a, account)
		end.entries = append(end.entries, rec.entries...)
		if err == nil && trade.State.WasPaid() {
			end.paid = true
			return end, nil
		}
		if err := s.startReverse(ctx, a); err != nil {
			return end, err
		}
	}
	rec, err := s.call(ctx, *a, account, "reverse", func(ctx context.Context, c channel.Client) error { return c.Reverse(ctx, a.ID) })
	end.entries = append(end.entries, rec.entries...)
	switch channel.KindOf(err) {
	case "", channel.KindClosed:
		end.why = whyReversed
	case channel.KindNotExist:
		end.why = whyNotExist
	case channel.KindPaid, channel.KindRefused:
		end.paid = true // too late to be undone: the query says how it stands
	}
	return end, nil
}

// startReverse marks a. errMoved tells that it was settled first.
func (s *Service) startReverse(ctx context.Context, a *Attempt) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	return s.setReverse(ctx, a, now)
}

// keepUnreversed takes the mark back from an order that the channel has
// certainly not undone.
func (s *Service) keepUnreversed(ctx context.Context, a *Attempt) error {
	if a.ReverseAt == 0 {
		return nil
	}
	return s.setReverse(ctx, a, 0)
}

func (s *Service) setReverse(ctx context.Context, a *Attempt, at app.Millis) error {
	held, err := s.store.markReverse(ctx, s.DB, *a, at)
	if err != nil {
		return err
	}
	if !held {
		return errMoved
	}
	a.ReverseAt = at
	return nil
}

func beingReversed(a Attempt) error {
	return app.Errorf(app.Unavailable, "%s is being reversed: whether it stays paid is not known yet", a.ID).WithReason("being_reversed")
}

// takeReversed takes a success notice about an order that we undo or have
// undone. It may have been true once; only what the channel says now counts.
func (s *Service) takeReversed(ctx context.Context, account merchants.Account, a Attempt, rows []Entry) (string, error) {
	if a.Status.Open() {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return "error", err
		}
		if err := s.store.dueNow(ctx, s.DB, a.MerchantID, a.ID, now); err != nil {
			return "error", err
		}
		s.wakeQueries()
		return "deferred", beingReversed(a)
	}
	queryCtx, cancel := context.WithTimeout(ctx, confirmBudget)
	defer cancel()
	trade, rec, err := s.query(queryCtx, a, account)
	if err != nil {
		return "deferred", app.Errorf(app.Unavailable, "the notification about %s could not be confirmed in time", a.ID).WithCause(err)
	}
	rows = append(rows, rec.entries...)
	if trade.State != channel.TradePaid {
		return "repeated", s.writeTimeline(ctx, rows)
	}
	if _, err := s.settle(ctx, a.MerchantID, a.ID, trade, rows); err != nil {
		return "error", err
	}
	return "applied", nil
}
