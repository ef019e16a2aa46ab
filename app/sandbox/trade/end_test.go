package trade_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// loud announces the end of trades of the type PAGE, and sends payers back.
func loud() trade.Announcer {
	a := plain()
	a.Ending = []string{"PAGE"}
	a.Return = func(_ context.Context, m trade.Message) (string, error) {
		if m.Merchant.ID == "" {
			return "", errors.New("no merchant")
		}
		return "https://shop.example/back/" + m.Trade.OutTradeNo, nil
	}
	return a
}

func (b *box) kinds(t *testing.T, of trade.Trade) []trade.Kind {
	t.Helper()
	queued, err := b.Notifications(context.Background(), of.ID, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []trade.Kind
	for _, n := range queued {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

func TestTheEndOfSomeTradesIsAnnounced(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		b.Announce(app.Alipay, loud())
		for _, c := range []struct {
			name, kind string
			opened     bool
			end        func(trade.Trade) error
			announced  int
		}{
			{"closed", "PAGE", true, func(x trade.Trade) error { _, err := b.Close(ctx, x); return err }, 1},
			{"reversed", "PAGE", true, func(x trade.Trade) error { _, _, err := b.Reverse(ctx, x); return err }, 1},
			{"never-opened", "PAGE", false, func(x trade.Trade) error { _, err := b.Close(ctx, x); return err }, 0},
			{"another-type", "QR", true, func(x trade.Trade) error { _, err := b.Close(ctx, x); return err }, 0},
		} {
			o := b.order(c.name, "https://shop.example/n")
			o.TradeType, o.Opened = c.kind, c.opened
			made, _, err := b.Create(ctx, o)
			if err != nil || made.Scanned != c.opened {
				t.Fatalf("%s: %+v, %v", c.name, made, err)
			}
			if err := c.end(made); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			kinds := b.kinds(t, made)
			if len(kinds) != c.announced || c.announced == 1 && kinds[0] != trade.KindClose {
				t.Errorf("%s: announced %v", c.name, kinds)
			}
			if got := b.read(t, made); got.State != trade.Closed {
				t.Errorf("%s: %s", c.name, got.State)
			}
		}
	})
}

func TestSomeTradesEndAtTheirExpiry(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		b.Announce(app.Alipay, loud())
		var made []trade.Trade
		for i, kind := range []string{"PAGE", "QR", "PAGE"} {
			o := b.order("order-"+string(rune('1'+i)), "https://shop.example/n")
			o.TradeType, o.Opened = kind, true
			x, _, err := b.Create(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, x)
		}
		if _, err := b.Pay(ctx, made[2].Code); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			wait   time.Duration
			states [3]trade.State
		}{
			{time.Hour, [3]trade.State{trade.Unpaid, trade.Unpaid, trade.Paid}},
			{time.Second, [3]trade.State{trade.Closed, trade.Unpaid, trade.Paid}},
		} {
			b.clock.advance(c.wait)
			if _, err := b.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
			for i, want := range c.states {
				if got := b.read(t, made[i]); got.State != want {
					t.Errorf("after %s, order %d is %s, want %s", c.wait, i+1, got.State, want)
				}
			}
		}
		if kinds := b.kinds(t, made[0]); len(kinds) != 1 || kinds[0] != trade.KindClose {
			t.Errorf("announced %v", kinds)
		}
	})
}

func TestOnlyAPayerIsSentBack(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		b.Announce(app.Alipay, loud())
		made := b.create(t, "order-1", "")
		if back, err := b.ReturnURL(ctx, made); err != nil || back != "" {
			t.Errorf("before paying: %q, %v", back, err)
		}
		paid, err := b.Pay(ctx, made.Code)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := b.ReturnURL(ctx, paid); err != nil || back != "https://shop.example/back/order-1" {
			t.Errorf("after paying: %q, %v", back, err)
		}
		b.Announce(app.Alipay, plain())
		if back, err := b.ReturnURL(ctx, paid); err != nil || back != "" {
			t.Errorf("where the channel sends nobody back: %q, %v", back, err)
		}
	})
}

// TestAnOrderWithoutACodeIsKnownByItsNumber: JSAPI hands the trade's own number
// to the client.
func TestAnOrderWithoutACodeIsKnownByItsNumber(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		o := b.order("order-1", "")
		o.Code = ""
		made, _, err := b.Create(context.Background(), o)
		if err != nil || made.Code != made.ChannelTradeNo {
			t.Fatalf("%+v, %v", made, err)
		}
		if _, err := b.Pay(context.Background(), made.ChannelTradeNo); err != nil {
			t.Error(err)
		}
	})
}
