package trade_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestAFaultHappensExactlyAsOftenAsPlanned(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		for _, account := range []string{"", b.merchant.ID} {
			if _, err := b.PlanFault(ctx, trade.Plan{Channel: app.Alipay, Account: account, Fault: trade.HTTP500, Count: 5}); err != nil {
				t.Fatal(err)
			}
		}
		var taken atomic.Int64
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				yes, err := b.Take(ctx, app.Alipay, b.merchant.ID, trade.HTTP500)
				if err != nil {
					t.Error(err)
				}
				if yes {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		// A loser of the race for one plan tries the next, so all ten are found.
		if taken.Load() != 10 {
			t.Fatalf("taken %d times, want 10", taken.Load())
		}
		if left, err := b.Planned(ctx); err != nil || len(left) != 0 {
			t.Fatalf("left: %v, %v", left, err)
		}
	})
}

func TestFaultsAreCheckedWhenPlanned(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		limited := plain()
		limited.Faults = []trade.Fault{trade.DropNotification}
		b.Announce(app.Alipay, limited)
		newcomer, err := b.OpenMerchant(context.Background(), app.WeChat, trade.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			plan  trade.Plan
			code  app.Code
			field string
		}{
			"unknown channel":     {trade.Plan{Channel: "paypal", Fault: trade.Garbage}, app.Invalid, "channel"},
			"unknown fault":       {trade.Plan{Channel: app.WeChat, Fault: "explode"}, app.Invalid, "fault"},
			"not at this channel": {trade.Plan{Channel: app.Alipay, Fault: trade.SignTest}, app.Invalid, "fault"},
			"negative count":      {trade.Plan{Channel: app.WeChat, Fault: trade.Garbage, Count: -1}, app.Invalid, "count"},
			"unknown account":     {trade.Plan{Channel: app.WeChat, Fault: trade.Garbage, Account: "1600000000"}, app.NotFound, ""},
			"nothing to rotate":   {trade.Plan{Channel: app.WeChat, Fault: trade.RotateCertificate, Account: newcomer.ID}, app.Invalid, "account"},
			"account elsewhere":   {trade.Plan{Channel: app.WeChat, Fault: trade.Garbage, Account: b.merchant.ID}, app.NotFound, ""},
		} {
			_, err := b.PlanFault(context.Background(), c.plan)
			if !app.Is(err, c.code) || fieldOf(err) != c.field {
				t.Errorf("%s: %v, want %s at %q", name, err, c.code, c.field)
			}
		}
	})
}

func TestCancelledFaultsNeverHappen(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		if _, err := b.PlanFault(ctx, trade.Plan{Channel: app.WeChat, Fault: trade.Garbage, Count: 3}); err != nil {
			t.Fatal(err)
		}
		if n, err := b.CancelFaults(ctx); err != nil || n != 1 {
			t.Fatalf("cancelled %d, %v", n, err)
		}
		if yes, err := b.Take(ctx, app.WeChat, "any", trade.Garbage); err != nil || yes {
			t.Fatalf("taken: %v, %v", yes, err)
		}
	})
}

func fieldOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}
