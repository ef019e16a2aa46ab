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

func (b *box) payCode(t *testing.T, behaviour trade.Behaviour) string {
	t.Helper()
	c, err := b.NewPayCode(context.Background(), trade.PayCodeOrder{Channel: app.Alipay, Behaviour: behaviour})
	if err != nil {
		t.Fatal(err)
	}
	return c.AuthCode
}

func (b *box) charge(t *testing.T, no, code string, changes ...func(*trade.Order)) (trade.PayCodeResult, bool) {
	t.Helper()
	o := b.order(no, "https://shop.example/n")
	for _, change := range changes {
		change(&o)
	}
	r, created, err := b.PayByCode(context.Background(), o, code)
	if err != nil {
		t.Fatal(err)
	}
	return r, created
}

func TestAPayCodeLooksLikeItsChannels(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		for channel, between := range map[app.Channel][2]string{app.WeChat: {"10", "15"}, app.Alipay: {"25", "30"}} {
			for range 20 {
				c, err := b.NewPayCode(context.Background(), trade.PayCodeOrder{Channel: channel})
				if err != nil || len(c.AuthCode) != 18 || c.AuthCode[:2] < between[0] || c.AuthCode[:2] > between[1] {
					t.Fatalf("%s: %+v, %v", channel, c, err)
				}
			}
		}
		for field, o := range map[string]trade.PayCodeOrder{"channel": {Channel: "paypal"}, "behaviour": {Channel: app.Alipay, Behaviour: "sing"}} {
			if _, err := b.NewPayCode(context.Background(), o); !app.Is(err, app.Invalid) || fieldOf(err) != field {
				t.Errorf("%+v: %v", o, err)
			}
		}
	})
}

func TestAPayCodePaysAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		r, charged := b.charge(t, "order-1", b.payCode(t, trade.PaysAtOnce))
		if !charged || r.Outcome != trade.OutcomePaid || r.Trade.State != trade.Paid || !r.Trade.Scanned || r.Trade.PayerID == "" {
			t.Fatalf("charged: %+v", r)
		}
		if queued, err := b.Notifications(context.Background(), r.Trade.ID, "", 10); err != nil || len(queued) != 1 {
			t.Errorf("%d notifications, %v", len(queued), err)
		}
		// The answer was lost: the till asks again.
		again, charged := b.charge(t, "order-1", r.Trade.Code)
		if charged || again.Outcome != trade.OutcomePaid || again.Trade.ID != r.Trade.ID {
			t.Errorf("again: %+v, charged %v", again, charged)
		}
	})
}

func TestAPasswordIsAskedForByBehaviourOrAmount(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		for i, c := range []struct {
			behaviour trade.Behaviour
			amount    app.Money
			want      trade.Outcome
		}{
			{trade.AsksPassword, 1, trade.OutcomeWaiting},
			{trade.PaysAtOnce, trade.FreeAmount, trade.OutcomePaid},
			{trade.PaysAtOnce, trade.FreeAmount + 1, trade.OutcomeWaiting},
		} {
			code, no := b.payCode(t, c.behaviour), fmt.Sprintf("order-%d", i)
			amount := func(o *trade.Order) { o.Amount = c.amount }
			r, _ := b.charge(t, no, code, amount)
			if r.Outcome != c.want || (r.Trade.State == trade.Paid) != (c.want == trade.OutcomePaid) {
				t.Errorf("%+v: %+v", c, r)
			}
			if c.want == trade.OutcomePaid {
				continue
			}
			if again, _ := b.charge(t, no, code, amount); again.Outcome != trade.OutcomeWaiting {
				t.Errorf("asked again: %+v", again)
			}
			if paid, err := b.ConfirmPayCode(ctx, code); err != nil || paid.State != trade.Paid {
				t.Errorf("confirmed: %+v, %v", paid, err)
			}
			if _, err := b.ConfirmPayCode(ctx, code); reason(err) != trade.ReasonPaid {
				t.Errorf("confirmed twice: %v", err)
			}
		}
	})
}

func TestWhatACodeIsRefusedFor(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		stale := b.payCode(t, trade.PaysAtOnce)
		b.clock.advance(trade.PayCodeLife + time.Second)
		used := b.payCode(t, trade.PaysAtOnce)
		b.charge(t, "order-1", used)
		foreign, err := b.NewPayCode(context.Background(), trade.PayCodeOrder{Channel: app.WeChat})
		if err != nil {
			t.Fatal(err)
		}
		for code, want := range map[string]string{
			stale: trade.ReasonCodeExpired, used: trade.ReasonCodeUsed, foreign.AuthCode: trade.ReasonCodeInvalid,
			"280000000000000000": trade.ReasonCodeInvalid, "二维码": trade.ReasonCodeInvalid,
		} {
			r, charged := b.charge(t, "order-2", code)
			if charged || r.Outcome != trade.OutcomeRefused || r.Reason != want {
				t.Errorf("%s: %+v, charged %v, want %s", code, r, charged, want)
			}
		}
		if _, err := b.ByNumber(context.Background(), b.merchant.ID, "order-2"); !app.Is(err, app.NotFound) {
			t.Errorf("a bad code left a trade: %v", err)
		}
	})
}

func TestARefusedChargeTakesAnotherCode(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		poor := b.payCode(t, trade.HasNoBalance)
		for range 2 {
			r, _ := b.charge(t, "order-1", poor)
			if r.Outcome != trade.OutcomeRefused || r.Reason != trade.ReasonPayerNoBalance || r.Trade.State != trade.Unpaid || r.Trade.CodeState != trade.CodeRefused {
				t.Fatalf("no balance: %+v", r)
			}
		}
		if _, err := b.ConfirmPayCode(ctx, poor); reason(err) != trade.ReasonDeclined {
			t.Errorf("a refused charge is confirmed: %v", err)
		}
		shy := b.payCode(t, trade.AsksPassword)
		if r, charged := b.charge(t, "order-1", shy); !charged || r.Outcome != trade.OutcomeWaiting || r.Trade.Code != shy {
			t.Fatalf("with another code: %+v", r)
		}
		if got, err := b.Decline(ctx, shy); err != nil || got.CodeState != trade.CodeRefused || got.State != trade.Unpaid {
			t.Fatalf("declined: %+v, %v", got, err)
		}
		if r, _ := b.charge(t, "order-1", shy); r.Reason != trade.ReasonDeclined {
			t.Errorf("asked after the refusal: %+v", r)
		}
		if r, _ := b.charge(t, "order-1", b.payCode(t, trade.PaysAtOnce), func(o *trade.Order) { o.Fingerprint = "b" }); r.Reason != trade.ReasonChanged {
			t.Errorf("another order under the number: %+v", r)
		}
		if r, _ := b.charge(t, "order-1", b.payCode(t, trade.PaysAtOnce)); r.Outcome != trade.OutcomePaid {
			t.Errorf("with a third code: %+v", r)
		}
	})
}

func TestAnOrderOfAnotherKindIsNotCharged(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		made := b.create(t, "order-1", "")
		if r, _ := b.charge(t, "order-1", b.payCode(t, trade.PaysAtOnce)); r.Reason != trade.ReasonChanged || r.Trade.ID != made.ID {
			t.Errorf("charged: %+v", r)
		}
		if _, err := b.ConfirmPayCode(context.Background(), made.Code); reason(err) != trade.ReasonCodeInvalid {
			t.Errorf("confirmed: %v", err)
		}
	})
}

// TestACodePaysForOneOrder: ten tills scan one code at once.
func TestACodePaysForOneOrder(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		code := b.payCode(t, trade.PaysAtOnce)
		var paid, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				r, _, err := b.PayByCode(context.Background(), b.order(fmt.Sprintf("order-%d", i), ""), code)
				switch {
				case err != nil:
					t.Error(err)
				case r.Outcome == trade.OutcomePaid:
					paid.Add(1)
				case r.Reason == trade.ReasonCodeUsed:
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		if paid.Load() != 1 || refused.Load() != 9 {
			t.Errorf("%d paid and %d refused, want 1 and 9", paid.Load(), refused.Load())
		}
	})
}

// TestANumberIsChargedOnce: ten requests with ten codes under one number.
func TestANumberIsChargedOnce(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		codes := make([]string, 10)
		for i := range codes {
			codes[i] = b.payCode(t, trade.PaysAtOnce)
		}
		var created atomic.Int64
		var wg sync.WaitGroup
		for _, code := range codes {
			wg.Go(func() {
				r, fresh, err := b.PayByCode(context.Background(), b.order("order-1", ""), code)
				if err != nil || r.Outcome != trade.OutcomePaid {
					t.Errorf("%+v, %v", r, err)
				}
				if fresh {
					created.Add(1)
				}
			})
		}
		wg.Wait()
		if created.Load() != 1 {
			t.Errorf("%d charges went through", created.Load())
		}
	})
}

// TestARefusedOrderIsChargedOnce: ten other codes at once.
func TestARefusedOrderIsChargedOnce(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		b.charge(t, "order-1", b.payCode(t, trade.HasNoBalance))
		codes := make([]string, 10)
		for i := range codes {
			codes[i] = b.payCode(t, trade.PaysAtOnce)
		}
		var charges atomic.Int64
		var wg sync.WaitGroup
		for _, code := range codes {
			wg.Go(func() {
				r, charged, err := b.PayByCode(context.Background(), b.order("order-1", "https://shop.example/n"), code)
				if err != nil || r.Outcome != trade.OutcomePaid {
					t.Errorf("%+v, %v", r, err)
				}
				if charged {
					charges.Add(1)
				}
			})
		}
		wg.Wait()
		unused := 0
		for _, code := range codes {
			c, err := b.PayCode(context.Background(), code)
			if err != nil {
				t.Fatal(err)
			}
			if c.TradeID == "" {
				unused++
			}
		}
		if charges.Load() != 1 || unused != 9 {
			t.Errorf("%d charges, %d codes left unused", charges.Load(), unused)
		}
	})
}
