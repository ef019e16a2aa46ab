package alipay_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// pay takes an order through to its first notification.
func (b *box) pay(t *testing.T, number string) []url.Values {
	t.Helper()
	ctx := context.Background()
	rsp := b.precreate(t, b.client(t), b.order(number))
	if _, err := b.trades.Pay(ctx, rsp.QRCode); err != nil {
		t.Fatal(err)
	}
	b.deliver(t)
	return b.shop.received()
}

func (b *box) plan(t *testing.T, f trade.Fault) {
	t.Helper()
	if _, err := b.trades.PlanFault(context.Background(), trade.Plan{Channel: app.Alipay, Fault: f}); err != nil {
		t.Fatal(err)
	}
}

func TestNotificationFaults(t *testing.T) {
	cases := []struct {
		fault    trade.Fault
		count    int
		verifies bool
		amount   string
	}{
		{trade.DropNotification, 0, true, ""},
		{trade.DuplicateNotification, 2, true, "12.30"},
		{trade.BadSignature, 1, false, "12.30"},
		{trade.TamperAmount, 1, true, "12.31"},
	}
	for _, c := range cases {
		t.Run(string(c.fault), func(t *testing.T) {
			b := setup(t, trade.PublicKey)
			b.plan(t, c.fault)
			forms := b.pay(t, "fault_1")
			if len(forms) != c.count {
				t.Fatalf("got %d notifications, want %d", len(forms), c.count)
			}
			for _, form := range forms {
				_, err := b.client(t).DecodeNotification(context.Background(), form)
				if (err == nil) != c.verifies || form.Get("total_amount") != c.amount {
					t.Errorf("verifies: %v, total_amount %s", err, form.Get("total_amount"))
				}
				if form.Get("notify_id") != forms[0].Get("notify_id") {
					t.Error("a duplicate carries another notify_id")
				}
			}
		})
	}
}

func TestSignTestIsWeChatsAlone(t *testing.T) {
	b := setup(t, trade.PublicKey)
	_, err := b.trades.PlanFault(context.Background(), trade.Plan{Channel: app.Alipay, Fault: trade.SignTest})
	if !app.Is(err, app.Invalid) {
		t.Errorf("got %v, want invalid", err)
	}
}

// TestRetries: 4m, 10m, 10m, 1h, 2h, 6h, 15h after the first, under one id,
// until the literal word success.
func TestRetries(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.shop.say("SUCCESS")
	b.pay(t, "retry_1")
	waits := []time.Duration{4 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour}
	for i, wait := range waits {
		b.clock.advance(wait - time.Second)
		b.deliver(t)
		if got := len(b.shop.received()); got != i+1 {
			t.Fatalf("%d notifications a second before retry %d, want %d", got, i+1, i+1)
		}
		b.clock.advance(time.Second)
		b.deliver(t)
		if got := len(b.shop.received()); got != i+2 {
			t.Fatalf("%d notifications at retry %d, want %d", got, i+1, i+2)
		}
	}
	b.clock.advance(48 * time.Hour)
	b.deliver(t)
	forms := b.shop.received()
	if len(forms) != 1+len(waits) {
		t.Errorf("%d notifications in all, want %d", len(forms), 1+len(waits))
	}
	ids := map[string]bool{}
	for _, form := range forms {
		ids[form.Get("notify_id")] = true
	}
	if len(ids) != 1 {
		t.Errorf("the retries carry %d notify_ids", len(ids))
	}
	if _, err := b.client(t).DecodeNotification(context.Background(), forms[len(forms)-1]); err != nil {
		t.Errorf("the last retry does not verify: %v", err)
	}
}

func TestSuccessEndsTheRetries(t *testing.T) {
	b := setup(t, trade.PublicKey)
	for i, c := range []struct {
		answer string
		ends   bool
	}{{"success", true}, {"success\n", true}, {"fail", false}, {"", false}, {`"success"`, false}, {"successful", false}, {"SUCCESS", false}} {
		number := fmt.Sprintf("ends_%d", i)
		b.shop.say(c.answer)
		b.pay(t, number)
		b.clock.advance(5 * time.Minute)
		b.deliver(t)
		got := 0
		for _, form := range b.shop.received() {
			if form.Get("out_trade_no") == number {
				got++
			}
		}
		if (got == 1) != c.ends {
			t.Errorf("answer %q: %d notifications", c.answer, got)
		}
	}
}

// TestNotificationCarriesNothingEmpty: SDKs disagree on whether an empty value
// is part of what is signed.
func TestNotificationCarriesNothingEmpty(t *testing.T) {
	b := setup(t, trade.Certificate)
	form := b.pay(t, "empty_1")[0]
	for name, values := range form {
		if slices.Contains(values, "") {
			t.Errorf("%s is empty", name)
		}
	}
	if form.Has("alipay_cert_sn") || !strings.HasPrefix(form.Get("seller_id"), "2088") {
		t.Errorf("form %v", form)
	}
}
