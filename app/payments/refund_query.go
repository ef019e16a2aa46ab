package payments

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// lookup names the refund for the channel.
func (r Refund) lookup() channel.RefundLookup {
	out := channel.RefundLookup{Number: r.Number, PaymentNumber: r.AttemptID}
	if request, err := r.request(); err == nil {
		out.ChannelTradeNo = request.ChannelTradeNo
	}
	return out
}

// queryRefund asks the channel about a refund of a.
func (s *Service) queryRefund(ctx context.Context, a Attempt, account merchants.Account, lookup channel.RefundLookup) (channel.Refund, *recording, error) {
	var told channel.Refund
	rec, err := s.call(ctx, a, account, "query_refund", func(ctx context.Context, c channel.Client) error {
		var err error
		told, err = c.QueryRefund(ctx, lookup)
		return err
	})
	return told, rec, err
}

// pursue finds out about one leased refund and brings it as far as it goes: sent
// in its turn, asked about, sent again, settled, or to be looked at later. It is
// OutcomeUnknown when the channel gave no certain answer.
func (s *Service) pursue(ctx context.Context, r Refund) error {
	ctx = WithCause(ctx, causeRefund)
	if r.Status == RefundPending && r.Sends == 0 && r.Request != "" {
		return s.resend(ctx, r)
	}
	account, err := s.Accounts.Account(ctx, r.MerchantID, r.AccountID)
	if err != nil {
		return err
	}
	told, rec, err := s.queryRefund(ctx, r.attempt(), account, r.lookup())
	switch kind := channel.KindOf(err); {
	case kind == "":
		return s.settleQueriedRefund(ctx, r, account, told, rec)
	case kind == channel.KindNotExist && r.Status == RefundPending && r.Request != "":
		// The channel never saw it. The identical request under the same number
		// cannot refund twice.
		if err := s.writeTimeline(ctx, worthTellingRefund(r, rec.entries)); err != nil {
			return err
		}
		return s.resend(ctx, r)
	}
	now, nowErr := s.DB.Now(ctx)
	if nowErr != nil {
		return nowErr
	}
	next := nextRefundQuery(r, now)
	if channel.KindOf(err) == channel.KindHeld {
		next = max(next, now.Add(heldFor(err)))
	}
	if err := s.refundLater(context.WithoutCancel(ctx), r, now, next, worthTellingRefund(r, rec.entries)); err != nil {
		return err
	}
	return noCertainRefund(r).WithCause(err)
}

// worthTellingRefund keeps the first query of a refund for the timeline; the
// rest say the same.
func worthTellingRefund(r Refund, entries []Entry) []Entry {
	if r.Queries > 0 {
		return nil
	}
	return entries
}

func noCertainRefund(r Refund) *app.Error {
	return app.Errorf(app.OutcomeUnknown, "%s gave no certain answer about %s; it will be asked again", r.Channel, r.ID).WithReason("channel_unclear")
}

// resend sends a refund from the job. A certain refusal is an answer.
func (s *Service) resend(ctx context.Context, r Refund) error {
	out, err := s.dispatch(ctx, r, nil, false)
	switch {
	case app.Is(err, app.Declined):
		return nil
	case err == nil && out.Unknown:
		return noCertainRefund(r)
	}
	return err
}

// settleQueriedRefund applies the channel's answer, and looks again later while
// it is not final.
func (s *Service) settleQueriedRefund(ctx context.Context, r Refund, account merchants.Account, told channel.Refund, rec *recording) error {
	out, err := s.settleRefund(ctx, r, told, rec.entries, nil)
	if field := mismatchOf(err); field != "" {
		notice := channel.Notice{ID: "query:" + r.ID, Type: "query_refund", Refund: &told}
		if err := s.quarantineRefund(ctx, account, notice, r, field); err != nil {
			return err
		}
		out.Refund = r
	} else if err != nil {
		return err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	if out.Changed {
		_, err := s.store.resolveDeferred(ctx, s.DB, r.PaymentID, now)
		return err
	}
	return s.refundLater(ctx, r, now, nextRefundQuery(out.Refund, now), worthTellingRefund(r, rec.entries))
}

// SyncRefund asks the channel about a refund now and returns it as it then
// stands. It is OutcomeUnknown when the channel gives no certain answer.
func (s *Service) SyncRefund(ctx context.Context, scope Scope, id string) (Refund, error) {
	r, err := s.GetRefund(ctx, scope, id)
	if err != nil || r.Status.Final() || r.Status == RefundAwaiting {
		return r, err
	}
	if err := s.noteAct(ctx, r.MerchantID, actRefundSync, r.ID, actFacts{r.RefundNo, string(r.Status)}); err != nil {
		return r, err
	}
	leased, ok, err := s.takeRefundLease(ctx, r)
	if err != nil {
		return r, err
	}
	if ok { // else somebody is asking at this moment
		if err := s.pursue(ctx, leased); err != nil {
			return r, err
		}
	}
	return s.GetRefund(ctx, scope, id)
}
