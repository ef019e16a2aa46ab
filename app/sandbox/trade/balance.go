package trade

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Withdrawal is money that a merchant has moved from its balance to its bank.
type Withdrawal struct {
	ID         string      `db:"id"`
	Channel    app.Channel `db:"channel"`
	MerchantID string      `db:"merchant_id"` // or a sub-merchant's
	Amount     app.Money   `db:"amount"`
	CreatedAt  app.Millis  `db:"created_at"`
}

// ReasonBalanceShort is Conflict: more was to be withdrawn than there is.
const ReasonBalanceShort = "balance_short"

// holder is whose balance it is, and the rate at which its payments cost.
type holder struct {
	id      string
	ownerID string // whose keys speak for it: its provider's, or its own
	channel app.Channel
	rate    app.Rate
}

// Opening is the holder's balance before the bill's day, in fen.
func (b *Bill) Opening(ctx context.Context) (app.Money, error) {
	h := holder{id: b.Holder(), ownerID: b.MerchantID, channel: b.Channel, rate: b.Merchant.FeeRate}
	m, err := h.balance(ctx, b.service.db, app.ToMillis(b.Day.Start()))
	if err != nil {
		return 0, fmt.Errorf("sum up the balance of %s before %s: %w", h.id, b.Day, err)
	}
	return m + b.Flaws.Opening, nil
}

// Balance is what a merchant, or a merchant under a provider, has now, in fen;
// NotFound where there is no such merchant.
func (s *Service) Balance(ctx context.Context, id string) (app.Money, error) {
	h, err := s.holderOf(ctx, id)
	if err != nil {
		return 0, err
	}
	return h.balance(ctx, s.db, math.MaxInt64)
}

// Withdraw moves an amount from a merchant's balance to its bank. More than
// there is, is Conflict (ReasonBalanceShort).
func (s *Service) Withdraw(ctx context.Context, id string, amount app.Money) (Withdrawal, error) {
	if amount < 1 || amount > app.MaxAmount {
		return Withdrawal{}, app.InvalidField("amount", "out_of_range", "a withdrawal of %d fen: want 1 to %d", amount, app.MaxAmount)
	}
	h, err := s.holderOf(ctx, id)
	if err != nil {
		return Withdrawal{}, err
	}
	s.withdrawing.Lock()
	defer s.withdrawing.Unlock()
	now := s.clock.Now()
	w := Withdrawal{ID: app.NewID("wdr_", now), Channel: h.channel, MerchantID: h.id, Amount: amount, CreatedAt: app.ToMillis(now)}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := insertWithdrawal(ctx, tx, w); err != nil {
			return err
		}
		left, err := h.balance(ctx, tx, math.MaxInt64)
		if err == nil && left < 0 {
			err = app.Errorf(app.Conflict, "%s has %s, not %s", h.id, left+amount, amount).WithReason(ReasonBalanceShort)
		}
		return err
	})
	if err != nil {
		return Withdrawal{}, fmt.Errorf("withdraw from %s: %w", h.id, err)
	}
	return w, nil
}

// holderOf finds a merchant of either channel, or a merchant under one.
func (s *Service) holderOf(ctx context.Context, id string) (holder, error) {
	m, err := selectMerchant(ctx, s.db, id)
	if err == nil {
		return holder{id: m.ID, ownerID: m.ID, channel: m.Channel, rate: m.FeeRate}, nil
	}
	if !errors.Is(err, db.ErrNoRows) {
		return holder{}, fmt.Errorf("read sandbox merchant %s: %w", id, err)
	}
	sub, err := selectSubMerchantByID(ctx, s.db, id)
	if err != nil {
		return holder{}, notFound(err, "merchant %q", id)
	}
	m, err = s.Merchant(ctx, sub.Channel, sub.ProviderID)
	return holder{id: sub.ID, ownerID: m.ID, channel: m.Channel, rate: m.FeeRate}, err
}

// balance sums up everything before the moment.
func (h holder) balance(ctx context.Context, q db.Querier, before app.Millis) (app.Money, error) {
	paid, err := sumPaid(ctx, q, h, before)
	if err != nil {
		return 0, err
	}
	given := sumRefundsCreated
	if h.channel == app.Alipay {
		given = sumRefundsSucceeded
	}
	refunded, err := given(ctx, q, h, before)
	if err != nil {
		return 0, err
	}
	var returned app.Money
	if h.channel == app.WeChat {
		if returned, err = sumRefundsClosed(ctx, q, h, before); err != nil {
			return 0, err
		}
	}
	withdrawn, err := sumWithdrawals(ctx, q, h, before)
	return paid - refunded + returned - withdrawn, err
}
