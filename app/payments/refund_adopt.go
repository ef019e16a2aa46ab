package payments

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

var (
	// errExceeds means that the channel gave back more than our books leave.
	errExceeds = errors.New("the remainder is too small")
	// errAdopted means that another report of the same refund was first.
	errAdopted = errors.New("the refund has been adopted")
)

// takeForeignRefund adopts a refund of a paid order of ours that was made in the
// channel's own console.
func (s *Service) takeForeignRefund(ctx context.Context, account merchants.Account, notice channel.Notice, a Attempt) (string, error) {
	told := *notice.Refund
	if told.State == channel.RefundClosed {
		return "repeated", nil // a refund we never knew will not happen: nothing to know
	}
	rows, err := s.refundNoticeRows(ctx, refundUnder(a), notice)
	if err != nil {
		return "error", err
	}
	if told.Amount == 0 || account.ConfirmByQuery {
		confirmed, asked, err := s.confirmRefund(ctx, a, account, channel.RefundLookup{
			Number: told.Number, PaymentNumber: a.ID, ChannelTradeNo: a.ChannelTradeNo,
		})
		if err != nil || confirmed.Amount == 0 {
			return "deferred", s.deferRefund(ctx, account, notice, refundUnder(a), asked)
		}
		if field := misbound(a, confirmed); field != "" {
			return s.refundContradicts(ctx, account, notice, refundUnder(a), field)
		}
		confirmed.Number = told.Number
		told, rows = confirmed, append(rows, asked...)
	}
	if counted, err := s.counted(ctx, a, notice.Refund.RefundedTotal); err != nil || counted {
		return "repeated", err
	}
	_, err = s.adopt(ctx, a, told, rows)
	switch {
	case errors.Is(err, errAdopted):
		r, known, err := s.refundNumbered(ctx, a, told.Number)
		if err != nil || !known {
			return "error", err
		}
		return s.takeKnownRefund(ctx, account, notice, r, a)
	case errors.Is(err, errExceeds):
		return s.exceeds(ctx, account, notice, a)
	case mismatchOf(err) != "":
		return s.refundContradicts(ctx, account, notice, refundUnder(a), mismatchOf(err))
	case err != nil:
		return "error", err
	}
	return "applied", s.resolveDeferred(ctx, a.PaymentID)
}

// counted reports whether a refund that nothing named was adopted, and with it
// everything that the channel says was given back of the order has arrived in
// our books: then a name that comes now is that refund's.
func (s *Service) counted(ctx context.Context, a Attempt, total app.Money) (bool, error) {
	seen, err := s.store.adopted(ctx, s.DB, a.ID, "")
	if err != nil || seen == "" || total == 0 {
		return false, err
	}
	known, err := s.store.sentRefunds(ctx, s.DB, a)
	return known.Arrived >= total, err
}

// exceeds deals with a foreign refund that our books leave no room for: it is
// the one that a query saw before anybody named its number, if what we know of
// accounts for all that was given back, or else a case for a person.
func (s *Service) exceeds(ctx context.Context, account merchants.Account, notice channel.Notice, a Attempt) (string, error) {
	seen, err := s.store.adopted(ctx, s.DB, a.ID, "")
	if err != nil {
		return "error", err
	}
	known, err := s.store.sentRefunds(ctx, s.DB, a)
	if err != nil {
		return "error", err
	}
	if seen != "" && known.Total >= notice.Refund.RefundedTotal {
		return "repeated", nil
	}
	return s.refundContradicts(ctx, account, notice, refundUnder(a), "refund_exceeds")
}

// adopt stores a refund that the channel made without us, with its money
// counted. An empty number is a refund that a query saw and nothing names.
func (s *Service) adopt(ctx context.Context, a Attempt, told channel.Refund, entries []Entry) (Refund, error) {
	return s.adoptAt(ctx, a, told, 0, entries)
}

// adoptAt is adopt for a refund of which a bill says when the channel took it.
func (s *Service) adoptAt(ctx context.Context, a Attempt, told channel.Refund, accepted app.Millis, entries []Entry) (Refund, error) {
	var out Refund
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		p, err := s.store.payment(ctx, tx, Scope{a.MerchantID, a.Mode}, a.PaymentID)
		if err != nil {
			return err
		}
		r := adoptedRefund(p, a, told, now)
		r.Recovered = recovering(ctx)
		if accepted != 0 {
			r.AcceptedAt = accepted
		}
		if err := s.store.insertAdopted(ctx, tx, r); err != nil {
			return err
		}
		ok, err := s.store.reserve(ctx, tx, r, p.PaidAttemptID == a.ID)
		if err != nil {
			return err
		}
		if !ok {
			return errExceeds
		}
		in := RefundInput{Amount: r.Amount, AttemptID: r.AttemptID}
		if err := s.store.claimRefundNo(ctx, tx, r, in.fingerprint(p.ID)); err != nil {
			return err
		}
		if err := s.insertRefund(ctx, tx, r); err != nil {
			return err
		}
		if r.Status == RefundSucceeded {
			if err := s.postRefund(ctx, tx, r, told.ChannelRefundNo, now); err != nil {
				return err
			}
		}
		if err := s.emitRefund(ctx, tx, r); err != nil {
			return err
		}
		if err := s.store.resolveUnexplained(ctx, tx, a, now); err != nil {
			return err
		}
		out = r
		e := refundEntry(ctx, now, r, KindState, "refund.adopted", map[string]string{"to": string(r.Status), "number": r.Number})
		return s.store.insertTimeline(ctx, tx, append(entries[:len(entries):len(entries)], e))
	})
	return out, err
}

// adoptedRefund is what the channel tells of, as a refund of ours.
func adoptedRefund(p Payment, a Attempt, told channel.Refund, now app.Millis) Refund {
	r := Refund{
		ID: app.NewID(app.PrefixRefund, now.Time()), MerchantID: p.MerchantID, Mode: p.Mode, PaymentID: p.ID, AttemptID: a.ID,
		AccountID: a.AccountID, Channel: a.Channel, Identity: a.Identity, SubIdentity: a.SubIdentity, OrderNo: p.OrderNo,
		Status: refundStates[told.State], Amount: told.Amount, Currency: p.Currency, Source: SourceChannel,
		RequestedKind: "channel", RequestedName: string(a.Channel), Number: told.Number, ChannelRefundNo: clipTo(told.ChannelRefundNo, 64),
		CreatedAt: now, UpdatedAt: now, AcceptedAt: now, Version: 1,
	}
	r.RefundNo = r.ID
	if r.ChannelRefundNo == "" {
		r.ChannelRefundNo = told.Number // Alipay numbers no refunds: its console's number is all there is
	}
	switch r.Status {
	case RefundSucceeded:
		if r.SucceededAt = app.ToMillis(told.At); told.At.IsZero() {
			r.SucceededAt = now
		}
	case RefundAbnormal:
		r.ErrorCode, r.ErrorMessage = clipTo(told.RawState, 64), clipTo(abnormalWords+told.Account, 500)
	}
	if !r.Status.Final() {
		r.NextQueryAt = nextRefundQuery(r, now)
	}
	return r
}

// explain accounts for money that the channel's query says was given back of a
// paid order. What no refund of ours explains is adopted where the channel says
// how much it is; where it does not, a person is told, once.
func (s *Service) explain(ctx context.Context, account merchants.Account, attemptID string, t channel.Trade) error {
	if t.State != channel.TradeRefunded {
		return nil
	}
	a, err := s.store.attempt(ctx, s.DB, account.MerchantID, attemptID)
	if err != nil || a.Status != StatusSucceeded {
		return err
	}
	known, err := s.store.sentRefunds(ctx, s.DB, a)
	if err != nil || known.explain(t) {
		return err
	}
	notice := channel.Notice{ID: "refunded:" + a.ID, Type: "query", Trade: &t}
	if t.Refunded == 0 {
		return s.quarantine(ctx, account, notice, a, "refund_unexplained")
	}
	told := channel.Refund{State: channel.RefundSucceeded, Amount: t.Refunded - known.Total}
	_, err = s.adopt(ctx, a, told, nil)
	if errors.Is(err, errAdopted) || errors.Is(err, errExceeds) {
		return s.quarantine(ctx, account, notice, a, "refund_unexplained")
	}
	return err
}

// unnamedRefund returns the refund of a that a query saw and that nothing has
// named, and whether there is one.
func (s *Service) unnamedRefund(ctx context.Context, a Attempt) (Refund, bool, error) {
	id, err := s.store.adopted(ctx, s.DB, a.ID, "")
	if err != nil || id == "" {
		return Refund{}, false, err
	}
	r, err := s.store.refund(ctx, s.DB, Scope{a.MerchantID, a.Mode}, id)
	return r, err == nil && r.Number == "", err
}

// nameAdopted gives a refund that a query saw, and that nothing named, the number
// by which a bill tells of it, and its dates: the amount says that it is the
// same. errMoved and errAdopted tell that it, or the number, is taken by now.
func (s *Service) nameAdopted(ctx context.Context, r Refund, told channel.Refund, billed app.Millis) (Refund, error) {
	var out Refund
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		out = r
		out.Number, out.ChannelRefundNo, out.UpdatedAt, out.AcceptedAt = told.Number, clipTo(told.ChannelRefundNo, 64), now, billed
		if out.ChannelRefundNo == "" {
			out.ChannelRefundNo = told.Number
		}
		if out.SucceededAt != 0 && !told.At.IsZero() {
			out.SucceededAt = app.ToMillis(told.At)
		}
		out.BookedAt = out.booked()
		if err := s.store.nameRefund(ctx, tx, &out); err != nil {
			return err
		}
		if err := s.noteRefund(ctx, tx, events.RefundNamed, out); err != nil {
			return err
		}
		e := refundEntry(ctx, now, out, KindState, "refund.named", map[string]string{"number": out.Number})
		return s.store.insertTimeline(ctx, tx, []Entry{e})
	})
	return out, err
}
