package trade

import (
	"context"
	"fmt"
)

// reasonReversed marks the refunds that reversals make.
const reasonReversed = "撤销"

// Reverse takes an order back (撤销): an unpaid one is closed, a paid one is
// given back, what was refunded before excepted; refunded reports which. A
// repetition changes nothing and answers the same. The refusals are Refund's.
func (s *Service) Reverse(ctx context.Context, t Trade) (_ Trade, refunded bool, err error) {
	ended, err := s.end(ctx, t, updateReversed)
	if err != nil {
		return Trade{}, false, fmt.Errorf("reverse %s: %w", t.OutTradeNo, err)
	}
	if t, err = s.ByID(ctx, t.ID); err != nil || ended || t.State == Closed {
		return t, false, err
	}
	if t.Refunded < t.Amount {
		// No number of the merchant's stands for it.
		_, _, refusal := s.Refund(ctx, RefundOrder{Trade: t, Amount: t.Amount - t.Refunded, Reason: reasonReversed, Instant: true})
		if t, err = s.ByID(ctx, t.ID); err != nil {
			return t, false, err
		}
		if refusal != nil && t.Refunded < t.Amount { // else another reversal was faster
			return t, false, refusal
		}
	}
	if err := updateCodeReversed(ctx, s.db, t.ID); err != nil {
		return t, false, fmt.Errorf("reverse %s: %w", t.OutTradeNo, err)
	}
	t, err = s.ByID(ctx, t.ID)
	return t, true, err
}
