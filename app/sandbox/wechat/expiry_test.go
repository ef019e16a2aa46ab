package wechat_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func (b *box) codeURL(t *testing.T, body string) string {
	t.Helper()
	got := b.send(t, raw{uri: nativePath, body: body})
	var out struct {
		CodeURL string `json:"code_url"`
	}
	if err := json.Unmarshal(got.body, &out); err != nil || got.status != http.StatusOK || out.CodeURL == "" {
		t.Fatalf("prepay: %d %s", got.status, got.body)
	}
	return out.CodeURL
}

func reason(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// TestExpiryDoesNotCloseAnOrder: time_expire is the last payable moment, and
// nothing more.
func TestExpiryDoesNotCloseAnOrder(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		body := b.orderBody(t, map[string]any{"time_expire": b.clock.Now().Add(10 * time.Minute).Format(time.RFC3339)})
		code := b.codeURL(t, body)
		b.clock.advance(9*time.Minute + 30*time.Second)
		if again := b.codeURL(t, body); again != code {
			t.Fatalf("half a minute before expiry: %s, want the code %s", again, code)
		}
		b.clock.advance(time.Minute)
		if _, err := b.trades.Pay(context.Background(), code); reason(err) != trade.ReasonExpired {
			t.Fatalf("paying an expired order: %v", err)
		}
		if got := b.send(t, raw{uri: nativePath, body: body}); got.status != http.StatusBadRequest || got.Code != "INVALID_REQUEST" {
			t.Fatalf("prepaying an expired order: %d %s", got.status, got.body)
		}
		uri := mount + "/v3/pay/transactions/out-trade-no/order-1?mchid=" + b.merchant.ID
		got := b.send(t, raw{method: http.MethodGet, uri: uri})
		var state struct {
			TradeState string `json:"trade_state"`
		}
		if err := json.Unmarshal(got.body, &state); err != nil || state.TradeState != "NOTPAY" {
			t.Fatalf("an expired order's state: %s", got.body)
		}
	})
}

func TestACodeLivesTwoHoursAndIsRenewed(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		body := b.orderBody(t, nil) // seven days
		old := b.codeURL(t, body)
		b.clock.advance(2*time.Hour + time.Second)
		if _, err := b.trades.Pay(context.Background(), old); reason(err) != trade.ReasonExpired {
			t.Fatalf("paying an expired code: %v", err)
		}
		fresh := b.codeURL(t, body)
		if fresh == old {
			t.Fatal("the expired code came back")
		}
		if _, err := b.trades.Pay(context.Background(), old); !app.Is(err, app.NotFound) {
			t.Fatalf("the old code after renewal: %v", err)
		}
		if paid := b.pay(t, fresh); paid.State != trade.Paid {
			t.Fatalf("state %s", paid.State)
		}
	})
}

func TestMoneyCanArriveOnAClosedOrder(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		ctx := context.Background()
		code := b.codeURL(t, b.orderBody(t, map[string]any{"notify_url": b.shop.URL}))
		order, err := b.trades.ByCode(ctx, code)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.trades.Close(ctx, order); err != nil {
			t.Fatal(err)
		}
		if _, err := b.trades.Pay(ctx, code); reason(err) != trade.ReasonClosed {
			t.Fatalf("paying a closed order: %v", err)
		}
		b.plan(t, trade.PayAfterClose, 1)
		if paid := b.pay(t, code); paid.State != trade.Paid {
			t.Fatalf("state %s, want paid", paid.State)
		}
		if got := b.deliver(t); len(got) != 1 {
			t.Fatalf("%d notifications, want 1", len(got))
		}
		if _, err := b.trades.PayLate(ctx, code); reason(err) != trade.ReasonPaid {
			t.Fatalf("paying twice: %v", err)
		}
	})
}
