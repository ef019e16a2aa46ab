package trade_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// atWeChat gives the box a WeChat merchant instead of its Alipay app.
func (b *box) atWeChat(t *testing.T) {
	t.Helper()
	var err error
	if b.merchant, err = b.OpenMerchant(context.Background(), app.WeChat, trade.PublicKey); err != nil {
		t.Fatal(err)
	}
}

func (b *box) refund(t *testing.T, of trade.Trade, no string, fen app.Money) trade.Refund {
	t.Helper()
	r, created, err := b.Refund(context.Background(), trade.RefundOrder{Trade: of, OutRefundNo: no, Amount: fen, Instant: of.Channel == app.Alipay})
	if err != nil || !created {
		t.Fatalf("refund %s: created %v, %v", no, created, err)
	}
	return r
}

func (b *box) read(t *testing.T, of trade.Trade) trade.Trade {
	t.Helper()
	got, err := b.ByID(context.Background(), of.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b *box) readRefund(t *testing.T, r trade.Refund) trade.Refund {
	t.Helper()
	got, err := b.RefundByID(context.Background(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b *box) plan(t *testing.T, f trade.Fault) {
	t.Helper()
	if _, err := b.PlanFault(context.Background(), trade.Plan{Channel: b.merchant.Channel, Account: b.merchant.ID, Fault: f}); err != nil {
		t.Fatal(err)
	}
}

func TestRacingRefundsNeverExceedThePayment(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		paid := b.paid(t, "order-1", "") // 100 fen
		var taken, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				_, _, err := b.Refund(context.Background(), trade.RefundOrder{Trade: paid, OutRefundNo: fmt.Sprintf("refund-%d", i), Amount: 9})
				switch {
				case err == nil:
					taken.Add(1)
				case reason(err) == trade.ReasonRefundExceeds:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := b.read(t, paid)
		if taken.Load() != 11 || refused.Load() != 29 || got.Refunded != 99 || got.Refunds != 11 {
			t.Fatalf("%d taken, %d refused, %d fen in %d refunds", taken.Load(), refused.Load(), got.Refunded, got.Refunds)
		}
		if rs, err := b.RefundsOf(context.Background(), paid.ID, "", 100); err != nil || len(rs) != 11 {
			t.Fatalf("%d refunds stored, %v", len(rs), err)
		}
	})
}

func TestARefundNumberRefundsOnce(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		b.atWeChat(t)
		paid, other := b.paid(t, "order-1", ""), b.paid(t, "order-2", "")
		var created atomic.Int64
		ids := make([]string, 20)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				r, first, err := b.Refund(ctx, trade.RefundOrder{Trade: paid, OutRefundNo: "refund-1", Amount: 7})
				if err != nil {
					t.Error(err)
				}
				if first {
					created.Add(1)
				}
				ids[i] = r.ID
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("two refunds under one number: %s and %s", id, ids[0])
			}
		}
		if got := b.read(t, paid); created.Load() != 1 || got.Refunded != 7 {
			t.Fatalf("%d created, %d fen reserved, want 1 and 7", created.Load(), got.Refunded)
		}
		for _, o := range []trade.RefundOrder{{Trade: paid, OutRefundNo: "refund-1", Amount: 8}, {Trade: other, OutRefundNo: "refund-1", Amount: 7}} {
			if _, _, err := b.Refund(ctx, o); reason(err) != trade.ReasonRefundDiffers {
				t.Errorf("another refund under the number: %v", err)
			}
		}
		if _, err := b.RefundOf(ctx, other, "refund-1"); !app.Is(err, app.NotFound) {
			t.Errorf("another trade's refund: %v", err)
		}
	})
}

func TestAlipaysRefundNumbersAreUniquePerTrade(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		one, two := b.paid(t, "order-1", ""), b.paid(t, "order-2", "")
		a, c := b.refund(t, one, "refund-1", 5), b.refund(t, two, "refund-1", 6)
		for _, want := range []struct {
			of trade.Trade
			r  trade.Refund
		}{{one, a}, {two, c}} {
			if got, err := b.RefundOf(context.Background(), want.of, "refund-1"); err != nil || got.ID != want.r.ID {
				t.Errorf("%s: %+v, %v", want.of.OutTradeNo, got, err)
			}
		}
	})
}

func TestARefundAtWeChatArrivesLaterAndIsAnnounced(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		b.atWeChat(t)
		got := newReceiver(t, success)
		paid := b.paid(t, "order-1", "")
		r, _, err := b.Refund(ctx, trade.RefundOrder{Trade: paid, OutRefundNo: "refund-1", Amount: 30, Reason: "退货", NotifyURL: got.URL})
		if err != nil || r.State != trade.RefundProcessing || r.SucceededAt != 0 {
			t.Fatalf("accepted: %+v, %v", r, err)
		}
		if s := b.read(t, paid).State; s != trade.Refunded {
			t.Fatalf("the trade is %s at once, want refunded", s)
		}
		if _, err := b.Deliver(ctx); err != nil || b.readRefund(t, r).State != trade.RefundProcessing || got.total() != 0 {
			t.Fatalf("it arrived before its time: %v", err)
		}
		b.clock.advance(time.Second)
		if _, err := b.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		r = b.readRefund(t, r)
		if r.State != trade.RefundSucceeded || r.SucceededAt != app.ToMillis(b.clock.Now()) || got.total() != 1 {
			t.Fatalf("after a second: %+v, %d notifications", r, got.total())
		}
		if n, _ := b.notification(t, paid); n.Kind != trade.KindRefund || n.ObjectID != r.ID+"/succeeded" || n.State != trade.Delivered {
			t.Fatalf("notification %+v", n)
		}
	})
}

func TestAlipaysRefundsSucceedAtOnceAndAFullOneEndsTheTrade(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		paid := b.paid(t, "order-1", "https://shop.example/n")
		if r := b.refund(t, paid, "refund-1", 40); r.State != trade.RefundSucceeded || r.SucceededAt == 0 || r.NotifyURL != paid.NotifyURL {
			t.Fatalf("refund %+v", r)
		}
		if s := b.read(t, paid).State; s != trade.Paid {
			t.Fatalf("after a part the trade is %s", s)
		}
		b.refund(t, paid, "refund-2", 60)
		if s := b.read(t, paid).State; s != trade.Refunded {
			t.Fatalf("after all the trade is %s", s)
		}
		queued, err := b.Notifications(context.Background(), paid.ID, "", 10)
		if err != nil || len(queued) != 3 || queued[0].Kind != trade.KindRefund {
			t.Fatalf("%d notifications, want the payment's and two refunds': %v", len(queued), err)
		}
	})
}

func TestRefusedRefundsSayWhyAndReserveNothing(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		refused := func(of trade.Trade, fen app.Money, spacing time.Duration, want string) {
			t.Helper()
			before := b.read(t, of)
			_, _, err := b.Refund(ctx, trade.RefundOrder{Trade: of, OutRefundNo: "refused", Amount: fen, Spacing: spacing})
			after := b.read(t, of)
			if reason(err) != want || before != after {
				t.Errorf("got %v, want %s; before %+v, after %+v", err, want, before, after)
			}
			if _, err := b.RefundOf(ctx, of, "refused"); !app.Is(err, app.NotFound) {
				t.Errorf("%s: the refused refund is stored: %v", want, err)
			}
		}
		unpaid := b.create(t, "order-1", "")
		refused(unpaid, 1, 0, trade.ReasonUnpaid)
		if closed, err := b.Close(ctx, unpaid); err != nil {
			t.Fatal(err)
		} else {
			refused(closed, 1, 0, trade.ReasonUnpaid)
		}
		paid := b.paid(t, "order-2", "")
		refused(paid, 101, 0, trade.ReasonRefundExceeds)
		b.plan(t, trade.RefundNoBalance)
		refused(paid, 1, 0, trade.ReasonNoBalance)

		b.refund(t, paid, "first", 1)
		b.clock.advance(59 * time.Second)
		refused(paid, 1, trade.RefundSpacing, trade.ReasonRefundTooSoon)
		b.clock.advance(time.Second)
		if _, _, err := b.Refund(ctx, trade.RefundOrder{Trade: paid, OutRefundNo: "second", Amount: 1, Spacing: trade.RefundSpacing}); err != nil {
			t.Errorf("a minute later: %v", err)
		}
		for i := range trade.MaxRefunds - 2 {
			b.refund(t, paid, fmt.Sprintf("more-%d", i), 1)
		}
		refused(paid, 1, 0, trade.ReasonRefundTooMany)

		old := b.paid(t, "order-3", "")
		b.clock.advance(365 * 24 * time.Hour)
		b.refund(t, old, "in time", 1)
		b.clock.advance(24 * time.Hour)
		refused(old, 1, 0, trade.ReasonRefundTooOld)
		if _, _, err := b.Refund(ctx, trade.RefundOrder{Trade: old, OutRefundNo: "nothing"}); fieldOf(err) != "amount" {
			t.Errorf("nothing: %v", err)
		}
	})
}

func TestPlannedFaultsDecideWhatBecomesOfARefund(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		b.atWeChat(t)
		finish := func(r trade.Refund, after time.Duration) trade.Refund {
			t.Helper()
			b.clock.advance(after)
			if _, err := b.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
			return b.readRefund(t, r)
		}
		paid := b.paid(t, "order-1", "")
		b.plan(t, trade.RefundFailsClosed)
		closed := finish(b.refund(t, paid, "refund-1", 100), time.Second)
		if got := b.read(t, paid); closed.State != trade.RefundClosed || closed.SucceededAt != 0 || got.Refunded != 0 || got.State != trade.Refunded {
			t.Fatalf("closed: %+v of %+v", closed, got)
		}
		b.plan(t, trade.RefundFailsAbnormal)
		stuck := finish(b.refund(t, paid, "refund-2", 100), time.Second)
		if got := b.read(t, paid); stuck.State != trade.RefundAbnormal || got.Refunded != 100 {
			t.Fatalf("abnormal: %+v of %+v", stuck, got)
		}
		if moved, err := b.FinishRefund(ctx, stuck.ID, trade.RefundSucceeded); err != nil || moved.State != trade.RefundSucceeded || moved.SucceededAt == 0 {
			t.Fatalf("a person finishes it: %+v, %v", moved, err)
		}

		second := b.paid(t, "order-2", "")
		b.plan(t, trade.RefundDelay)
		slow := finish(b.refund(t, second, "refund-3", 100), 59*time.Second)
		if slow.State != trade.RefundProcessing {
			t.Fatalf("delayed: %s", slow.State)
		}
		if slow = finish(slow, time.Second); slow.State != trade.RefundSucceeded {
			t.Fatalf("a minute later: %s", slow.State)
		}
		for _, outcome := range []trade.RefundState{trade.RefundSucceeded, trade.RefundClosed, trade.RefundAbnormal} {
			if _, err := b.FinishRefund(ctx, slow.ID, outcome); reason(err) != trade.ReasonRefundFinal {
				t.Errorf("%s after it succeeded: %v", outcome, err)
			}
		}
		if _, err := b.FinishRefund(ctx, slow.ID, trade.RefundProcessing); fieldOf(err) != "state" {
			t.Errorf("back to processing: %v", err)
		}
		if _, err := b.FinishRefund(ctx, "rfx_none", trade.RefundClosed); !app.Is(err, app.NotFound) {
			t.Errorf("an unknown refund: %v", err)
		}
	})
}

func TestRacingFinishersEndARefundOnce(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		b.atWeChat(t)
		paid := b.paid(t, "order-1", "https://shop.example/n")
		r := b.refund(t, paid, "refund-1", 100)
		var ended atomic.Int64
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				_, err := b.FinishRefund(context.Background(), r.ID, []trade.RefundState{trade.RefundClosed, trade.RefundSucceeded}[i%2])
				switch {
				case err == nil:
					ended.Add(1)
				case reason(err) != trade.ReasonRefundFinal:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, end := b.read(t, paid), b.readRefund(t, r)
		if want := map[trade.RefundState]app.Money{trade.RefundClosed: 0, trade.RefundSucceeded: 100}[end.State]; ended.Load() != 1 || got.Refunded != want {
			t.Fatalf("ended %d times as %s, %d fen refunded", ended.Load(), end.State, got.Refunded)
		}
		queued, err := b.Notifications(context.Background(), paid.ID, "", 10)
		if err != nil || len(queued) != 2 {
			t.Fatalf("%d notifications, want the payment's and one refund's: %v", len(queued), err)
		}
	})
}

func TestARefundInTheConsoleIsAnnouncedUnasked(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		for _, atWeChat := range []bool{false, true} {
			if atWeChat {
				b.atWeChat(t)
			}
			paid := b.paid(t, "order-1", "https://shop.example/n")
			part, err := b.ConsoleRefund(ctx, paid.ID, 30)
			if err != nil || part.Source != trade.FromConsole || part.OutRefundNo == "" || part.Amount != 30 {
				t.Fatalf("a part: %+v, %v", part, err)
			}
			rest, err := b.ConsoleRefund(ctx, paid.ID, 0)
			if err != nil || rest.Amount != 70 || rest.OutRefundNo == part.OutRefundNo {
				t.Fatalf("the rest: %+v, %v", rest, err)
			}
			if _, err := b.ConsoleRefund(ctx, paid.ID, 0); reason(err) != trade.ReasonRefundExceeds {
				t.Errorf("more: %v", err)
			}
			if _, err := b.ConsoleRefund(ctx, paid.ID, -1); fieldOf(err) != "amount" {
				t.Errorf("less than nothing: %v", err)
			}
			b.clock.advance(time.Second)
			if _, err := b.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
			if got := b.read(t, paid); got.Refunded != 100 || got.State != trade.Refunded {
				t.Errorf("the trade: %+v", got)
			}
			queued, err := b.Notifications(ctx, paid.ID, "", 10)
			if err != nil || len(queued) != 3 {
				t.Errorf("%d notifications: %v", len(queued), err)
			}
		}
		if _, err := b.ConsoleRefund(ctx, "trd_none", 1); !app.Is(err, app.NotFound) {
			t.Errorf("an unknown trade: %v", err)
		}
		unpaid := b.create(t, "order-2", "")
		if _, err := b.ConsoleRefund(ctx, unpaid.ID, 0); reason(err) != trade.ReasonUnpaid {
			t.Errorf("an unpaid trade: %v", err)
		}
	})
}
