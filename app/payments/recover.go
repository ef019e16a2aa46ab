package payments

import (
	"context"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Recover asks the channel about an order of which its bill says that it was paid
// and our books do not. What the channel confirms is brought to its state as by
// any query, with its event, and marked as recovered; the answer is the attempt
// as it then stands, and whether this changed it. Asking again changes nothing
// more. Errors: NotFound; OutcomeUnknown without a certain answer; Unavailable
// while the channel is not being called; Conflict with reason being_asked while
// somebody else asks, and mismatch when the channel's query contradicts the
// stored order, which is then a case of quarantine.
func (s *Service) Recover(ctx context.Context, scope Scope, attemptID string) (Attempt, bool, error) {
	ctx = WithCause(ctx, causeReconcile)
	a, err := s.store.attempt(ctx, s.DB, scope.MerchantID, attemptID)
	if err == nil && a.Mode != scope.Mode {
		err = app.Errorf(app.NotFound, "no attempt %s", attemptID)
	}
	if err != nil || a.Status == StatusSucceeded {
		return a, false, err
	}
	account, err := s.Accounts.Account(ctx, a.MerchantID, a.AccountID)
	if err != nil {
		return a, false, err
	}
	leased, ok, err := s.lease(ctx, a)
	if err != nil {
		return a, false, err
	}
	if !ok {
		return a, false, beingAsked(a.ID)
	}
	return s.recoverLeased(ctx, leased, account)
}

func beingAsked(id string) error {
	return app.Errorf(app.Conflict, "%s is being asked about at this moment: try again", id).WithReason("being_asked")
}

// recoverLeased asks about an attempt and gives its lease back whatever comes.
func (s *Service) recoverLeased(ctx context.Context, a Attempt, account merchants.Account) (Attempt, bool, error) {
	trade, rec, err := s.query(ctx, a, account)
	if err != nil || !trade.State.WasPaid() {
		release := context.WithoutCancel(ctx)
		if releaseErr := s.store.releaseAttempt(release, s.DB, a, a.LeaseOwner, a.NextQueryAt); releaseErr != nil {
			return a, false, releaseErr
		}
		if writeErr := s.writeTimeline(release, rec.entries); writeErr != nil {
			return a, false, writeErr
		}
		if err != nil && channel.KindOf(err) != channel.KindNotExist {
			return a, false, noCertainAnswer(a).WithCause(err)
		}
		return a, false, nil // the bill and the query contradict each other: a person decides
	}
	out, err := s.settleRecovered(ctx, a, account, trade, rec)
	if err != nil {
		return a, false, err
	}
	return out.Attempt, out.Changed, nil
}

// settleRecovered applies the channel's answer as any query's, and tells a
// contradiction to the caller besides keeping it for a person.
func (s *Service) settleRecovered(ctx context.Context, a Attempt, account merchants.Account, t channel.Trade, rec *recording) (settled, error) {
	if field := mismatch(a, t); field != "" {
		if err := s.settleQueried(ctx, a, account, t, rec); err != nil {
			return settled{}, err
		}
		return settled{}, app.Errorf(app.Conflict, "the channel's %s differs from the stored order %s", field, a.ID).WithReason("mismatch").WithDetail("field", field)
	}
	if err := s.settleQueried(ctx, a, account, t, rec); err != nil {
		return settled{}, err
	}
	after, err := s.store.attempt(ctx, s.DB, a.MerchantID, a.ID)
	return settled{Attempt: after, Changed: after.Status != a.Status}, err
}

// RecoverRefund asks the channel about a refund whose line in a bill says more
// than our books, and returns it as it then stands and whether this changed it.
// Its success is then marked as recovered. Errors as Recover's.
func (s *Service) RecoverRefund(ctx context.Context, scope Scope, refundID string) (Refund, bool, error) {
	ctx = WithCause(ctx, causeReconcile)
	r, err := s.GetRefund(ctx, scope, refundID)
	if err != nil || r.Status.Final() || r.Status == RefundAwaiting {
		return r, false, err
	}
	account, err := s.Accounts.Account(ctx, r.MerchantID, r.AccountID)
	if err != nil {
		return r, false, err
	}
	leased, ok, err := s.takeRefundLease(ctx, r)
	if err != nil {
		return r, false, err
	}
	if !ok {
		return r, false, beingAsked(r.ID)
	}
	told, rec, err := s.queryRefund(ctx, leased.attempt(), account, leased.lookup())
	if err != nil {
		now, nowErr := s.DB.Now(ctx)
		if nowErr != nil {
			return r, false, nowErr
		}
		if laterErr := s.refundLater(context.WithoutCancel(ctx), leased, now, nextRefundQuery(leased, now), rec.entries); laterErr != nil {
			return r, false, laterErr
		}
		if channel.KindOf(err) == channel.KindNotExist {
			return r, false, nil
		}
		return r, false, noCertainRefund(r).WithCause(err)
	}
	if err := s.settleQueriedRefund(ctx, leased, account, told, rec); err != nil {
		return r, false, err
	}
	after, err := s.GetRefund(ctx, scope, refundID)
	return after, after.Status != r.Status, err
}

// BilledRefund is a refund that a bill shows and our books do not. Amounts are
// in fen.
type BilledRefund struct {
	AttemptID       string // of the order, which is ours
	Number          string // the refund's number in the bill
	ChannelRefundNo string // "" where the channel numbers none
	Amount          app.Money
	At              time.Time // as the bill dates it
}

// AdoptBilled stores a refund that somebody made in the channel's own console,
// once the channel's query confirms what the bill says of it, and returns it and
// whether it was unknown. Errors: NotFound for an order that is not the scope's;
// Conflict with reason unpaid while our books do not have the order as paid,
// not_confirmed when the channel's query knows nothing of it or does not say the
// amount, and when it may be a part of a refund that is known without a number,
// refund_exceeds when more went back than was paid, and being_asked when it must
// be asked again; OutcomeUnknown and Unavailable as Recover's.
func (s *Service) AdoptBilled(ctx context.Context, scope Scope, b BilledRefund) (Refund, bool, error) {
	ctx = WithCause(ctx, causeReconcile)
	a, err := s.store.attempt(ctx, s.DB, scope.MerchantID, b.AttemptID)
	switch {
	case err == nil && a.Mode != scope.Mode:
		return Refund{}, false, app.Errorf(app.NotFound, "no attempt %s", b.AttemptID)
	case err != nil:
		return Refund{}, false, err
	case a.Status != StatusSucceeded:
		return Refund{}, false, app.Errorf(app.Conflict, "our books do not have the order %s as paid", a.ID).WithReason("unpaid")
	}
	if !app.PlainASCII(b.Number, 64) { // no column of ours holds it
		return Refund{}, false, notConfirmed(b, "its number cannot be kept")
	}
	if r, known, err := s.refundNumbered(ctx, a, b.Number); err != nil || known {
		return r, false, err
	}
	account, err := s.Accounts.Account(ctx, a.MerchantID, a.AccountID)
	if err != nil {
		return Refund{}, false, err
	}
	told, rec, err := s.queryRefund(ctx, a, account, channel.RefundLookup{Number: b.Number, PaymentNumber: a.ID, ChannelTradeNo: a.ChannelTradeNo})
	if err := confirmsBilled(a, b, told, err); err != nil {
		return Refund{}, false, err
	}
	told.Number = b.Number
	if told.At.IsZero() && told.State == channel.RefundSucceeded {
		told.At = b.At // Alipay may leave the time out: the day is the bill's all the same
	}
	r, adopted, err := s.takeBilled(ctx, scope, a, b, told, rec)
	if errors.Is(err, errAdopted) || errors.Is(err, errMoved) { // a notification was faster
		var known bool
		if r, known, err = s.refundNumbered(ctx, a, b.Number); err == nil && !known {
			err = beingAsked(a.ID)
		}
		return r, false, err
	}
	return r, adopted, err
}

// confirmsBilled holds the channel's answer against what its bill says.
func confirmsBilled(a Attempt, b BilledRefund, told channel.Refund, err error) error {
	kind := channel.KindOf(err)
	switch {
	case kind == channel.KindNotExist, kind == channel.KindRefused:
		return notConfirmed(b, "the channel's query does not know it")
	case err != nil:
		return noCertainAnswer(a).WithCause(err)
	case misbound(a, told) != "":
		return notConfirmed(b, "the channel's query says another "+misbound(a, told))
	case told.Amount != b.Amount: // 0 where the channel does not say: the bill alone is no proof
		return notConfirmed(b, "the channel's query says "+told.Amount.String())
	case told.State == channel.RefundClosed:
		return notConfirmed(b, "the channel has closed it")
	}
	return nil
}

func notConfirmed(b BilledRefund, why string) error {
	return app.Errorf(app.Conflict, "the refund %s of the bill over %s is not confirmed: %s", b.Number, b.Amount, why).WithReason("not_confirmed")
}

// takeBilled names the refund that it is, or adopts it. errAdopted and errMoved
// tell that another report of it was first.
func (s *Service) takeBilled(ctx context.Context, scope Scope, a Attempt, b BilledRefund, told channel.Refund, rec *recording) (Refund, bool, error) {
	unnamed, found, err := s.unnamedRefund(ctx, a)
	switch {
	case err != nil:
		return Refund{}, false, err
	case found && unnamed.Amount == told.Amount:
		named, err := s.nameAdopted(ctx, unnamed, told, app.ToMillis(b.At))
		return named, false, err
	case found && unnamed.Amount > told.Amount:
		// A query saw more given back than anybody had named: this may be a part of it.
		return Refund{}, false, notConfirmed(b, "it may be a part of the "+unnamed.Amount.String()+" of "+unnamed.ID+", which has no number")
	}
	if told.ChannelRefundNo == "" {
		told.ChannelRefundNo = b.ChannelRefundNo
	}
	r, err := s.adoptAt(ctx, a, told, app.ToMillis(b.At), rec.entries)
	if errors.Is(err, errExceeds) {
		return Refund{}, false, app.Errorf(app.Conflict, "the refund %s over %s is more than is left of %s", b.Number, b.Amount, a.ID).WithReason("refund_exceeds")
	}
	if err != nil {
		return Refund{}, false, err
	}
	r, err = s.GetRefund(ctx, scope, r.ID)
	return r, err == nil, err
}
