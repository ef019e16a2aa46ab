package trade_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestReversing(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		waiting, _ := b.charge(t, "order-1", b.payCode(t, trade.AsksPassword))
		paid, _ := b.charge(t, "order-2", b.payCode(t, trade.PaysAtOnce))
		scanned := trade.PayCodeResult{Trade: b.create(t, "order-3", "")}
		for name, c := range map[string]struct {
			trade    trade.Trade
			refunded bool
			state    trade.State
			code     trade.CodeState
		}{
			"a waiting one is closed":       {waiting.Trade, false, trade.Closed, trade.CodeReversed},
			"a paid one is given back":      {paid.Trade, true, trade.Refunded, trade.CodeReversed},
			"one without a code, closed so": {scanned.Trade, false, trade.Closed, ""},
		} {
			for range 2 { // the answer to the first may be lost
				got, refunded, err := b.Reverse(ctx, c.trade)
				if err != nil || refunded != c.refunded || got.State != c.state || got.CodeState != c.code {
					t.Errorf("%s: %+v, refunded %v, %v", name, got, refunded, err)
				}
			}
		}
		if _, err := b.ConfirmPayCode(ctx, waiting.Trade.Code); reason(err) != trade.ReasonClosed {
			t.Errorf("a reversed charge is confirmed: %v", err)
		}
		if r, _ := b.charge(t, "order-1", b.payCode(t, trade.PaysAtOnce)); r.Reason != trade.ReasonClosed {
			t.Errorf("a reversed number is charged again: %+v", r)
		}
	})
}

func TestReversingGivesBackWhatIsLeft(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		r, _ := b.charge(t, "order-1", b.payCode(t, trade.PaysAtOnce))
		b.refund(t, r.Trade, "refund-1", 30)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if got, refunded, err := b.Reverse(ctx, r.Trade); err != nil || !refunded || got.Refunded != 100 {
					t.Errorf("reversed: %+v, %v, %v", got, refunded, err)
				}
			})
		}
		wg.Wait()
		all, err := b.RefundsOf(ctx, r.Trade.ID, "", 10)
		if err != nil || len(all) != 2 || all[0].Amount != 70 {
			t.Errorf("refunds %+v, %v", all, err)
		}
	})
}

func TestAReversalThatCannotPayBackSaysSo(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		r, _ := b.charge(t, "order-1", b.payCode(t, trade.PaysAtOnce))
		b.plan(t, trade.RefundNoBalance)
		if got, refunded, err := b.Reverse(context.Background(), r.Trade); reason(err) != trade.ReasonNoBalance || refunded || got.State != trade.Paid {
			t.Errorf("got %s, refunded %v, %v", got.State, refunded, err)
		}
	})
}

// TestReversingRacesThePayer: whoever is first, the merchant keeps nothing.
func TestReversingRacesThePayer(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		for i := range 10 {
			r, _ := b.charge(t, fmt.Sprintf("order-%d", i), b.payCode(t, trade.AsksPassword))
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := b.ConfirmPayCode(ctx, r.Trade.Code); err != nil && reason(err) != trade.ReasonClosed {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, _, err := b.Reverse(ctx, r.Trade); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			got, err := b.ByID(ctx, r.Trade.ID)
			if err != nil || got.State != trade.Closed && got.State != trade.Refunded {
				t.Errorf("after the race: %s, %v", got.State, err)
			}
		}
	})
}
