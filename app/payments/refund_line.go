package payments

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// refundSpacing is the least time between two refunds of one order that a
// channel wants. WeChat Pay v3, 申请退款: partial refunds of one order at least a
// minute apart. Alipay names none.
var refundSpacing = map[app.Channel]time.Duration{app.WeChat: time.Minute}

// turnPause is how long a refund waits before it looks again whether the one
// before it has an answer.
const turnPause = 10 * time.Second

// lineUp gives a leased refund the right to be sent now, and notes that from now
// on it may have been, or else a place in the line: then its lease is over and
// the job takes it up at its NextQueryAt.
func (s *Service) lineUp(ctx context.Context, tx *db.Tx, r *Refund, now app.Millis) error {
	if gap := refundSpacing[r.Channel]; gap > 0 {
		ok, err := s.store.takeTurn(ctx, tx, *r, now, now.Add(gap))
		if err != nil {
			return err
		}
		if !ok {
			return s.queueUp(ctx, tx, r, now, gap)
		}
	}
	r.Sends++
	if r.SentAt == 0 {
		r.SentAt = now
	}
	return nil
}

// queueUp puts a refund behind those that were asked for before it.
func (s *Service) queueUp(ctx context.Context, tx *db.Tx, r *Refund, now app.Millis, gap time.Duration) error {
	turn, err := s.store.turn(ctx, tx, *r)
	if err != nil {
		return err
	}
	ahead, err := s.store.refundsAhead(ctx, tx, *r)
	if err != nil {
		return err
	}
	r.NextQueryAt, r.LeaseOwner, r.LeaseUntil = turn.next(now).Add(time.Duration(ahead)*gap), "", 0
	return nil
}

// next is when the line may move.
func (t refundTurn) next(now app.Millis) app.Millis {
	if t.Holder != "" {
		return max(t.FreeAt, now.Add(turnPause))
	}
	return max(t.FreeAt, now+1)
}

// dispatch sends a leased refund if its turn has come.
func (s *Service) dispatch(ctx context.Context, r Refund, claim *Claim, isNew bool) (Refunded, error) {
	account, err := s.Accounts.Account(ctx, r.MerchantID, r.AccountID)
	if err != nil {
		return Refunded{}, err
	}
	held := r
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		r = held
		if err := s.lineUp(ctx, tx, &r, now); err != nil {
			return err
		}
		if r.LeaseOwner == "" {
			return s.store.refundAsked(ctx, tx, held, now, r.NextQueryAt)
		}
		return s.store.refundSent(ctx, tx, r)
	})
	if isMoved(err) { // another server is at it
		return s.refundOvertaken(ctx, held, claim, isNew)
	}
	if err != nil {
		return Refunded{}, err
	}
	if r.LeaseOwner == "" {
		return s.answerRefund(ctx, r, claim, isNew)
	}
	return s.sendRefund(ctx, r, account, claim, isNew)
}
