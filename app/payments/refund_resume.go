package payments

import (
	"context"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// resumeRefund answers a request whose refund_no exists: it returns the refund
// as it is, or sends one of unknown outcome again. refusal is the answer when
// there is no such refund.
func (s *Service) resumeRefund(ctx context.Context, p Payment, in RefundInput, claim *Claim, refusal error) (Refunded, error) {
	scope := Scope{p.MerchantID, p.Mode}
	key, err := s.store.refundKey(ctx, s.DB, scope, in.RefundNo)
	if errors.Is(err, db.ErrNoRows) {
		return Refunded{}, refusal
	}
	if err != nil {
		return Refunded{}, err
	}
	if key.Fingerprint != in.fingerprint(p.ID) {
		return Refunded{}, app.Errorf(app.Conflict, "refund_no %q was used for another refund: payment or amount differ", in.RefundNo).
			WithReason("refund_no_conflict").WithDetail("refund_id", key.RefundID)
	}
	if err := s.Hold(ctx, claim); err != nil {
		return Refunded{}, err
	}
	return s.sendRefundAgain(ctx, scope, key.RefundID, claim)
}

// sendRefundAgain sends a refund of unknown outcome once more, unless another
// request is about to: then it waits for what that one learns.
func (s *Service) sendRefundAgain(ctx context.Context, scope Scope, id string, claim *Claim) (Refunded, error) {
	patience := time.NewTimer(s.ChannelTimeout)
	defer patience.Stop()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		r, err := s.store.refund(ctx, s.DB, scope, id)
		if err != nil {
			return Refunded{}, err
		}
		if !r.uncertain() {
			return s.answerRefund(ctx, r, claim, false)
		}
		leased, ok, err := s.takeRefundLease(ctx, r)
		if err != nil {
			return Refunded{}, err
		}
		if ok {
			return s.dispatch(ctx, leased, claim, false)
		}
		select {
		case <-ctx.Done():
			return Refunded{}, ctx.Err()
		case <-patience.C:
			return s.answerRefund(ctx, r, claim, false)
		case <-time.After(pause):
		}
	}
}

// takeRefundLease takes the right to call the channel about r, if nobody holds
// it, and reads r again under it.
func (s *Service) takeRefundLease(ctx context.Context, r Refund) (Refund, bool, error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return r, false, err
	}
	owner := app.NewID("lse_", now.Time())
	ok, err := s.store.leaseRefund(ctx, s.DB, r, owner, now, now.Add(s.refundLease()))
	if err != nil || !ok {
		return r, false, err
	}
	fresh, err := s.store.refund(ctx, s.DB, Scope{r.MerchantID, r.Mode}, r.ID)
	return fresh, err == nil && fresh.LeaseOwner == owner, err
}

// refundLease is how long one look at a refund may keep others away: it can ask,
// send, and ask again about a refusal.
func (s *Service) refundLease() time.Duration { return 3*s.ChannelTimeout + 10*time.Second }
