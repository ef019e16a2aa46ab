package trade

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Scan opens a code on the payer's phone: from then on the trade exists for
// Alipay's query and close. An unknown code is NotFound.
func (s *Service) Scan(ctx context.Context, code string) (Trade, error) {
	t, err := s.ByCode(ctx, code)
	if err != nil || t.Scanned {
		return t, err
	}
	now := app.ToMillis(s.clock.Now())
	if t.State != Unpaid || t.Expired(now.Time()) || t.CodeExpired(now.Time()) {
		return t, nil // a dead code shows its order and changes nothing
	}
	if _, err := updateScanned(ctx, s.db, t.ID, PayerOf(t.Channel, t.AppID), now); err != nil {
		return Trade{}, fmt.Errorf("scan %s: %w", t.ID, err)
	}
	return s.ByID(ctx, t.ID)
}

// Pay pays what the code stands for and queues the notification, in one
// transaction. Paid, closed or expired is Conflict with its Reason, unless the
// fault pay_after_close was planned.
func (s *Service) Pay(ctx context.Context, code string) (Trade, error) {
	return s.pay(ctx, code, false)
}

// PayLate pays an order even when it is closed or expired, as real money
// sometimes does.
func (s *Service) PayLate(ctx context.Context, code string) (Trade, error) {
	return s.pay(ctx, code, true)
}

// Decline is the payer's refusal. The order stays unpaid at both channels, and
// can be paid by another try: a charge by payment code needs another code.
func (s *Service) Decline(ctx context.Context, code string) (Trade, error) {
	t, err := s.Scan(ctx, code)
	if err == nil && t.CodeState == CodeWaiting {
		return s.refuse(ctx, t)
	}
	return t, err
}

func (s *Service) pay(ctx context.Context, code string, late bool) (Trade, error) {
	t, err := s.ByCode(ctx, code)
	if err != nil {
		return Trade{}, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		return s.payIn(ctx, tx, t, late)
	})
	if err != nil {
		return Trade{}, fmt.Errorf("pay %s: %w", t.OutTradeNo, err)
	}
	return s.ByID(ctx, t.ID)
}

// payIn moves the money and queues its announcement in one transaction.
func (s *Service) payIn(ctx context.Context, tx *db.Tx, t Trade, late bool) error {
	now := s.clock.Now()
	from := Unpaid
	if dead := s.deadError(t); dead != nil {
		if err := s.reviveIn(ctx, tx, t, late, dead); err != nil {
			return err
		}
		from = t.State
	}
	n, err := updatePaid(ctx, tx, t.ID, from, PayerOf(t.Channel, t.AppID), app.ToMillis(now))
	if err != nil {
		return err
	}
	if n != 1 {
		current, err := selectByID(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		return finalError(current)
	}
	return s.enqueue(ctx, tx, Notification{
		Channel: t.Channel, MerchantID: t.Owner(), TradeID: t.ID,
		Kind: KindPayment, ObjectID: t.ChannelTradeNo, NotifyURL: t.NotifyURL,
	})
}

// reviveIn lets an order be paid that is dead, if late or by the fault
// pay_after_close; otherwise it returns dead. What a till took back is gone from
// the payer's phone, whatever is planned.
func (s *Service) reviveIn(ctx context.Context, tx *db.Tx, t Trade, late bool, dead error) error {
	if late {
		return nil
	}
	if t.CodeState == CodeReversed {
		return dead
	}
	planned, err := take(ctx, tx, t.Channel, t.Owner(), PayAfterClose)
	if err != nil || planned {
		return err
	}
	return dead
}

// deadError says why an ordinary payment of t is impossible, nil when it is
// possible or t is paid (which the compare-and-set finds).
func (s *Service) deadError(t Trade) error {
	now := s.clock.Now()
	switch {
	case t.State == Closed:
		return finalError(t)
	case t.State == Unpaid && t.CodeState == CodeRefused:
		return app.Errorf(app.Conflict, "the payer has refused the order %s: it needs another payment code", t.OutTradeNo).WithReason(ReasonDeclined)
	case t.State == Unpaid && (t.Expired(now) || t.CodeExpired(now)):
		return app.Errorf(app.Conflict, "the order %s has expired", t.OutTradeNo).WithReason(ReasonExpired)
	}
	return nil
}
